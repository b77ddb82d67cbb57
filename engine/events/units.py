"""Events about OUs, and about the tags of resources."""

from .base import OrganizationEvent, Tag


class OrganizationalUnitCreated(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationalUnitCreated"
):
    """An OU was created."""

    unit: str
    parent: str
    name: str


class OrganizationalUnitRenamed(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationalUnitRenamed"
):
    """An OU was renamed, perhaps to the name that it had already."""

    unit: str
    name: str


class OrganizationalUnitDeleted(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationalUnitDeleted"
):
    """An empty OU was deleted, with its attachments and tags."""

    unit: str


class ResourceTagged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourceTagged"):
    """Tags were put on a resource; they replace tags with the same keys."""

    resource: str
    tags: tuple[Tag, ...]


class ResourceUntagged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourceUntagged"):
    """The tags with these keys were removed from a resource."""

    resource: str
    keys: tuple[str, ...]
