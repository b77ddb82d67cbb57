from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.responsibility_transfers import (
    END_OF_FEBRUARY,
    END_OF_JANUARY,
    FEBRUARY,
    offered,
    transfer_in,
    transferred,
    two_organizations,
)

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    InvalidResponsibilityTransferTransitionException,
    ResponsibilityTransferAlreadyInStatusException,
    ResponsibilityTransferNotFoundException,
)
from orgsim.engine.events import ResponsibilityTransferWithdrawn
from orgsim.engine.operation import read_request
from orgsim.engine.operations import delete_organization
from orgsim.engine.operations.terminate_responsibility_transfer import Request
from orgsim.engine.settings import DAY
from orgsim.engine.shapes.timestamps import microseconds
from orgsim.engine.state.timers import NEVER
from orgsim.engine.words import TransferStatus

UNKNOWN = "rt-01234567"


def world(**settings: Any) -> World:
    return two_organizations(World(**settings))


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only management accounts withdraw, and who is none hears of nothing else that is wrong."""
    found = world()
    transfer = transferred(found)
    found.joined(MEMBER)
    for asked in (Request(transfer), Request(UNKNOWN, 0.5)):
        found.refuses(asked, STRANGER, AWSOrganizationsNotInUseException)
        found.refuses(asked, MEMBER, AccessDeniedException)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (datetime(2025, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), "END_DATE_TOO_EARLY"),
        (datetime(1, 1, 1, tzinfo=UTC), "END_DATE_TOO_EARLY"),
        (datetime(2026, 3, 1, tzinfo=UTC), "END_DATE_TOO_LATE"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "END_DATE_TOO_LATE"),
        (datetime(2026, 1, 1, tzinfo=UTC), "END_DATE_NOT_END_OF_MONTH"),
        (datetime(2026, 1, 31, 23, 59, 58, 999_999, tzinfo=UTC), "END_DATE_NOT_END_OF_MONTH"),
        (datetime(2026, 2, 1, tzinfo=UTC), "END_DATE_NOT_END_OF_MONTH"),
    ],
)
def test_end(end: datetime, reason: str) -> None:
    """A transfer ends in the last second of this month or the next; that is looked at when the transfer is found."""
    found = world()
    found.refuses(Request(UNKNOWN, end), FOUNDER, ResponsibilityTransferNotFoundException)
    found.refuses(Request(transferred(found), end), FOUNDER, InvalidInputException, reason)


@pytest.mark.parametrize("end", [None, datetime(2026, 1, 31, 23, 59, 59, 999_000, tzinfo=UTC)], ids=str)
def test_notice(end: datetime | None) -> None:
    """Where a partner agreement asks for notice, less is refused, of a request that names no end too."""
    found = world(transfer_notice_days=31)
    transfer = transferred(found)
    found.refuses(Request(transfer, end), RIVAL, InvalidInputException, "INVALID_END_DATE")
    assert found.do(Request(transfer, END_OF_FEBRUARY / 1e6), RIVAL)


def test_not_found() -> None:
    """A transfer between others is as unknown as one that does not exist."""
    found = world()
    transfer = transferred(found)
    found.founded(OTHER)
    found.refuses(Request(UNKNOWN), FOUNDER, ResponsibilityTransferNotFoundException)
    found.refuses(Request(transfer), OTHER, ResponsibilityTransferNotFoundException)


def test_deleted_organization() -> None:
    """The transfer of an organization that is gone is not that of the account's next organization."""
    found = world()
    transfer = transfer_in(found, TransferStatus.WITHDRAWN)
    found.advance(days=31)
    found.do(delete_organization.Request(), RIVAL)
    found.founded(RIVAL)
    found.refuses(Request(transfer), RIVAL, ResponsibilityTransferNotFoundException)


def test_withdrawn_already() -> None:
    """A withdrawal cannot be repeated by either side, whatever the end."""
    found = world()
    transfer = transfer_in(found, TransferStatus.WITHDRAWN)
    for side in (FOUNDER, RIVAL):
        found.refuses(Request(transfer), side, ResponsibilityTransferAlreadyInStatusException)
        found.refuses(Request(transfer, END_OF_FEBRUARY / 1e6), side, ResponsibilityTransferAlreadyInStatusException)


@pytest.mark.parametrize(
    "status",
    [TransferStatus.REQUESTED, TransferStatus.DECLINED, TransferStatus.CANCELED, TransferStatus.EXPIRED],
    ids=lambda status: status.value,
)
def test_not_accepted(status: TransferStatus) -> None:
    """A transfer that was not accepted cannot be withdrawn: its invitation is canceled or declined instead."""
    found = world()
    transfer = transfer_in(found, status)
    for side in (FOUNDER, RIVAL):
        found.refuses(Request(transfer), side, InvalidResponsibilityTransferTransitionException)


def test_addressed_by_email() -> None:
    """An invitation to an address is known to whoever manages an organization under it."""
    found = world()
    _, transfer = offered(found, f"{RIVAL}@accounts.example")
    found.refuses(Request(transfer), RIVAL, InvalidResponsibilityTransferTransitionException)


@pytest.mark.parametrize(
    ("members", "reason"),
    [({}, "INPUT_REQUIRED:ID"), ({"Id": "x"}, "INVALID_PATTERN:ID"), ({"Id": "rt-0123456"}, "INVALID_PATTERN:ID")],
)
def test_constraints(members: dict[str, Any], reason: str) -> None:
    """The transfer's id is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


@pytest.mark.parametrize("side", [FOUNDER, RIVAL], ids=["payer", "source"])
@pytest.mark.parametrize(
    ("end", "ends_at"),
    [
        (None, END_OF_JANUARY),
        ("2026-01-31T23:59:59.999Z", END_OF_JANUARY),
        ("2026-01-31T23:59:59Z", END_OF_JANUARY),
        (END_OF_JANUARY // 1_000_000, END_OF_JANUARY),
        ("2026-02-28T23:59:59.999Z", END_OF_FEBRUARY),
        (END_OF_FEBRUARY / 1e6, END_OF_FEBRUARY),
    ],
)
def test_events(side: str, end: Any, ends_at: int) -> None:
    """Either side withdraws, to the last millisecond of this month or the next; whole seconds will do."""
    found = world()
    transfer = transferred(found)
    asked = read_request(Request, {"Id": transfer, "EndTimestamp": end})
    organization = found.organization_of(side).id
    assert found.do(asked, side) == [ResponsibilityTransferWithdrawn(organization, transfer, ends_at)]


def test_at_the_end_nothing_happens() -> None:
    """The end of a withdrawn transfer is no event, and its details are kept."""
    found = world()
    transfer = transfer_in(found, TransferStatus.WITHDRAWN)
    found.advance(days=30)
    assert found.state.timers.next_due == NEVER
    assert found.advance(days=300) == []
    assert found.state.transfers.by_id[transfer].status is TransferStatus.WITHDRAWN


def test_later_months() -> None:
    """A transfer that runs is withdrawn to the end of the month in which that happens, a leap year's February too."""
    leap = datetime(2028, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    found = world(start=leap // timedelta(microseconds=1))
    transfer = transferred(found, start=datetime(2028, 2, 1, tzinfo=UTC))
    found.advance(days=40)
    (withdrawn,) = found.do(Request(transfer), RIVAL)
    assert withdrawn.ends_at == microseconds(datetime(2028, 2, 29, tzinfo=UTC)) + DAY - 1_000


@pytest.mark.parametrize(
    ("side", "direction", "name"), [(FOUNDER, "inbound", {"Name": "Subsidiary"}), (RIVAL, "outbound", {})]
)
def test_reply(side: str, direction: str, name: dict[str, str]) -> None:
    """The reply is the transfer under the caller's own ARN; the name is the payer's only."""
    found = world()
    transfer = transferred(found)
    organization = found.organization_of(side).id
    assert found.reply(Request(transfer), side) == {
        "ResponsibilityTransfer": {
            "Arn": f"arn:aws:organizations::{side}:transfer/{organization}/billing/{direction}/{transfer}",
            "Id": transfer,
            "Type": "BILLING",
            "Status": "WITHDRAWN",
            "Source": {"ManagementAccountId": RIVAL, "ManagementAccountEmail": f"{RIVAL}@accounts.example"},
            "Target": {"ManagementAccountId": FOUNDER, "ManagementAccountEmail": f"{FOUNDER}@accounts.example"},
            "StartTimestamp": FEBRUARY,
            "EndTimestamp": datetime(2026, 1, 31, 23, 59, 59, 999_000, tzinfo=UTC),
            "ActiveHandshakeId": found.state.transfers.by_id[transfer].handshake,
            **name,
        }
    }
