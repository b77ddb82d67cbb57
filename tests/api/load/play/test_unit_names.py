"""OUs that are there when a run begins are named in texts of steps by their paths, in braces."""

import pytest
from support.play_scenario import play, population, step, toml, track

from orgsim.api.load.scenario import ScenarioError, parse_scenario

pytestmark = pytest.mark.anyio

UNITS = toml([{"name": "Workloads", "units": [{"name": "Prod", "accounts": 4}]}, {"name": "Old.and/new"}])
OURS = f"[organizations.ours]\naccounts = 10\nunits = {UNITS}\n"
THEIRS = '[organizations.theirs]\naccounts = 3\nunits = [{ name = "Web", accounts = 1 }]\n'
PROD = '[populations.prod]\nof = "ours"\nunit = "Workloads/Prod"\n'


def move(source: str, destination: str, **keys: str) -> str:
    members = {"AccountId": "{account}", "SourceParentId": source, "DestinationParentId": destination}
    return step("MoveAccount", organization="ours", for_each="prod", with_=members, **keys)


async def test_accounts_are_moved() -> None:
    """A path stands for the OU of the organization that calls, or of another one that is named in front."""
    outcome = await play(
        *(OURS, THEIRS, PROD, move("{/Workloads/Prod}", "{/Old.and/new}"), move("{ours./Old.and/new}", "{/Workloads}")),
        step("MoveAccount", organization="theirs", for_each="web", with_=MOVE_WEB),
        '[populations.web]\nof = "theirs"\nunit = "Web"\n',
    )
    assert outcome.refused == {}
    assert [(each.commands, each.refused) for each in outcome.steps] == [(4, 0), (4, 0), (1, 0)]


MOVE_WEB = {"AccountId": "{account}", "SourceParentId": "{theirs./Web}", "DestinationParentId": "{root}"}


async def test_in_pipelines_and_escalations() -> None:
    """Calls that follow a creation, and those that follow a missed deadline, have such names too."""
    into = {"AccountId": "{account}", "SourceParentId": "{root}", "DestinationParentId": "{/Workloads}"}
    late = {
        "accept": 0,
        "deadline_days": 2,
        "escalation": {
            "action": "TagResource",
            "with": {
                "ResourceId": "{/Workloads/Prod}",
                "Tags": [{"Key": "late", "Value": "{account} of {/Workloads}"}],
            },
        },
    }
    outcome = await play(
        OURS,
        population("new", "created", 3),
        population("asked", "invited", 2, invitation=late),
        step("create_accounts", population="new", then=[{"action": "MoveAccount", "with": into}]),
        step("invite", population="asked"),
        step("wait_for_answers"),
    )
    assert (outcome.metrics["ready_share"], outcome.refused) == (1, {})
    assert [(each.kind, each.followed) for each in outcome.follow_ups] == [("deadline", 2)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            move("{/Workloads/Prd}", "{root}"),
            "step 1, with.SourceParentId: ours has no OU 'Workloads/Prd' when the run begins, did you mean "
            "`Workloads`? (there are: Old.and/new, Workloads, Workloads/Prod); what a step creates has a "
            "name by its save",
        ),
        (
            move("{theirs./Prod}", "{root}"),
            "step 1, with.SourceParentId: theirs has no OU 'Prod' when the run begins (there are: Web); what a step "
            "creates has a name by its save",
        ),
        (
            move("{their./Web}", "{root}"),
            "step 1, with.SourceParentId: no organization is called 'their', did you mean `theirs`? (there are: ours, "
            "theirs, new)",
        ),
        (
            track("a", step("ListChildren", organization="new", with_={"ParentId": "{/Web}", "ChildType": "ACCOUNT"})),
            "track a, step 1, with.ParentId: new has no OU 'Web' when the run begins (there is none); what a step "
            "creates has a name by its save",
        ),
        (
            '[populations.prod.invitation]\ndeadline_days = 2\naccept = 0\nescalation = { action = "CloseAccount", '
            'with = { AccountId = "{/Wb}" } }\n' + step("wait", days=1),
            "populations.prod.invitation.escalation.with.AccountId: no organization has an OU 'Wb' when the run "
            "begins, did you mean `Web`? (there are: Old.and/new, Web, Workloads, Workloads/Prod); what a "
            "step creates has a name by its save",
        ),
    ],
)
def test_ous_that_there_are_not(text: str, told: str) -> None:
    """An OU or organization that there is not is told with its place and those that there are."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario("".join([OURS, THEIRS, "[organizations.new]\n", PROD, text]))
    assert [str(each) for each in caught.value.problems] == [told]
    assert all(each.line and each.column for each in caught.value.problems)


def test_other_braces_stay() -> None:
    """What policies have in braces, slashes among it, is no name."""
    content = '{"Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}}'
    members = {"Content": content, "Description": "", "Name": "a", "Type": "SERVICE_CONTROL_POLICY"}
    assert parse_scenario(OURS + step("CreatePolicy", with_=members))
