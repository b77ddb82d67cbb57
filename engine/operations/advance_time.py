"""AdvanceTime: record that the clock moved, when nothing else happened at its new time.

Caller: the simulation.
Refused, in this order: nothing.
Happens: TimeAdvanced, unless the last event has this time already; recorded calls do not count.
Goes on in: nowhere.
Sources: none; AWS's clock cannot be set.
"""

from msgspec import Struct

from ..events import TimeAdvanced
from ..operation import Events, Stamp
from ..state import State

TIME_HAS_PASSED: Events = (TimeAdvanced(),)


class Request(Struct, frozen=True):
    pass


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    return TIME_HAS_PASSED if stamp.now > state.changed_at else []
