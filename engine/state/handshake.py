"""A handshake in the state of the engine, and the states that it goes through."""

from msgspec import Struct

from ..events import HandshakeRequested
from ..words import Word


class HandshakeState(Word):
    """The states of a handshake; the last four are final (docs/aws.md 2.1)."""

    REQUESTED = "REQUESTED"
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class Handshake(Struct, gc=False):
    """A handshake: the event that requested it, and what has happened to it since."""

    requested: HandshakeRequested
    requested_at: int
    state: HandshakeState
    ended_at: int = -1
    """When it entered its final state; -1 while it is live."""
    account: str | None = None
    """The account that accepted an invitation addressed to an email address."""
