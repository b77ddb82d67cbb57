"""DisablePolicyType: disable a policy type; its policies lose their effect and are detached everywhere.

Caller: the management account; a member to which the resource policy grants it on the root.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such root.
    - ConstraintViolation (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE): the organization has consolidated billing only.
    - RootNotFound: there is no such root in the organization.
    - PolicyTypeNotEnabled: the type is not enabled.
Happens: PolicyTypeDisabled: every policy of the type is detached everywhere, for good; none is deleted. The effective
    policies of the type are gone at once, with any latency.
Goes on in: nowhere.
Sources: docs/aws.md 6.2; the order of the refusals is inferred.
"""

from msgspec import Struct

from ..errors import PolicyTypeNotEnabledException
from ..events import PolicyTypeDisabled
from ..ids import RootId
from ..operation import Events, Stamp
from ..rules import policies
from ..shapes.policies import RootReply, root_reply
from ..state import State
from ..words import PolicyType


class Request(Struct, frozen=True, rename="pascal"):
    root_id: RootId
    policy_type: PolicyType


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    policies.require_all_features(state, stamp)
    organization = policies.authorize_on_root("DisablePolicyType", request.root_id, request.policy_type, state, stamp)
    if request.policy_type not in organization.policies.enabled:
        raise PolicyTypeNotEnabledException(explanation=policies.why_not_enabled(request.policy_type, organization))
    return [PolicyTypeDisabled(organization.id, request.policy_type)]


def reply(request: Request, events: Events, state: State) -> RootReply:
    disabled = events[0]
    assert isinstance(disabled, PolicyTypeDisabled)
    return root_reply(state.organizations[disabled.organization])
