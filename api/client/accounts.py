"""Calls about accounts: create, close, leave, remove, describe and list."""

from collections.abc import Sequence
from typing import Literal

from ...engine.shapes.accounts import CreateAccountStatusReply
from ...engine.shapes.base import EmptyReply
from ...projections.reads.account_creation import CreateAccountStatusesReply
from ...projections.reads.accounts import AccountReply, AccountsReply
from .calls import Calls, Members


class AccountsCalls(Calls):
    """Calls about accounts: create, close, leave, remove, describe and list."""

    async def close_account(self, *, account_id: str) -> EmptyReply:
        """Close a member account; ninety days later it is gone for good."""
        return await self._call(EmptyReply, "CloseAccount", AccountId=account_id)

    async def create_account(
        self,
        *,
        email: str,
        account_name: str,
        role_name: str | None = None,
        iam_user_access_to_billing: Literal["ALLOW", "DENY"] | None = None,
        tags: Sequence[Members] | None = None,
    ) -> CreateAccountStatusReply:
        """Start the creation of a member account; ``describe_create_account_status`` tells how it ends."""
        return await self._call(
            CreateAccountStatusReply,
            "CreateAccount",
            Email=email,
            AccountName=account_name,
            RoleName=role_name,
            IamUserAccessToBilling=iam_user_access_to_billing,
            Tags=tags,
        )

    async def create_gov_cloud_account(
        self,
        *,
        email: str,
        account_name: str,
        role_name: str | None = None,
        iam_user_access_to_billing: Literal["ALLOW", "DENY"] | None = None,
        tags: Sequence[Members] | None = None,
    ) -> CreateAccountStatusReply:
        """Start the creation of a member account and of a GovCloud account linked with it."""
        return await self._call(
            CreateAccountStatusReply,
            "CreateGovCloudAccount",
            Email=email,
            AccountName=account_name,
            RoleName=role_name,
            IamUserAccessToBilling=iam_user_access_to_billing,
            Tags=tags,
        )

    async def describe_account(self, *, account_id: str) -> AccountReply:
        """Return a member account."""
        return await self._call(AccountReply, "DescribeAccount", AccountId=account_id)

    async def describe_create_account_status(self, *, create_account_request_id: str) -> CreateAccountStatusReply:
        """Return the state of an account creation."""
        return await self._call(
            CreateAccountStatusReply, "DescribeCreateAccountStatus", CreateAccountRequestId=create_account_request_id
        )

    async def leave_organization(self) -> EmptyReply:
        """Leave the organization and become a standalone account."""
        return await self._call(EmptyReply, "LeaveOrganization")

    async def list_accounts(self, *, next_token: str | None = None, max_results: int | None = None) -> AccountsReply:
        """List the members, in the order of joining."""
        return await self._call(AccountsReply, "ListAccounts", NextToken=next_token, MaxResults=max_results)

    async def list_create_account_status(
        self, *, states: Sequence[str] | None = None, next_token: str | None = None, max_results: int | None = None
    ) -> CreateAccountStatusesReply:
        """List the account creations, newest first."""
        return await self._call(
            CreateAccountStatusesReply,
            "ListCreateAccountStatus",
            States=states,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def remove_account_from_organization(self, *, account_id: str) -> EmptyReply:
        """Remove a member, which becomes a standalone account."""
        return await self._call(EmptyReply, "RemoveAccountFromOrganization", AccountId=account_id)
