"""EnablePolicyType: enable a policy type, so that its policies can be attached and have effect.

Caller: the management account; a member to which the resource policy grants it on the root.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such root.
    - RootNotFound: there is no such root in the organization.
    - UnsupportedAPIEndpoint: the type is not there in China [inferred].
    - PolicyTypeNotAvailableForOrganization: the organization has consolidated billing only.
    - PolicyTypeAlreadyEnabled: the type is enabled.
    - ConstraintViolation (SERVICE_ACCESS_NOT_ENABLED): the type depends on a service that has no access to the
      organization.
Happens: PolicyTypeEnabled; AWS's default policy of the type, if it has one, is attached everywhere. For types with
    an effective policy EffectivePoliciesPublished, or with realistic latency EffectivePoliciesOutdated.
Goes on in: publish_effective_policies.py with realistic latency; attach_policy.py.
Sources: docs/aws.md 1.3, 3.5 and 6.2; the order of the refusals is inferred. The answer shows ENABLED at once.
"""

from msgspec import Struct

from ..authorization.services import REQUIRED_BY
from ..errors import (
    ConstraintViolationException,
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
)
from ..events import PolicyTypeEnabled
from ..explaining import when
from ..ids import RootId
from ..operation import Events, Stamp
from ..rules import policies, publication, services
from ..shapes.policies import RootReply, root_reply
from ..state import State
from ..words import FeatureSet, PolicyType

SERVICE_ACCESS_FIRST = "You must enable service access before you enable this policy type."
"""The reason's own text speaks of delegated administrators; what AWS says here was not seen."""


class Request(Struct, frozen=True, rename="pascal"):
    root_id: RootId
    policy_type: PolicyType


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    policy_type = request.policy_type
    organization = policies.authorize_on_root("EnablePolicyType", request.root_id, policy_type, state, stamp)
    policies.require_offered(policy_type, organization)
    if organization.feature_set is not FeatureSet.ALL:
        raise PolicyTypeNotAvailableForOrganizationException(explanation=policies.why_billing_only(organization))
    if policy_type in organization.policies.enabled:
        since = when(organization.policies.enabled[policy_type])
        raise PolicyTypeAlreadyEnabledException(explanation=f"{policy_type} is enabled since {since}")
    service = REQUIRED_BY.get(policy_type)
    if service and service not in organization.access.services:
        raise ConstraintViolationException(
            "SERVICE_ACCESS_NOT_ENABLED",
            SERVICE_ACCESS_FIRST,
            explanation=f"{policy_type} needs {service}, which {services.lacks_access(organization)}",
        )
    return [
        PolicyTypeEnabled(organization.id, policy_type),
        *publication.publication_events(organization, [policy_type], state, stamp),
    ]


def reply(request: Request, events: Events, state: State) -> RootReply:
    enabled = events[0]
    assert isinstance(enabled, PolicyTypeEnabled)
    return root_reply(state.organizations[enabled.organization])
