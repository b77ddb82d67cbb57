"""AdvanceTime: the clock moved, and nothing else happened at its new reading.

Caller: the simulation.
Refused, in this order: nothing.
Happens: TimeAdvanced, unless the last event was at this very moment.
Goes on in: nowhere.
Sources: none; AWS's clock cannot be set.
"""

from msgspec import Struct

from ..events import TimeAdvanced
from ..operation import Events, Stamp
from ..state import State


class Request(Struct, frozen=True):
    pass


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    return [TimeAdvanced()] if stamp.now > state.now else []
