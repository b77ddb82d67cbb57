"""DeleteOrganizationalUnit: the management account deletes an empty OU.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - OrganizationalUnitNotFound: there is no such OU in the organization.
    - OrganizationalUnitNotEmpty: accounts, closed ones too, or OUs are in it.
Happens: OrganizationalUnitDeleted, which removes its tags and attachments too; attachments do not block it [inferred].
Goes on in: nowhere.
Sources: docs/aws.md 5.
"""

from msgspec import Struct

from ..errors import OrganizationalUnitNotFoundException
from ..events import OrganizationalUnitDeleted
from ..explaining import absent
from ..ids import OrganizationalUnitId
from ..operation import Events, Stamp
from ..rules import caller, units
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    organizational_unit_id: OrganizationalUnitId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("DeleteOrganizationalUnit", state, stamp)
    unit = organization.units.by_id.get(request.organizational_unit_id)
    if unit is None:
        raise OrganizationalUnitNotFoundException(explanation=absent(request.organizational_unit_id, organization))
    units.require_empty(unit)
    return [OrganizationalUnitDeleted(organization.id, unit.id)]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
