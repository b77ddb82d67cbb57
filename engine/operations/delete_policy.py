"""DeletePolicy: delete a policy that is not attached anywhere, with its tags.

Caller: the management account; a member to which the resource policy grants it on the policy.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member without a grant for it in the resource policy; for any member, also where
      there is no such policy.
    - PolicyNotFound: there is no such policy.
    - InvalidInput (IMMUTABLE_POLICY): it is a policy of AWS's own.
    - PolicyInUse: it is attached somewhere.
Happens: PolicyDeleted.
Goes on in: nowhere.
Sources: docs/aws.md 6.3; the order of the refusals is inferred.
"""

from msgspec import Struct

from ..errors import PolicyInUseException
from ..events import PolicyDeleted
from ..explaining import number, some
from ..ids import PolicyId
from ..operation import Events, Stamp
from ..rules import policies
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    policy_id: PolicyId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization, found = policies.authorize("DeletePolicy", request.policy_id, state, stamp)
    policy = policies.require_own(found)
    if policy.targets:
        raise PolicyInUseException(
            explanation=f"{policy.id} is attached to {number(len(policy.targets), 'targets')} "
            f"({some(policy.targets)}); DetachPolicy must detach it first"
        )
    return [PolicyDeleted(organization.id, policy.id)]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
