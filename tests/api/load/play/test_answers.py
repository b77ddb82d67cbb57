"""Steps that ask, and what becomes of it: joining, migrating, reminders, answers that come too late."""

from collections import Counter
from typing import Any

import pytest
from support.play_scenario import after, days, play, population, recorded, step, uniform

from orgsim.api.load.scenario import ScenarioError
from orgsim.engine.events import (
    AccountDeparted,
    AccountJoined,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeRequested,
)

JOINING = {"delay": after(1)}
YES = population("yes", "invited", 10, invitation=JOINING, migration={"delay": after(3)})
NO = population("no", "invited", 5, invitation=JOINING, migration={"decline": 1, "delay": after(3)})
MUTE = population("mute", "invited", 4, invitation=JOINING, migration={"after_reminder": 1, "delay": after(3)})
GONE = population("gone", "invited", 3, invitation=JOINING, migration={"leave": 1, "delay": after(3)})
MADE = population("made", "created", 12)

WAIT = step("wait_for_answers")
ENABLE, FINALIZE, REMOVE, REMIND = (
    step("enable_all_features"),
    step("finalize"),
    step("remove_declined"),
    step("remind"),
)


def invite(*names: str, **keys: Any) -> str:
    """Invitations of some populations, and their answers."""
    return "".join(step("invite", population=name, **keys) for name in names) + WAIT


async def test_everybody_accepts() -> None:
    """Ten join after a day and accept three days later: the figures are those counted by hand."""
    outcome = await play(YES, invite("yes"), ENABLE, WAIT, FINALIZE)
    assert (outcome.feature_set, outcome.accounts, outcome.refused) == ("ALL", 1 + 10, {})
    assert outcome.handshakes == {
        "APPROVE_ALL_FEATURES": {"ACCEPTED": 10},
        "ENABLE_ALL_FEATURES": {"ACCEPTED": 1},
        "INVITE": {"ACCEPTED": 10},
    }
    # The world; the organization and its founder; invitations; acceptances and joinings; parent and approvals;
    # their acceptances and the opening of the parent; its acceptance and the change.
    assert outcome.events == 1 + 2 + 10 + 20 + 11 + 11 + 2
    assert outcome.virtual_days == 4
    assert outcome.commands == 1 + 10 + 10 + 1 + 10 + 1
    assert (outcome.seed, outcome.log) == (0, "memory")
    assert len(bytes.fromhex(outcome.digest)) == 32


async def test_every_kind_of_answer() -> None:
    """Some accept, some decline and go, some leave, some answer after a reminder: the figures are those by hand."""
    outcome, envelopes = await recorded(
        *(YES, NO, MUTE, GONE, MADE, step("create_accounts", population="made"), invite("yes", "no", "mute", "gone")),
        *(ENABLE, step("wait", days=14), REMIND, WAIT, REMOVE, FINALIZE),
    )
    assert (outcome.feature_set, outcome.accounts, outcome.refused) == ("ALL", 1 + 12 + 10 + 4, {})
    assert outcome.handshakes == {
        "APPROVE_ALL_FEATURES": {"ACCEPTED": 14, "CANCELED": 3, "DECLINED": 5},
        "ENABLE_ALL_FEATURES": {"ACCEPTED": 1},
        "INVITE": {"ACCEPTED": 22},
    }
    # Each creation has three events, each joining three; a leaving two; the last removal opens the parent.
    assert outcome.events == 3 + 3 * 12 + 3 * 22 + (1 + 22) + 14 + 5 + 3 * 2 + (5 + 1) + 2
    # One day of joining, fourteen of waiting, three from the reminder.
    assert outcome.virtual_days == 1 + 14 + 3
    assert Counter(days(envelopes, HandshakeAccepted)) == {1: 22, 4: 10, 18: 4 + 1}
    assert Counter(days(envelopes, HandshakeDeclined)) == {4: 5}
    assert Counter(days(envelopes, AccountDeparted)) == {4: 3, 18: 5}


async def test_invitations_that_are_declined_or_ignored() -> None:
    """Who declines or ignores an invitation does not join; what is ignored expires after fifteen days."""
    shares = {"accept": 0, "decline": 1, "delay": after(2)}
    outcome, envelopes = await recorded(
        population("no", "invited", 3, invitation=shares),
        population("deaf", "invited", 4, invitation={"accept": 0}),
        *(step("invite", population="no"), step("invite", population="deaf"), WAIT, step("wait", days=14)),
    )
    assert outcome.handshakes == {"INVITE": {"DECLINED": 3, "EXPIRED": 4}}
    assert (outcome.accounts, outcome.virtual_days) == (1, 16)
    assert set(days(envelopes, HandshakeExpired)) == {15}


async def test_invitations_answered_after_a_reminder() -> None:
    """Who waits for a reminder of an invitation joins after it; who is reminded too late does not."""
    shares = {"after_reminder": 1, "delay": after(2)}
    early, late = (population(name, "invited", 3, invitation=shares) for name in ("early", "late"))
    outcome, envelopes = await recorded(
        *(early, late, step("invite", population="early"), step("invite", population="late"), step("wait", days=5)),
        *(step("remind", population="early"), step("wait", days=8), REMIND, step("wait", days=3)),
    )
    assert days(envelopes, AccountJoined) == [0, *[7] * 3]
    assert outcome.handshakes == {"INVITE": {"ACCEPTED": 3, "EXPIRED": 3}}


async def test_inviting_again() -> None:
    """Who let an invitation expire is invited again, who declined too, and who is a member or still asked is not."""
    outcome, envelopes = await recorded(
        population("deaf", "invited", 4, invitation={"after_reminder": 1}),
        population("no", "invited", 2, invitation={"decline": 1}),
        YES,
        invite("deaf", "no", "yes"),
        invite("deaf", "no", "yes", at_day=10),
        invite("deaf", "no", "yes", at_day=15),
        *(REMIND, WAIT),
    )
    requested = Counter(days(envelopes, HandshakeRequested))
    assert requested == {0: 4 + 2 + 10, 10: 2, 15: 4 + 2}
    assert outcome.handshakes == {"INVITE": {"ACCEPTED": 14, "DECLINED": 6, "EXPIRED": 4}}


async def test_two_invitations_at_one_moment() -> None:
    """Two populations that are invited one right after the other both answer."""
    both = [population(name, "invited", 3, invitation=JOINING) for name in "ab"]
    outcome = await play(*both, step("invite", population="a"), step("invite", population="b"), WAIT)
    assert outcome.handshakes == {"INVITE": {"ACCEPTED": 6}}


async def test_a_migration_cancels_open_invitations() -> None:
    """Who has not answered when all features are asked for is not invited any more, and does not answer."""
    outcome, envelopes = await recorded(YES, step("invite", population="yes"), ENABLE, WAIT, FINALIZE)
    assert outcome.handshakes["INVITE"] == {"CANCELED": 10}
    assert (outcome.feature_set, outcome.accounts, outcome.refused) == ("ALL", 1, {})
    assert days(envelopes, HandshakeCanceled) == [0] * 10


async def test_nobody_reminds_the_silent() -> None:
    """A migration that nobody answers expires after ninety days, and finalizing it is refused and counted."""
    outcome = await play(MUTE, invite("mute"), ENABLE, WAIT, step("wait", days=90), FINALIZE)
    assert (outcome.feature_set, outcome.accounts) == ("CONSOLIDATED_BILLING", 1 + 4)
    assert outcome.handshakes == {
        "APPROVE_ALL_FEATURES": {"CANCELED": 4},
        "ENABLE_ALL_FEATURES": {"EXPIRED": 1},
        "INVITE": {"ACCEPTED": 4},
    }
    assert outcome.refused == {"InvalidHandshakeTransitionException": 1}
    assert outcome.virtual_days == 91
    assert outcome.figure("expired_share") == 4 / 8


@pytest.mark.parametrize(("waiting", "feature_set", "answering"), [(86, "ALL", 3), (87, "CONSOLIDATED_BILLING", 0)])
async def test_a_reminder_in_time_and_too_late(waiting: int, feature_set: str, answering: int) -> None:
    """Three days after a reminder on day 86 the migration is ready; one day later nobody's answer is waited for."""
    outcome = await play(MUTE, invite("mute"), ENABLE, step("wait", days=waiting), REMIND, WAIT, FINALIZE)
    assert outcome.feature_set == feature_set
    assert outcome.virtual_days == 1 + waiting + answering


async def test_answers_that_come_too_late() -> None:
    """Nobody waits for answers to invitations that will have expired, or that were canceled."""
    slow = population("slow", "invited", 20, invitation={"delay": uniform(10, 20)})
    outcome = await play(slow, step("invite", population="slow"), WAIT)
    assert set(outcome.handshakes["INVITE"]) == {"ACCEPTED", "OPEN"}
    assert 14 < outcome.virtual_days < 15
    outcome = await play(slow, step("invite", population="slow"), step("wait", days=12), ENABLE, WAIT)
    assert outcome.virtual_days == 12


async def test_a_reminder_that_not_all_follow() -> None:
    """Whoever a reminder does not wake stays silent until the next."""
    steps = (MUTE, invite("mute"), ENABLE, step("remind", accept=0.0), WAIT)
    outcome = await play(*steps)
    assert outcome.handshakes["APPROVE_ALL_FEATURES"] == {"OPEN": 4}
    assert outcome.handshakes["ENABLE_ALL_FEATURES"] == {"REQUESTED": 1}
    outcome = await play(*steps, step("remind", accept=1.0, population="mute"), WAIT, FINALIZE)
    assert outcome.handshakes["APPROVE_ALL_FEATURES"] == {"ACCEPTED": 4}
    assert outcome.feature_set == "ALL"


async def test_a_second_migration_after_the_first_expired() -> None:
    """Who did not answer the first migration is asked again by the second, and reminded once."""
    outcome = await play(MUTE, invite("mute"), ENABLE, step("wait", days=91), ENABLE, REMIND, WAIT, FINALIZE)
    assert outcome.handshakes["APPROVE_ALL_FEATURES"] == {"ACCEPTED": 4, "CANCELED": 4}
    assert (outcome.feature_set, outcome.refused, outcome.virtual_days) == ("ALL", {}, 1 + 91 + 3)


async def test_created_accounts_are_not_asked() -> None:
    """A migration asks nobody whom the organization created; with nobody to ask it can be finalized at once."""
    outcome = await play(MADE, step("create_accounts", population="made"), ENABLE, FINALIZE)
    assert (outcome.feature_set, outcome.accounts, outcome.virtual_days) == ("ALL", 13, 0)
    assert outcome.handshakes == {"ENABLE_ALL_FEATURES": {"ACCEPTED": 1}}


async def test_invited_during_a_migration() -> None:
    """Who is invited while a migration runs has consented by joining, and is not asked."""
    outcome = await play(YES, MADE, ENABLE, invite("yes"), FINALIZE)
    assert (outcome.feature_set, outcome.accounts) == ("ALL", 11)
    assert "APPROVE_ALL_FEATURES" not in outcome.handshakes


@pytest.mark.parametrize(
    ("steps", "feature_set", "accounts", "refused"),
    [
        ((WAIT,), "CONSOLIDATED_BILLING", 1, {}),
        ((FINALIZE,), "CONSOLIDATED_BILLING", 1, {}),
        ((ENABLE, FINALIZE), "ALL", 1, {}),
        ((REMIND, WAIT, REMOVE, ENABLE, FINALIZE), "ALL", 1, {}),
        (
            (invite("yes"), ENABLE, ENABLE, WAIT, FINALIZE),
            "ALL",
            11,
            {"HandshakeConstraintViolationException ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": 1},
        ),
        (
            (ENABLE, FINALIZE, FINALIZE, ENABLE),
            "ALL",
            1,
            {
                "HandshakeAlreadyInStateException": 1,
                "HandshakeConstraintViolationException ORGANIZATION_ALREADY_HAS_ALL_FEATURES": 1,
            },
        ),
        (
            (invite("yes"), ENABLE, FINALIZE),
            "CONSOLIDATED_BILLING",
            11,
            {"InvalidHandshakeTransitionException": 1},
        ),
        (
            (invite("no"), ENABLE, WAIT, FINALIZE),
            "CONSOLIDATED_BILLING",
            6,
            {"InvalidHandshakeTransitionException": 1},
        ),
        (
            (invite("mute"), ENABLE, step("wait", days=121), FINALIZE),
            "CONSOLIDATED_BILLING",
            5,
            {"HandshakeNotFoundException": 1},
        ),
        ((invite("no"), ENABLE, step("wait", days=91), ENABLE, WAIT, REMOVE, FINALIZE), "ALL", 1, {}),
    ],
)
async def test_order_of_steps(steps: tuple[str, ...], feature_set: str, accounts: int, refused: dict[str, int]) -> None:
    """Steps may come in any order, and what AWS would refuse is counted."""
    outcome = await play(YES, NO, MUTE, *steps)
    assert (outcome.feature_set, outcome.accounts, outcome.refused) == (feature_set, accounts, refused)


async def test_at_day() -> None:
    """A step with a day begins on that day of the run; if that has passed, at once, and the run says so."""
    slow = population("slow", "invited", 1, invitation={"delay": after(4)})
    outcome, envelopes = await recorded(
        *(
            slow,
            step("invite", population="slow", at_day=2.5),
            step("wait_for_answers"),
            step("wait", days=1, at_day=3),
        ),
    )
    assert set(days(envelopes, HandshakeRequested)) == {2.5}
    assert [each.began_days for each in outcome.steps] == [2.5, 2.5, 6.5]
    assert outcome.virtual_days == 7.5
    assert outcome.warnings == ("step 3: at_day = 3 had passed: it began on day 6.5",)


async def test_pace() -> None:
    """At a pace each invitation has its moment, and each answer its own moment after that."""
    outcome, envelopes = await recorded(YES, invite("yes", pace={"per_day": 2}))
    assert days(envelopes, HandshakeRequested) == [number / 2 for number in range(10)]
    assert days(envelopes, HandshakeAccepted) == [1 + number / 2 for number in range(10)]
    assert outcome.steps[0].hours == 4.5 * 24


async def test_another_share_leaves_the_others_alone() -> None:
    """With another share, who accepts in both runs accepts at the same moment."""

    async def accepting(share: float) -> dict[str, float]:
        _, envelopes = await recorded(
            population("p", "invited", 40, invitation={"accept": share, "delay": uniform(1, 9)}),
            *(step("invite", population="p"), WAIT),
        )
        return {each.event.account: each.time for each in envelopes if isinstance(each.event, AccountJoined)}

    fewer, more = await accepting(0.3), await accepting(0.6)
    assert 1 < len(fewer) < len(more) < 41
    assert fewer.items() <= more.items()


async def test_the_end_of_the_calendar() -> None:
    """A run into a year that no calendar has stops with the place in the scenario, not with a traceback."""
    with pytest.raises(ScenarioError, match=r"^step \d+: time would run past 8995-"):
        await play("start = 7999-01-01T00:00:00Z", *[step("wait", days=36_500)] * 12)


async def test_a_pace_beyond_the_calendar() -> None:
    """A pace that would never end in this world's time stops the run likewise."""
    with pytest.raises(ScenarioError, match=r"^step 1: time would run past"):
        await play(YES, step("invite", population="yes", pace={"per_day": 1e-6}))
