"""TagResource: put tags on a root, OU, account, policy, resource policy or responsibility transfer.

Caller: the management account, or a member to whom the resource policy grants it.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - InvalidInput (INVALID_PATTERN:RESOURCE_ID): the resource is a policy of AWS's own.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such resource.
    - TargetNotFound: there is no such resource in the organization.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
    - InvalidInput (DUPLICATE_TAG_KEY): a key is given twice.
    - ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED): with the tags that the resource has, more than 50.
    - ConstraintViolation (TAG_POLICY_VIOLATION): the management account's effective tag policy forbids one of the tags.
Happens: ResourceTagged; nothing for an empty list. Tags with the same keys are replaced.
Goes on in: untag_resource.py. The tags are removed with their resource, those of an account when it leaves.
Sources: docs/aws.md 8; the order of the refusals is inferred, and that the management account's effective tag policy is
    what counts. ListTagsForResource was seen to refuse p-FullAWSAccess for its pattern; here all three do.
"""

from msgspec import Struct

from ..events import ResourceTagged
from ..ids import TaggableResourceId
from ..operation import Events, Stamp
from ..resources import resource_type
from ..rules import tags as tag_rules
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    resource_id: TaggableResourceId
    tags: tuple[tag_rules.TagMember, ...]


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    resource = request.resource_id
    organization = tag_rules.authorize("TagResource", resource, state, stamp)
    has = [tag.key for tag in organization.tags.get(resource, ())]
    tags = tag_rules.compliant_tags(request.tags, resource_type(resource), organization, has)
    return [ResourceTagged(organization.id, resource, tags)] if tags else []


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
