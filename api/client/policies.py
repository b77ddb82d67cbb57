"""Calls about policies: their types, attachments, and effective policies."""

from collections.abc import Sequence

from ...engine.shapes.base import EmptyReply
from ...engine.shapes.policies import PolicyReply, RootReply
from ...projections.reads.effective_policy import EffectivePolicyReply, InvalidAccountsReply, ValidationErrorsReply
from ...projections.reads.policies import PoliciesReply, TargetsReply
from .calls import Calls, Members


class PoliciesCalls(Calls):
    """Calls about policies: their types, attachments, and effective policies."""

    async def attach_policy(self, *, policy_id: str, target_id: str) -> EmptyReply:
        """Attach a policy to a root, an OU or an account."""
        return await self._call(EmptyReply, "AttachPolicy", PolicyId=policy_id, TargetId=target_id)

    async def create_policy(
        self, *, content: str, description: str, name: str, type: str, tags: Sequence[Members] | None = None
    ) -> PolicyReply:
        """Create a policy: ``type="SERVICE_CONTROL_POLICY"``, for example; the content is a JSON text."""
        return await self._call(
            PolicyReply, "CreatePolicy", Content=content, Description=description, Name=name, Type=type, Tags=tags
        )

    async def delete_policy(self, *, policy_id: str) -> EmptyReply:
        """Delete a policy that is attached nowhere."""
        return await self._call(EmptyReply, "DeletePolicy", PolicyId=policy_id)

    async def describe_effective_policy(
        self, *, policy_type: str, target_id: str | None = None
    ) -> EffectivePolicyReply:
        """Return the merged policies of a type for an account; by default for the caller."""
        return await self._call(
            EffectivePolicyReply, "DescribeEffectivePolicy", PolicyType=policy_type, TargetId=target_id
        )

    async def describe_policy(self, *, policy_id: str) -> PolicyReply:
        """Return a policy with its content."""
        return await self._call(PolicyReply, "DescribePolicy", PolicyId=policy_id)

    async def detach_policy(self, *, policy_id: str, target_id: str) -> EmptyReply:
        """Detach a policy from a root, an OU or an account."""
        return await self._call(EmptyReply, "DetachPolicy", PolicyId=policy_id, TargetId=target_id)

    async def disable_policy_type(self, *, root_id: str, policy_type: str) -> RootReply:
        """Disable a policy type, which detaches all its policies."""
        return await self._call(RootReply, "DisablePolicyType", RootId=root_id, PolicyType=policy_type)

    async def enable_policy_type(self, *, root_id: str, policy_type: str) -> RootReply:
        """Enable a policy type in the root."""
        return await self._call(RootReply, "EnablePolicyType", RootId=root_id, PolicyType=policy_type)

    async def list_accounts_with_invalid_effective_policy(
        self, *, policy_type: str, next_token: str | None = None, max_results: int | None = None
    ) -> InvalidAccountsReply:
        """List the accounts whose effective policy of a type is invalid."""
        return await self._call(
            InvalidAccountsReply,
            "ListAccountsWithInvalidEffectivePolicy",
            PolicyType=policy_type,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_effective_policy_validation_errors(
        self, *, account_id: str, policy_type: str, next_token: str | None = None, max_results: int | None = None
    ) -> ValidationErrorsReply:
        """List the errors in the effective policy of an account."""
        return await self._call(
            ValidationErrorsReply,
            "ListEffectivePolicyValidationErrors",
            AccountId=account_id,
            PolicyType=policy_type,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_policies(
        self, *, filter: str, next_token: str | None = None, max_results: int | None = None
    ) -> PoliciesReply:
        """List the policies of a type: ``filter="TAG_POLICY"``, for example."""
        return await self._call(
            PoliciesReply, "ListPolicies", Filter=filter, NextToken=next_token, MaxResults=max_results
        )

    async def list_policies_for_target(
        self, *, target_id: str, filter: str, next_token: str | None = None, max_results: int | None = None
    ) -> PoliciesReply:
        """List the policies of a type that are attached directly to a root, an OU or an account."""
        return await self._call(
            PoliciesReply,
            "ListPoliciesForTarget",
            TargetId=target_id,
            Filter=filter,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_targets_for_policy(
        self, *, policy_id: str, next_token: str | None = None, max_results: int | None = None
    ) -> TargetsReply:
        """List the roots, OUs and accounts to which a policy is attached."""
        return await self._call(
            TargetsReply, "ListTargetsForPolicy", PolicyId=policy_id, NextToken=next_token, MaxResults=max_results
        )

    async def update_policy(
        self, *, policy_id: str, name: str | None = None, description: str | None = None, content: str | None = None
    ) -> PolicyReply:
        """Change name, description or content of a policy."""
        return await self._call(
            PolicyReply, "UpdatePolicy", PolicyId=policy_id, Name=name, Description=description, Content=content
        )
