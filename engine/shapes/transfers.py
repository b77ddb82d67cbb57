"""Response shapes of responsibility transfers."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from ..arns import transfer_arn
from ..state import OrganizationFacts, State, Transfer
from ..words import TransferStatus
from .base import Shape, moment

Side = Literal["inbound", "outbound"]
"""A side of a transfer: inbound is the payer's, outbound that of the organization whose bills are paid."""


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

    Until the transfer is accepted, an organization is the source if the invitation names its management account, by the
    account's id or email address.
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
    """Build a transfer as one side sees it: with that side's ARN, and the name for the payer only (docs/aws.md 12).

    Args:
        transfer: the transfer, accepted or not.
        side: the viewer's.
        viewer: the organization that gets the answer.
        payer: the id of the management account that pays, or offers to.
        email_of: account id to email address.
    """
    return ResponsibilityTransfer(
        arn=transfer_arn(viewer, side, transfer.id),
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
    """The source of a transfer; until the transfer is accepted, only what the invitation names [inferred]."""
    if transfer.source_account:
        return TransferParticipant(transfer.source_account, email_of(transfer.source_account))
    if "@" in transfer.party:
        return TransferParticipant(management_account_email=transfer.party)
    return TransferParticipant(management_account_id=transfer.party)


def transfer_reply(transfer: str, viewer: str, state: State) -> ResponsibilityTransferReply:
    """Build the answer of an operation that changed a transfer, for the organization that called it."""
    found, organization = state.transfers.by_id[transfer], state.organizations[viewer]
    side = side_of(found, organization, state.email_of(organization.management_account))
    assert side is not None, "only the two sides change a transfer"
    payer = state.organizations[found.organization].management_account
    return ResponsibilityTransferReply(transfer_shape(found, side, organization, payer, state.email_of))
