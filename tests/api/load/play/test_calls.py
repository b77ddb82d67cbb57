"""Steps that call AWS's operations by their names: for whom, how often, what they keep, and what is refused."""

import pytest
from support.play_scenario import moments, play, population, recorded, step

from orgsim.api.load.scenario import ScenarioError
from orgsim.engine.events import AccountDeparted, AccountMoved, OrganizationalUnitCreated, PolicyCreated, ResourceTagged

ALL = '[organizations.acme]\nfeature_set = "ALL"\n'
MADE = population("made", "created", 10)
CREATE = step("create_accounts", population="made")
MOVE = {"AccountId": "{account}", "SourceParentId": "{parent}", "DestinationParentId": "{new}"}


def unit(parent: str = "{root}", name: str = "new", save: str = "new") -> str:
    """An OU, of which the id is kept."""
    with_ = {"ParentId": parent, "Name": name}
    return step("CreateOrganizationalUnit", with_=with_, save={save: "OrganizationalUnit.Id"})


async def test_once() -> None:
    """A call for nobody in particular is made once, with what is known put in."""
    outcome, envelopes = await recorded(ALL, unit(), unit("{new}", "below {organization}", "below"), unit("{below}"))
    made = [each.event for each in envelopes if isinstance(each.event, OrganizationalUnitCreated)]
    organization = outcome.organizations["acme"]
    assert [each.parent for each in made[1:]] == [made[0].unit, made[1].unit]
    assert made[0].parent.startswith("r-")
    assert made[1].name == f"below {organization.id}"
    assert outcome.commands == 1 + 3
    assert [each.action for each in outcome.steps] == ["CreateOrganizationalUnit"] * 3


async def test_for_each() -> None:
    """A call for each account of a population is made for each, from where it stands, in order."""
    _, envelopes = await recorded(
        *(ALL, MADE, CREATE, unit(), step("MoveAccount", for_each="made", with_=MOVE, share=0.3)),
        *(
            unit("{new}", "more", "more"),
            step("MoveAccount", for_each="made", with_=MOVE | {"DestinationParentId": "{more}"}),
        ),
    )
    moved = [each.event for each in envelopes if isinstance(each.event, AccountMoved)]
    root, new = moved[0].source, moved[0].destination
    assert len(moved) == 3 + 10
    assert [each.account for each in moved[:3]] == [each.account for each in moved[3:6]]
    assert [each.source for each in moved] == [root] * 3 + [new] * 3 + [root] * 7


async def test_shares_one_behind_the_other() -> None:
    """Shares that are skipped and taken one after the other take everybody once, whatever the number."""
    for number in (1, 7, 15, 25):
        parts = [(0.0, 0.1), (0.1, 0.2), (0.3, 0.7)]
        outcome, envelopes = await recorded(
            *(ALL, population("made", "created", number), CREATE, unit()),
            *(step("MoveAccount", for_each="made", with_=MOVE, skip=skip, share=share) for skip, share in parts),
        )
        moved = [each.event.account for each in envelopes if isinstance(each.event, AccountMoved)]
        assert len(moved) == len(set(moved)) == number
        assert outcome.refused == {}


async def test_index() -> None:
    """Each account has its number among those that are called for, from 1."""
    tags = {"ResourceId": "{account}", "Tags": [{"Key": "number", "Value": "no. {index}"}]}
    _, envelopes = await recorded(
        ALL, MADE, CREATE, step("TagResource", for_each="made", with_=tags, skip=0.8, share=0.2)
    )
    tagged = [each.event for each in envelopes if isinstance(each.event, ResourceTagged)]
    assert [[(tag.key, tag.value) for tag in each.tags] for each in tagged] == [
        [("number", "no. 1")],
        [("number", "no. 2")],
    ]


async def test_the_accounts_call_themselves() -> None:
    """With ``caller = "account"`` each account calls: here half of them leave."""
    joined = (population("p", "invited", 6), step("invite", population="p"), step("wait_for_answers"))
    outcome, envelopes = await recorded(*joined, step("LeaveOrganization", for_each="p", caller="account", share=0.5))
    assert len(moments(envelopes, AccountDeparted)) == 3
    assert outcome.accounts == 4


async def test_standalone_accounts_found_organizations() -> None:
    """Accounts that belong to none can do what anybody can: each founds an organization of its own."""
    outcome = await play(
        population("p", "standalone", 3),
        step("CreateOrganization", for_each="p", caller="account", with_={"FeatureSet": "ALL"}),
        step("DescribeOrganization", for_each="p", caller="account"),
    )
    assert outcome.refused == {}
    assert outcome.figure("members") == 4
    assert outcome.figure("all_features_share") == 3 / 4
    assert outcome.figure("joined") == 0


async def test_pace_of_calls() -> None:
    """Calls have a pace, and AWS's limits, as all steps do."""
    move = step("MoveAccount", for_each="made", with_=MOVE, pace={"per_hour": 1})
    _, envelopes = await recorded(ALL, MADE, CREATE, unit(), move)
    assert moments(envelopes, AccountMoved) == [3_600 * number for number in range(10)]


async def test_retries_of_calls() -> None:
    """Calls are tried again as all steps are."""
    move = step("MoveAccount", for_each="made", with_=MOVE, retry={"attempts": 1})
    outcome = await play('throttle = "aws"', ALL, MADE, CREATE, unit(), move)
    assert outcome.throttled == {"MoveAccount": 7}


async def test_reads() -> None:
    """Reading operations are answered from all that has happened, and what they say can be kept."""
    outcome, envelopes = await recorded(
        *(ALL, MADE, CREATE, step("ListRoots", save={"there": "Roots.0.Id", "named": "Roots.0.Name"})),
        step("ListAccountsForParent", with_={"ParentId": "{there}"}, save={"last": "Accounts.9.Id"}),
        step("MoveAccount", with_={"AccountId": "{last}", "SourceParentId": "{root}", "DestinationParentId": "{root}"}),
        unit("{there}", "{named} of {last}"),
    )
    assert outcome.refused == {"DuplicateAccountException": 1}
    (made,) = [each.event for each in envelopes if isinstance(each.event, OrganizationalUnitCreated)]
    assert made.name.startswith("Root of ")


async def test_a_document_with_braces() -> None:
    """A policy document reaches AWS as it stands in the file, empty braces and all, with names put in."""
    document = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*",'
        '"Condition":{"StringEquals":{"aws:PrincipalAccount":"{management_account}"}}}]}'
    )
    create = step(
        "CreatePolicy", with_={"Content": document, "Description": "{}", "Name": "t", "Type": "SERVICE_CONTROL_POLICY"}
    )
    _, envelopes = await recorded(ALL, create)
    (made,) = [each.event for each in envelopes if isinstance(each.event, PolicyCreated)]
    assert "111111111111" in made.content
    assert made.description == "{}"


async def test_what_aws_would_refuse() -> None:
    """A call that AWS refuses, for what it asks or how, is counted and the run goes on."""
    outcome = await play(
        ALL,
        step("MoveAccount", with_={"AccountId": "1" * 12, "SourceParentId": "r-0000", "DestinationParentId": "{root}"}),
        step("MoveAccount", with_={"AccountId": "{root}", "SourceParentId": "{root}", "DestinationParentId": "{root}"}),
        step("CreateOrganizationalUnit", with_={"ParentId": "{root}x", "Name": "n"}),
        step("DescribeAccount", with_={"AccountId": "9" * 12}),
        step("wait", days=1),
    )
    assert sum(outcome.refused.values()) == 4
    assert outcome.virtual_days == 1
    assert [each.refused for each in outcome.steps] == [1, 1, 1, 1, 0]


async def test_the_step_that_saves_was_refused() -> None:
    """A name whose step was refused ends the run with the place that needs it."""
    with pytest.raises(ScenarioError) as caught:
        await play(unit("r-0000"), unit("{new}"))
    assert str(caught.value) == "step 2, with.ParentId: {new} was not saved: the step that saves it was refused"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("OrganizationalUnit.Ident", "the answer has no 'OrganizationalUnit.Ident' (there are: Id, Arn, Name, Path)"),
        ("OrganizationalUnit.Id.x", "the answer has no 'OrganizationalUnit.Id.x': in front of 'x' is a single value"),
        ("", "the answer has no '' (there are: OrganizationalUnit)"),
        ("OrganizationalUnit", "'OrganizationalUnit' is no single value in the answer"),
    ],
)
async def test_nothing_to_save(path: str, message: str) -> None:
    """A place that the answer does not have, or that is no single value, ends the run with what there is."""
    with_ = {"ParentId": "{root}", "Name": "n"}
    with pytest.raises(ScenarioError) as caught:
        await play(step("CreateOrganizationalUnit", with_=with_, save={"new": path}))
    assert str(caught.value) == f"step 1, save.new: {message}"


@pytest.mark.parametrize(
    ("keys", "calls", "refused"),
    [({}, 10, 3), ({"only_members": True}, 7, 0), ({"only_members": True, "share": 0.5}, 3, 0)],
)
async def test_only_members(keys: dict[str, object], calls: int, refused: int) -> None:
    """Of accounts of which some have declined those alone are moved that are members, in the share that is named."""
    outcome = await play(
        "seed = 11",
        population("p", "invited", 10, invitation={"decline": 0.4}),
        *(step("invite", population="p"), step("wait_for_answers")),
        *(unit(), step("MoveAccount", for_each="p", with_=MOVE, **keys)),
    )
    assert outcome.metrics["joined"] == 7
    assert (outcome.steps[-1].commands, outcome.steps[-1].refused) == (calls, refused)


async def test_only_members_of_none() -> None:
    """Where nobody has joined, nobody is called for, which is said."""
    named = step("TagResource", for_each="p", only_members=True, with_={"ResourceId": "{account}", "Tags": []})
    outcome = await play(population("p", "invited", 3), named)
    assert outcome.warnings == ("step 1: it was called for nobody: p has no members in this share",)
