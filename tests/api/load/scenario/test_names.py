"""Names in a scenario are names of something: an organization, a population, an operation, a member, a text."""

import pytest
from support.scenario_keys import CREATED, DONE, INVITED, complaint, step

from orgsim.api.load.scenario import parse_scenario

TWO = '[organizations.one]\n[organizations.two]\nmanagement_account = "222222222222"\n'
STANDALONE = '[populations.s]\norigin = "standalone"\ncount = 2\n'
NEW = '{ ParentId = "{root}", Name = "new" }'
UNIT = step("CreateOrganizationalUnit", save='{ new = "OrganizationalUnit.Id" }', **{"with": NEW})
ELSEWHERE = 'SourceParentId = "{root}", DestinationParentId = "{root}"'
MOVE = {"with": f'{{ AccountId = "111111111111", {ELSEWHERE} }}'}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            step("invite", population='"p"'),
            "step 1, population: no population of origin invited, created or member is called 'p' (there is none)",
        ),
        (
            INVITED + CREATED + STANDALONE + DONE + step("invite", population='"s"'),
            "step 2, population: no population of origin invited, created or member is called 's' (there are: p, c)",
        ),
        (
            INVITED + CREATED + step("create_accounts", population='"p"'),
            "step 1, population: no population of origin created is called 'p' (there are: c)",
        ),
        (
            INVITED + CREATED + step("close_accounts", population='"parters"'),
            "step 1, population: no population is called 'parters' (there are: p, c)",
        ),
        (
            INVITED + step("remind", population='"P"'),
            "step 1, population: no population is called 'P' (there are: p)",
        ),
        (
            INVITED + CREATED + step("MoveAccount", for_each='"cc"', **MOVE),
            "step 1, for_each: no population is called 'cc', did you mean `c`? (there are: p, c)",
        ),
        (
            TWO + step("finalize"),
            "step 1, organization: say which (there are: one, two)",
        ),
        (
            TWO + step("finalize", organization='"on"'),
            "step 1, organization: no organization is called 'on', did you mean `one`? (there are: one, two)",
        ),
        (
            step("MoveAccount", organization='"acme"', **MOVE),
            "step 1, organization: no organization is called 'acme' (there are: organization)",
        ),
        (
            "[organizations.one]\nmanagement_account = '111111111111'\n"
            "[organizations.two]\nmanagement_account = '111111111111'\n" + DONE,
            "organizations.two.management_account: 111111111111 manages another one already",
        ),
    ],
)
def test_unknown_organization_or_population(text: str, message: str) -> None:
    """A step that is of no organization, or for no population of its kind, is refused with those that there are."""
    assert complaint(text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            step("MoveAccount", **{"with": "{ AccountID = 1 }"}),
            "step 1, with: MoveAccount has no member 'AccountID', did you mean `AccountId`? "
            "(there are: AccountId, SourceParentId, DestinationParentId)",
        ),
        (
            step("ListRoots", **{"with": '{ Name = "x" }'}),
            "step 1, with: ListRoots has no member 'Name' (there are: MaxResults, NextToken)",
        ),
        (
            step("CreateOrganizationalUnit", **{"with": '{ ParentId = "{roof}", Name = "new" }'}),
            "step 1, with.ParentId: nothing is called {roof} here, did you mean `root`? "
            "(there are: organization, root, management_account)",
        ),
        (
            INVITED + step("MoveAccount", **{"with": f'{{ AccountId = "{{account}}", {ELSEWHERE} }}'}),
            "step 1, with.AccountId: {account} needs for_each: the population for whose accounts it is called",
        ),
        (
            INVITED
            + UNIT
            + step("MoveAccount", for_each='"p"', **{"with": f'{{ AccountId = "{{acount}}", {ELSEWHERE} }}'}),
            "step 2, with.AccountId: nothing is called {acount} here, did you mean `account`? "
            "(there are: organization, root, management_account, account, parent, index, new)",
        ),
        (
            step("TagResource", **{"with": '{ ResourceId = "{root}", Tags = [{ Key = "a", Value = "{b}" }] }'}),
            "step 1, with.Tags[1].Value: nothing is called {b} here "
            "(there are: organization, root, management_account)",
        ),
        (
            step("CreateOrganizationalUnit", save='{ "a b" = "X" }', **{"with": NEW}),
            "step 1, save.a b: a name is of letters, digits and _, and none of organization, root, "
            "management_account, account, parent, index",
        ),
        (
            step("CreateOrganizationalUnit", save='{ root = "X" }', **{"with": NEW}),
            "step 1, save.root: a name is of letters, digits and _, and none of organization, root, "
            "management_account, account, parent, index",
        ),
        (
            step("LeaveOrganization", caller='"account"'),
            'step 1, caller: "account" needs for_each, which says whose accounts call',
        ),
        (
            INVITED + step("LeaveOrganization", for_each='"p"', share="0.7", skip="0.5"),
            "step 1, share: share and skip add up to 1.2, which is more than 1",
        ),
    ],
)
def test_what_a_call_names(text: str, message: str) -> None:
    """A call names members that its operation has, and in braces what is known by then."""
    assert complaint(text) == message


def test_a_name_is_known_after_it_was_saved() -> None:
    """A text that a step saves is known to later steps, not to itself and not to earlier ones."""
    use = step("CreateOrganizationalUnit", **{"with": '{ ParentId = "{new}", Name = "newer" }'})
    assert parse_scenario(UNIT + use)
    assert complaint(use + UNIT).startswith("step 1, with.ParentId: nothing is called {new} here")


def test_braces_of_documents_are_no_names() -> None:
    """Policy documents hold braces, empty ones among them, and variables; none of them is taken for a name."""
    document = '{"tags":{},"a":"${aws:PrincipalTag/team}"}'
    others = 'Name = "n", Description = "", Type = "SERVICE_CONTROL_POLICY"'
    scenario = parse_scenario(step("CreatePolicy", **{"with": f"{{ Content = '{document}', {others} }}"}))
    assert scenario.steps[0].members["Content"] == document  # type: ignore[union-attr]  # a Call has members
