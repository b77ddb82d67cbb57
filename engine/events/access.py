"""Facts about trusted services, delegated administrators and the resource policy."""

from .base import OrganizationEvent


class ServiceAccessEnabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ServiceAccessEnabled"):
    """A service is trusted in the organization."""

    service: str


class ServiceAccessDisabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ServiceAccessDisabled"):
    """A service is no longer trusted."""

    service: str


class DelegatedAdministratorRegistered(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="DelegatedAdministratorRegistered"
):
    """A member administers a service for the organization."""

    account: str
    service: str


class DelegatedAdministratorDeregistered(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="DelegatedAdministratorDeregistered"
):
    """A member no longer administers a service."""

    account: str
    service: str


class ResourcePolicyPut(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourcePolicyPut"):
    """The organization has this resource policy; the id stays when the content changes."""

    resource_policy: str
    content: str


class ResourcePolicyDeleted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourcePolicyDeleted"):
    """The organization has no resource policy any more."""

    resource_policy: str
