"""The view of handshakes.

Asked by DescribeHandshake, ListHandshakesForAccount and ListHandshakesForOrganization; made of all Handshake events.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from msgspec import Struct

from ..engine.events import (
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakePurged,
    HandshakeRequested,
)
from ..engine.events.envelope import Envelope
from ..engine.state import State
from ..engine.state.columns import pack, unpack
from ..engine.state.handshake import HandshakeState
from ..engine.words import Action, PartyType
from .paging import OrderedRows
from .projection import Handler

ACCEPTED, OPEN, REQUESTED = HandshakeState.ACCEPTED, HandshakeState.OPEN, HandshakeState.REQUESTED
ENABLE, ACCOUNT = Action.ENABLE_ALL_FEATURES, PartyType.ACCOUNT


class HandshakeRow(Struct, gc=False):
    """A handshake: the event that requested it, and its present state."""

    requested: HandshakeRequested
    requested_at: int
    position: int
    state: HandshakeState
    previous: "HandshakeRow | None" = None
    """The next older one for the same recipient: a linked list, because a Python list for each of a million recipients
    would take more memory than all the rest of the row."""
    gone: bool = False


class HandshakesImage(Struct, frozen=True, array_like=True):
    """The image of the view: only what the state does not have."""

    positions: bytes
    """The packed positions at which they were requested."""
    totals: list[tuple[Action, HandshakeState, int]]
    approvals: dict[str, dict[HandshakeState, int]]


class HandshakesView:
    """Handshakes by id, by recipient, and by organization, action and parent."""

    name = "handshakes"
    image = HandshakesImage

    def __init__(self) -> None:
        self.rows: dict[str, HandshakeRow] = {}
        self.totals: Counter[tuple[Action, HandshakeState]] = Counter()
        """Numbers of handshakes by action and state, including those that have been purged."""
        self.approvals: defaultdict[str, Counter[HandshakeState]] = defaultdict(Counter)
        """Parent of a migration to the numbers of its approvals by state, including those that have been purged."""
        self.accepted_by: dict[str, str] = {}
        """Handshake to the account that accepted it, for invitations to an address: too few for a field in each row."""
        self._latest: dict[str, HandshakeRow] = {}
        """The newest handshake by recipient: account id, or address in lower case; older ones are linked to it."""
        self._sent: dict[str | tuple[str, Action], OrderedRows[HandshakeRow]] = {}
        """By organization, by organization and action, and by the id of the parent."""

    def dump(self) -> HandshakesImage:
        """Make the image for a snapshot."""
        totals = [(action, state, number) for (action, state), number in self.totals.items()]
        approvals = {parent: dict(states) for parent, states in self.approvals.items()}
        return HandshakesImage(pack(row.position for row in self.rows.values()), totals, approvals)

    def load(self, image: HandshakesImage, state: State) -> None:
        """Restore from a snapshot image and the matching state."""
        self.totals.update({(action, state): number for action, state, number in image.totals})
        self.approvals.update({parent: Counter(states) for parent, states in image.approvals.items()})
        handshakes = state.handshakes.values()
        rows = [
            HandshakeRow(found.requested, found.requested_at, position, found.state)
            for found, position in zip(handshakes, unpack(image.positions), strict=True)
        ]
        self.rows = dict(zip(state.handshakes, rows, strict=True))
        self.accepted_by = {found.requested.handshake: found.account for found in handshakes if found.account}
        listed: defaultdict[str | tuple[str, Action], list[HandshakeRow]] = defaultdict(list)
        for _, alike in groupby(rows, attrgetter("requested.organization", "requested.action", "requested.parent")):
            run = list(alike)
            for key in self._lists(run[0].requested):
                listed[key] += run
        self._sent = {key: OrderedRows(rows=rows) for key, rows in listed.items()}
        self._load_recipients(rows)

    def _load_recipients(self, rows: list[HandshakeRow]) -> None:
        """Link all rows like ``_link``, but faster: they are in order, so each is newer than those before."""
        latest, accepted_by = self._latest, self.accepted_by
        for row in rows:
            requested = row.requested
            recipient = requested.party
            if recipient:
                if requested.party_type is not ACCOUNT:
                    recipient = accepted_by.get(requested.handshake) or recipient.lower()
                row.previous = latest.get(recipient)
                latest[recipient] = row

    def _requested(self, envelope: Envelope, event: HandshakeRequested) -> None:
        state = REQUESTED if event.action is ENABLE else OPEN
        row = HandshakeRow(event, envelope.time, envelope.position, state)
        self.rows[event.handshake] = row
        self.totals[event.action, state] += 1
        if event.parent:
            self.approvals[event.parent][state] += 1
        for key in self._lists(event):
            rows = self._sent.get(key)
            if rows is None:
                rows = self._sent[key] = OrderedRows()
            rows.append(row)
        if event.party:
            # lower() copies the string; for account ids the event's own string is kept, which saves memory.
            self._link(row, event.party if event.party_type is ACCOUNT else event.party.lower())

    @staticmethod
    def _lists(requested: HandshakeRequested) -> tuple[str | tuple[str, Action], ...]:
        organization = requested.organization
        lists = (organization, (organization, requested.action))
        return (*lists, requested.parent) if requested.parent else lists

    def _opened(self, envelope: Envelope, event: HandshakeOpened) -> None:
        self._change(event.handshake, HandshakeState.OPEN)

    def _accepted(self, envelope: Envelope, event: HandshakeAccepted) -> None:
        row = self._change(event.handshake, ACCEPTED)
        if event.account:
            # It stays the account's handshake, even if the address passes to another account.
            assert row.requested.party is not None
            self._unlink(row, row.requested.party.lower())
            self.accepted_by[event.handshake] = event.account
            self._link(row, event.account)

    def _declined(self, envelope: Envelope, event: HandshakeDeclined) -> None:
        self._change(event.handshake, HandshakeState.DECLINED)

    def _canceled(self, envelope: Envelope, event: HandshakeCanceled) -> None:
        self._change(event.handshake, HandshakeState.CANCELED)

    def _expired(self, envelope: Envelope, event: HandshakeExpired) -> None:
        self._change(event.handshake, HandshakeState.EXPIRED)

    def _change(self, handshake: str, state: HandshakeState) -> HandshakeRow:
        row = self.rows[handshake]
        action = row.requested.action
        self.totals[action, row.state] -= 1
        self.totals[action, state] += 1
        if row.requested.parent:
            self.approvals[row.requested.parent][row.state] -= 1
            self.approvals[row.requested.parent][state] += 1
        row.state = state
        return row

    def _purged(self, envelope: Envelope, event: HandshakePurged) -> None:
        row = self.rows.pop(event.handshake)
        row.gone = True
        self.approvals.pop(event.handshake, None)
        for key in self._lists(row.requested):
            rows = self._sent[key]
            rows.count_gone()
            if not len(rows):
                del self._sent[key]
        if row.requested.party:
            self._unlink(row, self.accepted_by.pop(event.handshake, None) or row.requested.party.lower())

    handlers: Mapping[type[Any], Handler] = {
        HandshakeRequested: _requested,
        HandshakeOpened: _opened,
        HandshakeAccepted: _accepted,
        HandshakeDeclined: _declined,
        HandshakeCanceled: _canceled,
        HandshakeExpired: _expired,
        HandshakePurged: _purged,
    }

    def _link(self, row: HandshakeRow, recipient: str) -> None:
        newer = self._latest.get(recipient)
        if newer is None or newer.position < row.position:
            row.previous = newer
            self._latest[recipient] = row
            return
        while newer.previous and newer.previous.position > row.position:
            newer = newer.previous
        row.previous, newer.previous = newer.previous, row

    def _unlink(self, row: HandshakeRow, recipient: str) -> None:
        newer = self._latest[recipient]
        if newer is row:
            if row.previous:
                self._latest[recipient] = row.previous
            else:
                del self._latest[recipient]
            return
        while newer.previous is not row:
            assert newer.previous is not None, "a row is linked until it is purged"
            newer = newer.previous
        newer.previous = row.previous

    def received(self, recipient: str) -> Iterator[HandshakeRow]:
        """Iterate over the handshakes addressed to an account id or an email address, newest first."""
        row = self._latest.get(recipient.lower())
        while row:
            yield row
            row = row.previous

    def sent(self, organization: str, action: Action | None, parent: str | None) -> OrderedRows[HandshakeRow]:
        """Return the handshakes sent by an organization: all, those of one action, or those with one parent."""
        key = parent or ((organization, action) if action else organization)
        return self._sent.get(key) or OrderedRows()

    def summary(self) -> dict[str, dict[str, int]]:
        """Count all handshakes ever requested, by action and state."""
        counts: dict[str, dict[str, int]] = {}
        for (action, state), number in sorted(self.totals.items()):
            if number:
                counts.setdefault(action, {})[state] = number
        return counts
