"""The only code that changes the state. An event is already true: nothing is checked here.

``EVOLVE`` maps every type of event to its function; ``apply`` is one step of a replay. ``state.now`` and
``state.position`` are set from the envelope before the function is called, so "now" in here is the event's own time.
"""

from collections.abc import Callable
from typing import Any

from .events import (
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    Envelope,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakePurged,
    HandshakeRequested,
    OrganizationCreated,
    OrganizationDeleted,
    TimeAdvanced,
    WorldCreated,
)
from .handshake import Handshake, HandshakeState
from .settings import INVITATION_WINDOW
from .state import Account, Creation, Migration, Organization, State
from .words import Action

ACCEPTED, OPEN, REQUESTED = HandshakeState.ACCEPTED, HandshakeState.OPEN, HandshakeState.REQUESTED
INVITE, APPROVE, ENABLE = Action.INVITE, Action.APPROVE_ALL_FEATURES, Action.ENABLE_ALL_FEATURES


def on_world_created(state: State, event: WorldCreated) -> None:
    state.seed = event.seed
    state.settings = event.settings


def on_time_advanced(state: State, event: TimeAdvanced) -> None:
    """Nothing but the clock moved, and the envelope has moved that."""


def on_account_described(state: State, event: AccountDescribed) -> None:
    account = _account(state, event.account)
    if event.email:
        if account.email:
            del state.emails[account.email.lower()]
        state.emails[event.email.lower()] = account.id
    account.email = event.email or account.email
    account.name = event.name or account.name
    account.conditions = event.conditions


def on_organization_created(state: State, event: OrganizationCreated) -> None:
    state.organizations[event.organization] = Organization(
        event.organization, event.root, event.management_account, event.feature_set, state.now
    )


def on_organization_deleted(state: State, event: OrganizationDeleted) -> None:
    organization = state.organizations[event.organization]
    organization.deleted = True
    organization.recent_invitations.clear()
    organization.recent_unaccepted = 0


def on_feature_set_changed(state: State, event: FeatureSetChanged) -> None:
    state.organizations[event.organization].feature_set = event.feature_set


def on_handshake_requested(state: State, event: HandshakeRequested) -> None:
    action = event.action
    handshake = Handshake(event, state.now, REQUESTED if action is ENABLE else OPEN)
    state.handshakes[event.handshake] = handshake
    organization = state.organizations[event.organization]
    if action is INVITE:
        assert event.party is not None
        organization.invitations[event.party.lower()] = event.handshake
        state.timers.schedule_expiry(handshake, state.timers.invitations)
        _count_invitation(organization, handshake, state.now)
    elif action is APPROVE:
        assert event.party is not None
        assert organization.migration is not None
        organization.migration.outstanding[event.party] = event.handshake
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
    elif requested.action is INVITE:
        # Accepted invitations do not count against the daily quota; older ones have left the window already.
        window = organization.recent_invitations
        if window and handshake.requested_at >= window[0].requested_at:
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
    _trim_window(state.organizations[event.organization], state.now)


def on_account_creation_requested(state: State, event: AccountCreationRequested) -> None:
    organization = state.organizations[event.organization]
    organization.creations[event.email.lower()] = event.request
    state.creations[event.request] = Creation(event.organization, event.email, event.name, event.finishes_at)
    state.timers.schedule_creation(event.finishes_at, state.position, event.request)


def on_account_creation_succeeded(state: State, event: AccountCreationSucceeded) -> None:
    _finish_creation(state, event.request)


def on_account_creation_failed(state: State, event: AccountCreationFailed) -> None:
    _finish_creation(state, event.request)


def on_account_joined(state: State, event: AccountJoined) -> None:
    account = _account(state, event.account)
    organization = state.organizations[event.organization]
    account.organization = organization.id
    account.joined_method = event.method
    account.membership_changed_at = state.now
    if event.email:
        account.email = event.email
        account.name = event.name
        state.emails[event.email.lower()] = account.id
    organization.members[account.id] = account


def on_account_departed(state: State, event: AccountDeparted) -> None:
    account = state.accounts[event.account]
    organization = state.organizations[event.organization]
    account.organization = None
    account.joined_method = None
    account.membership_changed_at = state.now
    del organization.members[account.id]
    if organization.migration:
        organization.migration.outstanding.pop(account.id, None)


def _account(state: State, account: str) -> Account:
    record = state.accounts.get(account)
    if record is None:
        record = state.accounts[account] = Account(account)
    return record


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


def _remove(table: dict[str, str], key: str) -> None:
    """Remove an entry; a table that has become empty gives back its memory, which it would otherwise keep for ever."""
    del table[key]
    if not table:
        table.clear()


def _count_invitation(organization: Organization, handshake: Handshake, now: int) -> None:
    _trim_window(organization, now)
    organization.recent_invitations.append(handshake)
    organization.recent_unaccepted += 1


def _trim_window(organization: Organization, now: int) -> None:
    window = organization.recent_invitations
    while window and window[0].requested_at <= now - INVITATION_WINDOW:
        if window.popleft().state is not ACCEPTED:
            organization.recent_unaccepted -= 1


def _finish_creation(state: State, request: str) -> None:
    creation = state.creations.pop(request)
    del state.organizations[creation.organization].creations[creation.email.lower()]
    state.timers.clear_creation(request)


EVOLVE: dict[type[Any], Callable[[State, Any], None]] = {
    WorldCreated: on_world_created,
    TimeAdvanced: on_time_advanced,
    AccountDescribed: on_account_described,
    OrganizationCreated: on_organization_created,
    OrganizationDeleted: on_organization_deleted,
    FeatureSetChanged: on_feature_set_changed,
    HandshakeRequested: on_handshake_requested,
    HandshakeOpened: on_handshake_opened,
    HandshakeAccepted: on_handshake_accepted,
    HandshakeDeclined: on_handshake_declined,
    HandshakeCanceled: on_handshake_canceled,
    HandshakeExpired: on_handshake_expired,
    HandshakePurged: on_handshake_purged,
    AccountCreationRequested: on_account_creation_requested,
    AccountCreationSucceeded: on_account_creation_succeeded,
    AccountCreationFailed: on_account_creation_failed,
    AccountJoined: on_account_joined,
    AccountDeparted: on_account_departed,
}


def apply(state: State, envelope: Envelope) -> None:
    """Bring the state up to date with one stored event."""
    state.position = envelope.position
    state.now = envelope.time
    event = envelope.event
    EVOLVE[type(event)](state, event)
