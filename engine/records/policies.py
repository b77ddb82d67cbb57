"""Records about policies, their types and their attachments."""

from ..events import (
    PolicyCreated,
    PolicyDeleted,
    PolicyTypeDisabled,
    PolicyUpdated,
    ResourceTagged,
)
from ..operation import Events
from ..policies.types import MANAGED_POLICIES
from ..state import name_key
from ..words import PolicyType
from . import governing, placeholders
from .record import Members, Unplaced, needed, part, tags_under, text, unmasked
from .taking import Taking
from .tree import require_parent


def _summary(taking: Taking) -> Members:
    return part(taking.record.answer, "policy", "policySummary")


def created(taking: Taking) -> Events:
    summary, asked = _summary(taking), taking.parameters
    policy = needed(summary, "id", "responseElements.policy.policySummary")
    policy_type = governing.read_type(text(asked, "type") or needed(summary, "type", "policySummary"))
    name = text(asked, "name") or text(summary, "name") or policy
    if policy in taking.organization.policies.by_id:
        return []
    governing.require_new(taking, policy)
    _free_name(taking, policy, policy_type, name)
    description = text(asked, "description") or text(summary, "description") or ""
    event = PolicyCreated(taking.id, policy, policy_type, name, description, _content(taking, policy_type))
    tags = tags_under(asked)
    return [event, ResourceTagged(taking.id, policy, tags)] if tags else [event]


def _content(taking: Taking, policy_type: PolicyType) -> str:
    content = text(taking.parameters, "content") or text(part(taking.record.answer, "policy"), "content")
    return unmasked(content) or placeholders.document(policy_type)


def _free_name(taking: Taking, policy: str, policy_type: PolicyType, name: str) -> None:
    """Let a policy have a name: another that is known under it must have got another, and is called by its id."""
    taken = taking.organization.policies.names.get(name_key(policy_type, name))
    if taken and taken != policy:
        taking.infer(PolicyUpdated(taking.id, taken, taken, None, None))


def updated(taking: Taking) -> Events:
    asked, policy = taking.parameters, taking.parameter("policyId")
    told = text(_summary(taking), "type")
    policy_type = governing.require_policy(taking, policy, governing.read_type(told) if told else None)
    if policy in MANAGED_POLICIES:
        raise Unplaced(f"{policy} is AWS's, which nobody updates")
    name = text(asked, "name")
    if name:
        _free_name(taking, policy, policy_type, name)
    content = unmasked(text(asked, "content"))
    known = taking.organization.policies.by_id.get(policy)
    outdated = [policy_type] if known and known.targets else []
    return [
        PolicyUpdated(taking.id, policy, name, text(asked, "description"), content),
        *governing.published(taking, outdated),
    ]


def deleted(taking: Taking) -> Events:
    policy = taking.parameter("policyId")
    policy_type = governing.require_policy(taking, policy)
    known = taking.organization.policies.by_id.get(policy)
    if policy in MANAGED_POLICIES:
        raise Unplaced(f"{policy} is AWS's, which nobody deletes")
    for target in known.targets if known else ():
        taking.infer(*governing.detaching_events(taking, policy, policy_type, target))
    return [PolicyDeleted(taking.id, policy)]


def attached(taking: Taking) -> Events:
    policy, policy_type, target = _place(taking)
    events = governing.attaching_events(taking, policy, policy_type, target)
    return [*events, *governing.published(taking, [policy_type])]


def detached(taking: Taking) -> Events:
    policy, policy_type, target = _place(taking)
    events = governing.detaching_events(taking, policy, policy_type, target)
    return [*events, *governing.published(taking, [policy_type])]


def _place(taking: Taking) -> tuple[str, PolicyType, str]:
    policy = taking.parameter("policyId")
    policy_type = governing.require_policy(taking, policy)
    governing.require_enabled(taking, policy_type)
    return policy, policy_type, governing.require_target(taking, taking.parameter("targetId"))


def type_enabled(taking: Taking) -> Events:
    policy_type = governing.read_type(taking.parameter("policyType"))
    require_parent(taking, taking.parameter("rootId"))
    taking.require_all_features()
    if policy_type in taking.organization.policies.enabled:
        return []
    return governing.enabling_events(taking, policy_type)


def type_disabled(taking: Taking) -> Events:
    """The answer is not looked at: it still shows the type as enabled."""
    policy_type = governing.read_type(taking.parameter("policyType"))
    require_parent(taking, taking.parameter("rootId"))
    governing.require_enabled(taking, policy_type)
    return [PolicyTypeDisabled(taking.id, policy_type)]


RECORDS = {
    "CreatePolicy": created,
    "UpdatePolicy": updated,
    "DeletePolicy": deleted,
    "AttachPolicy": attached,
    "DetachPolicy": detached,
    "EnablePolicyType": type_enabled,
    "DisablePolicyType": type_disabled,
}
