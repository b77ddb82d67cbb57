"""Events about the log as a whole, and about an organization as a whole."""

from collections.abc import Callable
from typing import Any

from ..events import (
    FeatureSetChanged,
    OrganizationCreated,
    OrganizationDeleted,
    PartitionAssigned,
    RootIdentified,
    TimeAdvanced,
    WorldCreated,
)
from ..state import Access, Closures, Organization, Policies, State, Units


def on_world_created(state: State, event: WorldCreated) -> None:
    state.seed = event.seed
    state.settings = event.settings


def on_time_advanced(state: State, event: TimeAdvanced) -> None:
    """Change nothing: ``apply`` has set ``state.now`` from the envelope already."""


def on_organization_created(state: State, event: OrganizationCreated) -> None:
    state.organizations[event.organization] = Organization(
        event.organization, event.root, event.management_account, event.feature_set, state.now
    )


def on_organization_deleted(state: State, event: OrganizationDeleted) -> None:
    organization = state.organizations[event.organization]
    organization.deleted = True
    organization.recent_moments.clear()
    organization.recent_invitations.clear()
    organization.recent_unaccepted = 0
    organization.units, organization.policies, organization.tags = Units(), Policies(), {}
    organization.access, organization.closures = Access(), Closures()


def on_feature_set_changed(state: State, event: FeatureSetChanged) -> None:
    state.organizations[event.organization].feature_set = event.feature_set


def on_partition_assigned(state: State, event: PartitionAssigned) -> None:
    state.organizations[event.organization].partition = event.partition


def on_root_identified(state: State, event: RootIdentified) -> None:
    state.organizations[event.organization].root = event.root


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {
    WorldCreated: on_world_created,
    TimeAdvanced: on_time_advanced,
    OrganizationCreated: on_organization_created,
    OrganizationDeleted: on_organization_deleted,
    FeatureSetChanged: on_feature_set_changed,
    PartitionAssigned: on_partition_assigned,
    RootIdentified: on_root_identified,
}
