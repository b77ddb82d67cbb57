"""Handshakes. Answers DescribeHandshake, ListHandshakesForAccount and ListHandshakesForOrganization; made of all the
Handshake events.

Both lists are newest first (AWS documents no order, section 2.8), so what somebody has to answer stands on top.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ..engine.errors import AccessDeniedException, HandshakeNotFoundException, InvalidInputException
from ..engine.events import (
    Action,
    Envelope,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakePurged,
    HandshakeRequested,
    PartyType,
)
from ..engine.ids import HandshakeId
from ..engine.shapes import Handshake, HandshakeReply, Shape, handshake_shape
from ..engine.state import HandshakeState
from .paging import MaxResults, NextToken, OrderedRows, cut_page, read_token
from .projection import Handler

if TYPE_CHECKING:
    from .views import Views


class HandshakeRow(Struct, gc=False):
    """A handshake: the fact that opened it, and what has become of it."""

    requested: HandshakeRequested
    requested_at: int
    position: int
    state: HandshakeState
    account: str | None = None
    """Who accepted, where the invitation named an address."""
    previous: "HandshakeRow | None" = None
    """The next older one for the same recipient: a list per account would cost more than all the rest of the row."""
    gone: bool = False


class HandshakesView:
    """Handshakes by id, by recipient, and by organization, action and parent."""

    def __init__(self) -> None:
        self.rows: dict[str, HandshakeRow] = {}
        self.totals: Counter[tuple[Action, HandshakeState]] = Counter()
        """All that ever were, by action and present state, those included that can no longer be seen."""
        self._latest: dict[str, HandshakeRow] = {}
        self._sent: dict[str | tuple[str, Action], OrderedRows[HandshakeRow]] = {}
        """By organization, by organization and action, and by the id of the parent."""
        self.handlers: Mapping[type[Any], Handler] = {
            HandshakeRequested: self._requested,
            HandshakeOpened: self._opened,
            HandshakeAccepted: self._accepted,
            HandshakeDeclined: self._declined,
            HandshakeCanceled: self._canceled,
            HandshakeExpired: self._expired,
            HandshakePurged: self._purged,
        }

    def _requested(self, envelope: Envelope, event: HandshakeRequested) -> None:
        gathers = event.action is Action.ENABLE_ALL_FEATURES
        state = HandshakeState.REQUESTED if gathers else HandshakeState.OPEN
        row = HandshakeRow(event, envelope.time, envelope.position, state)
        self.rows[event.handshake] = row
        self.totals[event.action, state] += 1
        for key in self._lists(event):
            rows = self._sent.get(key)
            if rows is None:
                rows = self._sent[key] = OrderedRows()
            rows.append(row)
        if event.party:
            recipient = event.party.lower()
            row.previous = self._latest.get(recipient)
            self._latest[recipient] = row

    @staticmethod
    def _lists(requested: HandshakeRequested) -> tuple[str | tuple[str, Action], ...]:
        organization = requested.organization
        lists = (organization, (organization, requested.action))
        return (*lists, requested.parent) if requested.parent else lists

    def _opened(self, envelope: Envelope, event: HandshakeOpened) -> None:
        self._change(event.handshake, HandshakeState.OPEN)

    def _accepted(self, envelope: Envelope, event: HandshakeAccepted) -> None:
        self._change(event.handshake, HandshakeState.ACCEPTED).account = event.account

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
        row.state = state
        return row

    def _purged(self, envelope: Envelope, event: HandshakePurged) -> None:
        row = self.rows.pop(event.handshake)
        row.gone = True
        for key in self._lists(row.requested):
            rows = self._sent[key]
            rows.count_gone()
            if not len(rows):
                del self._sent[key]
        if row.requested.party:
            self._unlink(row, row.requested.party.lower())

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
        """Handshakes addressed to an account id or an address, newest first."""
        row = self._latest.get(recipient.lower())
        while row:
            yield row
            row = row.previous

    def sent(self, organization: str, action: Action | None, parent: str | None) -> OrderedRows[HandshakeRow]:
        """Handshakes sent by an organization, of one action or with one parent if so wanted."""
        key = parent or ((organization, action) if action else organization)
        return self._sent.get(key) or OrderedRows()

    def summary(self) -> dict[str, dict[str, int]]:
        """How many there ever were: action to state to number."""
        counts: dict[str, dict[str, int]] = {}
        for (action, state), number in sorted(self.totals.items()):
            if number:
                counts.setdefault(action, {})[state] = number
        return counts


class HandshakesReply(Shape, frozen=True):
    handshakes: list[Handshake]
    next_token: str | None = None


class HandshakeFilter(Struct, frozen=True, rename="pascal"):
    action_type: Action | None = None
    parent_handshake_id: HandshakeId | None = None


class DescribeHandshake(Struct, frozen=True, rename="pascal"):
    handshake_id: HandshakeId


class ListHandshakesForAccount(Struct, frozen=True, rename="pascal"):
    filter: HandshakeFilter = HandshakeFilter()
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class ListHandshakesForOrganization(Struct, frozen=True, rename="pascal"):
    filter: HandshakeFilter = HandshakeFilter()
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def row_shape(row: HandshakeRow, views: "Views") -> Handshake:
    """A row in AWS's form."""
    initiator = views.initiator(views.organizations.rows[row.requested.organization])
    settings = views.organizations.settings
    return handshake_shape(row.requested, row.requested_at, row.state, row.account, initiator, settings)


def describe_handshake(request: DescribeHandshake, views: "Views", account: str) -> HandshakeReply:
    """Both parties may ask; a third account is refused (AccessDenied [inferred]; section 2.8)."""
    row = views.handshakes.rows.get(request.handshake_id)
    if row is None:
        raise HandshakeNotFoundException
    sender = views.organizations.rows[row.requested.organization]
    is_sender = sender.management_account == account and not sender.deleted
    if not is_sender and not _is_recipient(row, views, account):
        raise AccessDeniedException
    return HandshakeReply(row_shape(row, views))


def _is_recipient(row: HandshakeRow, views: "Views", account: str) -> bool:
    if row.requested.party_type is PartyType.EMAIL:
        if row.account:
            return row.account == account
        assert row.requested.party is not None
        return row.requested.party.lower() == views.accounts.email_of(account).lower()
    return row.requested.party == account


def list_handshakes_for_account(request: ListHandshakesForAccount, views: "Views", account: str) -> HandshakesReply:
    """What the caller received, newest first; standalone accounts may ask too. A management account does not see
    invitations of other organizations (section 2.2)."""
    _require_one_filter(request.filter)
    scope = f"ListHandshakesForAccount {account} {request.filter}"
    before = read_token(request.next_token, scope)
    organization = views.accounts.organization_of(account)
    manages = organization and views.organizations.rows[organization].management_account == account
    received = heapq.merge(
        views.handshakes.received(account),
        views.handshakes.received(views.accounts.email_of(account)),
        key=lambda row: -row.position,
    )
    rows = (
        row
        for row in received
        if (before is None or row.position < before)
        and _matches(row, request.filter)
        and _is_recipient(row, views, account)
        and not (manages and row.requested.action is Action.INVITE and row.requested.organization != organization)
    )
    page, token = cut_page(rows, request.max_results, scope)
    return HandshakesReply([row_shape(row, views) for row in page], token)


def list_handshakes_for_organization(
    request: ListHandshakesForOrganization, views: "Views", account: str
) -> HandshakesReply:
    """What the organization sent, newest first; the management account may ask. An unknown parent is an empty list."""
    organization = views.managed(account)
    _require_one_filter(request.filter)
    scope = f"ListHandshakesForOrganization {organization.id} {request.filter}"
    before = read_token(request.next_token, scope)
    sent = views.handshakes.sent(organization.id, request.filter.action_type, request.filter.parent_handshake_id)
    rows = (row for row in sent.before(before) if row.requested.organization == organization.id)
    page, token = cut_page(rows, request.max_results, scope)
    return HandshakesReply([row_shape(row, views) for row in page], token)


def _require_one_filter(wanted: HandshakeFilter) -> None:
    if wanted.action_type and wanted.parent_handshake_id:
        raise InvalidInputException("MAX_LIMIT_EXCEEDED_FILTER")


def _matches(row: HandshakeRow, wanted: HandshakeFilter) -> bool:
    if wanted.action_type:
        return row.requested.action is wanted.action_type
    return wanted.parent_handshake_id in (None, row.requested.parent)
