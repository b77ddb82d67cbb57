"""Records about OUs, and about the places of accounts in the tree."""

from ..events import (
    AccountMoved,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationalUnitRenamed,
    ResourceTagged,
)
from ..operation import Events
from . import governing, tree
from .record import needed, part, tags_under, text
from .taking import Taking


def created(taking: Taking) -> Events:
    answer = part(taking.record.answer, "organizationalUnit")
    unit = needed(answer, "id", "responseElements.organizationalUnit")
    parent = tree.require_parent(taking, taking.parameter("parentId"))
    name = text(taking.parameters, "name") or text(answer, "name") or unit
    if tree.is_known(taking, unit):
        return _renamed(taking, unit, name)
    tree.require_new(taking, unit, parent)
    event = OrganizationalUnitCreated(taking.id, unit, parent, tree.free_name(taking, name, unit, parent))
    tags = tags_under(taking.parameters)
    return [event, ResourceTagged(taking.id, unit, tags)] if tags else [event]


def updated(taking: Taking) -> Events:
    unit = tree.require_unit(taking, taking.parameter("organizationalUnitId"))
    name = text(part(taking.record.answer, "organizationalUnit"), "name") or text(taking.parameters, "name")
    return _renamed(taking, unit, name) if name else []


def _renamed(taking: Taking, unit: str, name: str) -> Events:
    known = taking.organization.units.by_id.get(unit)
    parent = (known and known.parent) or taking.organization.root
    return [OrganizationalUnitRenamed(taking.id, unit, tree.free_name(taking, name, unit, parent))]


def deleted(taking: Taking) -> Events:
    unit = tree.require_unit(taking, taking.parameter("organizationalUnitId"))
    tree.empty(taking, unit)
    return [OrganizationalUnitDeleted(taking.id, unit)]


def moved(taking: Taking) -> Events:
    account = taking.require_member(taking.parameter("accountId"))
    source = tree.require_parent(taking, taking.parameter("sourceParentId"))
    destination = tree.require_parent(taking, taking.parameter("destinationParentId"))
    place = tree.parent_of(taking, account)
    if place != source:
        taking.infer(AccountMoved(taking.id, account, place, source))
    event = AccountMoved(taking.id, account, source, destination)
    return [event, *governing.published(taking, taking.organization.policies.enabled)]


RECORDS = {
    "CreateOrganizationalUnit": created,
    "UpdateOrganizationalUnit": updated,
    "DeleteOrganizationalUnit": deleted,
    "MoveAccount": moved,
}
