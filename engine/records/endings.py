"""What must have been before an organization was deleted."""

from collections.abc import Collection

from ..events import (
    AccountCreationFailed,
    AccountReinstated,
    AnyEvent,
    HandshakeCanceled,
    ResponsibilityTransferEnded,
    ResponsibilityTransferWithdrawn,
)
from ..operation import Events
from ..rules import membership
from ..state import Account, Organization, State
from ..words import DepartureMethod, TransferStatus

LEFT = DepartureMethod.LEFT


def leaving_events(
    member: Account, organization: Organization, state: State, method: DepartureMethod, gone: Collection[str] = ()
) -> Events:
    """The events with which a member leaves; one that is known to be closed must have been reinstated before."""
    closures = organization.closures
    closed = member.id in closures.pending or member.id in closures.closed
    reinstated = [AccountReinstated(organization.id, member.id)] if closed else []
    return [*reinstated, *membership.departure_events(member, organization, state, method, gone)]


def emptying_events(organization: Organization, state: State, gone: Collection[str] = ()) -> Events:
    """What must have been before an organization was deleted: its members gone, nothing under way.

    How members went nobody knows, so they count as having left; without those that are gone before.
    """
    events: list[AnyEvent] = [
        AccountCreationFailed(organization.id, creation, "INTERNAL_FAILURE")
        for creation in organization.creations.values()
    ]
    events += _without_transfers(organization, state)
    for member in organization.members.values():
        if member.id != organization.management_account and member.id not in gone:
            events += leaving_events(member, organization, state, LEFT, gone)
    return events


def _without_transfers(organization: Organization, state: State) -> Events:
    transfers = state.transfers
    outbound = transfers.outbound.get(organization.id)
    events: list[AnyEvent] = []
    for transfer in [*transfers.inbound.get(organization.id, ()), *([outbound] if outbound else [])]:
        found = transfers.by_id[transfer]
        if found.status is TransferStatus.REQUESTED:
            events.append(HandshakeCanceled(found.organization, found.handshake))
            events.append(ResponsibilityTransferEnded(found.organization, transfer, TransferStatus.CANCELED))
        elif found.status is TransferStatus.ACCEPTED:
            events.append(ResponsibilityTransferWithdrawn(organization.id, transfer, state.now))
    return events
