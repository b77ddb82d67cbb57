"""UpdatePolicy: change the name, description or content of a policy; what is not given stays.

Caller: the management account; a member to which the resource policy grants it on the policy.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such policy.
    - ConstraintViolation (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE): the organization has consolidated billing only.
    - PolicyNotFound: there is no such policy.
    - InvalidInput (IMMUTABLE_POLICY): it is a policy of AWS's own.
    - ConstraintViolation (POLICY_CONTENT_LIMIT_EXCEEDED): the content is longer than its type allows, white space
      included.
    - MalformedPolicyDocument: the content is no document of its type.
    - DuplicatePolicy: another policy of the type has that name.
Happens: PolicyUpdated; an empty description leaves the old one. If the policy is attached somewhere, and its type has
    an effective policy: EffectivePoliciesPublished, or with realistic latency EffectivePoliciesOutdated, even if only
    the name changed or nothing did.
Goes on in: publish_effective_policies.py with realistic latency.
Sources: docs/aws.md 6.3 and 6.5; the order of the refusals is inferred. The answer shows name and description only as
    far as they were given, and the content always.
"""

from typing import Annotated

from msgspec import Meta, Struct

from ..events import PolicyUpdated
from ..ids import PolicyId
from ..operation import Events, Stamp
from ..resources import arn_of
from ..rules import policies, publication
from ..shapes.policies import Policy, PolicyReply, PolicySummary
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    policy_id: PolicyId
    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    description: Annotated[str, Meta(max_length=512)] | None = None
    content: Annotated[str, Meta(min_length=1)] | None = None


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    policies.require_all_features(state, stamp)
    organization, found = policies.authorize("UpdatePolicy", request.policy_id, state, stamp)
    policy = policies.require_own(found)
    content = None if request.content is None else policies.require_content(policy.type, request.content)
    if request.name is not None and request.name != policy.name:
        policies.require_free_name(policy.type, request.name, organization)
    outdated = [policy.type] if policy.targets else []
    return [
        PolicyUpdated(organization.id, policy.id, request.name, request.description or None, content),
        *publication.publication_events(organization, outdated, state, stamp),
    ]


def reply(request: Request, events: Events, state: State) -> PolicyReply:
    updated = events[0]
    assert isinstance(updated, PolicyUpdated)
    organization = state.organizations[updated.organization]
    policy = organization.policies.by_id[updated.policy]
    summary = PolicySummary(
        id=policy.id,
        arn=arn_of(policy.id, organization),
        name=request.name,
        description=request.description,
        type=policy.type,
        aws_managed=False,
    )
    return PolicyReply(Policy(summary, policy.content))
