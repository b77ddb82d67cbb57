"""Events about the tags of resources: root, OUs, accounts, policies, resource policy and transfers."""

from collections.abc import Callable
from typing import Any

from ..events import (
    AccountDeparted,
    OrganizationalUnitDeleted,
    PolicyDeleted,
    ResourcePolicyDeleted,
    ResourceTagged,
    ResourceUntagged,
    ResponsibilityTransferPurged,
    RootIdentified,
    Tag,
)
from .renaming import rename_key

Tags = dict[str, tuple[Tag, ...]]


def on_tagged(tags: Tags, event: ResourceTagged, now: int) -> None:
    # A tag that is there already keeps its place.
    found = {tag.key: tag for tag in (*tags.get(event.resource, ()), *event.tags)}
    tags[event.resource] = tuple(found.values())


def on_untagged(tags: Tags, event: ResourceUntagged, now: int) -> None:
    kept = tuple(tag for tag in tags.get(event.resource, ()) if tag.key not in event.keys)
    if kept:
        tags[event.resource] = kept
    else:
        tags.pop(event.resource, None)


def on_account_departed(tags: Tags, event: AccountDeparted, now: int) -> None:
    tags.pop(event.account, None)


def on_unit_deleted(tags: Tags, event: OrganizationalUnitDeleted, now: int) -> None:
    tags.pop(event.unit, None)


def on_policy_deleted(tags: Tags, event: PolicyDeleted, now: int) -> None:
    tags.pop(event.policy, None)


def on_resource_policy_deleted(tags: Tags, event: ResourcePolicyDeleted, now: int) -> None:
    tags.pop(event.resource_policy, None)


def on_transfer_purged(tags: Tags, event: ResponsibilityTransferPurged, now: int) -> None:
    tags.pop(event.transfer, None)


def on_root_identified(tags: Tags, event: RootIdentified, now: int) -> None:
    rename_key(tags, event.placeholder, event.root)


HANDLERS: dict[type[Any], Callable[[Tags, Any, int], None]] = {
    ResourceTagged: on_tagged,
    ResourceUntagged: on_untagged,
    AccountDeparted: on_account_departed,
    OrganizationalUnitDeleted: on_unit_deleted,
    PolicyDeleted: on_policy_deleted,
    ResourcePolicyDeleted: on_resource_policy_deleted,
    ResponsibilityTransferPurged: on_transfer_purged,
    RootIdentified: on_root_identified,
}
