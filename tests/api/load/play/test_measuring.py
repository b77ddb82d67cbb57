"""The outcome of a run: every figure, computed by hand for small runs, percentiles, the timeline, thresholds."""

from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.play_scenario import after, play, population, step

from orgsim.api.load.play.outcome import Distribution, Outcome, flat
from orgsim.api.load.scenario.metrics import (
    DISTRIBUTIONS,
    NO_SHARE,
    NUMBERS,
    OF_ORGANIZATIONS,
    OF_POPULATIONS,
    OF_STEPS,
    STATISTICS,
)

SMALL = (
    "start = 2026-03-01T10:30:20Z\n[quotas]\naccounts = 30\n",
    population("made", "created", 5),
    population("yes", "invited", 6, invitation={"delay": after(1)}, migration={"delay": after(3)}),
    population("slow", "invited", 2, invitation={"delay": after(2)}, migration={"delay": after(10)}),
    population("no", "invited", 1, invitation={"delay": after(1)}, migration={"decline": 1, "delay": after(2)}),
    population("gone", "invited", 1, invitation={"delay": after(1)}, migration={"leave": 1, "delay": after(2)}),
    population("deaf", "invited", 4, invitation={"accept": 0}),
    population("shy", "invited", 2, invitation={"decline": 1}),
    step("create_accounts", population="made"),
    *(step("invite", population=name) for name in ("yes", "slow", "no", "gone", "deaf", "shy")),
    step("wait", days=16),
    step("enable_all_features"),
    step("wait_for_answers"),
    step("remove_declined"),
    step("finalize"),
    step("close_accounts", population="made", share=0.4),
    step("wait", days=1),
)


async def test_every_figure_by_hand() -> None:
    """On a run small enough to be followed by hand each figure is the one that comes of it."""
    outcome = await play(*SMALL)
    # The world, the organization, its founder; creations; invitations; joinings; expiries and declinings; parent and
    # approvals; acceptances, the declining, the leaving; a removal, which opens the parent; finalizing; closures; at
    # the last the quiet day.
    joined, made = 6 + 2 + 1 + 1, 5
    migration = (1 + 10) + 8 + 1 + 2 + (1 + 1) + 2
    assert outcome.refused == {}
    assert outcome.metrics == {
        "all_features_share": 1,
        "finalize_days": 10,
        # Asked: 16 invitations and 10 approvals.
        "accepted_share": (10 + 8) / 26,
        "declined_share": (2 + 1) / 26,
        "expired_share": 4 / 26,
        "members": 1 + made + 8,
        "joined": joined,
        "joined_share": joined / 16,
        "created": made,
        "creation_failed_share": 0,
        "closed": 2,
        "departed": 2,
        "moved_on": 0,
        "ready_share": None,
        "departed_share": 2 / (joined + made),
        # Founding, creations, invitations, answers, the migration, its answers, a removal, finalizing, closures.
        "commands": 1 + 5 + 16 + 12 + 1 + 10 + 1 + 1 + 2,
        "refused_share": 0,
        "throttled_share": 0,
        "held_back": 0,
        "virtual_days": 16 + 10 + 1,
        "virtual_hours": 27 * 24,
        "events": 3 + 3 * made + 16 + 2 * joined + 4 + 2 + migration + 4 + 1,
    }
    assert outcome.distributions["joining_days"].percentiles[::25] == (1, 1, 1, 1, 2)
    assert outcome.distributions["joining_days"].mean == (8 * 1 + 2 * 2) / 10
    assert outcome.distributions["migration_days"].mean == (6 * 3 + 2 * 10) / 8
    assert outcome.distributions["creation_seconds"].count == 5
    assert outcome.distributions["closing_seconds"].count == 2
    assert outcome.distributions["held_back_seconds"] == Distribution()


async def test_every_name_is_in_an_outcome() -> None:
    """The names that thresholds may use are those that an outcome has, and each can be asked for."""
    outcome = await play(*SMALL)
    assert list(outcome.metrics) == list(NUMBERS)
    assert list(outcome.distributions) == list(DISTRIBUTIONS)
    for name in DISTRIBUTIONS:
        for statistic in (*STATISTICS, "p0", "p50", "p100"):
            outcome.figure(f"{name}.{statistic}")
    assert outcome.figure("joining_days.p95") == 2
    assert outcome.figure("held_back_seconds.mean") is None
    assert outcome.figure("held_back_seconds.count") == 0
    with pytest.raises(KeyError):
        outcome.figure("nothing")


async def test_one_row() -> None:
    """An outcome as one row has every number, and a few statistics of each distribution."""
    row = flat(await play(*SMALL), ("count", "p95"))
    assert list(row)[: len(NUMBERS)] == list(NUMBERS)
    assert row["joining_days.count"] == 10
    assert row["migration_days.p95"] == 10
    assert len(row) == len(NUMBERS) + 2 * len(DISTRIBUTIONS)


SHARES = {name for name in (NUMBERS | OF_ORGANIZATIONS | OF_POPULATIONS | OF_STEPS) if name.endswith("_share")}


def test_every_share_says_why_it_has_no_value() -> None:
    """There is a reason for each share, of the run or of a part, that has nothing of which it is one."""
    assert set(NO_SHARE) == SHARES


async def test_shares_of_nothing() -> None:
    """Where nothing happens a share has no value, and no threshold on it holds; but one organization is founded."""
    for comparison in ("== 0", "<= 1", ">= 0", "!= 0.5"):
        limits = [f'{name} = "{comparison}"' for name in sorted(SHARES & NUMBERS.keys())]
        limits += [f'steps.1.refused_share = "{comparison}"', f'p.joined_share = "{comparison}"']
        text = [population("p", "invited", 3), step("wait", days=1), "[thresholds]", *limits]
        outcome = await play(*text)
        have = {each.metric for each in outcome.thresholds if each.value is not None}
        assert have == {"all_features_share", "refused_share", "throttled_share"}
        assert {each.metric for each in outcome.thresholds if each.ok} <= have
        values = outcome.parts["populations.p"].metrics | outcome.parts["steps.1"].metrics
        assert {name for name in values if values[name] is not None} & SHARES == {"joined_of_all_share"}


async def test_what_does_not_exist() -> None:
    """In a run in which nothing happens what nobody did has no figure, nor a share of it, and its threshold fails."""
    thresholds = '[thresholds]\nfinalize_days = "< 99"\nmigration_days.p95 = "< 99"\naccepted_share = "== 0"\n'
    outcome = await play(step("wait", days=0), thresholds)
    assert outcome.metrics["finalize_days"] is None
    assert outcome.metrics["members"] == 1
    assert [(each.threshold, each.value, each.ok) for each in outcome.thresholds] == [
        ("finalize_days < 99", None, False),
        ("migration_days.p95 < 99", None, False),
        ("accepted_share == 0", None, False),
    ]
    assert not outcome.passed


async def test_thresholds_that_hold() -> None:
    """A run in which all thresholds hold has passed; one without thresholds has too."""
    thresholds = '[thresholds]\nfinalize_days = "<= 10"\nmigration_days.p50 = "== 3"\nmigration_days.max = "> 9"\n'
    outcome = await play(*SMALL, thresholds)
    assert outcome.passed
    assert [each.value for each in outcome.thresholds] == [10, 3, 10]
    assert (await play(*SMALL)).passed


async def test_failed_creations() -> None:
    """Creations that fail are counted with their reason and as a share of those that ended."""
    call = {"Email": "made-1@accounts.example", "AccountName": "Taken"}
    outcome = await play(
        *(population("made", "created", 3), step("create_accounts", population="made")),
        *(step("CreateAccount", with_=call), step("wait", days=1)),
    )
    assert outcome.account_creations == {"SUCCEEDED": 3, "FAILED EMAIL_ALREADY_EXISTS": 1}
    assert outcome.figure("creation_failed_share") == 1 / 4
    assert outcome.figure("created") == 3


async def test_steps() -> None:
    """Each step has its beginning, its length, and what was called within it."""
    outcome = await play(*SMALL)
    assert [(each.step, each.action, each.subject) for each in outcome.steps[:3]] == [
        (1, "create_accounts", "made"),
        (2, "invite", "yes"),
        (3, "invite", "slow"),
    ]
    assert [each.began_days for each in outcome.steps[7:]] == [0, 16, 16, 26, 26, 26, 26]
    assert [each.hours for each in outcome.steps[7:]] == [16 * 24, 0, 10 * 24, 0, 0, 0, 24]
    assert sum(each.commands for each in outcome.steps) == outcome.commands - 1
    assert outcome.steps[8].subject == "organization"


async def test_slowest() -> None:
    """The slowest accounts are named, the slowest first, and never more than ten."""
    outcome = await play(*SMALL)
    assert [each.days for each in outcome.slowest["migration_days"]] == [10, 10, *[3] * 6]
    assert [each.days for each in outcome.slowest["joining_days"]] == [2, 2, *[1] * 8]
    slow = {each.account for each in outcome.slowest["joining_days"][:2]}
    assert slow == {each.account for each in outcome.slowest["migration_days"][:2]}


def leaves(value: Any) -> Iterable[tuple[int, ...]]:
    """All rows of a timeline."""
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    else:
        yield value


@pytest.mark.parametrize("days", [0, 0.1, 1, 16, 100, 300, 3_000])
async def test_timeline_ends_with_the_totals(days: float) -> None:
    """The timeline of a run of any length has at most 240 intervals, and ends with the final counts."""
    outcome = await play(*SMALL[:-1], step("wait", days=days))
    timeline = outcome.timeline
    assert timeline.length <= 240
    assert timeline.start == datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
    assert {len(row) for row in leaves([timeline.handshakes, timeline.members, timeline.closures][0])} == {
        timeline.length + 1
    }
    assert (
        (timeline.length - 1) * timeline.step_seconds
        <= (26 + days) * 86_400 + 20
        < timeline.length * timeline.step_seconds
    )
    last = {
        action: {state: row[-1] for state, row in states.items() if row[-1]}
        for action, states in timeline.handshakes.items()
    }
    assert last == outcome.handshakes
    assert {name: row[-1] for name, row in timeline.members.items()} == {
        name: each.accounts for name, each in outcome.organizations.items()
    }
    assert {state: row[-1] for state, row in timeline.creations.items() if row[-1]} == outcome.account_creations
    closed = 2 if days < 90 else 0
    assert {state: row[-1] for state, row in timeline.closures.items()} == {"PENDING_CLOSURE": 0, "CLOSED": closed}


async def test_timeline_by_hand() -> None:
    """Day by day there are as many open invitations and members as answers by then say."""
    outcome = await play(
        "start = 2026-03-01T00:00:00Z",
        population("p", "invited", 4, invitation={"delay": after(1.5)}),
        step("invite", population="p", pace={"per_day": 1}),
        step("wait_for_answers"),
        step("wait", days=235.5),
    )
    timeline = outcome.timeline
    # Invited on days 0, 1, 2, 3, joined one and a half days later; the run has 240 days and a moment.
    assert timeline.step_seconds == 2 * 86_400
    assert timeline.handshakes["INVITE"]["OPEN"][:5] == (0, 1, 1, 0, 0)
    assert timeline.handshakes["INVITE"]["ACCEPTED"][:5] == (0, 1, 3, 4, 4)
    assert timeline.members["organization"][:5] == (1, 2, 4, 5, 5)


async def test_timeline_begins_with_what_stood() -> None:
    """The first value of each series is what stood when the run began, whatever happens in its first minute."""
    outcome = await play(
        "organizations.ours = { accounts = 4 }",
        "organizations.theirs = { accounts = 3 }",
        "organizations.founded = { feature_set = 'ALL' }",
        'populations.movers = { of = "theirs" }',
        population("made", "created", 2),
        step("invite", organization="ours", population="movers"),
        step("create_accounts", organization="founded", population="made"),
        step("close_accounts", organization="founded", population="made"),
    )
    timeline = outcome.timeline
    assert timeline.members == {"ours": (5, 8), "theirs": (4, 1), "founded": (1, 3)}
    assert timeline.handshakes["INVITE"] == {"OPEN": (0, 0), "ACCEPTED": (0, 3)}
    assert timeline.creations == {"IN_PROGRESS": (0, 0), "SUCCEEDED": (0, 2)}
    assert {state: row[0] for state, row in timeline.closures.items()} == {"PENDING_CLOSURE": 0, "CLOSED": 0}


async def test_timeline_of_a_later_day_begins_with_what_stood() -> None:
    """Measured from a later day, the first values are open invitations, members and closed accounts of that moment."""
    outcome = await play(
        "measure_from = 5",
        "organizations.ours = { feature_set = 'ALL' }",
        population("early", "invited", 3),
        population("late", "invited", 4, invitation={"delay": after(5)}),
        *(step("invite", population="early"), step("wait_for_answers"), step("close_accounts", population="early")),
        *(step("wait", days=1), step("invite", population="late"), step("wait", days=8)),
    )
    timeline = outcome.timeline
    assert {state: row[0] for state, row in timeline.handshakes["INVITE"].items()} == {"OPEN": 4, "ACCEPTED": 0}
    assert timeline.members["ours"][0] == 4
    assert timeline.closures["CLOSED"][0] == 3
    assert (timeline.handshakes["INVITE"]["ACCEPTED"][-1], timeline.members["ours"][-1]) == (4, 8)


async def test_calls_by_the_stretch() -> None:
    """Where calls are throttled the timeline has them by operation, and how many were throttled; they add up."""
    retry = {"attempts": 1}
    outcome = await play(
        *('throttle = "aws"', population("made", "created", 5)),
        *(step("create_accounts", population="made", retry=retry), step("wait", days=1)),
    )
    assert sum(outcome.timeline.calls["CreateAccount"]) == 5
    assert outcome.timeline.throttled["CreateAccount"][0] == 2
    assert sum(map(sum, outcome.timeline.calls.values())) == outcome.commands
    assert (
        await play(population("made", "created", 5), step("create_accounts", population="made"))
    ).timeline.calls == {}


@given(values=st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=250), percentile=st.integers(0, 100))
def test_nearest_rank(values: list[float], percentile: int) -> None:
    """A percentile is the least value such that so many hundredths of all are not above it."""
    found = Distribution.of(values).statistic(f"p{percentile}")
    assert found is not None
    assert found == sorted(values)[max(1, ceil(len(values) * percentile / 100)) - 1]
    assert 100 * sum(value <= found for value in values) >= percentile * len(values)
    assert 100 * sum(value < found for value in values) < max(percentile * len(values), 1)


def test_statistics() -> None:
    """Count, least, mean, median and greatest are what they are called; of nothing there is only the count."""
    some = Distribution.of([4.0, 1.0, 2.0, 3.0, 10.0])
    assert [some.statistic(name) for name in ("count", "min", "mean", "median", "max", "p20", "p21")] == [
        *(5, 1, 4, 3, 10, 1, 2),
    ]
    nothing = Distribution.of([])
    assert [nothing.statistic(name) for name in ("count", "min", "mean", "p95")] == [0, None, None, None]


def test_an_outcome_is_all_that_is_said() -> None:
    """Every field of an outcome is there to be printed: none is a private one."""
    assert not [name for name in Outcome.__struct_fields__ if name.startswith("_")]
