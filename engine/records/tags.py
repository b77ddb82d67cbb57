"""Records about tags."""

from collections.abc import Iterable

from ..events import ResourceTagged, ResourceUntagged
from ..operation import Events
from ..policies.types import MANAGED_POLICIES
from ..settings import TAGS_PER_RESOURCE
from . import governing
from .record import Unplaced, tags_under
from .taking import Taking


def tagged(taking: Taking) -> Events:
    resource, tags = _require_resource(taking), tags_under(taking.parameters)
    require_room(taking, resource, (tag.key for tag in tags))
    return [ResourceTagged(taking.id, resource, tags)] if tags else []


def require_room(taking: Taking, resource: str, keys: Iterable[str]) -> None:
    """Require that a resource may have these tags too; raises Unplaced."""
    has = [tag.key for tag in taking.organization.tags.get(resource, ())]
    if len({*has, *keys}) > TAGS_PER_RESOURCE:
        raise Unplaced(f"{resource} has {len(has)} tags, and the quota is {TAGS_PER_RESOURCE}")


def untagged(taking: Taking) -> Events:
    resource, keys = _require_resource(taking), taking.parameters.get("tagKeys")
    has = [tag.key for tag in taking.organization.tags.get(resource, ())]
    taken = tuple(key for key in has if isinstance(keys, list) and key in keys)
    return [ResourceUntagged(taking.id, resource, taken)] if taken else []


def _require_resource(taking: Taking) -> str:
    resource = taking.parameter("resourceId")
    if resource in MANAGED_POLICIES:
        raise Unplaced(f"{resource} is AWS's, which nobody tags")
    if resource.startswith("p-"):
        governing.require_policy(taking, resource)
    elif resource.startswith("rp-"):
        _require_resource_policy(taking, resource)
    elif resource.startswith("rt-"):
        _require_transfer(taking, resource)
    else:
        governing.require_target(taking, resource)
    return resource


def _require_resource_policy(taking: Taking, resource: str) -> None:
    known = taking.organization.access.resource_policy
    if known is None or known.id != resource:
        raise Unplaced(f"{taking.id} is not known to have the resource policy {resource}")


def _require_transfer(taking: Taking, resource: str) -> None:
    known = taking.state.transfers.by_id.get(resource)
    if known is None or known.organization != taking.id:
        raise Unplaced(f"{taking.id} is not known to have the transfer {resource}")


RECORDS = {"TagResource": tagged, "UntagResource": untagged}
