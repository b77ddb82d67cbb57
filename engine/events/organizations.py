"""Facts about the world, and about an organization as a whole."""

from ..settings import Settings
from ..words import FeatureSet
from .base import OrganizationEvent, WorldEvent


class WorldCreated(WorldEvent, frozen=True, gc=False, array_like=True, tag="WorldCreated"):
    """The first fact of every log: what all ids and latencies derive from, and the rules that hold."""

    seed: int
    settings: Settings


class TimeAdvanced(WorldEvent, frozen=True, gc=False, array_like=True, tag="TimeAdvanced"):
    """Quiet time passed. Its envelope's time is the reading; without this fact a restart would forget it."""


class OrganizationCreated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationCreated"):
    """An organization and its root came to be."""

    root: str
    management_account: str
    feature_set: FeatureSet


class OrganizationDeleted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationDeleted"):
    """The organization is gone; its management account has departed in the event before."""


class FeatureSetChanged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="FeatureSetChanged"):
    """The migration was finalized; there is no way back."""

    feature_set: FeatureSet
