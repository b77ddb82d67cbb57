"""UpdateOrganizationalUnit: the management account renames an OU.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - OrganizationalUnitNotFound: there is no such OU in the organization.
    - DuplicateOrganizationalUnit: a sibling has that name, in the same case of letters [inferred].
Happens: OrganizationalUnitRenamed. Without a name, or with only blanks, it keeps its name.
Goes on in: nowhere.
Sources: docs/aws.md 5. That blanks of any kind and number count as no name is inferred from the captured " ".
"""

from typing import Annotated

from msgspec import Meta, Struct

from ..errors import OrganizationalUnitNotFoundException
from ..events import OrganizationalUnitRenamed
from ..explaining import absent
from ..ids import OrganizationalUnitId
from ..operation import Events, Stamp
from ..rules import caller
from ..rules import units as unit_rules
from ..shapes.units import OrganizationalUnitReply, unit_shape
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    organizational_unit_id: OrganizationalUnitId
    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("UpdateOrganizationalUnit", state, stamp)
    units = organization.units.by_id
    unit = units.get(request.organizational_unit_id)
    if unit is None or unit.parent is None:
        raise OrganizationalUnitNotFoundException(explanation=absent(request.organizational_unit_id, organization))
    name = request.name if request.name and not request.name.isspace() else unit.name
    if name != unit.name:
        unit_rules.require_free_name(name, units[unit.parent])
    return [OrganizationalUnitRenamed(organization.id, unit.id, name)]


def reply(request: Request, events: Events, state: State) -> OrganizationalUnitReply:
    renamed = events[0]
    assert isinstance(renamed, OrganizationalUnitRenamed)
    return OrganizationalUnitReply(unit_shape(renamed.unit, state.organizations[renamed.organization]))
