"""Conditions that are never met, however accounts answer, are told before the run, with the most that there can be."""

import anyio
import pytest
from support.play_scenario import population, step, toml, track
from support.repository import SCENARIOS
from support.scenario_keys import DONE, complaint

from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import ScenarioError, parse_scenario
from orgsim.api.load.scenario.bounds import OF_ACCOUNTS, OF_CREATIONS, OF_INVITATIONS, Mosts
from orgsim.api.load.scenario.figures import RUN, Figure
from orgsim.engine.log import MemoryLog

WORLD = f"""
[organizations.ours]
[organizations.theirs]
accounts = 20
{population("asked", "invited", 5)}
{population("apart", "standalone", 3)}
{population("made", "created", 7)}
[populations.insiders]
of = "theirs"
"""
INVITATION = step("invite", organization="ours", population="asked")
MIGRATION = step("invite", organization="ours", population="insiders")
CREATION = step("create_accounts", organization="ours", population="made")
TARGET = {"Target": {"Id": "{account}", "Type": "ACCOUNT"}}
ONCE = step("InviteAccountToOrganization", organization="ours", with_={"Target": {"Id": "1" * 12, "Type": "ACCOUNT"}})
EACH = step("InviteAccountToOrganization", organization="ours", for_each="apart", with_=TARGET)
NAMED = {"AccountName": "new", "Email": "new@example.com"}
CALL = {"action": "InviteAccountToOrganization", "with": TARGET}
PIPELINE = step("create_accounts", organization="theirs", population="made", then=[CALL])


def wait(condition: str) -> str:
    """A step that waits for a condition."""
    return step("wait", until=condition, at_most_days=5)


@pytest.mark.parametrize(
    ("steps", "figure", "most", "what"),
    [
        ((INVITATION,), "joined", 5, "the invitations are at most 5"),
        ((INVITATION, MIGRATION), "joined", 25, "the invitations are at most 25"),
        ((INVITATION, MIGRATION), "ours.joined", 25, "the invitations are at most 25"),
        ((INVITATION, MIGRATION), "insiders.joined", 20, "the invitations are at most 20"),
        ((INVITATION, ONCE, EACH), "joining_days.count", 9, "the invitations are at most 9"),
        ((INVITATION, ONCE, EACH), "apart.joined", 4, "the invitations are at most 4"),
        ((PIPELINE,), "moved_on", 7, "the invitations are at most 7"),
        ((track("again", INVITATION, every_days=20, times=3),), "joined", 15, "the invitations are at most 15"),
        ((CREATION,), "created", 7, "the accounts that are created are at most 7"),
        ((CREATION, step("CreateAccount", organization="ours", with_=NAMED)), "created", 8, "the accounts that are"),
        ((), "members", 30, "the accounts are at most 30"),
        ((CREATION,), "members", 37, "the accounts are at most 37"),
        ((CREATION,), "ours.closed", 37, "the accounts are at most 37"),
    ],
)
def test_never_held(steps: tuple[str, ...], figure: str, most: int, what: str) -> None:
    """A figure may become as great as there are accounts or invitations, and no greater; nor is it below 0."""
    waits = f"{figure} == {most}", f"{figure} >= {most}", f"{figure} > {most - 1}", f"{figure} < 1"
    assert parse_scenario("".join([WORLD, *map(wait, waits), DONE, *steps]))
    for comparison in f"> {most}", f">= {most + 1:_}", f"== {most}.5e9", "< 0":
        found = complaint("".join([WORLD, wait(f"{figure} {comparison}"), DONE, *steps]))
        assert found.startswith(f"step 1, until: {figure} is never {comparison.split()[0]} ")
        assert what in found


def test_all_that_never_hold_are_told() -> None:
    """All such waits are told at once, beside days that have passed; the number of accounts is that of the run."""
    text = "".join([WORLD, wait("joined > 5"), step("wait", days=3), step("wait", at_day=1, days=1), INVITATION])
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert [str(each)[:14] for each in caught.value.problems] == ["step 1, until:", "step 3, at_day"]
    assert parse_scenario(text.replace("at_day = 1", "at_day = 9"), {"accounts": 6})


ESCALATING = f"[populations.asked.invitation]\ndeadline_days = 3\nescalation = {toml(CALL)}\n"


@pytest.mark.parametrize(
    ("world", "condition"),
    [
        (WORLD.replace("accounts = 20", 'from = "log.db"'), "members > 10_000"),
        (WORLD.replace("accounts = 20", 'id = "o-a1b2c3d4e5"'), "members > 10_000"),
        # Nothing is said of the organization, so it is the one of a log.
        (population("old", "member", 9), "members > 10_000"),
        (WORLD + ESCALATING, "joined > 10_000"),
        (WORLD, "commands > 10_000"),
        (WORLD, "joined_share < 0.1"),
    ],
)
def test_what_is_not_known(world: str, condition: str) -> None:
    """Where nobody knows how many there can be, any condition is possible."""
    assert parse_scenario("".join([world, wait(condition)]))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(file.stem for file in SCENARIOS.glob("*.toml")))
def test_no_run_exceeds_them(name: str) -> None:
    """No figure of a run is greater than the most that is told of it."""
    scenario = parse_scenario((SCENARIOS / f"{name}.toml").read_text("utf-8"))
    if "accounts" in scenario.parameters:
        scenario = parse_scenario((SCENARIOS / f"{name}.toml").read_text("utf-8"), {"accounts": 40})
    outcome = anyio.run(play_scenario, scenario, MemoryLog())
    parts = [RUN, *(part for part in scenario.figures.parts if part.startswith(("organizations.", "populations.")))]
    for part in parts:
        for figure in (*OF_INVITATIONS, *OF_CREATIONS, *OF_ACCOUNTS):
            most, _ = Mosts(scenario).of(Figure(part, figure))
            assert most is not None
            assert (outcome.figure(f"{part}.{figure}".lstrip(".")) or 0) <= most, (part, figure)
