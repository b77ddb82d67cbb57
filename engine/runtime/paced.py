"""Advance a paced clock, which otherwise runs by itself: it jumps ahead and runs on from there."""

from ..operations import advance_time
from ..settings import LATEST
from .clock import PacedClock
from .engine import Engine


async def advance_paced(engine: Engine, clock: PacedClock, *, to: int | None = None, by: int = 0) -> None:
    """Let a paced clock jump to a moment, or by a duration. Timers on the way fire, each at its own moment.

    Tasks that sleep in the world until a moment on the way wake after the jump.

    Args:
        engine: of the simulation.
        clock: its clock.
        to: the moment, in microseconds since the epoch.
        by: otherwise the duration, in microseconds.

    Raises:
        ValueError: the moment has passed, or lies beyond the calendar.
    """
    engine.require_running()
    if engine.inline:  # nothing suspends
        with engine.exclusive:
            await _jump(engine, clock, to, by)
    else:
        async with engine.clock_lock:
            await _jump(engine, clock, to, by)
    clock.wake_sleepers()


async def _jump(engine: Engine, clock: PacedClock, to: int | None, by: int) -> None:
    now = engine.now  # once, because it runs
    moment = now + by if to is None else to
    if moment < now:
        raise ValueError("time never goes back")
    if moment > LATEST:
        raise ValueError("time cannot run beyond 8995-05-02")
    clock.jump(moment)
    await engine.fire_due_with_room()
    await engine.perform(advance_time.Request())
