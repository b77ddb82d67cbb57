"""Policies: their types, where they are attached, and what comes of them."""

from collections.abc import Sequence

from ...engine.shapes.base import (
    EmptyReply,
)
from ...engine.shapes.policies import (
    PolicyReply,
    RootReply,
)
from .calls import Calls, Members


class PoliciesCalls(Calls):
    """Policies: their types, where they are attached, and what comes of them."""

    async def attach_policy(self, *, policy_id: str, target_id: str) -> EmptyReply:
        """Attach a policy to a root, an OU or an account."""
        return await self._call(EmptyReply, "AttachPolicy", PolicyId=policy_id, TargetId=target_id)

    async def create_policy(
        self, *, content: str, description: str, name: str, type: str, tags: Sequence[Members] | None = None
    ) -> PolicyReply:
        """Make a policy: ``type="SERVICE_CONTROL_POLICY"``, for example; the content is a JSON text."""
        return await self._call(
            PolicyReply, "CreatePolicy", Content=content, Description=description, Name=name, Type=type, Tags=tags
        )

    async def delete_policy(self, *, policy_id: str) -> EmptyReply:
        """Remove a policy that is attached nowhere."""
        return await self._call(EmptyReply, "DeletePolicy", PolicyId=policy_id)

    async def detach_policy(self, *, policy_id: str, target_id: str) -> EmptyReply:
        """Detach a policy from a root, an OU or an account."""
        return await self._call(EmptyReply, "DetachPolicy", PolicyId=policy_id, TargetId=target_id)

    async def disable_policy_type(self, *, root_id: str, policy_type: str) -> RootReply:
        """Disable a policy type, which detaches all its policies."""
        return await self._call(RootReply, "DisablePolicyType", RootId=root_id, PolicyType=policy_type)

    async def enable_policy_type(self, *, root_id: str, policy_type: str) -> RootReply:
        """Enable a policy type in the root."""
        return await self._call(RootReply, "EnablePolicyType", RootId=root_id, PolicyType=policy_type)

    async def update_policy(
        self, *, policy_id: str, name: str | None = None, description: str | None = None, content: str | None = None
    ) -> PolicyReply:
        """Change name, description or content of a policy."""
        return await self._call(
            PolicyReply, "UpdatePolicy", PolicyId=policy_id, Name=name, Description=description, Content=content
        )
