"""Events about the substate ``Policies``: policies, where they are attached, and when they are published."""

from collections.abc import Callable
from typing import Any

from ..events import (
    AccountDeparted,
    EffectivePoliciesOutdated,
    EffectivePoliciesPublished,
    OrganizationalUnitDeleted,
    PolicyAttached,
    PolicyCreated,
    PolicyDeleted,
    PolicyDetached,
    PolicyTypeDisabled,
    PolicyTypeEnabled,
    PolicyUpdated,
    RootIdentified,
)
from ..policies.types import POLICY_TYPES
from ..state import Policies, Policy, name_key
from .renaming import rename_key


def on_type_enabled(policies: Policies, event: PolicyTypeEnabled, now: int) -> None:
    policies.enabled[event.policy_type] = now


def on_type_disabled(policies: Policies, event: PolicyTypeDisabled, now: int) -> None:
    """Detach all policies of the type everywhere, and forget where its default was detached.

    So once the type is enabled again, the default is attached everywhere, and nothing else is.
    """
    del policies.enabled[event.policy_type]
    policies.publications.pop(event.policy_type, None)
    for policy in policies.by_id.values():
        if policy.type is event.policy_type:
            for target in policy.targets:
                _detach(policies, policy.id, target)
            policy.targets.clear()
    default = POLICY_TYPES[event.policy_type].default_policy
    if default:
        policies.without_default.pop(default, None)


def on_created(policies: Policies, event: PolicyCreated, now: int) -> None:
    policy = Policy(event.policy, event.policy_type, event.name, event.description, event.content)
    policies.by_id[event.policy] = policy
    policies.names[name_key(policy.type, policy.name)] = event.policy


def on_updated(policies: Policies, event: PolicyUpdated, now: int) -> None:
    policy = policies.by_id[event.policy]
    if event.name is not None:
        del policies.names[name_key(policy.type, policy.name)]
        policy.name = event.name
        policies.names[name_key(policy.type, policy.name)] = policy.id
    if event.description is not None:
        policy.description = event.description
    if event.content is not None:
        policy.content = event.content


def on_deleted(policies: Policies, event: PolicyDeleted, now: int) -> None:
    policy = policies.by_id.pop(event.policy)
    del policies.names[name_key(policy.type, policy.name)]


def on_attached(policies: Policies, event: PolicyAttached, now: int) -> None:
    policy = policies.by_id.get(event.policy)
    if policy is None:
        # A default policy of AWS: it is attached wherever it is not noted as detached.
        policies.without_default[event.policy].pop(event.target)
        return
    policy.targets[event.target] = None
    policies.attached.setdefault(event.target, {})[event.policy] = None


def on_detached(policies: Policies, event: PolicyDetached, now: int) -> None:
    policy = policies.by_id.get(event.policy)
    if policy is None:
        policies.without_default.setdefault(event.policy, {})[event.target] = None
        return
    del policy.targets[event.target]
    _detach(policies, event.policy, event.target)


def on_account_departed(policies: Policies, event: AccountDeparted, now: int) -> None:
    _forget(policies, event.account)


def on_unit_deleted(policies: Policies, event: OrganizationalUnitDeleted, now: int) -> None:
    _forget(policies, event.unit)


def on_root_identified(policies: Policies, event: RootIdentified, now: int) -> None:
    """Attach to the root under its id what is attached to its placeholder."""
    old = event.placeholder
    for policy in policies.attached.get(old, ()):
        targets = policies.by_id[policy].targets
        policies.by_id[policy].targets = {event.root if each == old else each: None for each in targets}
    rename_key(policies.attached, old, event.root)
    for places in policies.without_default.values():
        rename_key(places, old, event.root)


def on_outdated(policies: Policies, event: EffectivePoliciesOutdated, now: int) -> None:
    policies.publications[event.policy_type] = event.published_at


def on_published(policies: Policies, event: EffectivePoliciesPublished, now: int) -> None:
    policies.publications.pop(event.policy_type, None)


def _detach(policies: Policies, policy: str, target: str) -> None:
    attached = policies.attached[target]
    del attached[policy]
    if not attached:
        del policies.attached[target]


def _forget(policies: Policies, target: str) -> None:
    for policy in policies.attached.pop(target, ()):
        del policies.by_id[policy].targets[target]
    for places in policies.without_default.values():
        places.pop(target, None)


HANDLERS: dict[type[Any], Callable[[Policies, Any, int], None]] = {
    PolicyTypeEnabled: on_type_enabled,
    PolicyTypeDisabled: on_type_disabled,
    PolicyCreated: on_created,
    PolicyUpdated: on_updated,
    PolicyDeleted: on_deleted,
    PolicyAttached: on_attached,
    PolicyDetached: on_detached,
    AccountDeparted: on_account_departed,
    OrganizationalUnitDeleted: on_unit_deleted,
    RootIdentified: on_root_identified,
    EffectivePoliciesOutdated: on_outdated,
    EffectivePoliciesPublished: on_published,
}
