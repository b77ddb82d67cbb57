"""Checks of OUs: their names, and what must be gone before they are deleted (docs/aws.md 5)."""

from ..errors import DuplicateOrganizationalUnitException, OrganizationalUnitNotEmptyException
from ..explaining import number, some
from ..state import Unit


def require_free_name(name: str, parent: Unit) -> None:
    """Require that no OU in a parent has the name.

    Raises:
        DuplicateOrganizationalUnitException: one has.
    """
    if name in parent.units.values():
        twin = next(unit for unit, taken in parent.units.items() if taken == name)
        raise DuplicateOrganizationalUnitException(
            explanation=f"{twin} in {parent.id} has the name {name!r}; another name or another parent is needed"
        )


def require_empty(unit: Unit) -> None:
    """Require that an OU contains no accounts and no OUs.

    Raises:
        OrganizationalUnitNotEmptyException: it contains some.
    """
    if unit.accounts or unit.units:
        accounts = f"{number(unit.accounts, 'accounts')}, which MoveAccount moves away" if unit.accounts else ""
        inner = f"{number(len(unit.units), 'OUs')} ({some(unit.units)}) to be deleted first" if unit.units else ""
        raise OrganizationalUnitNotEmptyException(
            explanation=f"{unit.id} contains {', and '.join(filter(None, (accounts, inner)))}"
        )
