"""The difference between what stands and what a dump shows, as the events that make the state equal to the dump."""

from collections.abc import Sequence

from msgspec.structs import replace

from ..events import (
    AnyEvent,
    FeatureSetChanged,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationalUnitRenamed,
    OrganizationCreated,
    PartitionAssigned,
)
from ..state import Organization, State, Unit
from ..words import FeatureSet
from . import access, accounts, creations, handshakes, policies, units
from .form import Form, Stays


def difference(form: Form, state: State, now: int, *, final: bool) -> list[AnyEvent]:
    """Compare a dump with what stands.

    Args:
        form: what the dump shows, or what it tells of one moment; it has been checked.
        state: as it stands.
        now: the moment of the command, in microseconds since the epoch.
        final: whether it is what the dump shows, at its own moment.

    Returns:
        The events after which the state is as the form says; what the form does not say stays as it is.
    """
    standing = state.organizations.get(form.organization)
    if standing and not (final or form.services or form.administrators):
        # When all features were enabled is not told; trusted services show that they are.
        form = replace(form, feature_set=standing.feature_set)
    organization = standing or _empty(form, now)
    leaving = frozenset(member.id for member in accounts.leaving_members(form, organization))

    def stays(account: str) -> bool:
        return account in organization.members and account not in leaving

    events: list[AnyEvent] = [] if standing else _founding(form)
    events += handshakes.ended_handshakes(form, organization, state, leaving)
    if organization.feature_set is not form.feature_set:
        events.append(FeatureSetChanged(form.organization, FeatureSet.ALL))
    events += access.withdrawn_access(form, organization, stays)
    events += accounts.departures(form, organization, state)
    events += accounts.arrivals(form, organization, state)
    events += accounts.closures(form, organization, now)
    events += _tree_and_policies(form, organization, stays)
    events += access.granted_access(form, organization, stays)
    events += access.resource_policy_changes(form, organization)
    events += access.tag_changes(form, organization, leaving)
    events += creations.creation_changes(form, state, now)
    events += handshakes.new_handshakes(form, stays, state, now)
    if final:
        events += handshakes.answered_approvals(form, events)
    events += handshakes.opened_parent(organization, state, events)
    return events


def _empty(form: Form, now: int) -> Organization:
    """An organization that has nothing yet but its root."""
    empty = Organization(form.organization, form.root, form.management_account, form.feature_set, now)
    empty.units.root = form.root
    empty.units.by_id[form.root] = Unit(form.root, "Root", None)
    return empty


def _founding(form: Form) -> list[AnyEvent]:
    created = OrganizationCreated(form.organization, form.root, form.management_account, form.feature_set)
    if form.partition == "aws":
        return [created]
    return [created, PartitionAssigned(form.organization, form.partition)]


def _tree_and_policies(form: Form, organization: Organization, stays: Stays) -> list[AnyEvent]:
    """Changes of the tree and of policies, and the effective policies after them."""
    deleted = [*units.deleted_units(form, organization)]
    gone = {event.unit for event in deleted if isinstance(event, OrganizationalUnitDeleted)}
    changes = [*units.changed_units(form, organization), *accounts.moves(form, organization), *deleted]

    def remains(place: str) -> bool:
        return (place in organization.units.by_id and place not in gone) or stays(place)

    changes += policies.policy_changes(form, organization, remains)
    return [*changes, *policies.published(form, organization)] if _concerns_policies(changes) else changes


def _concerns_policies(changes: Sequence[AnyEvent]) -> bool:
    """Whether effective policies may have changed: not if OUs are only new, or renamed."""
    return not all(isinstance(event, OrganizationalUnitCreated | OrganizationalUnitRenamed) for event in changes)
