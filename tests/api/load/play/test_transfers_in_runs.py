"""Management accounts that are asked to let another organization pay answer as their organization's table says."""

from typing import Any

import pytest
from support.play_scenario import ENDED, after, days, play, recorded, step
from support.scenario_keys import DONE, complaint

from orgsim.api.load import answer
from orgsim.api.load.play.outcome import FollowUp
from orgsim.engine.events import HandshakeAccepted, HandshakeCanceled, HandshakeDeclined
from orgsim.engine.ids import derived_email

START = "start = 2026-03-02T00:00:00Z"
ACCOUNT = {"Type": "ACCOUNT", "Id": "{customer.management_account}"}


def organizations(keys: str) -> str:
    """A payer, and a customer with further keys."""
    return f"{START}\n[organizations.payer]\n[organizations.customer]\n{keys}\n"


def offer(**others: Any) -> str:
    """The step with which the payer asks the customer: to pay from April on."""
    members = {"Type": "BILLING", "SourceName": "c", "StartTimestamp": "2026-04-01T00:00:00Z", "Target": ACCOUNT}
    return step("InviteOrganizationToTransferResponsibility", organization="payer", with_=members | others)


FIXED = "{ distribution = 'fixed', days = 4 }"


@pytest.mark.parametrize("target", [ACCOUNT, {"Type": "EMAIL", "Id": derived_email("222222222222")}])
async def test_accepting(target: dict[str, str]) -> None:
    """The management account accepts after its delay, however it was addressed."""
    outcome, envelopes = await recorded(organizations(f"transfer.delay = {FIXED}"), offer(Target=target), ENDED)
    assert days(envelopes, HandshakeAccepted) == [4]
    assert outcome.figure("transfer_days.max") == outcome.figure("payer.transfer_days.max") == 4
    assert outcome.figure("customer.transfer_days.count") == 0
    assert [each.account for each in outcome.slowest["transfer_days"]] == ["222222222222"]
    assert outcome.commands == 2 + 1 + 1


async def test_declining() -> None:
    """A share that declines does so after the delay."""
    _, envelopes = await recorded(organizations(f"transfer = {{ decline = 1, delay = {FIXED} }}"), offer(), ENDED)
    assert days(envelopes, HandshakeDeclined) == [4]


async def test_nobody_answers_without_a_behaviour() -> None:
    """An organization without `transfer` does not answer by itself; a step may answer for it."""
    outcome = await play(
        organizations(""),
        offer() + "save = { offer = 'Handshake.Id' }\n",
        *(ENDED, step("AcceptHandshake", organization="customer", with_={"HandshakeId": "{offer}"})),
    )
    assert (outcome.refused, outcome.virtual_days) == ({}, 0)
    assert outcome.handshakes["TRANSFER_RESPONSIBILITY"] == {"ACCEPTED": 1}


async def test_who_pays_in_the_end() -> None:
    """Every transfer and offer of the run is told with its payer, whose bills, from when and until when."""
    outcome = await play(
        organizations(f"transfer.delay = {FIXED}"),
        "[organizations.other]",
        "[organizations.shy]",
        offer(),
        *(offer(Target={"Type": "ACCOUNT", "Id": "{shy.management_account}"}, SourceName="s"), ENDED),
        step("wait", days=30),
        step("ListOutboundResponsibilityTransfers", organization="customer", with_={"Type": "BILLING"})
        + "save = { transfer = 'ResponsibilityTransfers.0.Id' }\n",
        step("TerminateResponsibilityTransfer", organization="customer", with_={"Id": "{transfer}"}),
        offer(StartTimestamp="2026-06-01T00:00:00Z").replace("payer", "other") + ENDED,
    )
    assert [(each.payer, each.paid_for, each.status) for each in outcome.transfers] == [
        ("payer", "customer", "WITHDRAWN"),
        ("payer", "shy", "EXPIRED"),
        ("other", "customer", "ACCEPTED"),
    ]
    assert list(answer.transfers(outcome)) == [
        "payer pays customer's bills from 1 April 2026 to 30 April 2026: it was ended",
        "payer offered to pay shy's bills from 1 April 2026 on: expired",
        "other pays customer's bills from 1 June 2026 on",
    ]


async def test_reminders() -> None:
    """It is reminded on its own days, follows with its delay, and reminders and their effect are counted."""
    keys = f"transfer = {{ after_reminder = 1, remind_after_days = [5, 9], reminded_accept = [0, 1], delay = {FIXED} }}"
    outcome, envelopes = await recorded(organizations(keys), offer(), ENDED)
    assert days(envelopes, HandshakeAccepted) == [9 + 4]
    assert outcome.follow_ups == (
        FollowUp("customer", "transfer", "reminder", "after 5 days", 1, 0, 5, 5, after_days=5),
        FollowUp("customer", "transfer", "reminder", "after 9 days", 1, 1, 9, 9, after_days=9),
    )


async def test_a_deadline() -> None:
    """Who has not answered by the deadline is escalated: here the payer takes its offer back."""
    escalation = "{ action = 'CancelHandshake', with = { HandshakeId = '{handshake}' } }"
    keys = f"transfer = {{ accept = 0, deadline_days = 12, escalation = {escalation} }}"
    outcome, envelopes = await recorded(organizations(keys), offer(), ENDED)
    assert days(envelopes, HandshakeCanceled) == [12]
    assert outcome.follow_ups == (
        FollowUp("customer", "transfer", "deadline", "after 12 days", 1, 1, 12, 12, after_days=12),
    )


async def test_an_offer_that_expires_first() -> None:
    """An answer that would come on the last day of the month comes too late: the offer has expired by then."""
    late = after(29.5)
    outcome = await play(
        organizations(f"transfer.delay = {{ distribution = 'fixed', days = {late['days']} }}"),
        *(offer(), ENDED, step("wait", days=30)),
    )
    assert outcome.handshakes["TRANSFER_RESPONSIBILITY"] == {"EXPIRED": 1}


async def test_a_reminder_that_reaches_nobody() -> None:
    """A reminder that nobody waits for any more says so, with its place in the file."""
    keys = "transfer = { remind_after_days = [5] }"
    outcome = await play(organizations(keys), offer(), ENDED)
    told = "organizations.customer.transfer: the reminder after 5 days reached nobody: nobody had an open request"
    assert [warning[: len(told)] for warning in outcome.warnings] == [told]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "transfer.leave = 0.5",
            "organizations.customer.transfer.leave: nobody leaves an organization by answering about its bills",
        ),
        (
            "transfer = { deadline_days = 3, escalation = { action = 'ListRoots' } }",
            "organizations.customer.transfer.escalation.action: AWS has no operation 'ListRoots' that changes anything",
        ),
    ],
)
def test_impossible(text: str, message: str) -> None:
    """Impossible behaviours of organizations are refused with their place."""
    assert complaint(organizations(text) + DONE).startswith(message)


def test_names_of_other_organizations() -> None:
    """A name in braces may begin with an organization; what there is not is refused, with what there is."""
    message = complaint(organizations("") + offer(Target={"Type": "ACCOUNT", "Id": "{custmer.management_account}"}))
    assert message.startswith(
        "step 1, with.Target.Id: nothing is called {custmer.management_account} here, "
        "did you mean `customer.management_account`?"
    )
