"""Finding a handshake, who its parties are, and which transitions its state allows (docs/aws.md 2.2 and 10.5)."""

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
    """The handshake with this id.

    Raises:
        HandshakeNotFoundException: there is none, or it has been purged.
    """
    found = state.handshakes.get(handshake)
    if found is None:
        raise HandshakeNotFoundException
    return found


def require_recipient(state: State, handshake: Handshake, account: str) -> None:
    """Only the recipient may answer: of a migration's parent, the management account itself.

    Raises:
        AccessDeniedException: for the sender, and for an account that is no party, whatever the state [inferred for
            the latter].
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
    """Only the management account of the sending organization may cancel.

    Raises:
        AccessDeniedException: for everybody else, and after the organization was deleted.
    """
    organization = state.organizations[handshake.requested.organization]
    if organization.deleted or organization.management_account != account:
        raise AccessDeniedException


def require_open(handshake: Handshake, wanted: HandshakeState) -> None:
    """A handshake that is OPEN may go into the wanted state.

    Raises:
        HandshakeAlreadyInStateException: it is there already.
        InvalidHandshakeTransitionException: it ended otherwise, or still gathers approvals.
    """
    if handshake.state is not OPEN:
        if handshake.state is wanted:
            raise HandshakeAlreadyInStateException
        raise InvalidHandshakeTransitionException


def is_open(state: State, handshake: str) -> bool:
    """Whether a handshake is OPEN; one that was declined may have been purged while its migration goes on."""
    found = state.handshakes.get(handshake)
    return found is not None and found.state is HandshakeState.OPEN
