"""Whoever is asked answers as its population does, by whatever step; reminders count from each account's request."""

from typing import Any

import pytest
from support.play_scenario import ENDED, after, days, met, play, population, recorded, step, track, uniform
from support.scenario_keys import complaint

from orgsim.api.load.play.outcome import FollowUp
from orgsim.api.load.scenario import ScenarioError
from orgsim.engine.events import (
    AccountCreationRequested,
    AccountDeparted,
    AccountJoined,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeRequested,
)

SILENT = {"after_reminder": 1, "remind_after_days": [7, 12], "delay": after(1), "reminded_delay": after(2)}
INVITE = {"Target": {"Type": "ACCOUNT", "Id": "{account}"}}


def invited(name: str, count: int, **invitation: Any) -> str:
    """A population with a behaviour when it is invited."""
    return population(name, "invited", count, invitation=invitation)


async def test_days_after_the_own_invitation() -> None:
    """Each account is reminded seven days after its own invitation and joins two days after that."""
    outcome, envelopes = await recorded(
        invited("p", 4, **SILENT), step("invite", population="p", pace={"per_day": 1}), ENDED
    )
    assert days(envelopes, HandshakeRequested) == [0, 1, 2, 3]
    assert days(envelopes, AccountJoined)[1:] == [9, 10, 11, 12]
    # Nobody is silent any more on day 12 after its invitation.
    assert met(outcome) == (
        FollowUp("p", "invitation", "reminder", "after 7 days", 4, 4),
        FollowUp("p", "invitation", "reminder", "after 12 days", 0, 0),
    )
    assert [(each.first_days, each.last_days) for each in outcome.follow_ups] == [(7, 10), (None, None)]
    assert outcome.warnings == (
        "populations.p.invitation: the reminder after 12 days reached nobody: nobody had an open request for so long",
    )


async def test_reminders_without_effect() -> None:
    """Each reminder has its own reason: the first is followed by nobody, the second reaches nobody."""
    deaf = {"decline": 0.5, "remind_after_days": [2, 9], "delay": after(1)}
    steps = step("invite", population="p"), step("wait", days=3), step("enable_all_features"), step("wait", days=9)
    first, second = (await play(invited("p", 4, **deaf | {"accept": 0}), *steps)).warnings
    assert "nobody follows the reminder after 2 days: after_reminder, the share that waits for one, is 0" in first
    assert second.endswith("the reminder after 9 days reached nobody: nobody had an open request for so long")


async def test_who_follows_at_once() -> None:
    """Without a delay a reminder is followed the moment it comes; it has reached whoever follows it all the same."""
    behaviour = {"after_reminder": 1, "remind_after_days": [3, 6], "reminded_accept": [0, 1]}
    outcome, envelopes = await recorded(invited("p", 9, **behaviour), step("invite", population="p"), ENDED)
    assert days(envelopes, AccountJoined)[1:] == [6] * 9
    assert [(each.reached, each.followed) for each in outcome.follow_ups] == [(9, 0), (9, 9)]
    assert outcome.warnings == ()


async def test_who_follows_which() -> None:
    """Some follow the first reminder, some the second, some none; each has had its request for so long."""
    behaviour = {**SILENT, "accept": 0.25, "after_reminder": 0.75, "reminded_accept": [0.5, 0.5]}
    outcome, envelopes = await recorded(
        invited("p", 400, **behaviour), step("invite", population="p"), step("wait", days=20)
    )
    joined = days(envelopes, AccountJoined)[1:]
    by_day = {day: joined.count(day) for day in sorted(set(joined))}
    assert list(by_day) == [1, 9, 14]
    assert by_day[1] == pytest.approx(100, abs=30)
    assert by_day[9] == pytest.approx(150, abs=40)
    assert by_day[14] == pytest.approx(75, abs=30)
    first, second = outcome.follow_ups
    # Reached are all that have not answered, also those that answer to nothing.
    assert (first.reached, first.followed) == (400 - by_day[1], by_day[9])
    assert (second.reached, second.followed) == (400 - by_day[1] - by_day[9], by_day[14])


async def test_late_answers_are_reminded_too() -> None:
    """Who answers late is reminded, and answers as it would have."""
    outcome, envelopes = await recorded(
        invited("p", 10, delay=after(8), remind_after_days=[7]), step("invite", population="p"), ENDED
    )
    assert set(days(envelopes, AccountJoined)[1:]) == {8}
    assert met(outcome) == (FollowUp("p", "invitation", "reminder", "after 7 days", 10, 0),)
    assert outcome.warnings == ()


async def test_reminders_change_nobody_else() -> None:
    """With reminders the same accounts accept at the same moments as with other shares of those that follow them."""

    async def joined(share: float) -> dict[str, float]:
        behaviour = {**SILENT, "accept": 0.5, "after_reminder": 0.5, "reminded_accept": share, "delay": uniform(0, 6)}
        _, envelopes = await recorded(invited("p", 60, **behaviour), step("invite", population="p"), ENDED)
        return {
            str(each.account): days([envelopes[0], each], AccountJoined)[-1]
            for each in envelopes[3:]
            if isinstance(each.event, AccountJoined)
        }

    none, half, everybody = [await joined(share) for share in (0, 0.5, 1)]
    assert none.items() < half.items()
    assert len(none) < len(half) < len(everybody) == 60
    assert {who: everybody[who] for who in none} == none


async def test_a_plain_invitation_starts_the_behaviour() -> None:
    """Accounts that a plain InviteAccountToOrganization asks answer as their population does, in parts too."""
    behaviour = {"decline": 0.5, "delay": after(2)}
    outcome, envelopes = await recorded(
        invited("p", 100, **behaviour),
        *(
            step("InviteAccountToOrganization", for_each="p", with_=INVITE, share=0.5, skip=skip, pace={"over_days": 1})
            for skip in (0, 0.5)
        ),
        step("wait", days=3),
    )
    asked, answered = days(envelopes, HandshakeRequested), days(envelopes, HandshakeAccepted)
    assert len(asked) == 100
    assert 30 < len(answered) < 70
    assert outcome.handshakes["INVITE"] == {"ACCEPTED": len(answered), "DECLINED": 100 - len(answered)}
    assert {round(moment, 6) for moment in answered} <= {round(moment + 2, 6) for moment in asked}


async def test_a_plain_migration_starts_the_behaviour() -> None:
    """A plain EnableAllFeatures asks members as the step of its own does: they approve, and it can be finalized."""
    members = population("p", "invited", 5, migration={"delay": after(3)})
    outcome = await play(
        *(members, step("invite", population="p"), ENDED),
        *(step("EnableAllFeatures"), ENDED, step("finalize")),
    )
    assert (outcome.feature_set, outcome.virtual_days) == ("ALL", 3)


async def test_invited_by_address() -> None:
    """Who is invited by its address answers too."""
    outcome = await play(
        *("[organizations.a]\n[organizations.b]\nmanagement_account = '222222222222'",),
        population("made", "created", 1, invitation={"delay": after(1)}),
        step("create_accounts", organization="a", population="made"),
        step(
            "InviteAccountToOrganization",
            organization="b",
            at_day=5,
            with_={"Target": {"Type": "EMAIL", "Id": "made-1@accounts.example"}},
        ),
        ENDED,
    )
    assert outcome.organizations["b"].accounts == 2
    assert outcome.virtual_days == 6
    assert outcome.figure("joined_share") == 1


async def test_a_deadline_with_an_escalation() -> None:
    """Members that have not approved twenty days after they were asked are removed, and the migration goes on."""
    escalation = {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}}
    behaviour = {"accept": 0.8, "delay": after(2), "deadline_days": 20, "escalation": escalation}
    outcome, envelopes = await recorded(
        *(population("p", "invited", 50, migration=behaviour), step("invite", population="p"), ENDED),
        *(step("enable_all_features"), ENDED, step("finalize")),
    )
    removed = days(envelopes, AccountDeparted)
    assert 3 < len(removed) < 20
    assert set(removed) == {20}
    assert met(outcome) == (FollowUp("p", "migration", "deadline", "after 20 days", len(removed), len(removed)),)
    assert (outcome.feature_set, outcome.accounts, outcome.virtual_days) == ("ALL", 51 - len(removed), 20)


async def test_a_deadline_alone() -> None:
    """A deadline without an escalation is counted, and nothing waits for it."""
    outcome = await play(
        invited("p", 10, accept=0, deadline_days=3), step("invite", population="p"), ENDED, step("wait", days=4)
    )
    assert met(outcome) == (FollowUp("p", "invitation", "deadline", "after 3 days", 10, 0),)
    assert outcome.virtual_days == 4


async def test_an_escalation_that_asks_again() -> None:
    """An escalation may ask again, once: who is asked by it behaves as its population does, without a deadline."""
    target = {"Target": {"Type": "EMAIL", "Id": "made-1@accounts.example"}}
    escalation = {"action": "InviteAccountToOrganization", "with": target}
    silent = {"accept": 0, "deadline_days": 10, "escalation": escalation}
    outcome, envelopes = await recorded(
        "[organizations.a]\n[organizations.b]\nmanagement_account = '222222222222'",
        population("made", "created", 1, invitation=silent),
        step("create_accounts", organization="a", population="made"),
        step("invite", organization="b", population="made", at_day=5),
        *(step("wait_for_answers"), step("wait", days=40)),
    )
    assert days(envelopes, HandshakeRequested) == [5, 15]
    assert outcome.steps[3].began_days == 15
    assert met(outcome) == (FollowUp("made", "invitation", "deadline", "after 10 days", 1, 1),)


async def test_an_escalation_that_cancels() -> None:
    """An escalation concerns those that have an open request still: before day 15 all, later it would be nobody."""

    async def canceled(day: int) -> list[float]:
        escalation = {"action": "CancelHandshake", "with": {"HandshakeId": "{handshake}"}}
        deaf = invited("p", 3, accept=0, deadline_days=day, escalation=escalation)
        _, envelopes = await recorded(deaf, step("invite", population="p"), ENDED, step("wait", days=30))
        return days(envelopes, HandshakeCanceled)

    assert await canceled(10) == [10, 10, 10]
    with pytest.raises(ScenarioError, match="its request expires on day 15, so day 16 reaches nobody"):
        await canceled(16)


async def test_escalations_are_throttled() -> None:
    """Escalations keep to AWS's rates, as answers do: what is throttled is made again when it is let in."""
    escalation = {"action": "CancelHandshake", "with": {"HandshakeId": "{handshake}"}}
    outcome, envelopes = await recorded(
        "throttle = 'aws'",
        invited("p", 30, accept=0, deadline_days=10, escalation=escalation),
        *(step("invite", population="p"), ENDED),
    )
    canceled = days(envelopes, HandshakeCanceled)
    assert len(canceled) == 30
    assert len(set(canceled)) > 10
    assert outcome.throttled["CancelHandshake"] > 10


async def test_a_refused_escalation() -> None:
    """An escalation that AWS refuses for good is none that was carried out, and a warning says how many and why."""
    escalation = {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}}
    outcome = await play(
        invited("p", 2, accept=0, deadline_days=3, escalation=escalation),
        *(step("invite", population="p"), step("wait_for_answers")),
    )
    assert outcome.refused == {"AccountNotFoundException": 2}
    assert met(outcome) == (FollowUp("p", "invitation", "deadline", "after 3 days", 2, 0),)
    told = "RemoveAccountFromOrganization was refused for 2 of 2 accounts: AccountNotFoundException"
    assert outcome.warnings == (f"populations.p.invitation: {told}",)


async def test_escalations_wait_for_limits() -> None:
    """Escalations wait for AWS's limits that pass, as steps do: of eight accounts five are created at a time."""
    new = {"AccountName": "instead", "Email": "{account}@example.com"}
    deaf = invited("p", 8, accept=0, deadline_days=3, escalation={"action": "CreateAccount", "with": new})
    outcome, envelopes = await recorded("latency = 60", deaf, step("invite", population="p"), ENDED)
    assert days(envelopes, AccountCreationRequested) == pytest.approx([3] * 5 + [3 + 60 / 86_400] * 3)
    assert met(outcome) == (FollowUp("p", "invitation", "deadline", "after 3 days", 8, 8),)
    assert (outcome.refused, outcome.warnings) == ({}, ())
    assert outcome.held_back == {"CreateAccount ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": 3}


async def test_escalations_wait_for_other_writes() -> None:
    """Escalations come after each other where writes of a kind meet; none is refused."""
    escalation = {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}}
    deaf = population("p", "invited", 5, migration={"accept": 0, "deadline_days": 20, "escalation": escalation})
    outcome, envelopes = await recorded(
        *("settings.write_conflict_seconds = 60", deaf, step("invite", population="p"), ENDED),
        *(step("enable_all_features"), ENDED),
    )
    removed = days(envelopes, AccountDeparted)
    assert len(set(removed)) == len(removed) == 5
    assert outcome.refused == {}
    assert outcome.held_back["RemoveAccountFromOrganization ConcurrentModificationException"] >= 4


async def test_nobody_waits_for_a_deadline_that_meets_nobody() -> None:
    """When all have answered before their deadline, a step that waits for answers ends with the last of them."""
    escalation = {"action": "CancelHandshake", "with": {"HandshakeId": "{handshake}"}}
    outcome = await play(
        invited("p", 5, delay=after(2), deadline_days=9, escalation=escalation), step("invite", population="p"), ENDED
    )
    assert outcome.virtual_days == 2


async def test_a_reminder_of_a_step_that_reaches_nobody() -> None:
    """A step that reminds counts whom it reaches, and says so if that is nobody."""
    outcome = await play(
        invited("p", 5, after_reminder=1, delay=after(1)),
        *(step("remind"), step("invite", population="p"), step("remind", accept=0), step("remind", population="p")),
        *(ENDED, track("t", step("remind", at_day=3))),
    )
    assert [(each.when, each.reached, each.followed) for each in outcome.follow_ups] == [
        ("step 1", 0, 0),
        ("step 3", 5, 0),
        ("step 4", 5, 5),
        ("track t, step 1", 0, 0),
    ]
    assert [each.place for each in outcome.follow_ups] == [("", 1), ("", 3), ("", 4), ("t", 1)]
    assert outcome.warnings == tuple(
        f"{place}: the reminder reached nobody: no account that was asked waits for one"
        for place in ("step 1", "track t, step 1")
    )


async def test_a_reminder_when_nobody_was_asked() -> None:
    """A reminder of a population that nobody has asked says so."""
    outcome = await play(invited("p", 5, **SILENT), step("wait", days=30))
    assert outcome.warnings[0] == (
        "populations.p.invitation: the reminder after 7 days reached nobody: nobody was asked"
    )


@pytest.mark.parametrize(
    ("keys", "complaint_of"),
    [
        ("remind_after_days = [12, 7]", "remind_after_days: must rise from one to the next, not 12, 7"),
        ("remind_after_days = [7]\nreminded_accept = [0.5, 0.5]", "reminded_accept: has 2 shares for 1 reminder"),
        ("escalation = { action = 'ListRoots' }", "escalation: needs deadline_days: when it happens"),
        (
            "deadline_days = 3\nescalation = { action = 'ListRoots' }",
            "AWS has no operation 'ListRoots' that changes anything",
        ),
        (
            "deadline_days = 3\nescalation = { action = 'CancelHandshak' }",
            "AWS has no operation 'CancelHandshak' that changes anything, did you mean `CancelHandshake`?",
        ),
        (
            "deadline_days = 3\nescalation = { action = 'CloseAccount', with = { Account = '{acount}' } }",
            "CloseAccount has no member 'Account', did you mean `AccountId`?",
        ),
    ],
)
def test_impossible(keys: str, complaint_of: str) -> None:
    """Reminders and escalations that cannot be are refused with their place."""
    told = complaint(
        f"{invited('p', 1)}\n[populations.p.migration]\n{keys}\n{ENDED}".replace("invitation = {  }\n", "")
    )
    assert told.startswith("populations.p.migration")
    assert complaint_of in told
