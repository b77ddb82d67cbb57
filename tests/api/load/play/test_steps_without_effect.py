"""A step that did nothing, or whose calls were all refused, is among the warnings, with its place and the reason."""

from typing import Any

import pytest
from support.play_scenario import play, population, step, track

from orgsim.api.load.foresee import plan_scenario
from orgsim.api.load.scenario import parse_scenario

P = population("p", "invited", 3)
MADE = population("made", "created", 2)
WAIT = step("wait", days=1)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("parts", "warnings"),
    [
        (
            [P, step("invite", population="p"), WAIT, step("invite", population="p")],
            ["step 3: nobody of p is left to invite: all 3 are members or have an open invitation"],
        ),
        (
            [MADE, step("invite", population="made")],
            ["step 1: nobody of made is left to invite: there are no accounts yet"],
        ),
        ([step("finalize")], ["step 1: nothing is to be finalized: no migration to all features was begun"]),
        ([step("remove_declined")], ["step 1: nobody is to be removed: no migration to all features was begun"]),
        (
            [MADE, step("close_accounts", population="made")],
            ["step 1: nobody of made is left to close: there are no accounts yet"],
        ),
        (
            [P, step("invite", population="p"), step("close_accounts", population="p")],
            ["step 2: nobody of p is left to close: none of the 3 is a member that is not closed"],
        ),
        (
            [MADE, *2 * [step("create_accounts", population="made")]],
            ["step 2: nothing of made is left to create: all accounts are there or asked for"],
        ),
        (
            [P, step("DescribeAccount", for_each="p", with_={"AccountId": "{account}"}, share=0.1)],
            ["step 1: it was called for nobody: p has no accounts in this share"],
        ),
        (
            [P, step("remind", population="p")],
            ["step 1: the reminder reached nobody: no account that was asked waits for one"],
        ),
    ],
)
async def test_nothing_to_do(parts: list[str], warnings: list[str]) -> None:
    """A step that finds nothing to do says so, and why."""
    assert [*(await play(*parts)).warnings] == warnings


@pytest.mark.anyio
async def test_a_refused_call() -> None:
    """The only call of a step that is refused is told with its reason, in a track too; so are calls that all are."""
    ours = 'organizations.ours = { feature_set = "ALL" }\n'
    tracks = [
        track("t", step("enable_all_features"), step("finalize")),
        track("u", step("RemoveAccountFromOrganization", for_each="p", with_={"AccountId": "{account}"})),
    ]
    enable, remove, finalize = sorted((await play(ours, P, *tracks)).warnings, key=lambda each: "finalized" in each)
    assert enable.startswith(
        "track t, step 1: EnableAllFeatures was refused with HandshakeConstraintViolationException"
    )
    assert finalize == "track t, step 2: nothing is to be finalized: no migration to all features was begun"
    last = "track u, step 1: not one call was accepted, the last of RemoveAccountFromOrganization was refused with "
    assert remove.startswith(last + "AccountNotFoundException: ")


@pytest.mark.anyio
@pytest.mark.parametrize("retry", [{}, {"retry": {"attempts": 2}}], ids=["waits", "retries"])
async def test_some_refused(retry: dict[str, Any]) -> None:
    """A step with a call that was accepted is not among the warnings, whatever became of the others."""
    invite = {"for_each": "p", "with_": {"Target": {"Type": "ACCOUNT", "Id": "{account}"}}, **retry}
    first, all_of_them = (step("InviteAccountToOrganization", **invite, share=share) for share in (0.4, 1))
    (warning,) = (await play(P, first, first)).warnings
    assert warning.startswith("step 2: InviteAccountToOrganization was refused with DuplicateHandshakeException")
    assert (await play(P, first, all_of_them)).warnings == ()


@pytest.mark.anyio
async def test_nobody_has_declined() -> None:
    """That nobody declined a migration is as planned."""
    steps = [step("enable_all_features"), step("wait_for_answers"), step("remove_declined"), step("finalize")]
    text = 'organizations.ours = { accounts = 3 }\npopulations.m = { of = "ours" }\n'
    assert (await play(text, *steps)).warnings == ()


THEIRS = 'organizations.theirs = { accounts = 3 }\npopulations.m = { of = "theirs" }\n'


@pytest.mark.anyio
@pytest.mark.parametrize("action", ["enable_all_features", "EnableAllFeatures"])
async def test_members_that_no_population_has(action: str) -> None:
    """Members who must approve a migration and belong to no population are told, by a plan and by a run."""
    ours = "organizations.ours = { accounts = 8, created = 0.25 }\n"
    steps = [
        step("invite", organization="ours", population="m"),
        WAIT,
        step(action, organization="ours"),
        step("wait_for_answers"),
    ]
    (warning,) = (await play(ours, THEIRS, *steps)).warnings
    assert warning.startswith("step 3: 6 members of ours must approve and no population has them")
    assert plan_scenario(parse_scenario("\n".join([ours, THEIRS, *steps]))).warnings == [warning]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "ours", ["organizations.ours = { accounts = 8, created = 1.0 }", "organizations.ours = {}"], ids=["created", "none"]
)
async def test_nobody_is_silent(ours: str) -> None:
    """Nothing is told where every member who must approve belongs to a population."""
    steps = [
        step("invite", organization="ours", population="m"),
        WAIT,
        step("enable_all_features", organization="ours"),
    ]
    assert (await play(ours, THEIRS, *steps)).warnings == ()
    assert plan_scenario(parse_scenario("\n".join([ours, THEIRS, *steps]))).warnings == []


@pytest.mark.anyio
@pytest.mark.parametrize("calling", ["invite", "InviteAccountToOrganization", "close_accounts"])
async def test_given_up(calling: str) -> None:
    """Calls of which all attempts were throttled are told, whatever sends them, but not those that came through."""
    world = ['throttle = "aws"', 'organizations.ours = { feature_set = "ALL", accounts = 300 }']
    here = "[populations.here]\nof = 'ours'\n"
    there = population("there", "invited", 300)
    told = {
        "invite": {"population": "there"},
        "InviteAccountToOrganization": {
            "for_each": "there",
            "with_": {"Target": {"Type": "ACCOUNT", "Id": "{account}"}},
        },
        "close_accounts": {"population": "here"},
    }[calling]
    for attempts, given_up in ((2, True), (200, False)):
        sent = step(calling, **told, share=0.1) if calling == "close_accounts" else step(calling, **told)
        sent += f"retry = {{ attempts = {attempts}, most_seconds = 900 }}\n"
        warnings = (await play(*world, here, there, sent)).warnings
        said = [each for each in warnings if "calls were throttled until all attempts of retry were used up" in each]
        assert bool(said) == given_up, warnings


@pytest.mark.anyio
@pytest.mark.parametrize(("attempts", "given_up"), [(2, True), (200, False)])
async def test_given_up_for_any_reason(attempts: int, given_up: bool) -> None:
    """Calls that some reason that passes has refused with all attempts are told too, with how many of how many."""
    ours = 'organizations.ours = { feature_set = "ALL", accounts = 30 }'
    here = "[populations.here]\nof = 'ours'\n"
    conflict = "[[faults]]\nfault = 'conflict'\noperations = ['TagResource']\nshare = 0.5\n"
    tag = {"ResourceId": "{account}", "Tags": [{"Key": "team", "Value": "a"}]}
    sent = step("TagResource", for_each="here", with_=tag) + f"retry = {{ attempts = {attempts} }}\n"
    outcome = await play(ours, here, conflict, sent)
    done = outcome.steps[0].commands - outcome.steps[0].refused
    said = [each for each in outcome.warnings if "until all attempts of retry were used up" in each]
    expected = f"step 1: {30 - done} of 30 calls were refused until all attempts of retry were used up, and given up"
    assert said == ([expected] if given_up else [])
