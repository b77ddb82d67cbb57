"""Why calls about responsibility transfers are refused, in our words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from support.explained import Call, cases, check
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER
from support.projection_world import WatchedWorld
from support.responsibility_transfers import (
    DEADLINE,
    offer,
    offered,
    transfer_in,
    transferred,
    two_organizations,
)

from orgsim.engine.explaining import CONDITIONS
from orgsim.engine.operations import terminate_responsibility_transfer
from orgsim.engine.rules.transfers import CONSTRAINTS, HANDSHAKE_CONSTRAINTS
from orgsim.engine.settings import Quotas
from orgsim.engine.words import Condition, TransferStatus

OFFER, TERMINATE = "InviteOrganizationToTransferResponsibility", "TerminateResponsibilityTransfer"
EXISTS, LEVEL = "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS", "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION"
OUTBOUND, INBOUND = (
    "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION",
    "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION",
)
STARTS = "a transfer that is offered now starts on 2026-02-01T00:00:00Z or 2026-03-01T00:00:00Z, not on "
ENDS = "a transfer that is withdrawn now ends on 2026-01-31T23:59:59.999000Z or 2026-02-28T23:59:59.999000Z, not on "


def to(target: str = RIVAL, *start: int) -> dict[str, Any]:
    """The members of an offer to begin with February, or at another moment."""
    starts = datetime(*(start or (2026, 2, 1)), tzinfo=UTC)  # pyright: ignore[reportArgumentType]
    party = {"Type": "ACCOUNT", "Id": target}
    return {"Type": "BILLING", "Target": party, "StartTimestamp": starts, "SourceName": "Subsidiary"}


def names_of(world: WatchedWorld) -> dict[str, str]:
    """The organizations of a world by the account that manages each."""
    return {found.management_account: found.id for found in world.state.organizations.values()}


@cases(
    Call(OFFER, to(RIVAL, 2026, 2, 1, 12), "START_DATE_NOT_BEGINNING_OF_DAY", f"{STARTS}2026-02-01T12:00:00Z"),
    Call(OFFER, to(RIVAL, 2026, 2, 2), "START_DATE_NOT_BEGINNING_OF_MONTH", f"{STARTS}2026-02-02T00:00:00Z"),
    Call(OFFER, to(RIVAL, 2026, 1, 1), "START_DATE_TOO_EARLY", f"{STARTS}2026-01-01T00:00:00Z"),
    Call(OFFER, to(RIVAL, 2026, 4, 1), "START_DATE_TOO_LATE", f"{STARTS}2026-04-01T00:00:00Z"),
    Call(
        OFFER,
        to(FOUNDER),
        "SOURCE_AND_TARGET_CANNOT_MATCH",
        f"{FOUNDER} would invite itself; the target must manage another organization",
    ),
    Call(
        OFFER,
        to(STRANGER),
        "DuplicateHandshakeException",
        f"the transfer offer <open> to {STRANGER} is OPEN until 2026-01-31T00:00:00Z; "
        "it must be declined or canceled, or expire, before another is sent",
    ),
    Call(
        OFFER,
        to(),
        EXISTS,
        f"<{FOUNDER}> pays for <{RIVAL}> already, by <paid>; TerminateResponsibilityTransfer must end that first",
    ),
    Call(
        TERMINATE,
        {"Id": "rt-00000000"},
        "ResponsibilityTransferNotFoundException",
        f"<{FOUNDER}> has no responsibility transfer rt-00000000; ListInboundResponsibilityTransfers and "
        "ListOutboundResponsibilityTransfers list those there are",
    ),
    Call(
        TERMINATE,
        {"Id": "<offer>"},
        "InvalidResponsibilityTransferTransitionException",
        "<offer> is REQUESTED, an offer that nobody has accepted; until then CancelHandshake or DeclineHandshake of "
        "<open> ends it",
    ),
    Call(
        TERMINATE,
        {"Id": "<paid>", "EndTimestamp": datetime(2025, 12, 31, tzinfo=UTC)},
        "END_DATE_TOO_EARLY",
        f"{ENDS}2025-12-31T00:00:00Z",
    ),
    Call(
        TERMINATE,
        {"Id": "<paid>", "EndTimestamp": datetime(2026, 3, 31, tzinfo=UTC)},
        "END_DATE_TOO_LATE",
        f"{ENDS}2026-03-31T00:00:00Z",
    ),
    Call(
        TERMINATE,
        {"Id": "<paid>", "EndTimestamp": datetime(2026, 2, 10, tzinfo=UTC)},
        "END_DATE_NOT_END_OF_MONTH",
        f"{ENDS}2026-02-10T00:00:00Z",
    ),
    Call(
        "UpdateResponsibilityTransfer",
        {"Id": "<paid>", "Name": "Mine"},
        "AccessDeniedException",
        f"<paid> pays for <{RIVAL}>; only <{FOUNDER}>, which pays, names it",
        RIVAL,
    ),
    Call(
        "DeleteOrganization",
        {},
        "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
        f"<{RIVAL}> pays for another organization, is paid for, or has an open offer of it; "
        "all of these must end first",
        RIVAL,
    ),
)
def test_transfers(call: Call) -> None:
    """Calls about transfers name the dates there are to choose from, and the transfer or offer in the way."""
    world = two_organizations(WatchedWorld())
    paid = transferred(world)
    handshake, transfer = offered(world, STRANGER)
    check(world, call, {**names_of(world), "paid": paid, "open": handshake, "offer": transfer})


def test_too_late_to_be_accepted() -> None:
    """A transfer that can no longer be accepted in time is told the next start."""
    world = two_organizations(WatchedWorld())
    world.advance(microseconds=DEADLINE - START)
    text = (
        "to start on 2026-02-01T00:00:00Z it must be accepted by 2026-01-31T00:00:00Z, which is over; "
        "the next start is 2026-03-01T00:00:00Z"
    )
    check(world, Call(OFFER, to(), "INVALID_START_DATE", text), {})


def test_notice() -> None:
    """An end within the notice says from when on it could be."""
    world = two_organizations(WatchedWorld(transfer_notice_days=45))
    transfer = transferred(world)
    later = "but with 45 days of notice it ends on 2026-02-15T00:00:00Z or later"
    text = f"it would end on 2026-01-31T23:59:59.999000Z, {later}"
    check(world, Call(TERMINATE, {"Id": transfer}, "INVALID_END_DATE", text), {})


@pytest.mark.parametrize("condition", [*CONSTRAINTS, *HANDSHAKE_CONSTRAINTS])
def test_conditions(condition: Condition) -> None:
    """Each condition that keeps an account from offering or accepting a transfer has its own explanation."""
    world = two_organizations(WatchedWorld())
    handshake, _ = offered(world)
    world.suffers(RIVAL, condition)
    reason = (CONSTRAINTS | HANDSHAKE_CONSTRAINTS)[condition]
    text = f"{RIVAL} {CONDITIONS[condition]}"
    check(world, Call(OFFER, to(FOUNDER), reason, text, RIVAL), {})
    check(world, Call("AcceptHandshake", {"HandshakeId": handshake}, reason, text, RIVAL), {})


@pytest.mark.parametrize("status", [TransferStatus.DECLINED, TransferStatus.CANCELED, TransferStatus.EXPIRED])
def test_never_began(status: TransferStatus) -> None:
    """A transfer that was never accepted can be neither terminated nor renamed, and says in which status it is."""
    world = two_organizations(WatchedWorld())
    transfer = transfer_in(world, status)
    never = f"{transfer} is {status}, so it never began; only an ACCEPTED one can be terminated"
    rename = f"{transfer} is {status}; it can be renamed while it is REQUESTED or ACCEPTED"
    check(world, Call(TERMINATE, {"Id": transfer}, "InvalidResponsibilityTransferTransitionException", never), {})
    members = {"Id": transfer, "Name": "Mine"}
    refusal = "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED"
    check(world, Call("UpdateResponsibilityTransfer", members, refusal, rename), {})


def test_withdrawn_twice() -> None:
    """A withdrawn transfer says when it ends."""
    world = two_organizations(WatchedWorld())
    transfer = transfer_in(world, TransferStatus.WITHDRAWN)
    text = f"{transfer} is WITHDRAWN and ends on 2026-01-31T23:59:59.999000Z; there is nothing left to do"
    check(world, Call(TERMINATE, {"Id": transfer}, "ResponsibilityTransferAlreadyInStatusException", text), {})


def four(**quotas: int) -> tuple[WatchedWorld, dict[str, str]]:
    """A world with the organizations of four accounts."""
    world = two_organizations(WatchedWorld(quotas=Quotas(**quotas)))
    for account in (MEMBER, OTHER):
        world.founded(account)
    return world, names_of(world)


def accept(world: WatchedWorld, source: str, payer: str, reason: str, text: str, names: dict[str, str]) -> None:
    """Require that accepting an offer is refused and explained so."""
    handshake, transfer = offered(world, source, payer)
    call = Call("AcceptHandshake", {"HandshakeId": handshake}, reason, text, source)
    check(world, call, {**names, "new": transfer})


def test_another_payer() -> None:
    """A source that is paid for already is told by whom."""
    world, names = four()
    names["paid"] = transferred(world, MEMBER, RIVAL)
    text = f"<{RIVAL}> pays for <{MEMBER}> already, by <paid>; TerminateResponsibilityTransfer must end that first"
    accept(world, MEMBER, FOUNDER, OUTBOUND, text, names)


def test_circle() -> None:
    """Two organizations do not pay for each other."""
    world, names = four(transfer_chain_length=3)
    transferred(world, RIVAL, FOUNDER)
    text = f"<{FOUNDER}> itself pays for <{RIVAL}>; that must end before <{RIVAL}> can pay for it"
    accept(world, FOUNDER, RIVAL, EXISTS, text, names)


def test_former_transfer_still_runs() -> None:
    """A source whose former transfer still runs is told until when."""
    world, names = four()
    names["paid"] = transferred(world, MEMBER, RIVAL)
    world.advance(days=40)
    end = datetime(2026, 3, 31, 23, 59, 59, 999000, tzinfo=UTC)
    world.do(terminate_responsibility_transfer.Request(names["paid"], end), RIVAL)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    handshake, transfer = world.do(offer(MEMBER, start), FOUNDER)
    text = (
        f"<paid>, by which <{RIVAL}> pays for <{MEMBER}>, runs until 2026-03-31T23:59:59.999000Z, "
        f"and {transfer.transfer} would start on 2026-03-01T00:00:00Z, not after that"
    )
    check(world, Call("AcceptHandshake", {"HandshakeId": handshake.handshake}, EXISTS, text, MEMBER), names)


def test_long_chain() -> None:
    """A chain that is too long says how long it would be, and what is above a payer that may not offer."""
    world, names = four(transfer_chain_length=2)
    transferred(world, MEMBER, OTHER)
    transferred(world, RIVAL, FOUNDER)
    through = f"the chain through <{FOUNDER}> and <{MEMBER}> would be 3 transfers long"
    text = f"{through}, and the quota is 2; one above or below must end first"
    accept(world, FOUNDER, MEMBER, LEVEL, text, names)


def test_end_of_a_chain() -> None:
    """A payer at the end of a full chain is told who is above it."""
    world, names = four(transfer_chain_length=1)
    transferred(world, RIVAL, FOUNDER)
    text = (
        f"<{RIVAL}> has 1 payer above it (<{FOUNDER}>), and the quota is 1; "
        "the chain must be shorter before a transfer below it"
    )
    check(world, Call(OFFER, to(OTHER), LEVEL, text, RIVAL), names)


def test_too_many_inbound() -> None:
    """A payer with as many transfers as it may have is told the number."""
    world, names = four(inbound_transfers=1)
    transferred(world)
    text = (
        f"<{FOUNDER}> pays, or offers to pay, by 1 transfer, and the quota is 1; "
        "one must be terminated, or an offer canceled"
    )
    check(world, Call(OFFER, to(MEMBER), INBOUND, text), names)
