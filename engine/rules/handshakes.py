"""Checks of handshakes: existence, parties, and the transitions that a state allows (docs/aws.md 2.2 and 10.5)."""

from ..errors import (
    AccessDeniedException,
    HandshakeAlreadyInStateException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
)
from ..state import State
from ..state.handshake import Handshake, HandshakeState
from ..words import PartyType

ACCOUNT, EMAIL, OPEN = PartyType.ACCOUNT, PartyType.EMAIL, HandshakeState.OPEN


def find(state: State, handshake: str) -> Handshake:
    """Find a handshake.

    Raises:
        HandshakeNotFoundException: there is none, or it has been purged.
    """
    found = state.handshakes.get(handshake)
    if found is None:
        raise HandshakeNotFoundException
    return found


def require_recipient(state: State, handshake: Handshake, account: str) -> None:
    """Require that an account is the recipient of a handshake; for a migration's parent, the management account.

    Raises:
        AccessDeniedException: it is the sender, or no party [inferred for the latter]; whatever the handshake's state.
    """
    requested = handshake.requested
    if requested.party_type is ACCOUNT:
        recipient = requested.party
    elif requested.party_type is EMAIL:
        assert requested.party is not None
        recipient = handshake.account or state.owner_of(requested.party)
    else:
        recipient = state.organizations[requested.organization].management_account
    if account != recipient:
        raise AccessDeniedException


def require_sender(state: State, handshake: Handshake, account: str) -> None:
    """Require that an account is the management account of the organization that sent a handshake.

    Raises:
        AccessDeniedException: it is not, or the organization was deleted.
    """
    organization = state.organizations[handshake.requested.organization]
    if organization.deleted or organization.management_account != account:
        raise AccessDeniedException


def require_open(handshake: Handshake, wanted: HandshakeState) -> None:
    """Require that a handshake is OPEN, so that it can go into the wanted state.

    Raises:
        HandshakeAlreadyInStateException: it is in the wanted state already.
        InvalidHandshakeTransitionException: it ended otherwise, or still waits for approvals.
    """
    if handshake.state is not OPEN:
        if handshake.state is wanted:
            raise HandshakeAlreadyInStateException
        raise InvalidHandshakeTransitionException


def is_open(state: State, handshake: str) -> bool:
    """Tell whether a handshake is OPEN. It may be purged: a declined approval is, while its migration goes on."""
    found = state.handshakes.get(handshake)
    return found is not None and found.state is HandshakeState.OPEN
