"""DescribeOrganization and ListRoots (docs/aws.md 3.1 and 3.2)."""

from msgspec import Struct

from ...engine.shapes.base import Shape
from ...engine.shapes.organizations import OrganizationReply, PolicyTypeSummary, Root, organization_shape, root_shape
from ..authorization import reader
from ..paging import MaxResults, NextToken, read_token
from ..views import Views


class DescribeOrganization(Struct, frozen=True, rename="pascal"):
    """No members."""


def describe_organization(request: DescribeOrganization, views: Views, account: str) -> OrganizationReply:
    """Return the caller's organization. Any member may ask, and all get the same answer (docs/aws.md 3.2).

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member to which the resource policy denies it.
    Views: organizations, accounts.
    """
    row = reader(views, "DescribeOrganization", account)
    return OrganizationReply(organization_shape(views.initiator(row), row.feature_set))


class ListRoots(Struct, frozen=True, rename="pascal"):
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class RootsReply(Shape, frozen=True):
    roots: list[Root]
    next_token: str | None = None


def list_roots(request: ListRoots, views: Views, account: str) -> RootsReply:
    """List the one root, with its enabled policy types in alphabetical order.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: organizations, policies.
    """
    row = reader(views, "ListRoots", account)
    # One root is one page: no token has ever been given out.
    read_token(request.next_token, "ListRoots")
    policy_types = [PolicyTypeSummary(policy_type, "ENABLED") for policy_type in sorted(row.policies.enabled)]
    return RootsReply([root_shape(row, policy_types)])
