"""CreateOrganizationalUnit: the management account creates an OU under the root or another OU.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - ParentNotFound: there is no such root or OU in the organization.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
    - InvalidInput (DUPLICATE_TAG_KEY): a key is given twice.
    - ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED): more than 50 tags.
    - ConstraintViolation (TAG_POLICY_VIOLATION): the management account's effective tag policy forbids one of the tags.
    - DuplicateOrganizationalUnit: a sibling has that name, in the same case of letters [inferred].
    - ConstraintViolation (OU_DEPTH_LIMIT_EXCEEDED): it would be more than five levels below the root.
    - ConstraintViolation (OU_NUMBER_LIMIT_EXCEEDED): the organization has 2,000 OUs.
Happens: OrganizationalUnitCreated; with tags ResourceTagged.
Goes on in: move_account.py, which moves accounts into it.
Sources: docs/aws.md 5 and 8; the order of the refusals is inferred.
"""

from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ConstraintViolationException, ParentNotFoundException
from ..events import OrganizationalUnitCreated, ResourceTagged
from ..explaining import absent, full, number
from ..ids import ParentId
from ..operation import Events, Stamp
from ..rules import caller
from ..rules import tags as tag_rules
from ..rules import units as unit_rules
from ..settings import Quotas
from ..shapes.units import OrganizationalUnitReply, unit_shape
from ..state import Organization, State, Unit


class Request(Struct, frozen=True, rename="pascal"):
    parent_id: ParentId
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    tags: tuple[tag_rules.TagMember, ...] = ()


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("CreateOrganizationalUnit", state, stamp)
    units = organization.units
    parent = units.by_id.get(request.parent_id)
    if parent is None:
        raise ParentNotFoundException(explanation=absent(request.parent_id, organization))
    tags = tag_rules.compliant_tags(request.tags, "ou", organization)
    unit_rules.require_free_name(request.name, parent)
    _require_room(parent, organization, state.settings.quotas)
    unit = stamp.ids.organizational_unit(stamp.position, units.root)
    tagged = [ResourceTagged(organization.id, unit, tags)] if tags else []
    return [OrganizationalUnitCreated(organization.id, unit, parent.id, request.name), *tagged]


def _require_room(parent: Unit, organization: Organization, limits: Quotas) -> None:
    units = organization.units
    # The path to the parent includes the root, which is not a level of OUs; so its length is the depth of the new OU.
    depth = len(units.path_to(parent.id))
    if depth > limits.organizational_unit_depth:
        raise ConstraintViolationException(
            "OU_DEPTH_LIMIT_EXCEEDED",
            explanation=full(
                f"an OU in {parent.id} would be {number(depth, 'levels')} below the root",
                limits.organizational_unit_depth,
                "it needs a parent further up",
            ),
        )
    existing = len(units.by_id) - 1
    if existing >= limits.organizational_units:
        raise ConstraintViolationException(
            "OU_NUMBER_LIMIT_EXCEEDED",
            explanation=full(
                f"{organization.id} has {number(existing, 'OUs')}",
                limits.organizational_units,
                "DeleteOrganizationalUnit makes room",
            ),
        )


def reply(request: Request, events: Events, state: State) -> OrganizationalUnitReply:
    created = events[0]
    assert isinstance(created, OrganizationalUnitCreated)
    return OrganizationalUnitReply(unit_shape(created.unit, state.organizations[created.organization]))
