"""What ends together with the parent of an all-features migration (docs/aws.md 2.4)."""

from ..events import HandshakeCanceled, HandshakeExpired
from ..operation import Events
from ..state import State
from ..state.handshake import Handshake
from ..words import Action
from .handshakes import is_open


def ending_events(handshake: Handshake, end: HandshakeCanceled | HandshakeExpired, state: State) -> Events:
    """The end of a handshake that was not answered, after all that ends with it.

    With a parent: approvals nobody answered, and invitations sent meanwhile. Accepted and declined approvals keep their
    state [inferred]. All invitations that are open now were sent during the process, because its start canceled the
    earlier ones.
    """
    if handshake.requested.action is not Action.ENABLE_ALL_FEATURES:
        return [end]
    organization = state.organizations[handshake.requested.organization]
    assert organization.migration is not None, "a live parent has a migration"
    approvals = [approval for approval in organization.migration.outstanding.values() if is_open(state, approval)]
    dependents = [*approvals, *organization.invitations.values()]
    return [*(HandshakeCanceled(organization.id, dependent) for dependent in dependents), end]
