"""CancelHandshake: the sender cancels an invitation, an offered transfer, a requested approval, or a whole migration.

Caller: the management account of the organization that sent it.
Refused, in this order:
    - HandshakeNotFound: there is no such handshake, or it has been purged.
    - AccessDenied: the caller is not the management account of the organization that sent it, or that organization was
      deleted.
    - HandshakeAlreadyInState: it was canceled.
    - InvalidHandshakeTransition: it was accepted, declined or has expired.
Happens: HandshakeCanceled. For the parent of a migration, whether REQUESTED or OPEN: before it HandshakeCanceled for
    each unanswered approval and for the invitations sent meanwhile. A single canceled approval still blocks the
    migration, as a decline does [inferred]. For a responsibility transfer: ResponsibilityTransferEnded (CANCELED).
Goes on in: enable_all_features.py (start again), purge_handshake.py.
Sources: docs/aws.md 2.2, 2.4, 10.5 and 12.
"""

from msgspec import Struct

from ..events import HandshakeCanceled
from ..ids import HandshakeId
from ..operation import Events, Stamp
from ..rules import handshakes, migration, transfers
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..state import State
from ..state.handshake import HandshakeState
from ..words import TransferStatus


class Request(Struct, frozen=True, rename="pascal"):
    handshake_id: HandshakeId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    handshake = handshakes.find(state, request.handshake_id)
    handshakes.require_sender(state, handshake, stamp.account)
    if handshake.state is not HandshakeState.REQUESTED:
        handshakes.require_open(handshake, HandshakeState.CANCELED, state)
    canceled = HandshakeCanceled(handshake.requested.organization, request.handshake_id)
    return [
        *migration.ending_events(handshake, canceled, state),
        *transfers.ending_events(handshake, TransferStatus.CANCELED, state),
    ]


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    return handshake_reply(request.handshake_id, state)
