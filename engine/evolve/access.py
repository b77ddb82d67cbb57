"""Events about the substate ``Access``: trusted services, delegated administrators and the resource policy."""

from collections.abc import Callable
from typing import Any

from ..events import (
    AccountDeparted,
    DelegatedAdministratorDeregistered,
    DelegatedAdministratorRegistered,
    ResourcePolicyDeleted,
    ResourcePolicyPut,
    ServiceAccessDisabled,
    ServiceAccessEnabled,
)
from ..state import Access, ResourcePolicy


def on_service_enabled(access: Access, event: ServiceAccessEnabled, now: int) -> None:
    access.services[event.service] = now


def on_service_disabled(access: Access, event: ServiceAccessDisabled, now: int) -> None:
    del access.services[event.service]


def on_registered(access: Access, event: DelegatedAdministratorRegistered, now: int) -> None:
    access.administrators.setdefault(event.account, {})[event.service] = now


def on_deregistered(access: Access, event: DelegatedAdministratorDeregistered, now: int) -> None:
    services = access.administrators[event.account]
    del services[event.service]
    if not services:
        del access.administrators[event.account]


def on_account_departed(access: Access, event: AccountDeparted, now: int) -> None:
    """Forget a delegated administrator: it cannot leave, but may have been closed for good."""
    access.administrators.pop(event.account, None)


def on_resource_policy_put(access: Access, event: ResourcePolicyPut, now: int) -> None:
    access.resource_policy = ResourcePolicy(event.resource_policy, event.content)


def on_resource_policy_deleted(access: Access, event: ResourcePolicyDeleted, now: int) -> None:
    access.resource_policy = None


HANDLERS: dict[type[Any], Callable[[Access, Any, int], None]] = {
    ServiceAccessEnabled: on_service_enabled,
    ServiceAccessDisabled: on_service_disabled,
    DelegatedAdministratorRegistered: on_registered,
    DelegatedAdministratorDeregistered: on_deregistered,
    AccountDeparted: on_account_departed,
    ResourcePolicyPut: on_resource_policy_put,
    ResourcePolicyDeleted: on_resource_policy_deleted,
}
