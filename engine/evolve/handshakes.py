"""Events about handshakes, and what they change: invitations, migrations to all features, and timers."""

from collections.abc import Callable
from typing import Any

from ..events import (
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakePurged,
    HandshakeRequested,
)
from ..settings import INVITATION_WINDOW
from ..state import Migration, Organization, State
from ..state.handshake import Handshake, HandshakeState
from ..words import Action

ACCEPTED, OPEN, REQUESTED = HandshakeState.ACCEPTED, HandshakeState.OPEN, HandshakeState.REQUESTED
INVITE, TRANSFER = Action.INVITE, Action.TRANSFER_RESPONSIBILITY
APPROVE, ENABLE = Action.APPROVE_ALL_FEATURES, Action.ENABLE_ALL_FEATURES


def on_handshake_requested(state: State, event: HandshakeRequested) -> None:
    action = event.action
    handshake = Handshake(event, state.now, REQUESTED if action is ENABLE else OPEN)
    state.handshakes[event.handshake] = handshake
    organization = state.organizations[event.organization]
    if action is INVITE:
        assert event.party is not None
        organization.invitations[event.party.lower()] = event.handshake
        state.timers.schedule_expiry(handshake, state.timers.invitations)
        _count_invitation(organization, state.now)
    elif action is APPROVE:
        assert event.party is not None
        assert organization.migration is not None
        organization.migration.outstanding[event.party] = event.handshake
        organization.migration.asked += 1
    elif action is TRANSFER:
        state.timers.schedule(event.expires_at, state.now, state.position, "ExpireHandshake", event.handshake)
    else:
        organization.migration = Migration(event.handshake, {})
        state.timers.schedule_expiry(handshake, state.timers.migrations)


def on_handshake_opened(state: State, event: HandshakeOpened) -> None:
    state.handshakes[event.handshake].state = OPEN


def on_handshake_accepted(state: State, event: HandshakeAccepted) -> None:
    handshake = state.handshakes[event.handshake]
    handshake.account = event.account
    _end(state, handshake, ACCEPTED)
    requested = handshake.requested
    organization = state.organizations[event.organization]
    if requested.action is APPROVE:
        assert organization.migration is not None
        assert requested.party is not None
        _remove(organization.migration.outstanding, requested.party)
    elif requested.action is INVITE and handshake.requested_at in organization.recent_invitations:
        # Accepted invitations do not count against the daily quota; older ones were subtracted on leaving the window.
        organization.recent_invitations[handshake.requested_at] -= 1
        organization.recent_unaccepted -= 1


def on_handshake_declined(state: State, event: HandshakeDeclined) -> None:
    _end(state, state.handshakes[event.handshake], HandshakeState.DECLINED)


def on_handshake_canceled(state: State, event: HandshakeCanceled) -> None:
    _end(state, state.handshakes[event.handshake], HandshakeState.CANCELED)


def on_handshake_expired(state: State, event: HandshakeExpired) -> None:
    _end(state, state.handshakes[event.handshake], HandshakeState.EXPIRED)


def on_handshake_purged(state: State, event: HandshakePurged) -> None:
    del state.handshakes[event.handshake]
    state.timers.clear_purge()


def _end(state: State, handshake: Handshake, final: HandshakeState) -> None:
    handshake.state = final
    handshake.ended_at = state.now
    timers = state.timers
    timers.schedule_purge(handshake)
    requested = handshake.requested
    if requested.action is INVITE:
        assert requested.party is not None
        _remove(state.organizations[requested.organization].invitations, requested.party.lower())
        timers.trim_ended(timers.invitations)
    elif requested.action is ENABLE:
        state.organizations[requested.organization].migration = None
        timers.trim_ended(timers.migrations)
    elif requested.action is TRANSFER:
        timers.clear_appointment("ExpireHandshake", requested.handshake)


def _remove(table: dict[str, str], key: str) -> None:
    """Remove an entry, and give back the memory of a table that is empty: ``del`` alone never shrinks a dict."""
    del table[key]
    if not table:
        table.clear()


def _count_invitation(organization: Organization, now: int) -> None:
    """Count an invitation for the daily quota, and no longer those that have left its window."""
    moments, unaccepted = organization.recent_moments, organization.recent_invitations
    while moments and moments[0] <= now - INVITATION_WINDOW:
        organization.recent_unaccepted -= unaccepted.pop(moments.popleft())
    if now not in unaccepted:
        moments.append(now)
        unaccepted[now] = 0
    unaccepted[now] += 1
    organization.recent_unaccepted += 1


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {
    HandshakeRequested: on_handshake_requested,
    HandshakeOpened: on_handshake_opened,
    HandshakeAccepted: on_handshake_accepted,
    HandshakeDeclined: on_handshake_declined,
    HandshakeCanceled: on_handshake_canceled,
    HandshakeExpired: on_handshake_expired,
    HandshakePurged: on_handshake_purged,
}
