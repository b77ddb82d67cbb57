"""Facts about responsibility transfers."""

from ..words import TransferStatus
from .base import OrganizationEvent


class ResponsibilityTransferRequested(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferRequested"
):
    """An organization offers to pay another's bills; the handshake of that id asks the other."""

    transfer: str
    handshake: str
    name: str
    starts_at: int
    party: str = ""
    """The management account asked, or its address; as in the handshake."""


class ResponsibilityTransferAccepted(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferAccepted"
):
    """Another organization has its bills paid, by the organization of this event."""

    transfer: str
    source_organization: str
    source_account: str


class ResponsibilityTransferEnded(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferEnded"
):
    """The offer came to nothing: DECLINED, CANCELED or EXPIRED, as its handshake."""

    transfer: str
    status: TransferStatus


class ResponsibilityTransferPurged(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferPurged"
):
    """An offer that came to nothing can no longer be seen, as its handshake."""

    transfer: str


class ResponsibilityTransferRenamed(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferRenamed"
):
    """A transfer has another name."""

    transfer: str
    name: str


class ResponsibilityTransferWithdrawn(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferWithdrawn"
):
    """The organization of this event, on either side, ended a transfer; it has effect until ``ends_at``."""

    transfer: str
    ends_at: int
