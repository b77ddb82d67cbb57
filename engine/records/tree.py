"""The tree of OUs around a record: what it names must be there, and is inferred if it is not known."""

from ..events import AccountMoved, OrganizationalUnitCreated, OrganizationalUnitDeleted, OrganizationalUnitRenamed
from .record import Unplaced
from .taking import Taking


def require_parent(taking: Taking, place: str) -> str:
    """Require a root or an OU; raises Unplaced for another root than the organization's."""
    root = taking.organization.root
    if not place.startswith("r-"):
        return require_unit(taking, place)
    if place != root:
        raise Unplaced(f"the root of {taking.id} is {root}, not {place}")
    return place


def require_unit(taking: Taking, unit: str) -> str:
    """Infer an OU that is not known: directly under the root, and called by its id."""
    if not is_known(taking, unit):
        root = taking.organization.root
        require_new(taking, unit, root)
        taking.units.add(unit)
        taking.infer(OrganizationalUnitCreated(taking.id, unit, root, unit))
    return unit


def is_known(taking: Taking, unit: str) -> bool:
    """Whether there is an OU, by what is known and inferred."""
    return unit in taking.organization.units.by_id or unit in taking.units


def require_new(taking: Taking, unit: str, parent: str) -> None:
    """Require that an OU can be new in a parent; raises Unplaced if it is elsewhere, or the quotas are full."""
    if not unit.startswith("ou-"):
        raise Unplaced(f"{unit[:40]!r} is no id of an OU")
    for other in taking.state.organizations.values():
        if unit in other.units.by_id:
            raise Unplaced(f"{unit} is an OU of {other.id}")
    limits, units = taking.state.settings.quotas, taking.organization.units
    if len(units.by_id) + len(taking.units) > limits.organizational_units:
        raise Unplaced(f"{unit} would be more than the {limits.organizational_units:,} OUs that {taking.id} may have")
    depth = 2 if parent in taking.units else len(units.path_to(parent))
    if depth > limits.organizational_unit_depth:
        raise Unplaced(f"{unit} would be deeper than the {limits.organizational_unit_depth} levels that are allowed")


def free_name(taking: Taking, name: str, unit: str, parent: str) -> str:
    """Let an OU have a name: a sibling that is known under it must have got another, and is called by its id."""
    siblings = taking.organization.units.by_id.get(parent)
    for sibling, taken in siblings.units.items() if siblings else ():
        if taken == name and sibling != unit:
            taking.infer(OrganizationalUnitRenamed(taking.id, sibling, sibling))
    return name


def parent_of(taking: Taking, account: str) -> str:
    """The root or OU in which a member is."""
    units = taking.organization.units
    return units.root if account in taking.joined else units.parent_of(account)


def empty(taking: Taking, unit: str) -> None:
    """Infer that whatever is known to be in an OU was gone before the OU was deleted."""
    units = taking.organization.units
    found = units.by_id.get(unit)
    if found is None:
        return
    for child in found.units:
        empty(taking, child)
        taking.infer(OrganizationalUnitDeleted(taking.id, child))
    if found.accounts:
        inside = [account for account, place in units.placed.items() if place == unit]
        taking.infer(*(AccountMoved(taking.id, account, unit, units.root) for account in inside))
