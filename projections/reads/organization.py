"""DescribeOrganization and ListRoots (fact sheet, sections 3.1 and 3.2)."""

from msgspec import Struct

from ...engine.shapes import OrganizationReply, PolicyTypeSummary, Root, Shape, organization_shape, root_shape
from ...engine.words import FeatureSet
from ..paging import MaxResults, NextToken, read_token
from ..views import Views


class DescribeOrganization(Struct, frozen=True, rename="pascal"):
    """No members."""


def describe_organization(request: DescribeOrganization, views: Views, account: str) -> OrganizationReply:
    """Any member may ask, and all get the same answer (section 3.2)."""
    row = views.member(account)
    return OrganizationReply(organization_shape(views.initiator(row), row.feature_set))


class ListRoots(Struct, frozen=True, rename="pascal"):
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class RootsReply(Shape, frozen=True):
    roots: list[Root]
    next_token: str | None = None


def list_roots(request: ListRoots, views: Views, account: str) -> RootsReply:
    """The one root. Created with all features, its service control policies are enabled; after a migration they are
    not until somebody enables them (section 2.4 [inferred])."""
    row = views.managed(account)
    # One root is one page: no token has ever been given out.
    read_token(request.next_token, "ListRoots")
    enabled = row.created_with is FeatureSet.ALL
    policy_types = [PolicyTypeSummary("SERVICE_CONTROL_POLICY", "ENABLED")] if enabled else []
    return RootsReply([root_shape(row.management_account, row.id, row.root, policy_types)])
