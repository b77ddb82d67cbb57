"""OUs of a dump against those that stand: which were created, renamed or deleted. At AWS no OU ever moves."""

from collections.abc import Iterator

from ..events import AnyEvent, OrganizationalUnitCreated, OrganizationalUnitDeleted, OrganizationalUnitRenamed
from ..state import Organization
from .form import Form


def changed_units(form: Form, organization: Organization) -> Iterator[AnyEvent]:
    """OUs that are new, parents before their children, and those that have another name."""
    known = organization.units.by_id
    for unit in form.units:
        if unit.id not in known:
            yield OrganizationalUnitCreated(form.organization, unit.id, unit.parent, unit.name)
        elif known[unit.id].name != unit.name:
            yield OrganizationalUnitRenamed(form.organization, unit.id, unit.name)


def deleted_units(form: Form, organization: Organization) -> Iterator[AnyEvent]:
    """OUs that are gone, children before their parents; accounts have left them by then."""
    if "units" not in form.whole:
        return
    left = {unit.id for unit in form.units} | {form.root}
    gone = [unit for unit in organization.units.by_id if unit not in left]
    for unit in sorted(gone, key=lambda unit: -len(organization.units.path_to(unit))):
        yield OrganizationalUnitDeleted(form.organization, unit)
