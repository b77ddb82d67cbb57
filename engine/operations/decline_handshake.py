"""DeclineHandshake: the recipient refuses an invitation, or its approval of a migration.

Caller: the recipient. The parent of a migration has no other recipient than its sender, who may only cancel it.
Refused, in this order: HandshakeNotFound; AccessDenied; HandshakeAlreadyInState; InvalidHandshakeTransition.
Happens: HandshakeDeclined. A declined approval blocks the migration until the account leaves or is removed, or the
    request is canceled and sent again.
Goes on in: purge_handshake.py.
Sources: sections 2.2, 2.4 and 10.5.
"""

from msgspec import Struct

from ..errors import AccessDeniedException
from ..events import HandshakeDeclined
from ..handshake import HandshakeState
from ..ids import HandshakeId
from ..operation import Events, Stamp
from ..rules import handshakes
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..state import State
from ..words import Action


class Request(Struct, frozen=True, rename="pascal"):
    handshake_id: HandshakeId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    handshake = handshakes.find(state, request.handshake_id)
    handshakes.require_recipient(state, handshake, stamp.account)
    if handshake.requested.action is Action.ENABLE_ALL_FEATURES:
        raise AccessDeniedException
    handshakes.require_open(handshake, HandshakeState.DECLINED)
    return [HandshakeDeclined(handshake.requested.organization, request.handshake_id)]


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    return handshake_reply(request.handshake_id, state)
