"""Events about the substate ``Units``: the root, the OUs, and the accounts in them."""

from collections.abc import Callable
from typing import Any

from ..events import (
    AccountDeparted,
    AccountMoved,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationalUnitRenamed,
    OrganizationCreated,
    RootIdentified,
)
from ..state import Unit, Units


def on_organization_created(units: Units, event: OrganizationCreated, now: int) -> None:
    units.root = event.root
    units.by_id[event.root] = Unit(event.root, "Root", None)


def on_root_identified(units: Units, event: RootIdentified, now: int) -> None:
    """Give the root its id; it stays the first in the table."""
    old, units.root = units.by_id.pop(units.root), event.root
    units.by_id = {event.root: Unit(event.root, old.name, None, old.units), **units.by_id}
    for child in old.units:
        units.by_id[child].parent = event.root


def on_unit_created(units: Units, event: OrganizationalUnitCreated, now: int) -> None:
    units.by_id[event.unit] = Unit(event.unit, event.name, event.parent)
    units.by_id[event.parent].units[event.unit] = event.name


def on_unit_renamed(units: Units, event: OrganizationalUnitRenamed, now: int) -> None:
    unit = units.by_id[event.unit]
    unit.name = event.name
    assert unit.parent is not None, "a root is never renamed"
    units.by_id[unit.parent].units[unit.id] = event.name


def on_unit_deleted(units: Units, event: OrganizationalUnitDeleted, now: int) -> None:
    unit = units.by_id.pop(event.unit)
    assert unit.parent is not None, "a root is never deleted"
    del units.by_id[unit.parent].units[unit.id]


def on_account_moved(units: Units, event: AccountMoved, now: int) -> None:
    _take_out(units, event.account)
    if event.destination != units.root:
        units.placed[event.account] = event.destination
        units.by_id[event.destination].accounts += 1


def on_account_departed(units: Units, event: AccountDeparted, now: int) -> None:
    _take_out(units, event.account)


def _take_out(units: Units, account: str) -> None:
    unit = units.placed.pop(account, None)
    if unit:
        units.by_id[unit].accounts -= 1


HANDLERS: dict[type[Any], Callable[[Units, Any, int], None]] = {
    OrganizationCreated: on_organization_created,
    RootIdentified: on_root_identified,
    OrganizationalUnitCreated: on_unit_created,
    OrganizationalUnitRenamed: on_unit_renamed,
    OrganizationalUnitDeleted: on_unit_deleted,
    AccountMoved: on_account_moved,
    AccountDeparted: on_account_departed,
}
