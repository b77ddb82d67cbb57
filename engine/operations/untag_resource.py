"""UntagResource: remove tags from a root, OU, account, policy, resource policy or responsibility transfer.

Caller: the management account, or a member to whom the resource policy grants it.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - InvalidInput (INVALID_PATTERN:RESOURCE_ID): the resource is a policy of AWS's own.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such resource.
    - TargetNotFound: there is no such resource in the organization.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
Happens: ResourceUntagged, with the keys that are there; nothing if there is none of them.
Goes on in: nowhere.
Sources: docs/aws.md 8; the order of the refusals is inferred. Tag policies do not forbid the removal of tags.
"""

from msgspec import Struct

from ..events import ResourceUntagged
from ..ids import TaggableResourceId
from ..operation import Events, Stamp
from ..rules import tags as tag_rules
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    resource_id: TaggableResourceId
    tag_keys: tuple[tag_rules.TagKey, ...]


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    resource = request.resource_id
    organization = tag_rules.authorize("UntagResource", resource, state, stamp)
    tag_rules.require_no_system_keys(request.tag_keys)
    has = {tag.key for tag in organization.tags.get(resource, ())}
    # A key that is named twice is removed once.
    taken = tuple(key for key in dict.fromkeys(request.tag_keys) if key in has)
    return [ResourceUntagged(organization.id, resource, taken)] if taken else []


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
