"""Response shapes of OUs, and the paths of resources in the tree (docs/aws.md 1.1)."""

from ..arns import organizational_unit_arn
from ..state import OrganizationFacts
from .base import Shape


class OrganizationalUnit(Shape, frozen=True):
    id: str
    arn: str
    name: str
    path: str


class OrganizationalUnitReply(Shape, frozen=True):
    organizational_unit: OrganizationalUnit


def path_of(unit: str, organization: OrganizationFacts) -> str:
    """Build the path ``o-…/r-…/ou-…/`` down to a root, OU or account."""
    return "/".join([organization.id, *organization.units.path_to(unit), ""])


def unit_shape(unit: str, organization: OrganizationFacts) -> OrganizationalUnit:
    """Build an OU as all operations show it."""
    return OrganizationalUnit(
        id=unit,
        arn=organizational_unit_arn(organization, unit),
        name=organization.units.by_id[unit].name,
        path=path_of(unit, organization),
    )
