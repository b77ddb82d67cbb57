"""Events about responsibility transfers."""

from ..words import TransferStatus
from .base import OrganizationEvent


class ResponsibilityTransferRequested(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferRequested"
):
    """An organization offered to pay another's bills, by the handshake with this id."""

    transfer: str
    handshake: str
    name: str
    starts_at: int
    party: str = ""
    """The invited management account's id or email address, as in the handshake."""


class ResponsibilityTransferAccepted(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferAccepted"
):
    """Another organization, the source, accepted that the organization of this event pays its bills."""

    transfer: str
    source_organization: str
    source_account: str


class ResponsibilityTransferEnded(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferEnded"
):
    """The offer ended without acceptance: DECLINED, CANCELED or EXPIRED, like its handshake."""

    transfer: str
    status: TransferStatus


class ResponsibilityTransferPurged(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferPurged"
):
    """An offer that was never accepted can no longer be seen by anybody, like its handshake."""

    transfer: str


class ResponsibilityTransferRenamed(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferRenamed"
):
    """A transfer was renamed."""

    transfer: str
    name: str


class ResponsibilityTransferWithdrawn(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResponsibilityTransferWithdrawn"
):
    """The organization of this event, on either side, withdrew; the transfer has effect until ``ends_at``."""

    transfer: str
    ends_at: int
