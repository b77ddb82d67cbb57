"""CreateWorld: store the seed and the settings, as the first event of a log.

Caller: the simulation, when it opens an empty log.
Refused, in this order: nothing.
Happens: WorldCreated, at the time at which the clock starts.
Goes on in: everywhere; all ids derive from the seed, all limits from the settings.
Sources: none; AWS has no such thing.
"""

from msgspec import Struct

from ..events import WorldCreated
from ..operation import Events, Stamp
from ..settings import Settings
from ..state import State


class Request(Struct, frozen=True):
    seed: int
    settings: Settings


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    return [WorldCreated(request.seed, request.settings)]
