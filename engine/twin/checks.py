"""Contradictions: in a dump, and between a dump and what stands."""

from collections.abc import Iterable
from itertools import chain

from ..errors import Refused
from ..explaining import when
from ..policies.types import MANAGED_POLICIES, POLICY_TYPES
from ..state import State
from ..words import Action, FeatureSet
from .form import Form


class ImpossibleDump(Refused, ValueError):
    """A dump cannot be true, or not of this world; not an exception of AWS."""

    def __init__(self, complaint: str) -> None:
        super().__init__(message=complaint)


def require_consistent(form: Form) -> None:
    """Check that a dump does not contradict itself.

    Raises:
        ImpossibleDump: it does; the message names the things.
    """
    accounts = _unique("account", (account.id for account in form.accounts))
    _unique("OU", (unit.id for unit in form.units))
    _unique("policy", (policy.id for policy in form.policies))
    _unique("handshake", (handshake.id for handshake in form.handshakes))
    _unique("account creation", (creation.id for creation in form.creations))
    _unique("address", (account.email.lower() for account in form.accounts if account.email))
    _unique("name", (f"{policy.type} {policy.name}" for policy in form.policies))
    if form.management_account not in accounts:
        raise ImpossibleDump(f"the management account {form.management_account} is not among the accounts")
    _require_tree(form)
    _require_policies(form)
    _require_defaults(form)
    for resource in form.tags.keys() - resources_of(form):
        raise ImpossibleDump(f"it has tags of {resource}, which is not there")
    _require_access(form, accounts)
    if form.feature_set is FeatureSet.ALL:
        for handshake in form.handshakes:
            if handshake.action is Action.ENABLE_ALL_FEATURES and handshake.live:
                raise ImpossibleDump(f"{handshake.id} is {handshake.state}, though all features are enabled")


def _unique(kind: str, keys: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ImpossibleDump(f"two things have the {kind} {key}")
        seen.add(key)
    return seen


def _require_tree(form: Form) -> None:
    places = {form.root}
    names: set[tuple[str, str]] = set()
    for unit in form.units:
        if unit.parent not in places:
            raise ImpossibleDump(f"the parent {unit.parent} of OU {unit.id} is not there")
        if (unit.parent, unit.name) in names:
            raise ImpossibleDump(f"two OUs in {unit.parent} have the name {unit.name!r}")
        names.add((unit.parent, unit.name))
        places.add(unit.id)
    for account in form.accounts:
        if account.parent is not None and account.parent not in places:
            raise ImpossibleDump(f"the parent {account.parent} of account {account.id} is not there")
    if form.management_account in {a.id for a in form.accounts if a.state in ("CLOSED", "PENDING_CLOSURE")}:
        raise ImpossibleDump(f"the management account {form.management_account} is closed")


def _require_policies(form: Form) -> None:
    billing_only = form.feature_set is not FeatureSet.ALL
    if billing_only and (form.policies or form.policy_types or form.services or form.administrators):
        raise ImpossibleDump("it has policies or trusted services, and yet only consolidated billing")
    if not {"accounts", "units"} <= form.whole:
        return
    places = {form.root, *(unit.id for unit in form.units), *(account.id for account in form.accounts)}
    targets = {policy.id: policy.targets or () for policy in form.policies} | form.default_targets
    for policy, there in targets.items():
        for target in there:
            if target not in places:
                raise ImpossibleDump(f"policy {policy} is attached to {target}, which is not there")
    if "policy types" in form.whole:
        for policy in form.policies:
            if policy.targets and policy.type not in form.policy_types:
                raise ImpossibleDump(f"policy {policy.id} is attached, though {policy.type} is not enabled on the root")


def resources_of(form: Form) -> frozenset[str]:
    """The resources that a dump lists, and that can have tags."""
    units, accounts = (unit.id for unit in form.units), (account.id for account in form.accounts)
    policies = (policy.id for policy in form.policies)
    written = [form.resource_policy.id] if form.resource_policy else []
    return frozenset([form.root, *units, *accounts, *policies, *written])


def _require_defaults(form: Form) -> None:
    """Check that everything has a policy of the types of which it must have one: AWS's own, or another."""
    for default, there in form.default_targets.items():
        policy_type = MANAGED_POLICIES[default].type
        if policy_type not in form.policy_types:
            continue
        targets = [policy.targets or () for policy in form.policies if policy.type is policy_type]
        attached = {*there, *chain.from_iterable(targets)}
        for place in (form.root, *(unit.id for unit in form.units), *(account.id for account in form.accounts)):
            if place not in attached and POLICY_TYPES[policy_type].min_attached:
                raise ImpossibleDump(f"{place} has no {policy_type} attached, and at AWS it must have one")


def _require_access(form: Form, accounts: set[str]) -> None:
    for account in form.administrators:
        if account not in accounts:
            raise ImpossibleDump(f"the delegated administrator {account} is not among the accounts")
        if account == form.management_account:
            raise ImpossibleDump(f"the management account {account} is its own delegated administrator")


def require_possible(form: Form, taken_at: int, state: State) -> None:
    """Check that a dump can follow what stands.

    Raises:
        ImpossibleDump: it was taken before the log's time, or shows what cannot have become of what stands.
    """
    if taken_at < state.now:
        raise ImpossibleDump(
            f"it was taken at {when(taken_at)}, before the time of the log, {when(state.now)}: dumps follow in order"
        )
    standing = state.organizations.get(form.organization)
    for account in form.accounts:
        elsewhere = state.organization_of(account.id)
        if elsewhere and elsewhere.id != form.organization and elsewhere.management_account == account.id:
            raise ImpossibleDump(f"{account.id} is the management account of {elsewhere.id}, and cannot be a member")
    if standing is None:
        return
    if standing.deleted:
        raise ImpossibleDump(f"{form.organization} was deleted in this log")
    if (standing.root, standing.management_account) != (form.root, form.management_account):
        raise ImpossibleDump(
            f"{form.organization} has in this log the root {standing.root} and the management account "
            f"{standing.management_account}, not {form.root} and {form.management_account}"
        )
    if standing.feature_set is FeatureSet.ALL and form.feature_set is not FeatureSet.ALL:
        raise ImpossibleDump(f"{form.organization} has all features in this log, which no organization ever loses")
    for unit in form.units:
        known = standing.units.by_id.get(unit.id)
        if known and known.parent != unit.parent:
            raise ImpossibleDump(f"OU {unit.id} was in {known.parent} and is in {unit.parent}; OUs never move at AWS")
    for policy in form.policies:
        same = standing.policies.by_id.get(policy.id)
        if same and same.type is not policy.type:
            raise ImpossibleDump(f"policy {policy.id} was of type {same.type} and is of {policy.type}")
