"""ClearFaults: take back scripted faults, all or one.

Caller: the simulation.
Refused, in this order:
    - UnknownFault: there is no such script.
Happens: FaultCleared for each.
Goes on in: nowhere; a creation that is to fail for a script goes on to do so.
Sources: none; AWS's faults are not scripted.
"""

from msgspec import Struct

from ..errors import Refused
from ..events import FaultCleared
from ..operation import Events, Stamp
from ..state import State


class UnknownFault(Refused):
    """No fault with this id is scripted; not an exception of AWS."""

    def __init__(self, script: str, there_are: str) -> None:
        super().__init__(message=f"No fault {script!r} is scripted; there are: {there_are or 'none'}.")


class Request(Struct, frozen=True):
    script: str | None = None
    """None: all."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    scripts = state.faults.scripts if state.faults else {}
    if request.script is None:
        return [FaultCleared(script) for script in scripts]
    if request.script not in scripts:
        raise UnknownFault(request.script, ", ".join(scripts))
    return [FaultCleared(request.script)]
