"""Every fact there can be, and the envelope in which a fact is stored.

Rules of this file: an event is in the past tense and is never changed once released. Its tag is data: it never changes
meaning and is never renamed. New fields come last and have defaults (events are stored as MessagePack arrays).
``tests/engine/golden_events.json`` holds one stored sample of every tag ever released; all must decode for ever.
"""

from typing import ClassVar

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from .settings import Settings
from .words import Action, Condition, DepartureMethod, FeatureSet, JoinedMethod, PartyType


class Tag(Struct, frozen=True, gc=False, rename="pascal"):
    """A tag as AWS writes it."""

    key: str
    value: str


class Event(Struct, frozen=True, gc=False, array_like=True):
    """A recorded fact."""


class WorldEvent(Event, frozen=True, gc=False, array_like=True):
    """A fact that belongs to no organization."""

    organization: ClassVar[str | None] = None


class OrganizationEvent(Event, frozen=True, gc=False, array_like=True):
    """A fact about one organization."""

    organization: str


class WorldCreated(WorldEvent, frozen=True, gc=False, array_like=True, tag="WorldCreated"):
    """The first fact of every log: what all ids and latencies derive from, and the rules that hold."""

    seed: int
    settings: Settings


class TimeAdvanced(WorldEvent, frozen=True, gc=False, array_like=True, tag="TimeAdvanced"):
    """Quiet time passed. Its envelope's time is the reading; without this fact a restart would forget it."""


class AccountDescribed(WorldEvent, frozen=True, gc=False, array_like=True, tag="AccountDescribed"):
    """Somebody stated what an account is like outside Organizations: address, name, conditions."""

    account: str
    email: str | None
    name: str | None
    conditions: tuple[Condition, ...]


class OrganizationCreated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationCreated"):
    """An organization and its root came to be."""

    root: str
    management_account: str
    feature_set: FeatureSet


class OrganizationDeleted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="OrganizationDeleted"):
    """The organization is gone; its management account has departed in the event before."""


class FeatureSetChanged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="FeatureSetChanged"):
    """The migration was finalized; there is no way back."""

    feature_set: FeatureSet


class HandshakeRequested(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeRequested"):
    """A handshake came to be: REQUESTED if it gathers approvals (ENABLE_ALL_FEATURES), otherwise OPEN at once."""

    handshake: str
    action: Action
    expires_at: int
    party: str | None
    """The account id or the address invited; None where the organization itself is the only party."""
    party_type: PartyType
    parent: str | None = None
    feature_set: FeatureSet | None = None
    """What an invitation advertises."""
    notes: str | None = None
    tags: tuple[Tag, ...] = ()


class HandshakeOpened(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeOpened"):
    """The last approval came in, or was no longer needed: REQUESTED became OPEN, the originator may finalize."""

    handshake: str


class HandshakeAccepted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeAccepted"):
    """The recipient accepted. ``account`` is set where the invitation named an address."""

    handshake: str
    account: str | None = None


class HandshakeDeclined(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeDeclined"):
    """The recipient declined."""

    handshake: str


class HandshakeCanceled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeCanceled"):
    """The sender withdrew it, or what it was part of ended."""

    handshake: str


class HandshakeExpired(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeExpired"):
    """Its time ran out."""

    handshake: str


class HandshakePurged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakePurged"):
    """Thirty days after its end it can no longer be seen."""

    handshake: str


class AccountCreationRequested(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountCreationRequested"
):
    """An account creation started; it goes on without the caller and ends at ``finishes_at`` or before."""

    request: str
    email: str
    name: str
    finishes_at: int
    role_name: str | None = None
    iam_user_access_to_billing: str | None = None
    tags: tuple[Tag, ...] = ()


class AccountCreationSucceeded(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountCreationSucceeded"
):
    """The account exists; it joins in the event after."""

    request: str
    account: str


class AccountCreationFailed(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountCreationFailed"):
    """No account was made."""

    request: str
    reason: str


class AccountJoined(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountJoined"):
    """An account became a member, directly under the root. Address and name are set for created accounts."""

    account: str
    method: JoinedMethod
    email: str | None = None
    name: str | None = None


class AccountDeparted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountDeparted"):
    """A member became a standalone account."""

    account: str
    method: DepartureMethod


AnyEvent = (
    WorldCreated
    | TimeAdvanced
    | AccountDescribed
    | OrganizationCreated
    | OrganizationDeleted
    | FeatureSetChanged
    | HandshakeRequested
    | HandshakeOpened
    | HandshakeAccepted
    | HandshakeDeclined
    | HandshakeCanceled
    | HandshakeExpired
    | HandshakePurged
    | AccountCreationRequested
    | AccountCreationSucceeded
    | AccountCreationFailed
    | AccountJoined
    | AccountDeparted
)


class Envelope(Struct, frozen=True, gc=False, array_like=True):
    """An event as it is stored: the fact, where and when it stands, and the call behind it."""

    position: int
    """Its number in the log, from 1."""
    time: int
    """Microseconds since the epoch, UTC."""
    event: AnyEvent
    operation: str
    """The operation that caused it: AWS's name, or the name of an internal one."""
    account: str | None
    """The caller's account; None where a timer fired or the simulation itself acted."""
    principal: str | None
    """The user or role in that account; None where the caller did not say."""
    command: int
    """Position of the first event of the same command; its request id is ``IdSource.request`` of this."""

    @property
    def organization(self) -> str | None:
        """The organization concerned; None for facts of the world."""
        return self.event.organization

    @property
    def type(self) -> str:
        """The stored tag of the event."""
        return type(self.event).__name__


encode_envelope = Encoder().encode
decode_envelope = Decoder(Envelope).decode
