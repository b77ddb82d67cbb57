"""PurgeHandshake: remove a handshake from view, thirty days after its end.

Caller: a timer, thirty days after the end of the handshake.
Refused, in this order: nothing.
Happens: HandshakePurged. ResponsibilityTransferPurged, if it offered a transfer that was never accepted; accepted
    transfers stay.
Goes on in: nowhere; DescribeHandshake answers HandshakeNotFound from now on.
Sources: docs/aws.md 2.1 and 12.
"""

from msgspec import Struct

from ..events import HandshakePurged
from ..operation import Events, Stamp
from ..rules import transfers
from ..state import State


class Request(Struct, frozen=True, gc=False):
    handshake_id: str


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    handshake = state.handshakes[request.handshake_id]
    purged = HandshakePurged(handshake.requested.organization, request.handshake_id)
    return [purged, *transfers.purging_events(handshake, state)]
