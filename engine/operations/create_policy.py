"""CreatePolicy: create a policy. It is not attached anywhere yet, and its type need not be enabled.

Caller: the management account; a member to which the resource policy grants it on policies of the type, and with tags
    TagResource too.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member without a grant for it in the resource policy, or, with tags, without one for
      TagResource.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
    - InvalidInput (DUPLICATE_TAG_KEY): a key is given twice.
    - ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED): more than 50 tags.
    - ConstraintViolation (TAG_POLICY_VIOLATION): the management account's effective tag policy forbids one of the tags.
    - UnsupportedAPIEndpoint: the type is not there in China [inferred].
    - PolicyTypeNotAvailableForOrganization: the organization has consolidated billing only.
    - ConstraintViolation (POLICY_CONTENT_LIMIT_EXCEEDED): the content is longer than its type allows, white space
      included.
    - MalformedPolicyDocument: the content is no document of its type.
    - DuplicatePolicy: another policy of the type has that name.
    - ConstraintViolation (POLICY_NUMBER_LIMIT_EXCEEDED): the organization has as many policies of the type as it may.
Happens: PolicyCreated, with the content byte for byte, a resource control policy's as AWS writes it anew; with tags
    ResourceTagged.
Goes on in: attach_policy.py, update_policy.py, delete_policy.py.
Sources: docs/aws.md 1.3, 3.7, 6.1, 6.3 and 7.1; the order of the refusals is inferred, and that a grant on the ARNs of
    policies of a type covers one that does not exist yet.
"""

from typing import Annotated

from msgspec import Meta, Struct

from ..arns import policy_arn
from ..errors import PolicyTypeNotAvailableForOrganizationException
from ..events import PolicyCreated, ResourceTagged
from ..operation import Events, Stamp
from ..rules import caller, policies
from ..rules import tags as tag_rules
from ..shapes.policies import PolicyReply, policy_reply
from ..state import State
from ..words import FeatureSet, PolicyType


class Request(Struct, frozen=True, rename="pascal"):
    content: Annotated[str, Meta(min_length=1)]
    description: Annotated[str, Meta(max_length=512)]
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    type: PolicyType
    tags: tuple[tag_rules.TagMember, ...] = ()


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.organization_of(state, stamp)
    policy = stamp.ids.policy(stamp.position)
    arn = policy_arn(organization, request.type, policy)
    caller.authorize("CreatePolicy", state, stamp, [arn], request.type)
    if request.tags:
        caller.authorize("TagResource", state, stamp, [arn], request.type)
    tags = tag_rules.compliant_tags(request.tags, "policy", organization)
    policies.require_offered(request.type, organization)
    if organization.feature_set is not FeatureSet.ALL:
        raise PolicyTypeNotAvailableForOrganizationException(explanation=policies.why_billing_only(organization))
    content = policies.require_content(request.type, request.content)
    policies.require_free_name(request.type, request.name, organization)
    policies.require_room(request.type, organization)
    created = PolicyCreated(organization.id, policy, request.type, request.name, request.description, content)
    return [created, *([ResourceTagged(organization.id, policy, tags)] if tags else [])]


def reply(request: Request, events: Events, state: State) -> PolicyReply:
    created = events[0]
    assert isinstance(created, PolicyCreated)
    organization = state.organizations[created.organization]
    return policy_reply(organization.policies.by_id[created.policy], organization)
