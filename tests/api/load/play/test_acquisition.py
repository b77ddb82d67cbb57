"""The acquisition of a company, on thirty accounts: every figure computed by hand."""

import re
from typing import Any

import pytest
from support.play_scenario import after, met, play, population, recorded, step, track
from support.repository import SCENARIOS

from orgsim.api.load.play.outcome import FollowUp, Outcome
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import parse_scenario
from orgsim.engine.events import AccountJoined, HandshakeRequested
from orgsim.engine.log import MemoryLog
from orgsim.engine.settings import DAY
from orgsim.engine.words import Action

SHIPPED = (SCENARIOS / "acquire-company.toml").read_text("utf-8")
DAY_EACH = "delay = { distribution = 'fixed', days = 1 }\nmigration.delay = { distribution = 'fixed', days = 2 }"
FIXED = re.sub(r"^delay = .*", DAY_EACH, SHIPPED.replace('throttle = "aws"', ""), flags=re.MULTILINE)
"""The shipped scenario, where everybody takes a day to join and two to approve, without AWS's rates."""


async def thirty(text: str, **parameters: Any) -> Outcome:
    """The outcome for thirty accounts."""
    return await play_scenario(parse_scenario(text, {"accounts": 30} | parameters), MemoryLog())


def test_its_length() -> None:
    """The plan takes at most twenty lines, none longer than those of the comments."""
    lines = [line for line in SHIPPED.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 120


async def test_shorter_ways_to_say_it() -> None:
    """Origin, management account and the delays of each behaviour, said at length, give the same log."""
    long = SHIPPED.replace("initech = {", 'initech = { management_account = "222222222222",')
    long = long.replace('of = "initech"', 'of = "initech"\norigin = "member"')
    (delay,) = re.findall(r"^(delay = .*)$", long, flags=re.MULTILINE)
    long = long.replace(delay, f"invitation.{delay}\nmigration.{delay}")
    (behaviour,) = re.findall(r"^invitation = \{ (.*) \}$", long, flags=re.MULTILINE)
    keys = re.sub(r", (remind)", r"\n\1", behaviour).splitlines()
    long = long.replace(f"invitation = {{ {behaviour} }}", "\n".join(f"invitation.{key}" for key in keys))
    assert long.count("\n") == SHIPPED.count("\n") + 4
    assert (await thirty(long)).digest == (await thirty(SHIPPED)).digest


async def test_everybody_joins_by_themselves() -> None:
    """If nobody ignores mail, the last of thirty is invited on day 13.53, joins a day later, and two days end it."""
    outcome = await thirty(FIXED, ignore=0)
    last = 14 * 29 / 30
    assert outcome.passed
    assert outcome.metrics["virtual_days"] == pytest.approx(last + 1 + 2)
    assert (outcome.figure("finalize_days"), outcome.figure("ours.all_features_share")) == (2, 1)
    assert outcome.figure("joining_days.max") == 1
    assert outcome.figure("joined_share") == 1
    assert {name: each.accounts for name, each in outcome.organizations.items()} == {"ours": 1 + 500 + 30, "initech": 1}
    # Invitations and their acceptances; the request, its approvals, the end.
    assert outcome.commands == 30 + 30 + 1 + 30 + 1
    # On the seventh day after its invitation nobody is silent any more.
    assert [(each.reached, each.followed) for each in outcome.follow_ups] == [(0, 0), (0, 0)]
    assert len(outcome.warnings) == 2


@pytest.mark.parametrize(
    ("follow", "joining", "met"),
    [("[1.0, 0.0]", 7 + 1, [(30, 30), (0, 0)]), ("[0.0, 1.0]", 12 + 1, [(30, 0), (30, 30)])],
)
async def test_everybody_needs_a_reminder(follow: str, joining: int, met: list[tuple[int, int]]) -> None:
    """If all ignore the first mail, each joins a day after the reminder that it follows, on its own day."""
    outcome = await thirty(FIXED.replace("[0.6, 0.5]", follow), ignore=1)
    assert outcome.figure("joining_days.min") == outcome.figure("joining_days.max") == joining
    assert outcome.metrics["virtual_days"] == pytest.approx(14 * 29 / 30 + joining + 2)
    assert [(each.reached, each.followed) for each in outcome.follow_ups] == met
    assert outcome.passed


async def test_nobody_answers() -> None:
    """If nobody follows a reminder nobody joins: nothing is waited for, ours alone gets all features, and it fails."""
    outcome = await thirty(FIXED.replace("[0.6, 0.5]", "0"), ignore=1)
    assert [each.ok for each in outcome.thresholds] == [False, True, True]
    assert outcome.metrics["virtual_days"] == pytest.approx(14 * 29 / 30)
    assert {name: each.accounts for name, each in outcome.organizations.items()} == {"ours": 501, "initech": 31}
    assert (outcome.feature_set, outcome.handshakes["INVITE"]) == ("ALL", {"CANCELED": 30})
    assert all("reached nobody" in warning for warning in outcome.warnings[1:])


async def test_under_aws_limits() -> None:
    """The shipped scenario itself: between the last invitation and sixty days, and most of those reminded come."""
    outcome = await play_scenario(parse_scenario(SHIPPED, {"accounts": 300}), MemoryLog())
    assert outcome.passed
    assert set(outcome.refused) <= {"TooManyRequestsException"}
    first, second = outcome.follow_ups
    assert 0.4 * 75 < first.followed < 0.8 * 75
    assert second.followed < second.reached < first.reached - first.followed


UNITS = {"prompt": 20, "late": 6, "later": 3, "deaf": 1}
BEHAVIOURS = {
    "prompt": {"delay": after(1)},
    "late": {"after_reminder": 1, "remind_after_days": [7, 12], "delay": after(1)},
    "later": {"after_reminder": 1, "remind_after_days": [7, 12], "reminded_accept": [0, 1], "delay": after(1)},
    "deaf": {"accept": 0, "remind_after_days": [7, 12]},
}


def everybody_at_once() -> str:
    """Thirty accounts in four units that are invited side by side over fourteen days; then all features."""
    units = "".join(f"[[organizations.initech.units]]\nname = '{name}'\naccounts = {n}\n" for name, n in UNITS.items())
    organizations = f"[organizations.ours]\naccounts = 10\ncreated = 1\n[organizations.initech]\naccounts = 30\n{units}"
    organizations = organizations.replace("accounts = 30", "management_account = '222222222222'\naccounts = 30")
    populations = [
        population(
            name, "member", count, of="initech", unit=name, invitation=BEHAVIOURS[name], migration={"delay": after(2)}
        )
        for name, count in UNITS.items()
    ]
    over = {"over_days": 14}
    invite = [track(name, step("invite", organization="ours", population=name, pace=over)) for name in UNITS]
    steps = [
        step("wait", until="joined_share >= 0.9", at_most_days=20),
        step("enable_all_features", organization="ours"),
        step("wait_for_answers"),
        step("finalize", organization="ours"),
    ]
    return "\n".join([organizations, *populations, *invite, track("migration", *steps, after=list(UNITS))])


async def test_four_units_side_by_side() -> None:
    """Four units are invited side by side; the migration waits for nine of ten, to the full hour."""
    outcome, envelopes = await recorded(everybody_at_once())
    # The thirty were invited before the run too, by their own organization.
    asked = [(each.time, each.event) for each in envelopes if isinstance(each.event, HandshakeRequested)]
    invitations = [time for time, event in asked if event.action is Action.INVITE][-30:]
    start = invitations[0]
    found = [(time - start) / DAY for time in invitations]
    assert found == pytest.approx(sorted(14 * number / count for count in UNITS.values() for number in range(count)))
    # A day after its invitation; a day after the reminder of day 7, or of day 12.
    joined = sorted(
        [14 * number / 20 + 1 for number in range(20)]
        + [14 * number / 6 + 7 + 1 for number in range(6)]
        + [14 * number / 3 + 12 + 1 for number in range(3)]
    )
    moments = [each.time for each in envelopes if isinstance(each.event, AccountJoined) and each.time >= start]
    assert [(each - start) / DAY for each in moments] == pytest.approx(joined[:27])
    # The 27th of thirty is the second of "later", on day 17.67.
    assert joined[26] == pytest.approx(14 / 3 + 13)
    waited = outcome.steps[5].began_days
    assert waited == pytest.approx(17 + 16 / 24)
    # Two would have joined later, but the migration cancels their invitations; that of the deaf one has expired.
    assert outcome.organizations["ours"].accounts == 1 + 10 + 27
    assert outcome.handshakes["INVITE"]["ACCEPTED"] == 27
    assert outcome.metrics["virtual_days"] == pytest.approx(waited + 2)
    assert FollowUp("late", "invitation", "reminder", "after 7 days", 5, 5) in met(outcome)
    assert FollowUp("deaf", "invitation", "reminder", "after 12 days", 1, 0) in met(outcome)


async def test_who_cannot_be_found() -> None:
    """A figure that is not reached is told with where it stood when its time was over."""
    outcome = await play(everybody_at_once().replace("joined_share >= 0.9'", "joined_share >= 0.99'"))
    stood = "waited 20 days for joined_share >= 0.99, which stood at 96.7 %"
    assert f"track migration, step 1: {stood}" in outcome.warnings
