"""DeleteResourcePolicy: delete the resource policy; members lose what it allowed.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - ResourcePolicyNotFound: the organization has none.
Happens: ResourcePolicyDeleted, which removes its tags too. It takes effect with the next request.
Goes on in: nowhere; a later resource policy has another id.
Sources: docs/aws.md 3.7.
"""

from msgspec import Struct

from ..errors import ResourcePolicyNotFoundException
from ..events import ResourcePolicyDeleted
from ..explaining import without_resource_policy
from ..operation import Events, Stamp
from ..rules import caller
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    """No members."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("DeleteResourcePolicy", state, stamp)
    existing = organization.access.resource_policy
    if existing is None:
        raise ResourcePolicyNotFoundException(explanation=without_resource_policy(organization))
    return [ResourcePolicyDeleted(organization.id, existing.id)]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
