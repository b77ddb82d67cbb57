"""The organizations of a world as indented lines of text: root, OUs, accounts."""

from collections.abc import Iterator
from itertools import islice

from ...engine.state import OrganizationFacts
from ...projections.reads.accounts import account_shape
from ...projections.views import Views

INDENT = "  "


def organization_lines(views: Views, most: int) -> list[str]:
    """Describe all organizations of a world, in the order of their creation.

    Args:
        views: of the world.
        most: so many lines at most; a last one says that there are more.
    """
    lines = [*islice(_lines(views), most + 1)]
    return lines if len(lines) <= most else [*lines[:most], "… and more"]


def _lines(views: Views) -> Iterator[str]:
    standing = [row for row in views.organizations.rows.values() if not row.deleted]
    if not standing:
        yield "no organization"
    for row in standing:
        features = "all features" if row.feature_set == "ALL" else "consolidated billing"
        yield f"organization {row.id}, {features}, management account {row.management_account}"
        yield from _branch(views, row, row.units.root, 1)


def _branch(views: Views, organization: OrganizationFacts, place: str, depth: int) -> Iterator[str]:
    kind = "root" if place == organization.units.root else "OU"
    yield f"{INDENT * depth}{kind} {organization.units.by_id[place].name} {place}"
    for account in views.accounts.accounts_in(place, organization.id):
        shape = account_shape(views.accounts.members[account.account], organization, views)
        yield f"{INDENT * (depth + 1)}{shape.id} {shape.name}{'' if shape.state == 'ACTIVE' else f' ({shape.state})'}"
    for unit in views.accounts.units_in(place, organization.id):
        yield from _branch(views, organization, unit.unit, depth + 1)
