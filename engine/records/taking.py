"""One record being taken: what it says, which organization it is about, and what must have been.

What the trail does not say, but must have been for the record to make sense, is inferred: a member first seen when it
moves, an OU, a policy, a policy type, the organization itself. Inferred events come before the record's own. The state
does not have them yet, so a ``Taking`` remembers what it has inferred.
"""

from copy import deepcopy

from msgspec.structs import replace

from ..authorization.callers import CALLERS, Callers
from ..events import (
    AccountClosed,
    AccountClosureRequested,
    AccountDeparted,
    AccountJoined,
    AccountReinstated,
    AnyEvent,
    FeatureSetChanged,
    HandshakeAccepted,
    OrganizationCreated,
    PartitionAssigned,
    RootIdentified,
)
from ..evolve import policies as policy_changes
from ..evolve import units as unit_changes
from ..operation import Events, Stamp
from ..rules import membership, quotas
from ..state import Organization, State, Unit
from ..words import DepartureMethod, FeatureSet, JoinedMethod, PolicyType
from . import placeholders
from .endings import emptying_events, leaving_events
from .record import Known, Members, Record, Unplaced, needed, part, text

LEFT, INVITED = DepartureMethod.LEFT, JoinedMethod.INVITED
ACCOUNT_DIGITS = 12

BY_MANAGERS = frozenset(name for name, callers in CALLERS.items() if callers is Callers.MANAGEMENT)
"""What only a management account may call, so that the caller must be one."""


class Taking:
    """A record, the state, and what has been inferred so far.

    Args:
        record: what is taken.
        state: what was true before it.
        stamp: its time and its caller.
    """

    def __init__(self, record: Record, state: State, stamp: Stamp) -> None:
        self.record = record
        self.state = state
        self.stamp = stamp
        self.inferred: list[AnyEvent] = []
        self.joined: set[str] = set()
        """Accounts that were inferred to have joined."""
        self.gone: set[str] = set()
        """Accounts that were inferred to have left."""
        self.units: set[str] = set()
        """Inferred OUs, all of them directly under the root."""
        self.policies: dict[str, PolicyType] = {}
        """Inferred policies."""
        self.enabled: set[PolicyType] = set()
        """Policy types that were inferred to be enabled."""
        self._all_features = False
        self._organization: Organization | None = None

    @property
    def parameters(self) -> Members:
        """``requestParameters``; a denied call has none."""
        return self.record.parameters or {}

    def parameter(self, name: str) -> str:
        """A text of ``requestParameters``; raises Unplaced if it is missing."""
        return needed(self.parameters, name, "requestParameters")

    @property
    def details(self) -> Members:
        """The details of an event about a membership or transfer.

        No sample is public; other service events have theirs one level deeper, so both are read.
        """
        details = self.record.details or {}
        inner = part(details, next(iter(details), ""))
        return inner if inner and len(details) == 1 else details

    @property
    def caller(self) -> str | None:
        """The account that called; None where AWS itself acted."""
        return self.stamp.caller.account

    def infer(self, *events: AnyEvent) -> None:
        """Have events come before the record's own, marked as inferred."""
        self.inferred += events

    # The organization.

    @property
    def organization(self) -> Organization:
        """The organization that the record is about; inferred if it is older than the trail.

        Raises:
            Unplaced: nothing says which one it is.
        """
        if self._organization is None:
            self._organization = self._found() or self._infer_organization()
        return self._organization

    @property
    def id(self) -> str:
        """The id of the organization."""
        return self.organization.id

    def be_about(self, organization: str) -> None:
        """Say which organization the record is about, where something that it names tells; the state has it."""
        found = self.state.organizations[organization]
        if found.deleted:
            raise Unplaced(f"{found.id} was deleted before")
        self._organization = self._identified(found)

    def _found(self) -> Organization | None:
        """The organization that the record's ARNs name, or else whose member called, or that other records name."""
        record = self.record
        found = self._named(record.said)
        if found is None and record.said.organization is None:
            account = self.caller or record.recipient
            known = self.state.organization_of(account) if account else None
            found = known or self._by_things() or self._named(record.elsewhere)
        return found and self._identified(found)

    def _named(self, known: Known) -> Organization | None:
        found = self.state.organizations.get(known.organization or "")
        if found and found.deleted:
            raise Unplaced(f"{found.id} was deleted before")
        if found is None and known.management_account:
            # An organization whose id was not in the trail goes on under its placeholder.
            former = self.state.organization_of(known.management_account)
            found = former if former and placeholders.is_placeholder(former.id) else None
        return found

    def _by_things(self) -> Organization | None:
        """The organization whose root or policy the record names."""
        root, policy = self.record.said.root, text(self.parameters, "policyId")
        for organization in self.state.organizations.values():
            if organization.root == root or policy in organization.policies.by_id:
                return None if organization.deleted else organization
        return None

    def _identified(self, organization: Organization) -> Organization:
        """The organization, and its root by the id that the record is the first to tell."""
        root, placeholder = self.record.said.root, organization.root
        if root is None or root == placeholder or not placeholders.is_placeholder(placeholder):
            return organization
        identified = RootIdentified(organization.id, placeholder, root)
        self.infer(identified)
        units, policies = deepcopy(organization.units), deepcopy(organization.policies)
        unit_changes.on_root_identified(units, identified, self.stamp.now)
        policy_changes.on_root_identified(policies, identified, self.stamp.now)
        return replace(organization, root=root, units=units, policies=policies)

    def _infer_organization(self) -> Organization:
        said, elsewhere = self.record.said, self.record.elsewhere
        manager = said.management_account or elsewhere.management_account
        if manager is None and self.caller is None:
            manager = self.record.recipient
        elif manager is None and self.record.event_name in BY_MANAGERS:
            manager = self.caller
        if manager is None:
            raise Unplaced("nothing in the trail says which organization it is about")
        self.require_account(manager)
        named = said.organization or elsewhere.organization
        if named is None or named in self.state.organizations:
            named = placeholders.organization(manager, self.state.organizations)
        root = said.root or elsewhere.root or placeholders.root(named)
        feature_set = said.feature_set or elsewhere.feature_set or FeatureSet.ALL
        created = OrganizationCreated(named, root, manager, feature_set)
        self.infer(*self.leave_elsewhere(manager, None), *self.founding_events(created))
        return self.founded(created)

    def founding_events(self, created: OrganizationCreated) -> Events:
        """The events with which an organization begins."""
        partition = self.record.said.partition or self.record.elsewhere.partition or "aws"
        assigned = [] if partition == "aws" else [PartitionAssigned(created.organization, partition)]
        return [created, *assigned, AccountJoined(created.organization, created.management_account, INVITED)]

    def founded(self, created: OrganizationCreated) -> Organization:
        """An organization that the state does not have yet, as it will be."""
        organization = Organization(
            created.organization, created.root, created.management_account, created.feature_set, self.stamp.now
        )
        organization.units.root = created.root
        organization.units.by_id[created.root] = Unit(created.root, "Root", None)
        self.joined.add(created.management_account)
        return organization

    def require_all_features(self) -> None:
        """Infer that the organization has all features, which the record needs."""
        organization = self.organization
        if organization.feature_set is FeatureSet.ALL or self._all_features:
            return
        self._all_features = True
        if organization.migration:
            self.infer(*self.approvals(organization))
            self.infer(HandshakeAccepted(organization.id, organization.migration.parent))
        self.infer(FeatureSetChanged(organization.id, FeatureSet.ALL))

    def approvals(self, organization: Organization) -> Events:
        """What must have been before a migration is finalized: approvals, and departures of those that declined."""
        migration = organization.migration
        assert migration is not None, "a migration is under way"
        events: list[AnyEvent] = []
        for account, approval in migration.outstanding.items():
            found = self.state.handshakes.get(approval)
            if found and found.ended_at < 0:
                events.append(HandshakeAccepted(organization.id, approval))
            else:
                events.append(AccountDeparted(organization.id, account, LEFT))
                self.gone.add(account)
        return events

    # Its members.

    def is_member(self, account: str) -> bool:
        """Whether an account is a member, by what is known and inferred."""
        known = account in self.organization.members and account not in self.gone
        return known or account in self.joined

    def require_member(self, account: str) -> str:
        """Infer that an account has joined if it is not known; nobody knows how, so it counts as invited."""
        if not self.is_member(account):
            self.infer(*self.joining_events(account, INVITED))
        return account

    def joining_events(self, account: str, method: JoinedMethod, *, counted: bool = False) -> Events:
        """The events of an account that joins; it leaves the other organization that it is known to be in.

        Args:
            account: its id.
            method: how it joins.
            counted: whether the account quota counts it already, as an open invitation or a creation.

        Raises:
            Unplaced: it is no account, was closed for good, or the quota is full.
        """
        self.require_account(account)
        if not counted:
            self.require_room(account)
        events = [*self.leave_elsewhere(account, self.organization), AccountJoined(self.id, account, method)]
        self.joined.add(account)
        return events

    def require_room(self, joining: str) -> None:
        """Require that the account quota allows one more; raises Unplaced."""
        counted, quota = quotas.accounts_counted(self.organization), self.state.settings.quotas.accounts
        if counted + len(self.joined) >= quota:
            raise Unplaced(f"{joining} would be more than the {quota:,} accounts that the quota allows in {self.id}")

    def require_account(self, account: str) -> None:
        """Require that this is the id of an account that is not closed for good; raises Unplaced."""
        if len(account) != ACCOUNT_DIGITS or not (account.isascii() and account.isdecimal()):
            raise Unplaced(f"{account[:40]!r} is no account id of twelve digits")
        if account in self.state.cleaned:
            raise Unplaced(f"{account} was closed for good before")

    def leave_elsewhere(self, account: str, organization: Organization | None) -> Events:
        """The events with which an account leaves the organization that it is known to be in, unless it is this one."""
        former = self.state.organization_of(account)
        if former is None or account in self.gone or (organization and former.id == organization.id):
            return []
        if former.management_account == account:
            events = [*emptying_events(former, self.state, self.gone), *membership.deletion_events(former)]
            self.gone.update(former.members)
            return events
        events = leaving_events(former.members[account], former, self.state, LEFT, self.gone)
        self.gone.add(account)
        return events

    def leave(self, account: str, method: DepartureMethod) -> Events:
        """The event with which a member leaves, and what comes of it; what must have been before is inferred."""
        member = self.organization.members.get(account)
        if member is None or account in self.gone:
            return [AccountDeparted(self.id, account, method)]
        closures = self.organization.closures
        if method is DepartureMethod.CLEANED:
            self.require_closed(account)
        elif account in closures.pending or account in closures.closed:
            self.infer(AccountReinstated(self.id, account))
        return membership.departure_events(member, self.organization, self.state, method, self.gone)

    def require_closed(self, account: str) -> None:
        """Infer that an account was closed, if that is not known."""
        closures = self.organization.closures
        if account in closures.closed:
            return
        if account not in closures.pending:
            self.require_room_for_closures()
            self.infer(AccountClosureRequested(self.id, account, self.stamp.now))
        self.infer(AccountClosed(self.id, account))

    def require_room_for_closures(self) -> None:
        """Require that the quota allows another closure; raises Unplaced."""
        organization, limits = self.organization, self.state.settings.quotas
        allowed = quotas.closures_allowed(organization, limits)
        if quotas.closures_counted(organization, self.stamp.now) >= allowed:
            raise Unplaced(f"{organization.id} has closed {allowed:,} accounts in thirty days, and the quota is full")
