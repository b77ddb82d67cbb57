"""AttachPolicy: attach a policy to a root, OU or account; it has effect there and on everything below.

Caller: the management account; a member to which the resource policy grants it on the policy and on the target.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such policy or target.
    - ConstraintViolation (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE): the organization has consolidated billing only.
    - PolicyNotFound: there is no such policy.
    - TargetNotFound: there is no such root, OU or account in the organization.
    - PolicyTypeNotEnabled: the policy's type is not enabled on the root.
    - DuplicatePolicyAttachment: the policy is attached there already.
    - ConstraintViolation (MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED): as many policies of the type are attached there
      as may be.
Happens: PolicyAttached. For types with an effective policy EffectivePoliciesPublished, or with realistic latency
    EffectivePoliciesOutdated.
Goes on in: publish_effective_policies.py with realistic latency; detach_policy.py.
Sources: docs/aws.md 3.7, 6.1 to 6.3 and 9; the order of the refusals is inferred, except that TargetNotFound
    comes before PolicyTypeNotEnabled. The limit counts what is attached directly, AWS's default policy included.
"""

from msgspec import Struct

from ..errors import ConstraintViolationException, DuplicatePolicyAttachmentException, PolicyTypeNotEnabledException
from ..events import PolicyAttached
from ..explaining import full, some
from ..ids import PolicyId, PolicyTargetId
from ..operation import Events, Stamp
from ..policies.types import POLICY_TYPES
from ..rules import policies, publication
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    policy_id: PolicyId
    target_id: PolicyTargetId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    target = request.target_id
    policies.require_all_features(state, stamp)
    organization, policy = policies.authorize("AttachPolicy", request.policy_id, state, stamp, target)
    if policy.type not in organization.policies.enabled:
        raise PolicyTypeNotEnabledException(explanation=policies.why_not_enabled(policy.type, organization))
    there = policies.attached(target, policy.type, organization)
    if policy.id in there:
        raise DuplicatePolicyAttachmentException(explanation=f"{policy.id} is attached to {target} already")
    limit = POLICY_TYPES[policy.type].max_attached
    if len(there) >= limit:
        raise ConstraintViolationException(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            explanation=full(
                f"{target} has {some(there)} of type {policy.type} attached", limit, "one must be detached first"
            ),
        )
    return [
        PolicyAttached(organization.id, policy.id, target),
        *publication.publication_events(organization, [policy.type], state, stamp),
    ]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
