"""The only code that changes the state. An event is already true: nothing is checked here.

``EVOLVE`` maps every type of event to its function; ``apply`` is one step of a replay. ``state.now`` and
``state.position`` are set from the envelope before the function is called, so "now" in here is the event's own time.

Most of the state is changed by functions of (state, event). The parts of an organization that questions ask for as well
have functions of (part, event, now), in a table of their own that a view can use too.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    EffectivePoliciesOutdated,
    EffectivePoliciesPublished,
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
    PolicyTypeDisabled,
    TimeAdvanced,
    WorldCreated,
)
from ..events.envelope import Envelope
from ..state import Access, Closures, OrganizationFacts, Policies, State, Units
from . import accounts, handshakes, organizations, publications
from .access import ACCESS
from .closures import CLOSURES
from .policies import POLICIES
from .tags import TAGS, Tags
from .transfers import TRANSFERS
from .units import UNITS

Evolve = Callable[[State, Any], None]

WHOLE: dict[type[Any], Evolve] = {
    WorldCreated: organizations.on_world_created,
    TimeAdvanced: organizations.on_time_advanced,
    AccountDescribed: accounts.on_account_described,
    OrganizationCreated: organizations.on_organization_created,
    OrganizationDeleted: organizations.on_organization_deleted,
    FeatureSetChanged: organizations.on_feature_set_changed,
    HandshakeRequested: handshakes.on_handshake_requested,
    HandshakeOpened: handshakes.on_handshake_opened,
    HandshakeAccepted: handshakes.on_handshake_accepted,
    HandshakeDeclined: handshakes.on_handshake_declined,
    HandshakeCanceled: handshakes.on_handshake_canceled,
    HandshakeExpired: handshakes.on_handshake_expired,
    HandshakePurged: handshakes.on_handshake_purged,
    AccountCreationRequested: accounts.on_account_creation_requested,
    AccountCreationSucceeded: accounts.on_account_creation_succeeded,
    AccountCreationFailed: accounts.on_account_creation_failed,
    AccountJoined: accounts.on_account_joined,
    AccountDeparted: accounts.on_account_departed,
    AccountClosureRequested: accounts.on_account_closure_requested,
    AccountClosed: accounts.on_account_closed,
}


def units_of(organization: OrganizationFacts) -> Units:
    """The tree of an organization."""
    return organization.units


def policies_of(organization: OrganizationFacts) -> Policies:
    """The policies of an organization."""
    return organization.policies


def tags_of(organization: OrganizationFacts) -> Tags:
    """The tags of an organization's resources."""
    return organization.tags


def access_of(organization: OrganizationFacts) -> Access:
    """Trusted services, administrators and resource policy of an organization."""
    return organization.access


def closures_of(organization: OrganizationFacts) -> Closures:
    """The closed accounts of an organization."""
    return organization.closures


Change = Callable[[Any, Any, int], None]
"""What an event does to a part, and when."""

PARTS: dict[str, tuple[Callable[[OrganizationFacts], Any], Mapping[type[Any], Change]]] = {
    "units": (units_of, UNITS),
    "policies": (policies_of, POLICIES),
    "tags": (tags_of, TAGS),
    "access": (access_of, ACCESS),
    "closures": (closures_of, CLOSURES),
}
"""Part of an organization to where it is, and what changes it."""


def _of_organization(part: Callable[[OrganizationFacts], Any], change: Change) -> Evolve:
    def evolve(state: State, event: Any) -> None:
        change(part(state.organizations[event.organization]), event, state.now)

    return evolve


def _of_world(change: Change) -> Evolve:
    def evolve(state: State, event: Any) -> None:
        change(state.transfers, event, state.now)

    return evolve


def _together(functions: list[Evolve]) -> Evolve:
    def evolve(state: State, event: Any) -> None:
        for function in functions:
            function(state, event)

    return functions[0] if len(functions) == 1 else evolve


def _table() -> dict[type[Any], Evolve]:
    functions: dict[type[Any], list[Evolve]] = {kind: [function] for kind, function in WHOLE.items()}
    for part, changes in PARTS.values():
        for kind, change in changes.items():
            functions.setdefault(kind, []).append(_of_organization(part, change))
    for kind, change in TRANSFERS.items():
        functions.setdefault(kind, []).append(_of_world(change))
    # Behind the change of the policies themselves.
    for kind in (EffectivePoliciesOutdated, EffectivePoliciesPublished, PolicyTypeDisabled, OrganizationDeleted):
        functions[kind].append(publications.on_changed)
    return {kind: _together(found) for kind, found in functions.items()}


EVOLVE: dict[type[Any], Evolve] = _table()


def apply(state: State, envelope: Envelope) -> None:
    """Bring the state up to date with one stored event."""
    state.position = envelope.position
    state.now = envelope.time
    event = envelope.event
    EVOLVE[type(event)](state, event)
