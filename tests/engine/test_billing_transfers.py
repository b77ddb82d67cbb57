"""Billing transfers from offer to end, through the operations on their handshakes and organizations."""

from datetime import UTC, datetime
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.responsibility_transfers import (
    DEADLINE,
    END_OF_FEBRUARY,
    FEBRUARY,
    MARCH,
    offer,
    offered,
    transfer_in,
    transferred,
    two_organizations,
)

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    HandshakeAlreadyInStateException,
    HandshakeConstraintViolationException,
    InvalidHandshakeTransitionException,
)
from orgsim.engine.events import (
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakePurged,
    OrganizationDeleted,
    ResourceTagged,
    ResponsibilityTransferAccepted,
    ResponsibilityTransferEnded,
    ResponsibilityTransferPurged,
    Tag,
)
from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    decline_handshake,
    delete_organization,
    terminate_responsibility_transfer,
)
from orgsim.engine.rules import transfers
from orgsim.engine.settings import DAY, Quotas
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition, TransferStatus

ADDRESS = f"{RIVAL}@Accounts.Example"
END_OF_MARCH = END_OF_FEBRUARY + 31 * DAY
Accept, Decline, Cancel = accept_handshake.Request, decline_handshake.Request, cancel_handshake.Request
EXISTS = "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS"
LIMIT = "RESPONSIBILITY_TRANSFER_MAX_{}_VIOLATION"
ENDED = [TransferStatus.DECLINED, TransferStatus.CANCELED, TransferStatus.EXPIRED]


def world(**quotas: int) -> World:
    """FOUNDER, RIVAL and OTHER manage an organization each."""
    found = two_organizations(World(quotas=Quotas(**quotas)))
    found.founded(OTHER)
    return found


# Accepting: what is refused, in order.


@pytest.mark.parametrize("target", [RIVAL, ADDRESS], ids=["account", "address"])
def test_not_the_recipient(target: str) -> None:
    """Neither the sender nor a third organization accepts or declines, and only the sender cancels."""
    found = world()
    handshake, _ = offered(found, target)
    for wrong in (FOUNDER, OTHER, STRANGER):
        found.refuses(Accept(handshake), wrong, AccessDeniedException)
        found.refuses(Decline(handshake), wrong, AccessDeniedException)
    for wrong in (RIVAL, OTHER, STRANGER):
        found.refuses(Cancel(handshake), wrong, AccessDeniedException)


def test_recipient_without_an_organization() -> None:
    """Only a management account accepts: a standalone account has no bills of an organization, a member no say."""
    found = world()
    found.joined(MEMBER)
    for account, refusal in ((STRANGER, AWSOrganizationsNotInUseException), (MEMBER, AccessDeniedException)):
        handshake, _ = offered(found, account)
        found.refuses(Accept(handshake), account, refusal)
        assert found.do(Decline(handshake), account)


@pytest.mark.parametrize("status", [*ENDED, TransferStatus.ACCEPTED], ids=lambda status: status.value)
def test_ended(status: TransferStatus) -> None:
    """A handshake that has ended stays as it is."""
    found = world()
    transfer = transfer_in(found, status)
    handshake = found.state.transfers.by_id[transfer].handshake
    for request, caller, wanted in (
        (Accept, RIVAL, TransferStatus.ACCEPTED),
        (Decline, RIVAL, TransferStatus.DECLINED),
        (Cancel, FOUNDER, TransferStatus.CANCELED),
    ):
        repeated = status is wanted
        refusal = HandshakeAlreadyInStateException if repeated else InvalidHandshakeTransitionException
        found.refuses(request(handshake), caller, refusal)


@pytest.mark.parametrize(
    ("condition", "reason"), [*transfers.CONSTRAINTS.items(), *transfers.HANDSHAKE_CONSTRAINTS.items()]
)
def test_conditions(condition: Condition, reason: str) -> None:
    """Conditions of the recipient keep it from accepting; those of the payer no longer matter."""
    found = world()
    handshake, _ = offered(found)
    found.suffers(FOUNDER, *Condition)
    found.suffers(RIVAL, condition)
    in_constraints = condition in transfers.CONSTRAINTS
    refusal = ConstraintViolationException if in_constraints else HandshakeConstraintViolationException
    found.refuses(Accept(handshake), RIVAL, refusal, reason)
    found.suffers(RIVAL)
    assert found.do(Accept(handshake), RIVAL)


def test_own_address() -> None:
    """An invitation to one's own address can be sent and canceled, not accepted."""
    found = world()
    handshake, _ = offered(found, f"{FOUNDER}@accounts.example")
    found.refuses(Accept(handshake), FOUNDER, HandshakeConstraintViolationException, "SOURCE_AND_TARGET_CANNOT_MATCH")
    assert found.do(Cancel(handshake), FOUNDER)


def test_transferred_already() -> None:
    """There is one transfer to the same payer at a time, found out at acceptance if the address hid it."""
    found = world()
    transferred(found)
    handshake, _ = offered(found, ADDRESS)
    found.refuses(Accept(handshake), RIVAL, HandshakeConstraintViolationException, EXISTS)


def test_outbound_quota() -> None:
    """An organization whose bills are paid cannot accept another payer until one side withdraws."""
    found = world()
    transfer = transferred(found)
    handshake, _ = offered(found, RIVAL, OTHER)
    refused = LIMIT.format("OUTBOUND_QUOTA")
    found.refuses(Accept(handshake), RIVAL, ConstraintViolationException, refused)
    found.do(terminate_responsibility_transfer.Request(transfer), FOUNDER)
    assert found.do(Accept(handshake), RIVAL)


def test_withdrawn_transfer_still_runs() -> None:
    """A transfer that starts before the end of a withdrawn one cannot be accepted."""
    found = world()
    transfer = transferred(found)
    found.advance(days=31)
    found.do(terminate_responsibility_transfer.Request(transfer, END_OF_MARCH / 1e6), FOUNDER)
    early, _ = offered(found, RIVAL, OTHER, start=MARCH)
    found.refuses(Accept(early), RIVAL, HandshakeConstraintViolationException, EXISTS)
    found.founded(STRANGER)
    late, _ = offered(found, RIVAL, STRANGER, start=datetime(2026, 4, 1, tzinfo=UTC))
    assert found.do(Accept(late), RIVAL)


def test_withdrawn_before_its_start() -> None:
    """A transfer that was withdrawn before its start never runs, and forbids no other."""
    found = world()
    transfer = transferred(found, start=MARCH)
    found.do(terminate_responsibility_transfer.Request(transfer, END_OF_FEBRUARY / 1e6), RIVAL)
    handshake, _ = offered(found, RIVAL, OTHER, start=FEBRUARY)
    assert found.do(Accept(handshake), RIVAL)


def test_circle() -> None:
    """Transfers cannot form a circle, directly or along a chain."""
    found = world(transfer_chain_length=10)
    transferred(found, RIVAL, FOUNDER)
    direct, _ = offered(found, FOUNDER, RIVAL)
    found.refuses(Accept(direct), FOUNDER, HandshakeConstraintViolationException, EXISTS)
    transferred(found, OTHER, RIVAL)
    indirect, _ = offered(found, FOUNDER, OTHER)
    found.refuses(Accept(indirect), FOUNDER, HandshakeConstraintViolationException, EXISTS)


@pytest.mark.parametrize("lower_first", [True, False], ids=["from below", "from above"])
def test_chain(lower_first: bool) -> None:
    """A chain has two transfers at most, whichever end is added last."""
    found = world()
    found.founded(STRANGER)
    offers = [offered(found, RIVAL, FOUNDER)[0], offered(found, OTHER, RIVAL)[0], offered(found, STRANGER, OTHER)[0]]
    sources = [RIVAL, OTHER, STRANGER]
    order = [2, 1, 0] if lower_first else [0, 1, 2]
    for each in order[:2]:
        assert found.do(Accept(offers[each]), sources[each])
    last = order[2]
    found.refuses(Accept(offers[last]), sources[last], ConstraintViolationException, LIMIT.format("LEVEL"))


def test_chain_of_one() -> None:
    """With a chain length of one, an organization that pays for others cannot accept a payer."""
    found = world(transfer_chain_length=1)
    handshake, _ = offered(found, FOUNDER, OTHER)
    transferred(found, RIVAL, FOUNDER)
    found.refuses(Accept(handshake), FOUNDER, ConstraintViolationException, LIMIT.format("LEVEL"))


def test_transfers_of_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """All transfers that the payer at the top inherits are counted together, those that come along included."""
    monkeypatch.setattr(transfers, "TRANSFERS_PER_CHAIN", 3)
    found = world()
    found.founded(MEMBER)
    found.founded(STRANGER)
    transferred(found, MEMBER, RIVAL)
    transferred(found, STRANGER, RIVAL)
    handshake, _ = offered(found, RIVAL, FOUNDER)
    transfer = transferred(found, OTHER, FOUNDER)
    refused = LIMIT.format("TRANSFERS_QUOTA")
    found.refuses(Accept(handshake), RIVAL, ConstraintViolationException, refused)
    found.do(terminate_responsibility_transfer.Request(transfer), OTHER)
    assert found.do(Accept(handshake), RIVAL)
    late, _ = offered(found, OTHER, RIVAL)
    found.refuses(Accept(late), OTHER, ConstraintViolationException, refused)


# What happens to the handshake, and to the transfer with it.


@pytest.mark.parametrize(("target", "account"), [(RIVAL, None), (ADDRESS, RIVAL)], ids=["account", "address"])
def test_accept(target: str, account: str | None) -> None:
    """The transfer is accepted by the recipient's organization, and then gets the tags of the invitation."""
    found = world()
    handshake, transfer = offered(found, target, tags=[("team", "a")])
    payer, source = found.organization_of(FOUNDER), found.organization_of(RIVAL)
    assert found.do(Accept(handshake), RIVAL) == [
        HandshakeAccepted(payer.id, handshake, account),
        ResponsibilityTransferAccepted(payer.id, transfer, source.id, RIVAL),
        ResourceTagged(payer.id, transfer, (Tag("team", "a"),)),
    ]
    assert payer.tags == {transfer: (Tag("team", "a"),)}
    assert (list(payer.members), list(source.members)) == ([FOUNDER], [RIVAL])


def test_reply_of_accept() -> None:
    """The reply is the accepted handshake; of an address the account that accepted is the party."""
    found = world()
    handshake, transfer = offered(found, ADDRESS)
    reply = found.reply(Accept(handshake), RIVAL)["Handshake"]
    assert (reply["State"], reply["Parties"][1]) == ("ACCEPTED", {"Id": RIVAL, "Type": "ACCOUNT"})
    assert [(resource["Type"], resource["Value"]) for resource in reply["Resources"][1:]] == [
        ("EMAIL", ADDRESS),
        ("RESPONSIBILITY_TRANSFER", transfer),
    ]


@pytest.mark.parametrize(
    ("request_type", "caller", "end", "status"),
    [
        (Decline, RIVAL, HandshakeDeclined, TransferStatus.DECLINED),
        (Cancel, FOUNDER, HandshakeCanceled, TransferStatus.CANCELED),
    ],
)
def test_decline_and_cancel(request_type: Any, caller: str, end: Any, status: TransferStatus) -> None:
    """A declined or canceled invitation ends its transfer, and does not expire any more."""
    found = world()
    handshake, transfer = offered(found)
    payer = found.organization_of(FOUNDER).id
    assert found.do(request_type(handshake), caller) == [
        end(payer, handshake),
        ResponsibilityTransferEnded(payer, transfer, status),
    ]
    assert found.state.timers.next_due == found.now + 30 * DAY
    assert found.state.transfers.by_id[transfer].status is status


def test_expiry() -> None:
    """An invitation expires 24 hours before the transfer would start, at its own moment."""
    found = world()
    handshake, transfer = offered(found)
    payer = found.organization_of(FOUNDER).id
    assert found.advance(microseconds=DEADLINE - found.now - 1) == []
    assert found.do(offer(OTHER, MARCH), FOUNDER)
    assert found.advance(days=2) == [
        HandshakeExpired(payer, handshake),
        ResponsibilityTransferEnded(payer, transfer, TransferStatus.EXPIRED),
    ]
    assert found.state.handshakes[handshake].ended_at == DEADLINE


def test_accepted_at_the_last_moment() -> None:
    """A microsecond before the deadline it can still be accepted."""
    found = world()
    handshake, _ = offered(found)
    found.advance(microseconds=DEADLINE - found.now - 1)
    assert found.do(Accept(handshake), RIVAL)
    assert found.advance(days=1) == []


@pytest.mark.parametrize("status", ENDED, ids=lambda status: status.value)
def test_purge(status: TransferStatus) -> None:
    """Thirty days after its end an invitation is purged, handshake and transfer."""
    found = world()
    transfer = transfer_in(found, status)
    handshake = found.state.transfers.by_id[transfer].handshake
    payer = found.organization_of(FOUNDER).id
    assert found.advance(days=30) == [
        HandshakePurged(payer, handshake),
        ResponsibilityTransferPurged(payer, transfer),
    ]
    known = found.state.transfers
    assert (known.by_id, known.by_handshake, known.inbound, known.unanswered) == ({}, {}, {}, {})


@pytest.mark.parametrize("status", [TransferStatus.ACCEPTED, TransferStatus.WITHDRAWN], ids=lambda status: status.value)
def test_purge_of_an_accepted_one(status: TransferStatus) -> None:
    """The details of an accepted transfer outlive its handshake, also when it was withdrawn."""
    found = world()
    transfer = transfer_in(found, status)
    handshake = found.state.transfers.by_id[transfer].handshake
    assert found.advance(days=30) == [HandshakePurged(found.organization_of(FOUNDER).id, handshake)]
    assert found.state.transfers.by_id[transfer].status is status


def test_migration_leaves_transfers_alone() -> None:
    """The start and the end of a migration cancel invitations to join, never transfers."""
    found = world()
    handshake, _ = offered(found, start=MARCH)
    parent, _ = found.migrating()
    found.do(Cancel(parent), FOUNDER)
    assert found.state_of(handshake) is HandshakeState.OPEN


# Deleting an organization.


@pytest.mark.parametrize("status", list(TransferStatus), ids=lambda status: status.value)
@pytest.mark.parametrize("side", [FOUNDER, RIVAL], ids=["payer", "source"])
def test_delete_organization(status: TransferStatus, side: str) -> None:
    """Neither side can delete its organization while an invitation is open or a transfer accepted, but afterwards."""
    found = world()
    transfer_in(found, status)
    if status in (TransferStatus.REQUESTED, TransferStatus.ACCEPTED):
        found.refuses(
            delete_organization.Request(),
            side,
            ConstraintViolationException,
            "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
        )
    else:
        organization = found.organization_of(side).id
        assert found.do(delete_organization.Request(), side)[-1] == OrganizationDeleted(organization)


@pytest.mark.parametrize("side", [FOUNDER, RIVAL], ids=["payer", "source"])
def test_delete_organization_until_the_end(side: str) -> None:
    """A withdrawn transfer forbids the deletion until its end, to the millisecond."""
    found = world()
    transfer = transferred(found)
    found.advance(days=31)
    found.do(terminate_responsibility_transfer.Request(transfer), FOUNDER)
    found.advance(microseconds=END_OF_FEBRUARY - found.now - 1)
    found.refuses(
        delete_organization.Request(), side, ConstraintViolationException, "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS"
    )
    found.advance(microseconds=1)
    assert found.do(delete_organization.Request(), side)


def test_delete_organization_invited_by_address() -> None:
    """An open invitation to the management account's address forbids the deletion too, until it is declined."""
    found = world()
    handshake, _ = offered(found, ADDRESS)
    found.refuses(
        delete_organization.Request(), RIVAL, ConstraintViolationException, "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS"
    )
    found.do(Decline(handshake), RIVAL)
    assert found.do(delete_organization.Request(), RIVAL)
