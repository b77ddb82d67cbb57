"""A plan for thirty accounts: whom it asks, who joins, declines, lets it expire, is reminded, and when; by hand."""

import pytest
from support.play_scenario import after, days, population, recorded, step, track

from orgsim.api.load.play.outcome import Outcome
from orgsim.engine.events import (
    AccountJoined,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeRequested,
)
from orgsim.engine.events.envelope import Envelope

REMOVE = {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}}
WEEKLY = {"after_reminder": 1, "remind_after_days": [7, 12], "reminded_delay": after(1)}
COUNTS = {"prompt": 12, "early": 6, "late": 4, "unwilling": 3, "deaf": 5}
PLAN = (
    population("prompt", "invited", 12, invitation={"delay": after(1)}, migration={"delay": after(2)}),
    population(
        *("early", "invited", 6),
        invitation={**WEEKLY, "reminded_accept": [1, 0]},
        migration={"after_reminder": 1, "remind_after_days": [3], "reminded_delay": after(1)},
    ),
    population(
        *("late", "invited", 4),
        invitation={**WEEKLY, "reminded_accept": [0, 1]},
        migration={"accept": 0, "deadline_days": 5, "escalation": REMOVE},
    ),
    population("unwilling", "invited", 3, invitation={"decline": 1, "delay": after(2)}),
    population("deaf", "invited", 5, invitation={"accept": 0, "remind_after_days": [7, 12]}),
    *(track(name, step("invite", population=name, pace={"per_day": 1})) for name in COUNTS),
    track(
        "migration",
        step("wait_for_answers"),
        step("wait", days=4),
        step("enable_all_features"),
        step("wait_for_answers"),
        step("finalize"),
        after=list(COUNTS),
    ),
)
"""Of each population one account a day is invited, from day 0 on; all features are asked for after the last answer."""


@pytest.fixture
async def played() -> tuple[Outcome, list[Envelope]]:
    """The outcome and the log of the plan."""
    return await recorded(*PLAN)


def on_days(played: tuple[Outcome, list[Envelope]], kind: type[object]) -> list[float]:
    """The days of the run on which something happened, whole ones."""
    return [round(day, 6) for day in days(played[1], kind)]


async def test_days(played: tuple[Outcome, list[Envelope]]) -> None:
    """The n-th of a population is asked on day n; joining, declining and expiring count from its own invitation."""
    assert on_days(played, HandshakeRequested)[:30] == sorted(n for count in COUNTS.values() for n in range(count))
    # A day after the invitation; a day after the reminder on its seventh, or on its twelfth day.
    joined = [n + 1 for n in range(12)] + [n + 8 for n in range(6)] + [n + 13 for n in range(4)]
    # The first to be in it is the management account.
    assert on_days(played, AccountJoined)[1:] == sorted(joined)
    assert on_days(played, HandshakeDeclined) == [2, 3, 4]
    assert on_days(played, HandshakeExpired) == [15, 16, 17, 18, 19]


async def test_steps(played: tuple[Outcome, list[Envelope]]) -> None:
    """The last answer comes on day 16; all features are asked for on day 20 and are there on day 25."""
    outcome = played[0]
    began = [each.began_days for each in outcome.steps if each.track == "migration"]

    # The last of the prompt is invited on day 11; the last of the late on day 3, and joins thirteen days later.
    assert began == [11, 16, 20, 20, 25]
    assert (outcome.virtual_days, outcome.figure("finalize_days")) == (25, 5)
    assert outcome.feature_set == "ALL"


async def test_reminders(played: tuple[Outcome, list[Envelope]]) -> None:
    """Each reminder has reached those that had not answered by then, and was followed by those that the plan says."""
    met = [(each.population, each.request, each.when, each.reached, each.followed) for each in played[0].follow_ups]

    assert met == [
        ("early", "invitation", "after 7 days", 6, 6),
        ("early", "invitation", "after 12 days", 0, 0),
        ("early", "migration", "after 3 days", 6, 6),
        ("late", "invitation", "after 7 days", 4, 0),
        ("late", "invitation", "after 12 days", 4, 4),
        ("late", "migration", "after 5 days", 4, 4),
        ("deaf", "invitation", "after 7 days", 5, 0),
        ("deaf", "invitation", "after 12 days", 5, 0),
    ]
    assert played[0].warnings == (
        "populations.early.invitation: the reminder after 12 days reached nobody: "
        "nobody had an open request for so long",
        *(
            f"populations.deaf.invitation: nobody follows the reminder after {day} days: after_reminder, the share "
            "that waits for one, is 0, and the others who say nothing never answer"
            for day in (7, 12)
        ),
    )


async def test_figures(played: tuple[Outcome, list[Envelope]]) -> None:
    """Shares, counts and percentiles are those of the thirty; 52 were asked: 30 to join, 22 to approve."""
    outcome = played[0]
    expected = {
        "joined": 22,
        "joined_share": 22 / 30,
        "accepted_share": (22 + 18) / 52,
        "declined_share": 3 / 52,
        "expired_share": 5 / 52,
        "members": 1 + 18,
        "departed": 4,
        "departed_share": 4 / 22,
        # CreateOrganization; invitations, acceptances, refusals; the request, its approvals, the removals, the end.
        "commands": 1 + 30 + 22 + 3 + 1 + 18 + 4 + 1,
        "joining_days.count": 22,
        "joining_days.min": 1,
        "joining_days.mean": (12 * 1 + 6 * 8 + 4 * 13) / 22,
        "joining_days.p50": 1,
        "joining_days.p75": 8,
        "joining_days.p95": 13,
        "migration_days.count": 18,
        "migration_days.p50": 2,
        "migration_days.max": 4,
        "prompt.joined": 12,
        "early.joining_days.max": 8,
        "late.departed_share": 1,
        "unwilling.declined_share": 1,
        "deaf.expired_share": 1,
        "deaf.joined_share": 0,
    }
    assert {name: outcome.figure(name) for name in expected} == {
        name: pytest.approx(value) for name, value in expected.items()
    }
    assert outcome.handshakes["INVITE"] == {"ACCEPTED": 22, "DECLINED": 3, "EXPIRED": 5}
