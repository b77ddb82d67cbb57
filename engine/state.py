"""What is true now, as far as decisions need it. What only answers questions belongs to a projection.

Only ``evolve`` writes to these objects. Structs marked ``gc=False`` must never be part of a reference cycle: they refer
to others by id, or downwards.
"""

from collections import deque

from msgspec import Struct, field

from .handshake import Handshake
from .ids import derived_email, derived_name, owner_of_derived_email
from .settings import Settings
from .timers import Timers
from .words import Condition, FeatureSet, JoinedMethod


class Account(Struct, gc=False):
    """An account of which more is known than its id: a member, a former member, or one that was described."""

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


class Creation(Struct, gc=False):
    """An account creation in progress."""

    organization: str
    email: str
    name: str
    finishes_at: int


class Organization(Struct):
    """An organization; a deleted one stays, because its handshakes can be seen for thirty days."""

    id: str
    root: str
    management_account: str
    feature_set: FeatureSet
    created_at: int
    deleted: bool = False
    members: dict[str, Account] = field(default_factory=dict[str, Account])
    """In the order of joining, the management account included."""
    invitations: dict[str, str] = field(default_factory=dict[str, str])
    """Invited account id or address, in lower case, to the open INVITE handshake."""
    creations: dict[str, str] = field(default_factory=dict[str, str])
    """Address to the request id of a creation in progress."""
    migration: Migration | None = None
    recent_invitations: deque[Handshake] = field(default_factory=deque[Handshake])
    """Those inside the rolling window of the daily quota, oldest first; see ``rules.quotas``."""
    recent_unaccepted: int = 0
    """How many of them have not been accepted."""


class State(Struct):
    """One world: every organization and account in it."""

    seed: int = 0
    settings: Settings = Settings()
    position: int = 0
    now: int = 0
    """The time of the last event. Never goes back."""
    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    emails: dict[str, str] = field(default_factory=dict[str, str])
    """Addresses, in lower case, that are not derived from an account id: to the account that owns them."""
    organizations: dict[str, Organization] = field(default_factory=dict[str, Organization])
    handshakes: dict[str, Handshake] = field(default_factory=dict[str, Handshake])
    creations: dict[str, Creation] = field(default_factory=dict[str, Creation])
    timers: Timers = field(default_factory=Timers)

    def organization_of(self, account: str) -> Organization | None:
        """The organization of which the account is a member."""
        record = self.accounts.get(account)
        return self.organizations[record.organization] if record and record.organization else None

    def conditions_of(self, account: str) -> tuple[Condition, ...]:
        """What is the matter with the account; nothing, unless somebody said so."""
        record = self.accounts.get(account)
        return record.conditions if record else ()

    def email_of(self, account: str) -> str:
        """The account's address: the one that was stated, or the derived one."""
        record = self.accounts.get(account)
        return record.email if record and record.email else derived_email(account)

    def name_of(self, account: str) -> str:
        """The account's name: the one that was stated, or the derived one."""
        record = self.accounts.get(account)
        return record.name if record and record.name else derived_name(account)

    def owner_of(self, email: str) -> str | None:
        """The account that owns an address, in any case of letters; None if nobody does."""
        email = email.lower()
        owner = self.emails.get(email)
        if owner:
            return owner
        derived = owner_of_derived_email(email)
        # An account that stated another address has given up its derived one.
        return derived if derived and self.email_of(derived) == email else None
