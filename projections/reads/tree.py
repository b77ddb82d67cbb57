"""DescribeOrganizationalUnit, ListOrganizationalUnitsForParent, ListAccountsForParent, ListChildren and ListParents
(docs/aws.md 4.3 and 5).

If an OU, parent or child does not exist, the management account is told so, while members are denied. OUs are listed in
the order of creation, accounts in the order in which they came to their parent; AWS promises no order.
"""

from enum import StrEnum

from msgspec import Struct

from ...engine.errors import ChildNotFoundException, OrganizationalUnitNotFoundException, ParentNotFoundException
from ...engine.ids import ChildId, OrganizationalUnitId, ParentId
from ...engine.resources import entity_type
from ...engine.shapes.base import Shape
from ...engine.shapes.units import OrganizationalUnit, OrganizationalUnitReply, unit_shape
from ...engine.state import OrganizationFacts
from ..authorization import reader_about
from ..paging import MaxResults, NextToken, OrderedRows, R, cut_page, read_token
from ..views import Views
from .accounts import AccountsReply, account_shape


class DescribeOrganizationalUnit(Struct, frozen=True, rename="pascal"):
    organizational_unit_id: OrganizationalUnitId


def describe_organizational_unit(
    request: DescribeOrganizationalUnit, views: Views, account: str
) -> OrganizationalUnitReply:
    """Return an OU with its path.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such OU.
        - OrganizationalUnitNotFound: there is no such OU in the organization.
    Views: units.
    """
    unit, not_found = request.organizational_unit_id, OrganizationalUnitNotFoundException
    organization = reader_about(views, "DescribeOrganizationalUnit", account, unit, not_found)
    return OrganizationalUnitReply(unit_shape(unit, organization))


class ListOrganizationalUnitsForParent(Struct, frozen=True, rename="pascal"):
    parent_id: ParentId
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class OrganizationalUnitsReply(Shape, frozen=True):
    organizational_units: list[OrganizationalUnit]
    next_token: str | None = None


def list_organizational_units_for_parent(
    request: ListOrganizationalUnitsForParent, views: Views, account: str
) -> OrganizationalUnitsReply:
    """List the OUs directly in a root or OU, in the order of creation.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such parent.
        - ParentNotFound: there is no such root or OU in the organization.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: accounts, units.
    """
    operation = "ListOrganizationalUnitsForParent"
    organization = reader_about(views, operation, account, request.parent_id, ParentNotFoundException)
    rows = views.accounts.units_in(request.parent_id, organization.id)
    page, token = _page(f"{operation} {account}", request, organization, rows)
    return OrganizationalUnitsReply([unit_shape(row.unit, organization) for row in page], token)


class ListAccountsForParent(Struct, frozen=True, rename="pascal"):
    parent_id: ParentId
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def list_accounts_for_parent(request: ListAccountsForParent, views: Views, account: str) -> AccountsReply:
    """List the accounts directly in a root or OU, in the order in which they came there.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such parent.
        - ParentNotFound: there is no such root or OU in the organization.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: accounts, units, closures.
    """
    operation = "ListAccountsForParent"
    organization = reader_about(views, operation, account, request.parent_id, ParentNotFoundException)
    rows = views.accounts.accounts_in(request.parent_id, organization.id)
    page, token = _page(f"{operation} {account}", request, organization, rows)
    members = views.accounts.members
    return AccountsReply([account_shape(members[row.account], organization, views) for row in page], token)


class ChildType(StrEnum):
    """The kind of a child of a root or OU."""

    ACCOUNT = "ACCOUNT"
    ORGANIZATIONAL_UNIT = "ORGANIZATIONAL_UNIT"


class ListChildren(Struct, frozen=True, rename="pascal"):
    parent_id: ParentId
    child_type: ChildType
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class Child(Shape, frozen=True):
    id: str
    type: ChildType


class ChildrenReply(Shape, frozen=True):
    children: list[Child]
    next_token: str | None = None


def list_children(request: ListChildren, views: Views, account: str) -> ChildrenReply:
    """List the ids of the accounts, or of the OUs, directly in a root or OU; in the order of ListAccountsForParent and
    ListOrganizationalUnitsForParent.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such parent.
        - ParentNotFound: there is no such root or OU in the organization.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: accounts, units.
    """
    organization = reader_about(views, "ListChildren", account, request.parent_id, ParentNotFoundException)
    scope = f"ListChildren {account} {request.child_type}"
    if request.child_type is ChildType.ACCOUNT:
        accounts = views.accounts.accounts_in(request.parent_id, organization.id)
        page, token = _page(scope, request, organization, accounts)
        return ChildrenReply([Child(row.account, request.child_type) for row in page], token)
    units = views.accounts.units_in(request.parent_id, organization.id)
    page, token = _page(scope, request, organization, units)
    return ChildrenReply([Child(row.unit, request.child_type) for row in page], token)


class ListParents(Struct, frozen=True, rename="pascal"):
    child_id: ChildId
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class Parent(Shape, frozen=True):
    id: str
    type: str


class ParentsReply(Shape, frozen=True):
    parents: list[Parent]
    next_token: str | None = None


def list_parents(request: ListParents, views: Views, account: str) -> ParentsReply:
    """List the one root or OU that directly contains an account or OU.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such child.
        - ChildNotFound: there is no such OU or account in the organization.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: units, accounts.
    """
    child = request.child_id
    organization = reader_about(views, "ListParents", account, child, ChildNotFoundException)
    # One parent is one page: no token has ever been given out.
    read_token(request.next_token, "ListParents")
    units = organization.units
    parent = units.by_id[child].parent if child in units.by_id else units.parent_of(child)
    assert parent is not None, "a root is nobody's child"
    return ParentsReply([Parent(parent, entity_type(parent))])


AboutParent = ListOrganizationalUnitsForParent | ListAccountsForParent | ListChildren


def _page(
    scope: str, request: AboutParent, organization: OrganizationFacts, rows: OrderedRows[R]
) -> tuple[list[R], str | None]:
    scope = f"{scope} {organization.id} {request.parent_id}"
    after = read_token(request.next_token, scope) or 0
    return cut_page(rows.after(after), request.max_results, scope)
