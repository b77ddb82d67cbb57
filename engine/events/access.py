"""Events about trusted services, delegated administrators and the resource policy."""

from .base import OrganizationEvent


class ServiceAccessEnabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ServiceAccessEnabled"):
    """A service was given trusted access to the organization."""

    service: str


class ServiceAccessDisabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ServiceAccessDisabled"):
    """A service lost its trusted access."""

    service: str


class DelegatedAdministratorRegistered(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="DelegatedAdministratorRegistered"
):
    """A member became a delegated administrator of a service."""

    account: str
    service: str


class DelegatedAdministratorDeregistered(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="DelegatedAdministratorDeregistered"
):
    """A member is no longer a delegated administrator of a service."""

    account: str
    service: str


class ResourcePolicyPut(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourcePolicyPut"):
    """The resource policy was created or replaced; the id stays when the content changes."""

    resource_policy: str
    content: str


class ResourcePolicyDeleted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="ResourcePolicyDeleted"):
    """The resource policy was deleted."""

    resource_policy: str
