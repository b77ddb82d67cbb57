"""Responsibility transfers in AWS's form."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from ..ids import transfer_arn
from ..state import OrganizationFacts, State, Transfer
from ..words import TransferStatus
from .base import Shape, moment

Side = Literal["inbound", "outbound"]
"""From where a transfer is seen: inbound by who pays, outbound by whose bills are paid."""


class TransferParticipant(Shape, frozen=True):
    management_account_id: str | None = None
    management_account_email: str | None = None


class ResponsibilityTransfer(Shape, frozen=True):
    arn: str
    id: str
    type: Literal["BILLING"]
    status: TransferStatus
    source: TransferParticipant
    target: TransferParticipant
    start_timestamp: datetime
    active_handshake_id: str
    name: str | None = None
    end_timestamp: datetime | None = None


class ResponsibilityTransferReply(Shape, frozen=True):
    responsibility_transfer: ResponsibilityTransfer


def side_of(transfer: Transfer, organization: OrganizationFacts, email: str) -> Side | None:
    """The side of a transfer on which an organization is; None if it is on neither.

    Until it has accepted, the source is whom the invitation names: by the id of the organization's management account,
    or by that account's address.
    """
    if transfer.organization == organization.id:
        return "inbound"
    if transfer.source_organization:
        return "outbound" if transfer.source_organization == organization.id else None
    return "outbound" if transfer.party.lower() in (organization.management_account, email.lower()) else None


def transfer_shape(
    transfer: Transfer,
    side: Side,
    viewer: OrganizationFacts,
    payer: str,
    email_of: Callable[[str], str],
) -> ResponsibilityTransfer:
    """A transfer as one side sees it: under its own ARN, and with the name only where it was given (docs/aws.md 12).

    Args:
        transfer: an invitation, or more.
        side: on which the viewer is.
        viewer: the organization that looks.
        payer: the management account that pays, or offers to.
        email_of: account to address.
    """
    return ResponsibilityTransfer(
        arn=transfer_arn(viewer.management_account, viewer.id, side, transfer.id),
        id=transfer.id,
        type="BILLING",
        status=transfer.status,
        source=_source(transfer, email_of),
        target=TransferParticipant(payer, email_of(payer)),
        start_timestamp=moment(transfer.starts_at),
        active_handshake_id=transfer.handshake,
        name=transfer.name if side == "inbound" else None,
        end_timestamp=moment(transfer.ends_at) if transfer.ends_at is not None else None,
    )


def _source(transfer: Transfer, email_of: Callable[[str], str]) -> TransferParticipant:
    """Until it has accepted, the source is only known as the invitation names it [inferred]."""
    if transfer.source_account:
        return TransferParticipant(transfer.source_account, email_of(transfer.source_account))
    if "@" in transfer.party:
        return TransferParticipant(management_account_email=transfer.party)
    return TransferParticipant(management_account_id=transfer.party)


def transfer_reply(transfer: str, viewer: str, state: State) -> ResponsibilityTransferReply:
    """The answer of an operation that changed a transfer, to the organization that called it."""
    found, organization = state.transfers.by_id[transfer], state.organizations[viewer]
    side = side_of(found, organization, state.email_of(organization.management_account))
    assert side is not None, "only the two sides change a transfer"
    payer = state.organizations[found.organization].management_account
    return ResponsibilityTransferReply(transfer_shape(found, side, organization, payer, state.email_of))
