"""The normalized form of a dump: an organization as it stood at one moment, as far as the dump tells.

What a dump does not tell is None. A list that may lack things is not in ``Form.whole``: then nothing is removed because
it is not in the list. Moments are microseconds since the epoch.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from ..state.handshake import HandshakeState
from ..words import Action, FeatureSet, JoinedMethod, Partition, PartyType, PolicyType

AccountState = Literal["PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"]
CreationState = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED"]
Kind = Literal[
    "accounts",
    "units",
    "policies",
    "attachments",
    "policy types",
    "services",
    "administrators",
    "resource policy",
    "handshakes",
    "creations",
]
"""The lists of a form."""


Stays = Callable[[str], bool]
"""Tells of a root, OU or account whether it was there before a dump and is still there."""


class UnitForm(Struct, frozen=True, kw_only=True):
    """An OU."""

    id: str
    parent: str
    name: str


class AccountForm(Struct, frozen=True, kw_only=True):
    """A member account."""

    id: str
    parent: str | None = None
    email: str | None = None
    name: str | None = None
    joined_method: JoinedMethod | None = None
    joined_at: int | None = None
    state: AccountState | None = None


class PolicyForm(Struct, frozen=True, kw_only=True):
    """A policy that the organization made."""

    id: str
    type: PolicyType
    name: str
    description: str
    content: str
    targets: tuple[str, ...] | None = None
    """Where it is attached."""


class ResourcePolicyForm(Struct, frozen=True, kw_only=True):
    """The resource policy."""

    id: str
    content: str


class HandshakeForm(Struct, frozen=True, kw_only=True):
    """A handshake that the organization sent."""

    id: str
    action: Action
    state: HandshakeState
    requested_at: int
    expires_at: int
    party: str | None
    party_type: PartyType
    parent: str | None = None
    feature_set: FeatureSet | None = None
    notes: str | None = None

    @property
    def live(self) -> bool:
        """Whether nobody has ended it."""
        return self.state in (HandshakeState.REQUESTED, HandshakeState.OPEN)


class CreationForm(Struct, frozen=True, kw_only=True):
    """A request to create an account, and what has become of it."""

    id: str
    name: str
    state: CreationState
    requested_at: int
    completed_at: int | None = None
    account: str | None = None
    govcloud_account: str | None = None
    failure: str | None = None
    email: str | None = None
    """The address of the account that was made, which AWS does not show here."""


class Form(Struct, frozen=True, kw_only=True):
    """An organization as a dump shows it."""

    organization: str
    root: str
    management_account: str
    feature_set: FeatureSet
    partition: Partition = "aws"
    policy_types: tuple[PolicyType, ...] = ()
    """Those that are enabled on the root."""
    units: tuple[UnitForm, ...] = ()
    """Parents come before their children."""
    accounts: tuple[AccountForm, ...] = ()
    """The management account included."""
    policies: tuple[PolicyForm, ...] = ()
    default_targets: dict[str, tuple[str, ...]] = {}
    """AWS managed policy to where it is attached, as far as the dump tells."""
    tags: dict[str, dict[str, str]] = {}
    """Resource to its tags, empty ones too, as far as the dump tells."""
    services: dict[str, int | None] = {}
    """Trusted service to since when."""
    administrators: dict[str, dict[str, int | None]] = {}
    """Delegated administrator to its services and since when."""
    resource_policy: ResourcePolicyForm | None = None
    handshakes: tuple[HandshakeForm, ...] = ()
    creations: tuple[CreationForm, ...] = ()
    whole: frozenset[Kind] = frozenset()
    """The lists that have everything there is, so that what they lack is gone."""
