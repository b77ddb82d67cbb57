"""Events about handshakes."""

from ..words import Action, FeatureSet, PartyType
from .base import OrganizationEvent, Tag


class HandshakeRequested(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeRequested"):
    """A handshake was created: REQUESTED if it waits for approvals (ENABLE_ALL_FEATURES), otherwise OPEN."""

    handshake: str
    action: Action
    expires_at: int
    party: str | None
    """The account id or the address invited; None where the organization itself is the only party."""
    party_type: PartyType
    parent: str | None = None
    feature_set: FeatureSet | None = None
    """The organization's feature set, as an invitation shows it."""
    notes: str | None = None
    tags: tuple[Tag, ...] = ()


class HandshakeOpened(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeOpened"):
    """No approval is outstanding any more: REQUESTED became OPEN, so the sender may finalize the migration."""

    handshake: str


class HandshakeAccepted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeAccepted"):
    """The recipient accepted. ``account`` is set if the invitation was addressed to an email address."""

    handshake: str
    account: str | None = None


class HandshakeDeclined(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeDeclined"):
    """The recipient declined."""

    handshake: str


class HandshakeCanceled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeCanceled"):
    """The sender canceled it, or it ended with the migration or organization that it belonged to."""

    handshake: str


class HandshakeExpired(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakeExpired"):
    """It reached its expiration unanswered."""

    handshake: str


class HandshakePurged(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="HandshakePurged"):
    """Thirty days after its end it can no longer be seen by anybody."""

    handshake: str
