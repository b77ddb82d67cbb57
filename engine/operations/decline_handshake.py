"""DeclineHandshake: the recipient declines an invitation, a responsibility transfer, or its approval of a migration.

Caller: the recipient. The parent of a migration has only its sender, who may cancel it but not decline it.
Refused, in this order:
    - HandshakeNotFound: there is no such handshake, or it has been purged.
    - AccessDenied: the caller is not the recipient, or it is the parent of a migration.
    - HandshakeAlreadyInState: it was declined.
    - InvalidHandshakeTransition: it was accepted, canceled or has expired.
Happens: HandshakeDeclined. A declined approval blocks the migration until the account leaves or is removed, or the
    request is canceled and sent again. ResponsibilityTransferEnded (DECLINED), if it was about one.
Goes on in: purge_handshake.py.
Sources: docs/aws.md 2.2, 2.4, 10.5 and 12.
"""

from msgspec import Struct

from ..errors import AccessDeniedException
from ..events import HandshakeDeclined
from ..ids import HandshakeId
from ..operation import Events, Stamp
from ..rules import handshakes, transfers
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..state import State
from ..state.handshake import HandshakeState
from ..words import Action, TransferStatus


class Request(Struct, frozen=True, rename="pascal"):
    handshake_id: HandshakeId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    handshake = handshakes.find(state, request.handshake_id)
    handshakes.require_recipient(state, handshake, stamp.account)
    if handshake.requested.action is Action.ENABLE_ALL_FEATURES:
        raise AccessDeniedException(
            explanation=f"{handshakes.named(handshake.requested)} cannot be declined; "
            "CancelHandshake ends the migration"
        )
    handshakes.require_open(handshake, HandshakeState.DECLINED, state)
    declined = HandshakeDeclined(handshake.requested.organization, request.handshake_id)
    return [declined, *transfers.ending_events(handshake, TransferStatus.DECLINED, state)]


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    return handshake_reply(request.handshake_id, state)
