"""Trusted services, delegated administrators, the resource policy, and tags."""

from collections.abc import Sequence

from ...engine.shapes.access import ResourcePolicyReply
from ...engine.shapes.base import EmptyReply
from ...projections.reads.access import (
    DelegatedAdministratorsReply,
    DelegatedServicesReply,
    EnabledServicePrincipalsReply,
)
from ...projections.reads.tags import TagsReply
from .calls import Calls, Members


class AccessCalls(Calls):
    """Trusted services, delegated administrators, the resource policy, and tags."""

    async def delete_resource_policy(self) -> EmptyReply:
        """Remove the organization's resource policy."""
        return await self._call(EmptyReply, "DeleteResourcePolicy")

    async def deregister_delegated_administrator(self, *, account_id: str, service_principal: str) -> EmptyReply:
        """Revoke a member's delegated administration of a service."""
        return await self._call(
            EmptyReply, "DeregisterDelegatedAdministrator", AccountId=account_id, ServicePrincipal=service_principal
        )

    async def describe_resource_policy(self) -> ResourcePolicyReply:
        """Return the organization's resource policy."""
        return await self._call(ResourcePolicyReply, "DescribeResourcePolicy")

    async def disable_aws_service_access(self, *, service_principal: str) -> EmptyReply:
        """Disable a service's trusted access."""
        return await self._call(EmptyReply, "DisableAWSServiceAccess", ServicePrincipal=service_principal)

    async def enable_aws_service_access(self, *, service_principal: str) -> EmptyReply:
        """Enable trusted access for a service: ``service_principal="config.amazonaws.com"``, for example."""
        return await self._call(EmptyReply, "EnableAWSServiceAccess", ServicePrincipal=service_principal)

    async def list_aws_service_access_for_organization(
        self, *, next_token: str | None = None, max_results: int | None = None
    ) -> EnabledServicePrincipalsReply:
        """List the services with trusted access."""
        return await self._call(
            EnabledServicePrincipalsReply,
            "ListAWSServiceAccessForOrganization",
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_delegated_administrators(
        self, *, service_principal: str | None = None, next_token: str | None = None, max_results: int | None = None
    ) -> DelegatedAdministratorsReply:
        """List the delegated administrators of a service, or of any."""
        return await self._call(
            DelegatedAdministratorsReply,
            "ListDelegatedAdministrators",
            ServicePrincipal=service_principal,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_delegated_services_for_account(
        self, *, account_id: str, next_token: str | None = None, max_results: int | None = None
    ) -> DelegatedServicesReply:
        """List the services of which a member is a delegated administrator."""
        return await self._call(
            DelegatedServicesReply,
            "ListDelegatedServicesForAccount",
            AccountId=account_id,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_tags_for_resource(self, *, resource_id: str, next_token: str | None = None) -> TagsReply:
        """List the tags of a root, OU, account, policy, resource policy or transfer."""
        return await self._call(TagsReply, "ListTagsForResource", ResourceId=resource_id, NextToken=next_token)

    async def put_resource_policy(self, *, content: str, tags: Sequence[Members] | None = None) -> ResourcePolicyReply:
        """Set the organization's resource policy; the content is a JSON text."""
        return await self._call(ResourcePolicyReply, "PutResourcePolicy", Content=content, Tags=tags)

    async def register_delegated_administrator(self, *, account_id: str, service_principal: str) -> EmptyReply:
        """Make a member a delegated administrator of a trusted service."""
        return await self._call(
            EmptyReply, "RegisterDelegatedAdministrator", AccountId=account_id, ServicePrincipal=service_principal
        )

    async def tag_resource(self, *, resource_id: str, tags: Sequence[Members]) -> EmptyReply:
        """Add tags to a resource, or change their values: ``tags=[{"Key": …, "Value": …}]``."""
        return await self._call(EmptyReply, "TagResource", ResourceId=resource_id, Tags=tags)

    async def untag_resource(self, *, resource_id: str, tag_keys: Sequence[str]) -> EmptyReply:
        """Remove tags from a resource."""
        return await self._call(EmptyReply, "UntagResource", ResourceId=resource_id, TagKeys=tag_keys)
