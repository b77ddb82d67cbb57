"""The view of policies and their attachments in the order in which they are listed.

Asked by ListPolicies, ListPoliciesForTarget and ListTargetsForPolicy, which take everything else from the facts of the
organization. It exists so that a page costs no more than its rows, though a policy may be attached to a million
accounts. AWS's default policies are attached nearly everywhere, so their attachments are not in here: their targets are
listed from all roots, OUs (kept here in order for this) and accounts.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct, field

from ..engine.events import (
    AccountDeparted,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationCreated,
    OrganizationDeleted,
    PolicyAttached,
    PolicyCreated,
    PolicyDeleted,
    PolicyDetached,
    PolicyTypeDisabled,
    RootIdentified,
)
from ..engine.events.envelope import Envelope
from ..engine.state import Organization, State
from ..engine.state.columns import pack, unpack
from ..engine.words import PolicyType
from .paging import OrderedRows
from .projection import Handler


class Entry(Struct, gc=False):
    """A row with an id: a root, OU, account or policy in one of the lists."""

    id: str
    position: int
    gone: bool = False


class PolicyRow(Struct):
    """A policy of an organization."""

    id: str
    type: PolicyType
    position: int
    gone: bool = False
    targets: OrderedRows[Entry] = field(default_factory=OrderedRows[Entry])


class PolicyListsImage(Struct, frozen=True, array_like=True):
    """The image of the lists of one organization: packed positions of what the state has in the same order."""

    containers: bytes
    """At which the root and each OU were created."""
    policies: bytes
    """At which the policies were created."""
    targets: list[bytes]
    """For each policy, at which it was attached to its targets."""


class PolicyListsView:
    """Policies, their targets, and the roots and OUs; each list in the order of creation or attachment."""

    name = "policy lists"
    image = list[PolicyListsImage]

    def __init__(self) -> None:
        self.policies: dict[str, PolicyRow] = {}
        self.by_type: dict[str, dict[PolicyType, OrderedRows[PolicyRow]]] = {}
        """Organization to type to policies, for types of which there were any."""
        self.containers: dict[str, OrderedRows[Entry]] = {}
        """Organization to its root and OUs."""
        self.attached: dict[str, dict[str, Entry]] = {}
        """Target to policy to the target's entry in the policy's list of targets."""
        self._units: dict[str, Entry] = {}

    def dump(self) -> list[PolicyListsImage]:
        """Make the image for a snapshot."""
        return [self._dump_lists(organization) for organization in self.by_type]

    def _dump_lists(self, organization: str) -> PolicyListsImage:
        policies = [policy for rows in self.by_type[organization].values() for policy in rows]
        policies.sort(key=attrgetter("position"))
        return PolicyListsImage(
            pack(row.position for row in self.containers[organization]),
            pack(policy.position for policy in policies),
            [pack(entry.position for entry in policy.targets) for policy in policies],
        )

    def load(self, image: list[PolicyListsImage], state: State) -> None:
        """Restore from a snapshot image and the matching state."""
        organizations = [each for each in state.organizations.values() if not each.deleted]
        for organization, lists in zip(organizations, image, strict=True):
            containers = list(map(Entry, organization.units.by_id, unpack(lists.containers)))
            self.containers[organization.id] = OrderedRows(rows=containers)
            self._units.update((entry.id, entry) for entry in containers if entry.id != organization.root)
            self._load_policies(organization, lists)
        self.policies = {row.id: row for row in sorted(self.policies.values(), key=attrgetter("position"))}

    def _load_policies(self, organization: Organization, image: PolicyListsImage) -> None:
        self.by_type[organization.id] = {}
        attached: list[tuple[Entry, str]] = []
        policies = organization.policies.by_id.values()
        for policy, position, targets in zip(policies, unpack(image.policies), image.targets, strict=True):
            entries = list(map(Entry, policy.targets, unpack(targets)))
            row = PolicyRow(policy.id, policy.type, position, targets=OrderedRows(rows=entries))
            self.policies[policy.id] = row
            self._rows_of(organization.id, policy.type).append(row)
            attached += ((entry, policy.id) for entry in entries)
        attached.sort(key=lambda pair: pair[0].position)
        for entry, policy in attached:
            self.attached.setdefault(entry.id, {})[policy] = entry

    def _rows_of(self, organization: str, policy_type: PolicyType) -> OrderedRows[PolicyRow]:
        """The list of a type; the types are in the order of their names, which a snapshot restores."""
        by_type = self.by_type.setdefault(organization, {})
        if policy_type not in by_type:
            by_type[policy_type] = OrderedRows()
            self.by_type[organization] = dict(sorted(by_type.items()))
        return by_type[policy_type]

    def of_type(self, policy_type: PolicyType, organization: str) -> OrderedRows[PolicyRow]:
        """Return an organization's policies of a type, without AWS's own."""
        return self.by_type[organization].get(policy_type, OrderedRows[PolicyRow]())

    def _organization_created(self, envelope: Envelope, event: OrganizationCreated) -> None:
        self.by_type[event.organization] = {}
        containers = self.containers[event.organization] = OrderedRows()
        containers.append(Entry(event.root, envelope.position))

    def _organization_deleted(self, envelope: Envelope, event: OrganizationDeleted) -> None:
        for policies in self.by_type.pop(event.organization).values():
            for policy in policies:
                self._detach_everywhere(policy)
                del self.policies[policy.id]
        for container in self.containers.pop(event.organization):
            self._units.pop(container.id, None)

    def _root_identified(self, envelope: Envelope, event: RootIdentified) -> None:
        attached = self.attached.pop(event.placeholder, {})
        if attached:
            self.attached[event.root] = attached
        root = next(iter(self.containers[event.organization]))
        for entry in (root, *attached.values()):
            entry.id = event.root

    def _unit_created(self, envelope: Envelope, event: OrganizationalUnitCreated) -> None:
        entry = self._units[event.unit] = Entry(event.unit, envelope.position)
        self.containers[event.organization].append(entry)

    def _unit_deleted(self, envelope: Envelope, event: OrganizationalUnitDeleted) -> None:
        self._units.pop(event.unit).gone = True
        self.containers[event.organization].count_gone()
        self._forget(event.unit)

    def _account_departed(self, envelope: Envelope, event: AccountDeparted) -> None:
        self._forget(event.account)

    def _created(self, envelope: Envelope, event: PolicyCreated) -> None:
        policy = self.policies[event.policy] = PolicyRow(event.policy, event.policy_type, envelope.position)
        self._rows_of(event.organization, event.policy_type).append(policy)

    def _deleted(self, envelope: Envelope, event: PolicyDeleted) -> None:
        policy = self.policies.pop(event.policy)
        policy.gone = True
        by_type = self.by_type[event.organization]
        by_type[policy.type].count_gone()
        if not len(by_type[policy.type]):
            del by_type[policy.type]

    def _attached(self, envelope: Envelope, event: PolicyAttached) -> None:
        policy = self.policies.get(event.policy)
        if policy:
            entry = Entry(event.target, envelope.position)
            policy.targets.append(entry)
            self.attached.setdefault(event.target, {})[event.policy] = entry

    def _detached(self, envelope: Envelope, event: PolicyDetached) -> None:
        policy = self.policies.get(event.policy)
        if policy:
            self._take(event.target, event.policy).gone = True
            policy.targets.count_gone()

    def _type_disabled(self, envelope: Envelope, event: PolicyTypeDisabled) -> None:
        for policy in self.of_type(event.policy_type, event.organization):
            self._detach_everywhere(policy)

    handlers: Mapping[type[Any], Handler] = {
        OrganizationCreated: _organization_created,
        OrganizationDeleted: _organization_deleted,
        RootIdentified: _root_identified,
        OrganizationalUnitCreated: _unit_created,
        OrganizationalUnitDeleted: _unit_deleted,
        AccountDeparted: _account_departed,
        PolicyCreated: _created,
        PolicyDeleted: _deleted,
        PolicyAttached: _attached,
        PolicyDetached: _detached,
        PolicyTypeDisabled: _type_disabled,
    }

    def _detach_everywhere(self, policy: PolicyRow) -> None:
        for entry in policy.targets:
            self._take(entry.id, policy.id)
        policy.targets = OrderedRows()

    def _forget(self, target: str) -> None:
        for policy, entry in self.attached.pop(target, {}).items():
            entry.gone = True
            self.policies[policy].targets.count_gone()

    def _take(self, target: str, policy: str) -> Entry:
        policies = self.attached[target]
        entry = policies.pop(policy)
        if not policies:
            del self.attached[target]
        return entry
