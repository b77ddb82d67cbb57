"""Checks of handshakes: existence, parties, and the transitions that a state allows (docs/aws.md 2.2 and 10.5)."""

from ..errors import (
    AccessDeniedException,
    HandshakeAlreadyInStateException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
)
from ..events import HandshakeRequested
from ..explaining import number, when
from ..state import Organization, State
from ..state.handshake import Handshake, HandshakeState
from ..words import Action, PartyType

ACCOUNT, EMAIL, OPEN = PartyType.ACCOUNT, PartyType.EMAIL, HandshakeState.OPEN
INVITE, TRANSFER, PARENT = Action.INVITE, Action.TRANSFER_RESPONSIBILITY, Action.ENABLE_ALL_FEATURES
NAMES = {INVITE: "invitation", Action.APPROVE_ALL_FEATURES: "approval", PARENT: "parent", TRANSFER: "transfer offer"}
"""Action to what explanations call such a handshake."""


def find(state: State, handshake: str) -> Handshake:
    """Find a handshake.

    Raises:
        HandshakeNotFoundException: there is none, or it has been purged.
    """
    found = state.handshakes.get(handshake)
    if found is None:
        raise HandshakeNotFoundException(explanation=why_not_found(handshake))
    return found


def why_not_found(handshake: str) -> str:
    """Explain that there is no such handshake, or no longer."""
    return f"there is no handshake {handshake}; one that has ended disappears 30 days later"


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
        raise AccessDeniedException(explanation=_why_not_recipient(handshake, recipient, account))


def _why_not_recipient(handshake: Handshake, recipient: str | None, account: str) -> str:
    requested = handshake.requested
    if requested.party_type is EMAIL:
        owner = f"is {recipient}" if recipient else "is not known: no account has it"
        return f"{named(requested)} is addressed to {requested.party}, whose owner {owner}; the caller is {account}"
    return f"only {recipient} can answer {named(requested)}; the caller is {account}"


def named(requested: HandshakeRequested) -> str:
    """A handshake as explanations name it: "the invitation h-…"."""
    return f"the {NAMES.get(requested.action, 'handshake')} {requested.handshake}"


def require_sender(state: State, handshake: Handshake, account: str) -> None:
    """Require that an account is the management account of the organization that sent a handshake.

    Raises:
        AccessDeniedException: it is not, or the organization was deleted.
    """
    organization = state.organizations[handshake.requested.organization]
    if organization.deleted or organization.management_account != account:
        raise AccessDeniedException(explanation=_why_not_sender(handshake, organization, account))


def _why_not_sender(handshake: Handshake, organization: Organization, account: str) -> str:
    if organization.deleted:
        return (
            f"{organization.id}, which sent {named(handshake.requested)}, was deleted, and its handshakes ended with it"
        )
    return (
        f"{named(handshake.requested)} was sent by {organization.id}; only its management account "
        f"{organization.management_account} can cancel it, and the caller is {account}"
    )


def require_open(handshake: Handshake, wanted: HandshakeState, state: State) -> None:
    """Require that a handshake is OPEN, so that it can go into the wanted state.

    Raises:
        HandshakeAlreadyInStateException: it is in the wanted state already.
        InvalidHandshakeTransitionException: it ended otherwise, or still waits for approvals.
    """
    if handshake.state is not OPEN:
        if handshake.state is wanted:
            raise HandshakeAlreadyInStateException(
                explanation=f"{_ended(handshake)}; there is nothing left to do with it"
            )
        raise InvalidHandshakeTransitionException(explanation=_why_not_open(handshake, state))


def _ended(handshake: Handshake) -> str:
    return f"{named(handshake.requested)} is {handshake.state} since {when(handshake.ended_at)}"


def _why_not_open(handshake: Handshake, state: State) -> str:
    organization = state.organizations[handshake.requested.organization]
    if handshake.state is HandshakeState.REQUESTED:
        return waiting(organization, state)
    return f"{_ended(handshake)}; {_way_on(handshake, organization)}"


def _way_on(handshake: Handshake, organization: Organization) -> str:
    """Say what can be done instead, now that a handshake has ended."""
    accepted = handshake.state is HandshakeState.ACCEPTED
    action = handshake.requested.action
    if action is INVITE:
        return "its account is a member, and can leave or be removed" if accepted else "another one must be sent"
    if action is TRANSFER:
        return "TerminateResponsibilityTransfer ends the transfer" if accepted else "another one must be sent"
    if action is PARENT:
        return "all features are enabled for good" if accepted else "another EnableAllFeatures must begin anew"
    if accepted:
        return "an approval cannot be taken back"
    party, parent = handshake.requested.party, handshake.requested.parent
    if organization.migration and organization.migration.parent == parent:
        return f"the migration {parent} goes on once {party} has left or been removed, or is canceled and begun anew"
    return f"its migration {parent} has ended, and another EnableAllFeatures must ask {party} anew"


def waiting(organization: Organization, state: State) -> str:
    """Explain for what the parent of an organization's migration waits: how many approvals, and whose is first."""
    migration = organization.migration
    assert migration is not None, "the parent is live"
    outstanding = len(migration.outstanding)
    account, approval = next(iter(migration.outstanding.items()))
    found = state.handshakes.get(approval)
    if found and found.state is OPEN:
        first = f"{account}, whose approval {approval} is OPEN until {when(found.requested.expires_at)}"
    else:
        first = (
            f"{account}, whose approval {approval} is {found.state if found else 'gone'}: it must leave or be removed"
        )
    return (
        f"the parent {migration.parent} is REQUESTED: {outstanding:,} of {number(migration.asked, 'approvals')} "
        f"{'is' if outstanding == 1 else 'are'} outstanding; first {first}"
    )


def is_open(state: State, handshake: str) -> bool:
    """Tell whether a handshake is OPEN. It may be purged: a declined approval is, while its migration goes on."""
    found = state.handshakes.get(handshake)
    return found is not None and found.state is HandshakeState.OPEN
