"""PurgeHandshake: thirty days after its end a handshake can no longer be seen.

Caller: a timer.
Refused, in this order: nothing.
Happens: HandshakePurged. ResponsibilityTransferPurged, if it offered one that was never accepted; the details of
    accepted transfers are kept.
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
