"""The view of responsibility transfers. Asked by DescribeResponsibilityTransfer, ListInboundResponsibilityTransfers and
ListOutboundResponsibilityTransfers, and by the answers about their handshakes; made of all the ResponsibilityTransfer
events, by the very fold that decisions are made with."""

import heapq
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from ..engine.events import (
    ResponsibilityTransferAccepted,
    ResponsibilityTransferPurged,
    ResponsibilityTransferRequested,
)
from ..engine.events.envelope import Envelope
from ..engine.evolve.transfers import HANDLERS
from ..engine.state import State, Transfer, Transfers
from ..engine.state.columns import pack, unpack
from .paging import OrderedRows
from .projection import Handler, copied


class TransferRow(Struct, gc=False):
    """A transfer in one of the lists that contain it."""

    transfer: Transfer
    position: int
    """The position of the invitation; in the outbound list of an accepted transfer, that of the acceptance."""
    gone: bool = False


Rows = dict[str, OrderedRows[TransferRow]]


class TransfersImage(Struct, frozen=True, array_like=True):
    """The image of the view: the packed positions of all transfers in either list."""

    inbound: bytes
    outbound: bytes


class TransfersView:
    """Transfers by id, by who pays, and by who was asked or has accepted."""

    name = "transfers"
    image = TransfersImage

    def __init__(self) -> None:
        self.facts = Transfers()
        self._inbound: Rows = {}
        """By the organization that pays."""
        self._outbound: Rows = {}
        """By the invited account id or address in lower case; once accepted, by the organization that is paid for."""
        self._rows: dict[str, tuple[TransferRow, TransferRow]] = {}
        """Transfer to its inbound and its outbound row."""

    def dump(self) -> TransfersImage:
        """Make the image for a snapshot."""
        rows = [self._rows[transfer] for transfer in self.facts.by_id]
        return TransfersImage(pack(row.position for row, _ in rows), pack(row.position for _, row in rows))

    def load(self, image: TransfersImage, state: State) -> None:
        """Restore from a snapshot image and the matching state."""
        self.facts = copied(state.transfers)
        positions = zip(unpack(image.inbound), unpack(image.outbound), strict=True)
        outbound: list[TransferRow] = []
        for transfer, (requested, listed) in zip(self.facts.by_id.values(), positions, strict=True):
            outbound.append(TransferRow(transfer, listed))
            inbound = _append(self._inbound, transfer.organization, transfer, requested)
            self._rows[transfer.id] = inbound, outbound[-1]
        for row in sorted(outbound, key=lambda row: row.position):
            transfer = row.transfer
            key = transfer.source_organization or transfer.party.lower()
            self._outbound.setdefault(key, OrderedRows()).append(row)

    def _change(self, envelope: Envelope, event: Any) -> None:
        HANDLERS[type(event)](self.facts, event, envelope.time)

    def _requested(self, envelope: Envelope, event: ResponsibilityTransferRequested) -> None:
        self._change(envelope, event)
        inbound = _append(self._inbound, event.organization, self.facts.by_id[event.transfer], envelope.position)
        outbound = _append(self._outbound, event.party.lower(), inbound.transfer, envelope.position)
        self._rows[event.transfer] = inbound, outbound

    def _accepted(self, envelope: Envelope, event: ResponsibilityTransferAccepted) -> None:
        self._change(envelope, event)
        inbound, asked = self._rows[event.transfer]
        _remove(self._outbound, asked.transfer.party.lower(), asked)
        outbound = _append(self._outbound, event.source_organization, asked.transfer, envelope.position)
        self._rows[event.transfer] = inbound, outbound

    def _purged(self, envelope: Envelope, event: ResponsibilityTransferPurged) -> None:
        self._change(envelope, event)
        inbound, outbound = self._rows.pop(event.transfer)
        _remove(self._inbound, inbound.transfer.organization, inbound)
        _remove(self._outbound, outbound.transfer.party.lower(), outbound)

    handlers: Mapping[type[Any], Handler] = {
        **dict.fromkeys(HANDLERS, _change),
        ResponsibilityTransferRequested: _requested,
        ResponsibilityTransferAccepted: _accepted,
        ResponsibilityTransferPurged: _purged,
    }

    def of_handshake(self, handshake: str) -> Transfer | None:
        """Return the transfer that a handshake proposes; None for handshakes about something else."""
        transfer = self.facts.by_handshake.get(handshake)
        return self.facts.by_id[transfer] if transfer else None

    def inbound(self, organization: str, before: int | None) -> Iterator[TransferRow]:
        """Iterate over transfers and invitations by which an organization pays, newest first, before a position."""
        return _before(self._inbound, organization, before)

    def outbound(self, organization: str, account: str, email: str, before: int | None) -> Iterator[TransferRow]:
        """Iterate over transfers by which others pay for an organization, newest first, before a position.

        Args:
            organization: its id.
            account: its management account, for invitations to it by account id.
            email: the address of that account, for invitations to it by address.
            before: a position in the log; None for all.
        """
        keys = (organization, account, email.lower())
        return heapq.merge(*(_before(self._outbound, key, before) for key in keys), key=lambda row: -row.position)


def _append(lists: Rows, key: str, transfer: Transfer, position: int) -> TransferRow:
    row = TransferRow(transfer, position)
    lists.setdefault(key, OrderedRows()).append(row)
    return row


def _remove(lists: Rows, key: str, row: TransferRow) -> None:
    row.gone = True
    lists[key].count_gone()
    if not len(lists[key]):
        del lists[key]


def _before(lists: Rows, key: str, position: int | None) -> Iterator[TransferRow]:
    rows = lists.get(key)
    return rows.before(position) if rows else iter(())
