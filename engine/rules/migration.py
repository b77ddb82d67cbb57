"""The state of an all-features migration, and its end if it was not finalized (docs/aws.md 2.4)."""

from ..events import HandshakeCanceled, HandshakeExpired
from ..explaining import when
from ..operation import Events
from ..state import Organization, State
from ..state.handshake import Handshake, HandshakeState
from ..words import Action, Condition, JoinedMethod
from .handshakes import is_open, waiting


def under_way(organization: Organization, state: State) -> str:
    """Explain for what an organization's migration waits: approvals, or its management account to finalize it."""
    assert organization.migration is not None, "a migration is under way"
    parent = state.handshakes[organization.migration.parent]
    if parent.state is HandshakeState.REQUESTED:
        return waiting(organization, state)
    return (
        f"the parent {organization.migration.parent} is OPEN until {when(parent.requested.expires_at)}: "
        f"{organization.management_account} can accept it, which enables all features, or cancel it"
    )


def members_to_ask(organization: Organization) -> list[str]:
    """Invited members that can answer, in the order of joining, without the management account, which asks."""
    return [
        member.id
        for member in organization.members.values()
        if member.joined_method is JoinedMethod.INVITED
        and member.id != organization.management_account
        and Condition.SUSPENDED not in member.conditions
    ]


def ending_events(handshake: Handshake, end: HandshakeCanceled | HandshakeExpired, state: State) -> Events:
    """Build the events of the end of an unanswered handshake; the handshakes that end with it come first.

    With the parent of a migration end its open approvals, and the invitations sent meanwhile; accepted and declined
    approvals keep their state [inferred]. All open invitations were sent during the migration, because its start
    canceled the earlier ones.
    """
    if handshake.requested.action is not Action.ENABLE_ALL_FEATURES:
        return [end]
    organization = state.organizations[handshake.requested.organization]
    assert organization.migration is not None, "a live parent has a migration"
    approvals = [approval for approval in organization.migration.outstanding.values() if is_open(state, approval)]
    dependents = [*approvals, *organization.invitations.values()]
    return [*(HandshakeCanceled(organization.id, dependent) for dependent in dependents), end]
