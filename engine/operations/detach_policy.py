"""DetachPolicy: detach a policy from a root, OU or account.

Caller: the management account; a member to which the resource policy grants it on the policy and on the target.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such policy or target.
    - ConstraintViolation (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE): the organization has consolidated billing only.
    - PolicyNotFound: there is no such policy.
    - TargetNotFound: there is no such root, OU or account in the organization.
    - InvalidInput (NON_DETACHABLE_POLICY): it is p-RCPFullAWSAccess.
    - PolicyNotAttached: the policy is not attached there directly.
    - ConstraintViolation (MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED): it is the last service control policy there.
Happens: PolicyDetached. For types with an effective policy EffectivePoliciesPublished, or with realistic latency
    EffectivePoliciesOutdated.
Goes on in: publish_effective_policies.py with realistic latency; delete_policy.py.
Sources: docs/aws.md 3.7, 6.1 to 6.3 and 9; the order of the refusals is inferred.
"""

from msgspec import Struct

from ..errors import ConstraintViolationException, InvalidInputException, PolicyNotAttachedException
from ..events import PolicyDetached
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
    organization, policy = policies.authorize("DetachPolicy", request.policy_id, state, stamp, target)
    facts = POLICY_TYPES[policy.type]
    if policy.id == facts.default_policy and not facts.default_detachable:
        raise InvalidInputException(
            "NON_DETACHABLE_POLICY", explanation=f"AWS attaches {policy.id} everywhere while {policy.type} is enabled"
        )
    there = policies.attached(target, policy.type, organization)
    if policy.id not in there:
        raise PolicyNotAttachedException(
            explanation=f"{policy.id} is not attached to {target} itself; what is attached above it is detached there"
        )
    if len(there) <= facts.min_attached:
        raise ConstraintViolationException(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            explanation=f"{policy.id} is the last {policy.type} on {target}; another must be attached first",
        )
    return [
        PolicyDetached(organization.id, policy.id, target),
        *publication.publication_events(organization, [policy.type], state, stamp),
    ]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
