"""Settings and quotas. They are stored in the first event of a log, so a reopened log keeps them.

Hard limits of AWS are as AWS enforces them; adjustable quotas are at their documented ceiling
(docs/aws.md 7.1). A load scenario lifts them by name.
"""

from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct, field

from .spelling import Spelt
from .words import Partition

SECOND = 1_000_000
"""All times and durations of the core are whole microseconds; moments count from the epoch, in UTC."""

HOUR = 3_600 * SECOND
DAY = 24 * HOUR

LATEST = (9000 - 1970) * 365 * DAY
"""The latest time that a clock may show, a little before the year 9000: what is due later must still have a date."""

INVITATION_LIFETIME = 15 * DAY
MIGRATION_LIFETIME = 90 * DAY
HANDSHAKE_RETENTION = 30 * DAY
"""How long a handshake can be seen after it ended (docs/aws.md 2.1)."""

INVITATION_WINDOW = DAY
CLOSED_ACCOUNT_RETENTION = 90 * DAY
"""How long a closed account stays a member (docs/aws.md 4.4)."""

CLOSURE_WINDOW = 30 * DAY
TAGS_PER_RESOURCE = 50
ACCOUNTS_GRANTED = 10
"""The account quota with which AWS begins; ``Quotas`` has the ceiling up to which it is adjustable."""

TRANSFER_DEADLINE = DAY
"""How long before its start a responsibility transfer must be accepted (docs/aws.md 12)."""

TRANSFERS_PER_CHAIN = 1_000

Count = Annotated[int, Meta(ge=0, le=2**31)]
AtLeastOne = Annotated[int, Meta(ge=1, le=2**31)]


class Quotas(Struct, metaclass=Spelt, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of docs/aws.md 7.1, each the greatest number of the thing that it is named after."""

    accounts: AtLeastOne = 50_000
    """Accounts per organization, open invitations and running creations included."""

    invitations_per_day: Count | None = None
    """Unaccepted invitations in 24 rolling hours; None is AWS's rule: the account quota, at least 20."""

    all_features_migration_accounts: Count = 5_000
    """Accounts up to which a standard migration to all features may start."""

    concurrent_account_creations: AtLeastOne = 5

    created_account_minimum_age_days: Count = 4
    """Days before a created account may leave or be removed."""

    organizational_units: AtLeastOne = 2_000

    organizational_unit_depth: AtLeastOne = 5
    """Levels of OUs below the root."""

    concurrent_account_closures: AtLeastOne = 3

    account_closures_per_30_days: Count | None = None
    """Closures in thirty rolling days; None is AWS's rule: a fifth of the accounts, at least 250, at most 1,000."""

    inbound_transfers: Count = 1_000
    """Organizations that one organization pays for, open invitations included (docs/aws.md 12)."""

    transfer_chain_length: AtLeastOne = 2
    """Transfers in a chain: whoever pays for an organization that pays for others pays for those too."""


LatencyName = Literal["instant", "realistic", "stepwise"]
Latency = LatencyName | Count


class Latencies(Struct, metaclass=Spelt, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long each thing takes that AWS does later.

    ``instant``: it is done before the next request. ``realistic``: the times that were measured at AWS, drawn from the
    seed. ``stepwise``: it ends as soon as a reader has seen it in progress once, so that a program that polls goes
    round its loop while the clock stands still; or after the longest time measured. A number: so many seconds.
    """

    creation: Latency = "instant"
    """CreateAccount and CreateGovCloudAccount; realistic is 2 to 48 seconds (docs/aws.md 4.1)."""

    closure: Latency = "instant"
    """CloseAccount; realistic is 10 to 11 minutes (docs/aws.md 4.4)."""

    policies: Latency = "instant"
    """Effective policies after a change; realistic is 1.8 to 8 seconds (docs/aws.md 6.5)."""


Record = Literal["changes", "writes", "all"]
"""Which calls a log has: see ``Settings.record``."""

Value = TypeVar("Value")


def _stored(default: Value) -> Value:
    """A default that is written to the log too, as all were when the first worlds were recorded."""
    return field(default_factory=lambda: default)


class Settings(Struct, metaclass=Spelt, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Quotas, and the switches where AWS's documents contradict each other or say "up to".

    A new setting has a plain default and is then left out of the log, so that the first event of a world that does not
    use it keeps its bytes.
    """

    quotas: Quotas = _stored(Quotas())

    latency: Latency | Latencies = _stored("instant")
    """How long creating and closing accounts and publishing effective policies take; see ``Latencies``."""

    fidelity: Literal["reference", "observed"] = _stored("reference")
    """Spelling of an ORGANIZATION party's id: with ``o-`` as in the API reference, or without, as on the wire."""

    invitations_during_migration: bool = _stored(True)
    """False raises INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES (docs/aws.md 2.5 has both sides)."""

    organization_finalization_seconds: Count = _stored(0)
    """How long a new organization cannot grow (FinalizingOrganizationException); at AWS up to an hour."""

    membership_change_interval_seconds: Count = _stored(0)
    """An account that changed its membership this recently cannot accept an invitation; AWS's figure is unknown."""

    consolidated_billing_supported: bool = _stored(True)
    """False: an organization can only be created with all features, as in GovCloud, where that is so anyway."""

    transfer_notice_days: Count = _stored(0)
    """Notice that a partner agreement asks for before a responsibility transfer ends; less is INVALID_END_DATE."""

    policy_types_at_creation: tuple[Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"], ...] = ()
    """Policy types that are enabled on the root of a new organization with all features. AWS was seen to enable none;
    its reference says service control policies (docs/aws.md 3.1)."""

    partition: Partition = "aws"
    """The partition of callers that name no region: of the ARNs and rules of the organizations that they found."""

    throttle: Literal["off", "aws"] = _stored("off")
    """Whether calls are held against AWS's published token buckets (docs/aws.md 7.2); see ``throttling``."""

    read_lag_seconds: Count = 0
    """For how long after a write, at most, reading operations answer from before it (docs/aws.md 13)."""

    reads_flip: bool = False
    """Whether reads that lag answer now from before a write and now from after it, until it is seen everywhere."""

    write_conflict_seconds: Count = 0
    """How long a write takes, at most; another of its kind in the same organization is refused meanwhile, with
    ConcurrentModificationException (docs/aws.md 13)."""

    record: Record = "changes"
    """Which calls of clients the log has: those that changed something; refused writes too; or all, reads included."""
