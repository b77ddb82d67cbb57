"""The current state, as far as decisions need it. What only answers questions belongs to a projection.

Five substates of an organization (its tree, policies, tags, access and closures) are small, and decisions need of them
just what questions ask for. So views keep them too, with the same handlers (``evolve.SUBSTATES``).

Only ``evolve`` writes to these objects. Structs marked ``gc=False`` must never be in a reference cycle, because Python
would not find it: they refer to others by id, or only downwards. An empty table as a default is not shared: msgspec
gives each object its own, quicker than a ``default_factory`` does.
"""

from collections import deque

from msgspec import Struct, field

from ..events import Tag
from ..ids import derived_email, derived_name, owner_of_derived_email
from ..settings import Settings
from ..words import Condition, FeatureSet, JoinedMethod, Partition, PolicyType, TransferStatus
from .faults import Faults
from .handshake import Handshake
from .timers import Timers

ACCESS_ROLE = "OrganizationAccountAccessRole"
"""The role that AWS Organizations makes in an account that it creates, unless the request names another."""


class Account(Struct, frozen=True, gc=False):
    """An account with a record: a member, a former member, or one that was described.

    It never changes, so that forks share it: another replaces it in ``State.accounts`` and ``Organization.members``.
    """

    id: str
    organization: str | None = None
    joined_method: JoinedMethod | None = None
    membership_changed_at: int | None = None
    """When it last joined or departed."""
    email: str | None = None
    """None: the derived address."""
    name: str | None = None
    conditions: tuple[Condition, ...] = ()


class Migration(Struct):
    """An all-features migration that is under way."""

    parent: str
    outstanding: dict[str, str]
    """Account to APPROVE_ALL_FEATURES handshake, for members that have not approved (a decline is outstanding too)."""
    asked: int = 0
    """How many members were asked to approve."""


class Creation(Struct, gc=False):
    """An account creation in progress."""

    organization: str
    email: str
    name: str
    finishes_at: int
    govcloud: bool = False
    tags: tuple[Tag, ...] = ()
    role_name: str | None = None
    failure: str | None = None
    """The reason for which a scripted fault lets it fail."""


class Unit(Struct):
    """A root or an OU."""

    id: str
    name: str
    parent: str | None
    """None for the root."""
    units: dict[str, str] = {}
    """The OUs directly in it: id to name, in the order of creation."""
    accounts: int = 0
    """Number of accounts directly in it; not counted for the root."""


class Units(Struct):
    """The tree of an organization."""

    root: str = ""
    by_id: dict[str, Unit] = {}
    """The root and all OUs."""
    placed: dict[str, str] = {}
    """Account to OU; accounts that are not in here are directly under the root."""

    def parent_of(self, account: str) -> str:
        """The root or OU that a member is directly in."""
        return self.placed.get(account, self.root)

    def path_to(self, place: str) -> list[str]:
        """The ids from the root down to a root, OU or member, both included."""
        path = [] if place in self.by_id else [place]
        above: str | None = place if place in self.by_id else self.parent_of(place)
        while above:
            path.append(above)
            above = self.by_id[above].parent
        return path[::-1]


class Policy(Struct):
    """A policy that the organization made; AWS's own are ``policies.types.MANAGED_POLICIES``."""

    id: str
    type: PolicyType
    name: str
    description: str
    content: str
    targets: dict[str, None] = {}
    """Where it is attached, in the order of attachment."""


def name_key(policy_type: PolicyType, name: str) -> str:
    """The key in ``Policies.names``: names are unique among the policies of one type."""
    return f"{policy_type} {name}"


class Policies(Struct):
    """The policies of an organization, and where they are attached.

    While a type with a default policy is enabled, that default is attached everywhere, perhaps to a million accounts;
    so only the places from which it was detached are stored.
    """

    enabled: dict[PolicyType, int] = {}
    """Policy types and since when they are enabled."""
    by_id: dict[str, Policy] = {}
    names: dict[str, str] = {}
    """``TYPE name`` to policy."""
    attached: dict[str, dict[str, None]] = {}
    """Root, OU or account to customer policies in the order of attachment."""
    without_default: dict[str, dict[str, None]] = {}
    """Default policy to the places from which it was detached."""
    publications: dict[PolicyType, int] = {}
    """Types whose latest effective policies are not published yet, and when they will be."""


class ResourcePolicy(Struct, frozen=True, gc=False):
    """An organization's resource policy, in the form in which it is stored."""

    id: str
    content: str


class Access(Struct):
    """Trusted services, their delegated administrators, and the resource policy."""

    services: dict[str, int] = {}
    """Trusted service to since when."""
    administrators: dict[str, dict[str, int]] = {}
    """Delegated administrator to its services and since when for each; in the order of registration."""
    resource_policy: ResourcePolicy | None = None


class Closures(Struct):
    """Accounts that are closed or about to be."""

    pending: dict[str, int] = {}
    """Account to when its closure was requested."""
    closed: dict[str, int] = {}
    """Account to when it was closed."""
    recent: deque[int] = field(default_factory=deque[int])
    """When closures of the last thirty days were requested, oldest first; trimmed at the next request."""


class Transfer(Struct):
    """A responsibility transfer: an invitation to one, one that has effect, or one that has ended."""

    id: str
    organization: str
    """The organization that invited, and pays: the inbound side."""
    handshake: str
    name: str
    party: str
    """The account id or the email address that was invited."""
    starts_at: int
    status: TransferStatus = TransferStatus.REQUESTED
    source_organization: str | None = None
    """The organization whose bills are paid: the outbound side. None until it has accepted."""
    source_account: str | None = None
    ends_at: int | None = None


class Transfers(Struct):
    """All responsibility transfers; each concerns two organizations, so no organization owns them."""

    by_id: dict[str, Transfer] = {}
    by_handshake: dict[str, str] = {}
    """Handshake to the transfer that it asks for."""
    inbound: dict[str, dict[str, None]] = {}
    """Organization to the transfers by which it pays, has paid or offers to pay; without unsuccessful offers."""
    outbound: dict[str, str] = {}
    """Organization to the transfer that it accepted last: it has one at a time."""
    unanswered: dict[str, dict[str, None]] = {}
    """Invited account id or email address, in lower case, to the transfers that wait for its answer."""


class OrganizationFacts(Struct):
    """The data of an organization that both decisions and questions need; the views have a copy of their own.

    A deleted organization stays, with empty substates, because its handshakes can be seen for thirty days.
    """

    id: str
    root: str
    management_account: str
    feature_set: FeatureSet
    created_at: int
    partition: Partition = "aws"
    deleted: bool = False
    units: Units = field(default_factory=Units)
    policies: Policies = field(default_factory=Policies)
    tags: dict[str, tuple[Tag, ...]] = {}
    """Resource to its tags, each with another key."""
    access: Access = field(default_factory=Access)
    closures: Closures = field(default_factory=Closures)


class Organization(OrganizationFacts):
    """An organization, with the data that only decisions need."""

    members: dict[str, Account] = {}
    """In the order of joining, the management account included."""
    invitations: dict[str, str] = {}
    """Invited account id or address, in lower case, to the open INVITE handshake."""
    creations: dict[str, str] = {}
    """Address to the request id of a creation in progress."""
    cleaned: int = 0
    """Number of accounts closed for good; they go on counting against the account quota (docs/aws.md 4.1)."""
    migration: Migration | None = None
    recent_moments: deque[int] = field(default_factory=deque[int])
    """When invitations were sent inside the rolling window of the daily quota, oldest first; see ``rules.quotas``."""
    recent_invitations: dict[int, int] = {}
    """Each of ``recent_moments`` to how many invitations of that moment have not been accepted."""
    recent_unaccepted: int = 0
    """Their sum."""
    publication_at: int | None = None
    """When the next publication of effective policies is due; None if none is."""


class State(Struct):
    """The whole state of one log: every organization and account."""

    seed: int = 0
    settings: Settings = Settings()
    position: int = 0
    now: int = 0
    """The time of the last event. Never goes back."""
    accounts: dict[str, Account] = {}
    emails: dict[str, str] = {}
    """Email address, in lower case, to the account that owns it; without those that are derived from account ids."""
    organizations: dict[str, Organization] = {}
    handshakes: dict[str, Handshake] = {}
    creations: dict[str, Creation] = {}
    role_names: dict[str, str] = {}
    """Created account to the role made in it for the management account, where it is not ``ACCESS_ROLE``."""
    cleaned: dict[str, None] = {}
    """Accounts that were closed for good: they no longer exist, but their addresses stay taken."""
    partitions: dict[str, Partition] = {}
    """Account to its partition, where that is known and not ``aws``."""
    transfers: Transfers = field(default_factory=Transfers)
    timers: Timers = field(default_factory=Timers)
    faults: Faults | None = None
    """Scripted faults; None until one is scripted, so that a world without any pays nothing."""
    recorded_calls: int = 0
    """How many of the events so far are calls that changed nothing (CallRecorded)."""
    changed_at: int = 0
    """The time of the last event that is no recorded call: ``now`` of a world that records none."""

    @property
    def changes(self) -> int:
        """How many events there are besides recorded calls: the position of a world that records none."""
        return self.position - self.recorded_calls

    def organization_of(self, account: str) -> Organization | None:
        """The organization of which the account is a member; None for a standalone account."""
        record = self.accounts.get(account)
        return self.organizations[record.organization] if record and record.organization else None

    def partition_of(self, account: str) -> Partition | None:
        """The partition of an account that was ever a member, or made for GovCloud; None: not known yet."""
        known = self.partitions.get(account)
        if known:
            return known
        record = self.accounts.get(account)
        return "aws" if record and record.membership_changed_at is not None else None

    def conditions_of(self, account: str) -> tuple[Condition, ...]:
        """The account's conditions: those that somebody described, or SUSPENDED once it was closed for good."""
        if account in self.cleaned:
            return (Condition.SUSPENDED,)
        record = self.accounts.get(account)
        return record.conditions if record else ()

    def email_of(self, account: str) -> str:
        """The account's email address: the one on record, or the derived one."""
        record = self.accounts.get(account)
        return record.email if record and record.email else derived_email(account)

    def name_of(self, account: str) -> str:
        """The account's name: the one on record, or the derived one."""
        record = self.accounts.get(account)
        return record.name if record and record.name else derived_name(account)

    def access_role_of(self, account: str) -> str:
        """The role that was made in a created account for its management account (docs/aws.md 2.10)."""
        return self.role_names.get(account, ACCESS_ROLE)

    def owner_of(self, email: str) -> str | None:
        """The account that owns an email address, compared without case; None if nobody does."""
        email = email.lower()
        owner = self.emails.get(email)
        if owner:
            return owner
        derived = owner_of_derived_email(email)
        # An account with another address on record has given up its derived one.
        return derived if derived and self.email_of(derived) == email else None
