from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.responsibility_transfers import offered, transfer_in, transferred, two_organizations

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
    ResponsibilityTransferNotFoundException,
)
from orgsim.engine.events import ResponsibilityTransferRenamed
from orgsim.engine.operation import read_request
from orgsim.engine.operations.update_responsibility_transfer import Request
from orgsim.engine.words import TransferStatus

UNKNOWN = "rt-01234567"


def world() -> World:
    return two_organizations(World())


def test_caller() -> None:
    """Only management accounts rename, and who is none hears of nothing else that is wrong."""
    found = world()
    transfer = transferred(found)
    found.joined(MEMBER)
    for asked in (Request(transfer, "Branch"), Request(UNKNOWN, "Branch")):
        found.refuses(asked, STRANGER, AWSOrganizationsNotInUseException)
        found.refuses(asked, MEMBER, AccessDeniedException)


def test_not_found() -> None:
    """A transfer between others is as unknown as one that does not exist."""
    found = world()
    transfer = transferred(found)
    found.founded(OTHER)
    found.refuses(Request(UNKNOWN, "Branch"), FOUNDER, ResponsibilityTransferNotFoundException)
    found.refuses(Request(transfer, "Branch"), OTHER, ResponsibilityTransferNotFoundException)


@pytest.mark.parametrize("status", list(TransferStatus), ids=lambda status: status.value)
def test_source(status: TransferStatus) -> None:
    """The name is the payer's: the other side is denied, whatever the status."""
    found = world()
    transfer = transfer_in(found, status)
    found.refuses(Request(transfer, "Branch"), RIVAL, AccessDeniedException)


@pytest.mark.parametrize("status", list(TransferStatus), ids=lambda status: status.value)
def test_status(status: TransferStatus) -> None:
    """An open invitation and an accepted transfer are renamed; what has ended otherwise is not."""
    found = world()
    asked = Request(transfer_in(found, status), "Branch")
    if status in (TransferStatus.REQUESTED, TransferStatus.ACCEPTED):
        organization = found.organization_of(FOUNDER).id
        assert found.do(asked, FOUNDER) == [ResponsibilityTransferRenamed(organization, asked.id, "Branch")]
        assert found.state.transfers.by_id[asked.id].name == "Branch"
    else:
        found.refuses(asked, FOUNDER, ConstraintViolationException, "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Name": "Branch"}, "INPUT_REQUIRED:ID"),
        ({"Id": "x", "Name": "Branch"}, "INVALID_PATTERN:ID"),
        ({"Id": UNKNOWN}, "INPUT_REQUIRED:NAME"),
        ({"Id": UNKNOWN, "Name": ""}, "MIN_LENGTH_EXCEEDED:NAME"),
        ({"Id": UNKNOWN, "Name": "n" * 129}, "MAX_LENGTH_EXCEEDED:NAME"),
        ({"Id": UNKNOWN, "Name": "a\n"}, "INVALID_PATTERN:NAME"),
    ],
)
def test_constraints(members: dict[str, Any], reason: str) -> None:
    """Id and name are required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


def test_reply() -> None:
    """The reply is the invitation under its new name; whom it is addressed to is as much as is known of the source."""
    found = world()
    handshake, transfer = offered(found, "Who@Example.com")
    organization = found.organization_of(FOUNDER).id
    reply = found.reply(Request(transfer, "Branch"), FOUNDER)["ResponsibilityTransfer"]
    assert reply.pop("StartTimestamp")
    assert reply == {
        "Arn": f"arn:aws:organizations::{FOUNDER}:transfer/{organization}/billing/inbound/{transfer}",
        "Name": "Branch",
        "Id": transfer,
        "Type": "BILLING",
        "Status": "REQUESTED",
        "Source": {"ManagementAccountEmail": "Who@Example.com"},
        "Target": {"ManagementAccountId": FOUNDER, "ManagementAccountEmail": f"{FOUNDER}@accounts.example"},
        "ActiveHandshakeId": handshake,
    }
