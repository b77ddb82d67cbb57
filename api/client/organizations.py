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
        """Create an organization, by default with all features, and become its management account."""
        return await self._call(OrganizationReply, "CreateOrganization", FeatureSet=feature_set)

    async def create_organizational_unit(
        self, *, parent_id: str, name: str, tags: Sequence[Members] | None = None
    ) -> OrganizationalUnitReply:
        """Create an OU in the root or in another OU."""
        return await self._call(
            OrganizationalUnitReply, "CreateOrganizationalUnit", ParentId=parent_id, Name=name, Tags=tags
        )

    async def delete_organization(self) -> EmptyReply:
        """Delete the organization, which may have no member accounts left."""
        return await self._call(EmptyReply, "DeleteOrganization")

    async def delete_organizational_unit(self, *, organizational_unit_id: str) -> EmptyReply:
        """Delete an empty OU."""
        return await self._call(EmptyReply, "DeleteOrganizationalUnit", OrganizationalUnitId=organizational_unit_id)

    async def describe_organization(self) -> OrganizationReply:
        """Return the organization of the caller."""
        return await self._call(OrganizationReply, "DescribeOrganization")

    async def describe_organizational_unit(self, *, organizational_unit_id: str) -> OrganizationalUnitReply:
        """Return an OU."""
        return await self._call(
            OrganizationalUnitReply, "DescribeOrganizationalUnit", OrganizationalUnitId=organizational_unit_id
        )

    async def list_accounts_for_parent(
        self, *, parent_id: str, next_token: str | None = None, max_results: int | None = None
    ) -> AccountsReply:
        """List the accounts directly in a root or OU."""
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
        """List the ids of the accounts, or of the OUs, directly in a root or OU."""
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
        """List the OUs directly in a root or OU."""
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
        """List the one root or OU that directly contains an account or OU."""
        return await self._call(
            ParentsReply, "ListParents", ChildId=child_id, NextToken=next_token, MaxResults=max_results
        )

    async def list_roots(self, *, next_token: str | None = None, max_results: int | None = None) -> RootsReply:
        """List the one root, with its enabled policy types."""
        return await self._call(RootsReply, "ListRoots", NextToken=next_token, MaxResults=max_results)

    async def move_account(self, *, account_id: str, source_parent_id: str, destination_parent_id: str) -> EmptyReply:
        """Move an account from the root or OU that it is in to another."""
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
