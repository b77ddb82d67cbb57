"""Facts about handshakes."""

from ..words import Action, FeatureSet, PartyType
from .base import OrganizationEvent, Tag


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
