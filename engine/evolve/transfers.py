"""Events about responsibility transfers; those about their handshakes are in ``handshakes``."""

from collections.abc import Callable
from typing import Any

from ..events import (
    ResponsibilityTransferAccepted,
    ResponsibilityTransferEnded,
    ResponsibilityTransferPurged,
    ResponsibilityTransferRenamed,
    ResponsibilityTransferRequested,
    ResponsibilityTransferWithdrawn,
)
from ..state import Transfer, Transfers
from ..words import TransferStatus


def on_requested(transfers: Transfers, event: ResponsibilityTransferRequested, now: int) -> None:
    transfers.by_id[event.transfer] = Transfer(
        event.transfer, event.organization, event.handshake, event.name, event.party, event.starts_at
    )
    transfers.by_handshake[event.handshake] = event.transfer
    transfers.inbound.setdefault(event.organization, {})[event.transfer] = None
    transfers.unanswered.setdefault(event.party.lower(), {})[event.transfer] = None


def on_accepted(transfers: Transfers, event: ResponsibilityTransferAccepted, now: int) -> None:
    transfer = transfers.by_id[event.transfer]
    transfer.status = TransferStatus.ACCEPTED
    transfer.source_organization, transfer.source_account = event.source_organization, event.source_account
    transfers.outbound[event.source_organization] = transfer.id
    _remove(transfers.unanswered, transfer.party.lower(), transfer.id)


def on_ended(transfers: Transfers, event: ResponsibilityTransferEnded, now: int) -> None:
    transfer = transfers.by_id[event.transfer]
    transfer.status = event.status
    _remove(transfers.unanswered, transfer.party.lower(), transfer.id)
    _remove(transfers.inbound, transfer.organization, transfer.id)


def on_purged(transfers: Transfers, event: ResponsibilityTransferPurged, now: int) -> None:
    del transfers.by_handshake[transfers.by_id.pop(event.transfer).handshake]


def on_renamed(transfers: Transfers, event: ResponsibilityTransferRenamed, now: int) -> None:
    transfers.by_id[event.transfer].name = event.name


def on_withdrawn(transfers: Transfers, event: ResponsibilityTransferWithdrawn, now: int) -> None:
    transfer = transfers.by_id[event.transfer]
    transfer.status = TransferStatus.WITHDRAWN
    transfer.ends_at = event.ends_at


def _remove(table: dict[str, dict[str, None]], key: str, transfer: str) -> None:
    del table[key][transfer]
    if not table[key]:
        del table[key]


HANDLERS: dict[type[Any], Callable[[Transfers, Any, int], None]] = {
    ResponsibilityTransferRequested: on_requested,
    ResponsibilityTransferAccepted: on_accepted,
    ResponsibilityTransferEnded: on_ended,
    ResponsibilityTransferPurged: on_purged,
    ResponsibilityTransferRenamed: on_renamed,
    ResponsibilityTransferWithdrawn: on_withdrawn,
}
