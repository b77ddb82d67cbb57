"""PurgeHandshake: thirty days after its end a handshake can no longer be seen.

Caller: a timer.
Refused, in this order: nothing.
Happens: HandshakePurged.
Goes on in: nowhere; DescribeHandshake answers HandshakeNotFound from now on.
Sources: section 2.1.
"""

from msgspec import Struct

from ..events import HandshakePurged
from ..operation import Events, Stamp
from ..state import State


class Request(Struct, frozen=True, gc=False):
    handshake_id: str


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    return [HandshakePurged(state.handshakes[request.handshake_id].requested.organization, request.handshake_id)]
