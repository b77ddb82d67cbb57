"""Policies around a record: types, policies and attachments that it needs are inferred if they are not known."""

from collections.abc import Iterable

from ..events import (
    AnyEvent,
    PolicyAttached,
    PolicyCreated,
    PolicyDetached,
    PolicyTypeEnabled,
)
from ..operation import Events
from ..policies.types import MANAGED_POLICIES, POLICY_TYPES
from ..rules import policies as rules
from ..rules.publication import publication_events
from ..words import PolicyType
from . import placeholders
from .record import Unplaced
from .taking import Taking
from .tree import require_parent

SCP = PolicyType.SERVICE_CONTROL_POLICY


def read_type(value: str) -> PolicyType:
    """The policy type of this name; raises Unplaced if there is none."""
    try:
        return PolicyType(value)
    except ValueError:
        raise Unplaced(f"no policy type {value[:60]!r} is known") from None


def require_enabled(taking: Taking, policy_type: PolicyType) -> None:
    """Infer that a policy type was enabled, if that is not known."""
    taking.require_all_features()
    if policy_type not in taking.organization.policies.enabled and policy_type not in taking.enabled:
        taking.enabled.add(policy_type)
        taking.infer(*enabling_events(taking, policy_type))


def enabling_events(taking: Taking, policy_type: PolicyType) -> Events:
    """The events with which a policy type is enabled."""
    return [PolicyTypeEnabled(taking.id, policy_type), *published(taking, [policy_type])]


def published(taking: Taking, policy_types: Iterable[PolicyType]) -> Events:
    """The events with which effective policies follow a change."""
    return publication_events(taking.organization, policy_types, taking.state, taking.stamp)


def require_policy(taking: Taking, policy: str, policy_type: PolicyType | None = None) -> PolicyType:
    """Infer a policy that is not known: called by its id, with a content that changes nothing.

    Args:
        taking: of the record that names it.
        policy: its id.
        policy_type: if the record tells it; otherwise it is taken for a service control policy.

    Returns:
        Its type.
    """
    own, managed = taking.organization.policies.by_id.get(policy), MANAGED_POLICIES.get(policy)
    known = own.type if own else managed.type if managed else taking.policies.get(policy)
    if known:
        return known
    require_new(taking, policy)
    found = taking.policies[policy] = policy_type or SCP
    taking.infer(PolicyCreated(taking.id, policy, found, policy, "", placeholders.document(found)))
    return found


def require_new(taking: Taking, policy: str) -> None:
    """Require that a policy can be new in the organization; raises Unplaced."""
    if not policy.startswith("p-") or policy in MANAGED_POLICIES:
        raise Unplaced(f"{policy[:40]!r} is no id of a policy of an organization")
    for other in taking.state.organizations.values():
        if policy in other.policies.by_id:
            raise Unplaced(f"{policy} is a policy of {other.id}")
    taking.require_all_features()


def require_target(taking: Taking, target: str) -> str:
    """Infer a root, an OU or a member, to which a policy is attached or a tag."""
    if target.startswith(("r-", "ou-")):
        return require_parent(taking, target)
    return taking.require_member(target)


def attached(taking: Taking, policy_type: PolicyType, target: str) -> list[str]:
    """The policies of a type that are attached to a target, by what is known and inferred; the type is enabled."""
    organization = taking.organization
    default = POLICY_TYPES[policy_type].default_policy
    if policy_type in taking.enabled or target in taking.joined or target in taking.units:
        return [default] if default else []
    return rules.attached(target, policy_type, organization)


def attaching_events(taking: Taking, policy: str, policy_type: PolicyType, target: str) -> Events:
    """The event that attaches a policy; it must have been detached before if it is known to be attached."""
    there = attached(taking, policy_type, target)
    facts = POLICY_TYPES[policy_type]
    if policy == facts.default_policy and not facts.default_detachable:
        return []
    if policy in there:
        taking.infer(PolicyDetached(taking.id, policy, target))
    elif len(there) >= facts.max_attached:
        stand_in = placeholders.policy(taking.id)
        if stand_in not in there:
            raise Unplaced(f"{target} has {len(there)} policies of type {policy_type}, and the quota is full")
        taking.infer(PolicyDetached(taking.id, stand_in, target))
    return [PolicyAttached(taking.id, policy, target)]


def detaching_events(taking: Taking, policy: str, policy_type: PolicyType, target: str) -> Events:
    """The event that detaches a policy, which must have been attached; and where one must stay, another stands in."""
    facts = POLICY_TYPES[policy_type]
    if policy == facts.default_policy and not facts.default_detachable:
        raise Unplaced(f"AWS does not detach {policy}")
    there = attached(taking, policy_type, target)
    if policy not in there:
        if len(there) >= facts.max_attached:
            raise Unplaced(f"{target} has {len(there)} policies of type {policy_type}, and {policy} is not among them")
        taking.infer(PolicyAttached(taking.id, policy, target))
    if not {*there} - {policy} and facts.min_attached:
        taking.infer(*_another(taking, policy, policy_type, target))
    return [PolicyDetached(taking.id, policy, target)]


def _another(taking: Taking, policy: str, policy_type: PolicyType, target: str) -> Events:
    """Attach another policy, which no record names: AWS keeps one attached everywhere."""
    stand_in, default = placeholders.policy(taking.id), POLICY_TYPES[policy_type].default_policy
    if policy == stand_in and default:
        return [PolicyAttached(taking.id, default, target)]
    events: list[AnyEvent] = []
    if stand_in not in taking.organization.policies.by_id and stand_in not in taking.policies:
        taking.policies[stand_in] = policy_type
        document = placeholders.document(policy_type)
        events.append(PolicyCreated(taking.id, stand_in, policy_type, stand_in, "", document))
    return [*events, PolicyAttached(taking.id, stand_in, target)]
