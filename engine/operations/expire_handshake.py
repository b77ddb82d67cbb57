"""ExpireHandshake: end a handshake that was not answered before its expiration.

Caller: a timer, at the handshake's expiration.
Refused, in this order: nothing; a timer of a handshake that ended has been cleared.
Happens: HandshakeExpired. For the parent of a migration: before it HandshakeCanceled for each unanswered approval and
    for the invitations sent meanwhile; accepted approvals stay accepted. For a responsibility transfer:
    ResponsibilityTransferEnded (EXPIRED).
Goes on in: purge_handshake.py.
Sources: docs/aws.md 2.1, 2.4 and 12. AWS's boundary is unknown; here a handshake has expired at its
    ExpirationTimestamp.
"""

from msgspec import Struct

from ..events import HandshakeExpired
from ..operation import Events, Stamp
from ..rules import migration, transfers
from ..state import State
from ..words import TransferStatus


class Request(Struct, frozen=True):
    handshake_id: str


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    handshake = state.handshakes[request.handshake_id]
    expired = HandshakeExpired(handshake.requested.organization, request.handshake_id)
    return [
        *migration.ending_events(handshake, expired, state),
        *transfers.ending_events(handshake, TransferStatus.EXPIRED, state),
    ]
