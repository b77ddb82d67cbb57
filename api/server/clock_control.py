"""``/_orgsim/clock``: what time it is in a world, and moving its clock."""

from typing import Any

from ...engine.runtime.clock import PacedClock, SimulatedClock
from ..durations import read_duration
from .control_body import Member, read_body_members
from .faults import ControlRefused
from .message import Request
from .served_world import ServedWorld

MOVES = {
    "advance": Member(str, 'a duration such as "15d" or "1d12h"'),
    "advance_to": Member(str, 'a moment such as "2026-03-01T00:00:00Z"'),
    "auto": Member(bool, "true or false"),
}
EXAMPLE = '{"advance": "15d"}, {"advance_to": "2026-03-01T00:00:00Z"} or {"auto": true}'


class ClockControl:
    """Shows and moves the clock of a world.

    Args:
        world: the served world.
    """

    def __init__(self, world: ServedWorld) -> None:
        self._world = world

    async def show(self, request: Request) -> dict[str, Any]:
        """Answer what time it is, which clock that is, and whether it jumps for pollers."""
        live = self._world.live
        match live.sim.engine.clock:
            case SimulatedClock():
                kind: dict[str, Any] = {"clock": "simulated"}
            case PacedClock(factor=factor):
                kind = {"clock": "paced", "factor": factor}
            case _:
                kind = {"clock": "wall"}
        return {"now": live.sim.now, **kind, "auto": live.auto_clock.on}

    async def move(self, request: Request) -> dict[str, Any]:
        """Advance the clock, or switch on or off that it jumps for pollers; answers as ``show``.

        Raises:
            ControlRefused: the body asks for nothing that can be done.
        """
        wish = read_body_members(request.body, MOVES, EXAMPLE)
        if len(wish) != 1:
            raise ControlRefused(f"say one of {EXAMPLE}")
        ((name, value),) = wish.items()
        if name == "auto":
            self._switch_auto(value)
        else:
            await self._advance(name, value)
        return await self.show(request)

    def _switch_auto(self, on: bool) -> None:
        live = self._world.live
        if on and not isinstance(live.sim.engine.clock, SimulatedClock | PacedClock):
            raise ControlRefused("the wall clock cannot jump; serve with --clock simulated", status=409)
        live.auto_clock.on = on

    async def _advance(self, name: str, value: str) -> None:
        sim = self._world.live.sim
        try:
            if name == "advance_to":
                await sim.advance_to(value)
            else:
                await sim.advance(read_duration(value))
        except TypeError as error:
            raise ControlRefused(f"{error}; serve with --clock simulated", status=409) from None
        except ValueError as error:
            raise ControlRefused(str(error)) from None
