"""Rows of ``orgsim show LOG migration``: pending migrations to all features, and who stands in their way."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from ...engine.shapes.base import Shape, moment
from ...engine.state.handshake import HandshakeState
from ...engine.words import Action
from ...projections.handshakes import HandshakeRow
from ...projections.views import Views

OPEN, PENDING = HandshakeState.OPEN, (HandshakeState.REQUESTED, HandshakeState.OPEN)


class AskedMember(Shape, frozen=True):
    """A member that was asked to approve and has not: its handshake is OPEN, or DECLINED or CANCELED, which blocks."""

    id: str
    name: str
    email: str
    handshake: str
    state: HandshakeState


class PendingMigration(Shape, frozen=True, omit_defaults=False):
    """A migration that is not finalized: REQUESTED while approvals are outstanding, then OPEN."""

    id: str
    """The parent handshake."""
    organization: str
    state: HandshakeState
    requested_timestamp: datetime
    expiration_timestamp: datetime
    asked: int
    """How many members were asked to approve, those that have left since among them."""
    approved: int
    answered: int
    """How many of them have approved or declined."""
    unanswered: list[AskedMember]
    declined: list[AskedMember]
    """Those that declined, or whose approval was canceled; they must leave or be removed."""


def pending_migrations(views: Views) -> tuple[Iterator[PendingMigration], int]:
    """The pending migrations of all organizations, and their number."""
    parents = [
        row
        for organization in views.organizations.rows
        for row in views.handshakes.sent(organization, Action.ENABLE_ALL_FEATURES, None)
        if row.state in PENDING
    ]
    return (_migration(parent, views) for parent in parents), len(parents)


def _migration(parent: HandshakeRow, views: Views) -> PendingMigration:
    requested = parent.requested
    asked = [
        _member(row, account, views)
        for row in views.handshakes.sent(requested.organization, None, requested.handshake)
        if row.state is not HandshakeState.ACCEPTED
        and (account := row.requested.party)
        and views.accounts.organization_of(account) == requested.organization
    ]
    approvals = views.handshakes.approvals.get(requested.handshake, Counter[HandshakeState]())
    approved = approvals[HandshakeState.ACCEPTED]
    return PendingMigration(
        requested.handshake,
        requested.organization,
        parent.state,
        moment(parent.requested_at),
        moment(requested.expires_at),
        approvals.total(),
        approved,
        approved + approvals[HandshakeState.DECLINED],
        [member for member in asked if member.state is OPEN],
        [member for member in asked if member.state is not OPEN],
    )


def _member(row: HandshakeRow, account: str, views: Views) -> AskedMember:
    accounts = views.accounts
    return AskedMember(
        account, accounts.name_of(account), accounts.email_of(account), row.requested.handshake, row.state
    )


MEMBER_COLUMNS = ("account", "name", "email", "approval", "state")


def member_cells(migration: PendingMigration) -> Iterator[tuple[str, ...]]:
    """The members that stand in a migration's way, those that declined first, as cells of a table."""
    for member in (*migration.declined, *migration.unanswered):
        yield member.id, member.name, member.email, member.handshake, member.state
