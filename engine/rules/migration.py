"""Ending an all-features migration before its time (section 2.4)."""

from ..events import HandshakeCanceled
from ..operation import Events
from ..state import Migration, Organization, State
from .handshakes import is_open


def canceled_with_parent(organization: Organization, migration: Migration, state: State) -> Events:
    """What ends together with the parent: approvals nobody answered, and invitations sent meanwhile.

    Accepted and declined approvals keep their state [inferred]. All invitations that are open now were sent during the
    process, because its start canceled the earlier ones.
    """
    unanswered = [handshake for handshake in migration.outstanding.values() if is_open(state, handshake)]
    return [
        HandshakeCanceled(organization.id, handshake) for handshake in [*unanswered, *organization.invitations.values()]
    ]
