"""The organization and its tree: roots, OUs, and who stands where."""

from collections.abc import Sequence
from typing import Literal

from ...engine.shapes.base import EmptyReply
from ...engine.shapes.organizations import OrganizationReply
from ...engine.shapes.units import OrganizationalUnitReply
from ...projections.reads.accounts import AccountsReply
from ...projections.reads.organization import RootsReply
from ...projections.reads.tree import ChildrenReply, OrganizationalUnitsReply, ParentsReply
from .calls import Calls, Members


class OrganizationsCalls(Calls):
    """The organization and its tree: roots, OUs, and who stands where."""

    async def create_organization(
        self, *, feature_set: Literal["ALL", "CONSOLIDATED_BILLING"] | None = None
    ) -> OrganizationReply:
        """Found an organization (with all features, unless said otherwise) and become its management account."""
        return await self._call(OrganizationReply, "CreateOrganization", FeatureSet=feature_set)

    async def create_organizational_unit(
        self, *, parent_id: str, name: str, tags: Sequence[Members] | None = None
    ) -> OrganizationalUnitReply:
        """Make an OU in the root or in another OU."""
        return await self._call(
            OrganizationalUnitReply, "CreateOrganizationalUnit", ParentId=parent_id, Name=name, Tags=tags
        )

    async def delete_organization(self) -> EmptyReply:
        """Dissolve an organization that has no member accounts left."""
        return await self._call(EmptyReply, "DeleteOrganization")

    async def delete_organizational_unit(self, *, organizational_unit_id: str) -> EmptyReply:
        """Remove an OU in which nothing is."""
        return await self._call(EmptyReply, "DeleteOrganizationalUnit", OrganizationalUnitId=organizational_unit_id)

    async def describe_organization(self) -> OrganizationReply:
        """The organization of the caller."""
        return await self._call(OrganizationReply, "DescribeOrganization")

    async def describe_organizational_unit(self, *, organizational_unit_id: str) -> OrganizationalUnitReply:
        """An OU."""
        return await self._call(
            OrganizationalUnitReply, "DescribeOrganizationalUnit", OrganizationalUnitId=organizational_unit_id
        )

    async def list_accounts_for_parent(
        self, *, parent_id: str, next_token: str | None = None, max_results: int | None = None
    ) -> AccountsReply:
        """The accounts directly in a root or OU."""
        return await self._call(
            AccountsReply, "ListAccountsForParent", ParentId=parent_id, NextToken=next_token, MaxResults=max_results
        )

    async def list_children(
        self,
        *,
        parent_id: str,
        child_type: Literal["ACCOUNT", "ORGANIZATIONAL_UNIT"],
        next_token: str | None = None,
        max_results: int | None = None,
    ) -> ChildrenReply:
        """The ids of the accounts, or of the OUs, directly in a root or OU: ``child_type="ACCOUNT"``, for example."""
        return await self._call(
            ChildrenReply,
            "ListChildren",
            ParentId=parent_id,
            ChildType=child_type,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_organizational_units_for_parent(
        self, *, parent_id: str, next_token: str | None = None, max_results: int | None = None
    ) -> OrganizationalUnitsReply:
        """The OUs directly in a root or OU."""
        return await self._call(
            OrganizationalUnitsReply,
            "ListOrganizationalUnitsForParent",
            ParentId=parent_id,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_parents(
        self, *, child_id: str, next_token: str | None = None, max_results: int | None = None
    ) -> ParentsReply:
        """The root or OU in which an account or OU stands."""
        return await self._call(
            ParentsReply, "ListParents", ChildId=child_id, NextToken=next_token, MaxResults=max_results
        )

    async def list_roots(self, *, next_token: str | None = None, max_results: int | None = None) -> RootsReply:
        """The one root, with the policy types that are enabled."""
        return await self._call(RootsReply, "ListRoots", NextToken=next_token, MaxResults=max_results)

    async def move_account(self, *, account_id: str, source_parent_id: str, destination_parent_id: str) -> EmptyReply:
        """Move an account from the root or OU in which it stands to another."""
        return await self._call(
            EmptyReply,
            "MoveAccount",
            AccountId=account_id,
            SourceParentId=source_parent_id,
            DestinationParentId=destination_parent_id,
        )

    async def update_organizational_unit(
        self, *, organizational_unit_id: str, name: str | None = None
    ) -> OrganizationalUnitReply:
        """Rename an OU."""
        return await self._call(
            OrganizationalUnitReply, "UpdateOrganizationalUnit", OrganizationalUnitId=organizational_unit_id, Name=name
        )
