"""Facts about the tree of an organization, and about the tags of what is in it."""

from .base import OrganizationEvent, Tag


class OrganizationalUnitCreated(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationalUnitCreated"
):
    """An OU came to be."""

    unit: str
    parent: str
    name: str


class OrganizationalUnitRenamed(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationalUnitRenamed"
):
    """An OU was given a name; the one that it has, if it was asked to change nothing."""

    unit: str
    name: str


class OrganizationalUnitDeleted(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationalUnitDeleted"
):
    """An empty OU is gone, and what was attached to it."""

    unit: str


class ResourceTagged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourceTagged"):
    """A resource has these tags too; values of keys that it had are replaced."""

    resource: str
    tags: tuple[Tag, ...]


class ResourceUntagged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourceUntagged"):
    """A resource has no tags with these keys."""

    resource: str
    keys: tuple[str, ...]
