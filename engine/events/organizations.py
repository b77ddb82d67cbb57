"""Events about the log as a whole, and about an organization as a whole."""

from ..settings import Settings
from ..words import FeatureSet, Partition
from .base import OrganizationEvent, WorldEvent


class WorldCreated(WorldEvent, frozen=True, gc=False, array_like=True, tag="WorldCreated"):
    """The first event of every log: the seed of all ids and latencies, and the settings."""

    seed: int
    settings: Settings


class TimeAdvanced(WorldEvent, frozen=True, gc=False, array_like=True, tag="TimeAdvanced"):
    """Time passed without other events, up to the envelope's time; without this event a restart would forget it."""


class OrganizationCreated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationCreated"):
    """An organization was created, with its root."""

    root: str
    management_account: str
    feature_set: FeatureSet


class OrganizationDeleted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationDeleted"):
    """An organization was deleted; its management account departed in an earlier event of the same command."""


class FeatureSetChanged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="FeatureSetChanged"):
    """A migration was finalized: the organization has all features, for good."""

    feature_set: FeatureSet


class PartitionAssigned(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PartitionAssigned"):
    """A new organization is in another partition than ``aws``: itself, its management account, and whoever joins."""

    partition: Partition


class RootIdentified(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="RootIdentified"):
    """The id of the root became known; until then it had a placeholder, because no record of the trail named it."""

    placeholder: str
    root: str
