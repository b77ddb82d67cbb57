"""Policies of a dump against those that stand: types, documents, names, and where they are attached."""

from collections.abc import Iterator

from ..events import (
    AnyEvent,
    EffectivePoliciesPublished,
    PolicyAttached,
    PolicyCreated,
    PolicyDeleted,
    PolicyDetached,
    PolicyTypeDisabled,
    PolicyTypeEnabled,
    PolicyUpdated,
)
from ..policies.types import MANAGED_POLICIES, POLICY_TYPES
from ..state import Organization, name_key
from ..words import PolicyType
from .form import Form, PolicyForm, Stays


def policy_changes(form: Form, organization: Organization, stays: Stays) -> Iterator[AnyEvent]:
    """Everything about policies that differs; types first, then what is gone, then what is new.

    Args:
        form: the dump.
        organization: as it stands.
        stays: whether a root, OU or account is there before the dump and after it.
    """
    disabled = _disabled(form, organization)
    yield from (PolicyTypeDisabled(form.organization, each) for each in disabled)
    for each in form.policy_types:
        if each not in organization.policies.enabled:
            yield PolicyTypeEnabled(form.organization, each)
    yield from _gone(form, organization, stays, disabled)
    yield from _renamed_aside(form, organization)
    for policy in form.policies:
        yield from _content(form, policy, organization)
        targets = _targets(policy.id, organization, stays, disabled)
        yield from (
            PolicyAttached(form.organization, policy.id, target)
            for target in policy.targets or ()
            if target not in targets
        )
    yield from _defaults(form, organization, stays)


def _disabled(form: Form, organization: Organization) -> list[PolicyType]:
    if "policy types" not in form.whole:
        return []
    return [each for each in organization.policies.enabled if each not in form.policy_types]


def _targets(policy: str, organization: Organization, stays: Stays, disabled: list[PolicyType]) -> dict[str, None]:
    """Where a policy is still attached once types were disabled and accounts have departed."""
    known = organization.policies.by_id.get(policy)
    if known is None or known.type in disabled:
        return {}
    return {target: None for target in known.targets if stays(target)}


def _gone(form: Form, organization: Organization, stays: Stays, disabled: list[PolicyType]) -> Iterator[AnyEvent]:
    listed = {policy.id: policy for policy in form.policies}
    for policy in organization.policies.by_id:
        kept = listed.get(policy)
        targets = _targets(policy, organization, stays, disabled)
        deleted = kept is None and "policies" in form.whole
        if deleted or (kept is not None and kept.targets is not None and "attachments" in form.whole):
            wanted = () if kept is None or kept.targets is None else kept.targets
            yield from (PolicyDetached(form.organization, policy, each) for each in targets if each not in wanted)
        if deleted:
            yield PolicyDeleted(form.organization, policy)


def _renamed_aside(form: Form, organization: Organization) -> Iterator[AnyEvent]:
    """Names that change hands: who has a name that is another's now is named by its id until it gets its own."""
    policies = organization.policies
    for policy in form.policies:
        holder = policies.names.get(name_key(policy.type, policy.name))
        kept = any(each.id == holder for each in form.policies) or "policies" not in form.whole
        if holder and holder != policy.id and kept:
            yield PolicyUpdated(form.organization, holder, holder, None, None)


def _content(form: Form, policy: PolicyForm, organization: Organization) -> Iterator[AnyEvent]:
    known = organization.policies.by_id.get(policy.id)
    if known is None:
        texts = policy.name, policy.description, policy.content
        yield PolicyCreated(form.organization, policy.id, policy.type, *texts)
        return
    pairs = (known.name, policy.name), (known.description, policy.description), (known.content, policy.content)
    changes = [after if before != after else None for before, after in pairs]
    if any(change is not None for change in changes):
        yield PolicyUpdated(form.organization, policy.id, *changes)


def _defaults(form: Form, organization: Organization, stays: Stays) -> Iterator[AnyEvent]:
    """Where AWS's own policies are attached that are attached everywhere unless they were detached."""
    there = _places_of(form, organization, stays) if form.default_targets else []
    for default, targets in form.default_targets.items():
        if MANAGED_POLICIES[default].type not in form.policy_types:
            continue
        was_enabled = MANAGED_POLICIES[default].type in organization.policies.enabled
        without = organization.policies.without_default.get(default, {}) if was_enabled else {}
        attached = frozenset(targets)
        for place in there:
            detached = place in without and stays(place)
            if detached and place in attached:
                yield PolicyAttached(form.organization, default, place)
            elif not detached and place not in attached:
                yield PolicyDetached(form.organization, default, place)


def _places_of(form: Form, organization: Organization, stays: Stays) -> list[str]:
    """The root, OUs and accounts after the dump."""
    listed = [form.root, *(unit.id for unit in form.units), *(account.id for account in form.accounts)]
    known = filter(stays, [*organization.units.by_id, *organization.members])
    return [*dict.fromkeys([*listed, *known])]


def published(form: Form, organization: Organization) -> Iterator[AnyEvent]:
    """The effective policies of all types, brought up to date: the dump shows what accounts see."""
    types = dict.fromkeys((*organization.policies.enabled, *form.policy_types))
    disabled = _disabled(form, organization)
    for policy_type in types:
        if POLICY_TYPES[policy_type].effective and policy_type not in disabled:
            yield EffectivePoliciesPublished(form.organization, policy_type)
