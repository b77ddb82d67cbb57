"""PutResourcePolicy: the management account creates or replaces the resource policy, which allows calls to members.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (INVALID_RESOURCE_POLICY_JSON): the content is no resource policy, or names an account outside the
      organization.
    - InvalidInput (UNSUPPORTED_ACTION_IN_RESOURCE_POLICY): the content names an action that cannot be granted.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
    - InvalidInput (DUPLICATE_TAG_KEY): a key is given twice.
    - ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED): more than 50 tags.
    - ConstraintViolation (TAG_POLICY_VIOLATION): the management account's effective tag policy forbids one of the tags.
    - ConstraintViolation (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE): the organization has consolidated billing only
      [inferred].
    - ConstraintViolation (UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED): there is a policy, and the request
      has tags.
Happens: ResourcePolicyPut, with the content in its stored form; a new id only if there is no policy. ResourceTagged, if
    a new one comes with tags. It takes effect with the next request.
Goes on in: delete_resource_policy.py; engine/authorization/resource_policy.py evaluates the content.
Sources: docs/aws.md 3.7; the order of the refusals is inferred.
"""

from typing import Annotated

from msgspec import Meta, Struct

from ..authorization.resource_policy import normalised
from ..errors import ConstraintViolationException
from ..events import ResourcePolicyPut, ResourceTagged
from ..operation import Events, Stamp
from ..rules import caller
from ..rules import tags as tag_rules
from ..rules.policies import why_billing_only
from ..shapes.access import ResourcePolicyReply, resource_policy_reply
from ..state import State
from ..words import FeatureSet


class Request(Struct, frozen=True, rename="pascal"):
    content: Annotated[str, Meta(min_length=1, max_length=40_000)]
    tags: tuple[tag_rules.TagMember, ...] = ()


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("PutResourcePolicy", state, stamp)
    content = normalised(request.content, organization.members, organization.partition)
    tags = tag_rules.compliant_tags(request.tags, "resourcepolicy", organization)
    if organization.feature_set is not FeatureSet.ALL:
        raise ConstraintViolationException(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", explanation=why_billing_only(organization)
        )
    existing = organization.access.resource_policy
    if existing is None:
        new = stamp.ids.resource_policy(stamp.position)
        tagged = [ResourceTagged(organization.id, new, tags)] if tags else []
        return [ResourcePolicyPut(organization.id, new, content), *tagged]
    if tags:
        raise ConstraintViolationException(
            "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED",
            explanation=f"{existing.id} is there already, and tags come with a new one only; TagResource tags it",
        )
    return [ResourcePolicyPut(organization.id, existing.id, content)]


def reply(request: Request, events: Events, state: State) -> ResourcePolicyReply:
    put = events[0]
    assert isinstance(put, ResourcePolicyPut)
    return resource_policy_reply(state.organizations[put.organization])
