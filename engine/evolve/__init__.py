"""The only code that changes the state: one handler for every type of event.

An event is already true, so nothing is checked here. ``apply`` is one step of a replay; ``EVOLVE`` maps a type of event
to its handler. ``state.now`` and ``state.position`` are set from the envelope before the handler is called, so "now" in
here is the event's own time.

There are two kinds of handlers. Those in ``STATE_HANDLERS`` take (state, event). An organization's substates (its tree,
policies, tags, access and closures) have handlers that take (substate, event, now) and know nothing else of the state,
so that a view can keep the same substate with the same code (docs/decisions/0010). An event may have several handlers;
``_evolve_table`` puts them in order.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..events import CallRecorded
from ..events.envelope import Envelope
from ..state import Access, Closures, OrganizationFacts, Policies, State, Units
from . import (
    access,
    accounts,
    calls,
    closures,
    dumps,
    faults,
    handshakes,
    organizations,
    policies,
    publications,
    records,
    tags,
    transfers,
    units,
)

StateHandler = Callable[[State, Any], None]
"""Changes the state: called with (state, event)."""

SubstateHandler = Callable[[Any, Any, int], None]
"""Changes one substate of an organization: called with (substate, event, time of the event)."""

STATE_HANDLERS: dict[type[Any], StateHandler] = {
    **organizations.HANDLERS,
    **accounts.HANDLERS,
    **handshakes.HANDLERS,
    **faults.HANDLERS,
    **calls.HANDLERS,
    **dumps.HANDLERS,
    **records.HANDLERS,
}


def units_of(organization: OrganizationFacts) -> Units:
    """The organization's tree of OUs."""
    return organization.units


def policies_of(organization: OrganizationFacts) -> Policies:
    """The organization's policies and attachments."""
    return organization.policies


def tags_of(organization: OrganizationFacts) -> tags.Tags:
    """The tags of the organization's resources."""
    return organization.tags


def access_of(organization: OrganizationFacts) -> Access:
    """The organization's trusted services, delegated administrators and resource policy."""
    return organization.access


def closures_of(organization: OrganizationFacts) -> Closures:
    """The organization's closed and closing accounts."""
    return organization.closures


SUBSTATES: dict[str, tuple[Callable[[OrganizationFacts], Any], Mapping[type[Any], SubstateHandler]]] = {
    "units": (units_of, units.HANDLERS),
    "policies": (policies_of, policies.HANDLERS),
    "tags": (tags_of, tags.HANDLERS),
    "access": (access_of, access.HANDLERS),
    "closures": (closures_of, closures.HANDLERS),
}
"""Name of a substate to how it is found in an organization, and the handlers that change it."""


def _on_substate(substate_of: Callable[[OrganizationFacts], Any], handler: SubstateHandler) -> StateHandler:
    def evolve(state: State, event: Any) -> None:
        handler(substate_of(state.organizations[event.organization]), event, state.now)

    return evolve


def _on_transfers(handler: SubstateHandler) -> StateHandler:
    def evolve(state: State, event: Any) -> None:
        handler(state.transfers, event, state.now)

    return evolve


def _in_order(handlers: list[StateHandler]) -> StateHandler:
    def evolve(state: State, event: Any) -> None:
        for handler in handlers:
            handler(state, event)

    return handlers[0] if len(handlers) == 1 else evolve


def _evolve_table() -> dict[type[Any], StateHandler]:
    """Combine all handlers, in an order that matters for events that have several.

    1. ``STATE_HANDLERS``: OrganizationCreated makes the organization in which the substates are found,
       OrganizationDeleted empties them.
    2. The substates, and the transfers. They do not look at each other, so their order among themselves is free.
    3. ``publications``: it derives the organization's next publication from its policies, and so must see them changed.
    """
    handlers: dict[type[Any], list[StateHandler]] = {kind: [handler] for kind, handler in STATE_HANDLERS.items()}
    for substate_of, changes in SUBSTATES.values():
        for kind, handler in changes.items():
            handlers.setdefault(kind, []).append(_on_substate(substate_of, handler))
    for kind, handler in transfers.HANDLERS.items():
        handlers.setdefault(kind, []).append(_on_transfers(handler))
    for kind, handler in publications.HANDLERS.items():
        handlers[kind].append(handler)
    return {kind: _in_order(found) for kind, found in handlers.items()}


EVOLVE: dict[type[Any], StateHandler] = _evolve_table()


def apply(state: State, envelope: Envelope) -> None:
    """Bring the state up to date with the next event of the log."""
    state.position = envelope.position
    state.now = envelope.time
    event = envelope.event
    kind = type(event)
    if kind is not CallRecorded:
        state.changed_at = envelope.time
    EVOLVE[kind](state, event)
