"""All that moves a simulated clock, by hand or by itself, and that lets timers fire under the other clocks.

A simulated clock leaps from one timer or sleeper to the next whenever nobody has anything left to do at this moment.
Among processes that is when all of them sleep. If one is blocked by something else than the log, every task is looked
at, as with autojump always.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import anyio
import anyio.lowlevel

from ..operations import advance_time
from ..settings import LATEST
from ..state.timers import NEVER
from .clock import SimulatedClock
from .engine import Engine, EngineStopped
from .processes import Deadlock, Processes

TURNS = 5
"""How often tasks that can run may go on without calling the engine, before every task there is is looked at."""

PATIENCE = 1.0
"""Seconds of real time in which something that blocks a process may come from outside the simulation."""

NAMED = 3
"""So many processes are named in a message."""


async def advance_to(engine: Engine, moment: int) -> None:
    """Move a simulated clock: timers fire and sleepers wake on the way, each at its moment; timers first.

    Args:
        engine: of the world.
        moment: microseconds since the epoch.

    Raises:
        TypeError: the clock is not a simulated one.
        ValueError: the moment has passed, or lies beyond the calendar.
    """
    async with _by_hand(engine) as clock:
        await _advance_to(engine, clock, moment)


async def advance_by(engine: Engine, duration: int) -> None:
    """Move a simulated clock by a number of microseconds from now; raises as ``advance_to``."""
    async with _by_hand(engine) as clock:
        await _advance_to(engine, clock, engine.now + duration)


async def run_until_idle(engine: Engine) -> None:
    """Move a simulated clock from one timer or sleeper to the next, until there is none."""
    async with _by_hand(engine) as clock:
        while (due := next_due(engine)) != NEVER:
            await _step(engine, clock, due)
        await engine.perform(advance_time.Request())


async def leap_to(engine: Engine, moment: int) -> None:
    """Move a simulated clock and fire what is due, without recording quiet time and without waking sleepers.

    For whoever posts in bulk along a timetable: the next event records the time. Finish with ``advance_to``.
    """
    _simulated_clock(engine).move(max(moment, engine.now))
    if engine.state.timers.next_due <= moment:
        await engine.fire_due_with_room()


def next_due(engine: Engine) -> int:
    """When the next timer fires or the next sleeper wakes, in microseconds since the epoch; NEVER if nothing does."""
    sleeper = engine.clock.next_sleeper if isinstance(engine.clock, SimulatedClock) else NEVER
    return min(engine.state.timers.next_due, sleeper)


def _simulated_clock(engine: Engine) -> SimulatedClock:
    if not isinstance(engine.clock, SimulatedClock):
        raise TypeError(f"only a simulated clock can be moved, not a {type(engine.clock).__name__}")
    return engine.clock


@asynccontextmanager
async def _by_hand(engine: Engine) -> AsyncGenerator[SimulatedClock]:
    """Hold the time while a caller moves the clock; nobody else moves it, and it does not move by itself."""
    engine.require_running()
    clock = _simulated_clock(engine)
    async with engine.advancing:
        with clock.processes.resting():
            # Whoever moved the clock before may have left processes awake at this moment.
            await _until_asleep(engine, clock)
            yield clock


async def _advance_to(engine: Engine, clock: SimulatedClock, moment: int) -> None:
    if moment < engine.now:
        raise ValueError("time never goes back")
    if moment > LATEST:
        raise ValueError("time cannot run beyond the year 9000")
    while (due := next_due(engine)) <= moment:
        await _step(engine, clock, due)
    clock.move(moment)
    await engine.perform(advance_time.Request())


async def _step(engine: Engine, clock: SimulatedClock, due: int) -> None:
    """Move a simulated clock to a moment: its timers fire, then its sleepers wake; ``engine.advancing`` is held."""
    clock.move(max(due, clock.now()))
    await engine.fire_due_with_room()
    if clock.next_sleeper <= clock.now():
        # Recorded before anybody who wakes can have seen it.
        await engine.perform(advance_time.Request())
    while clock.next_sleeper <= clock.now():
        await (_until_asleep(engine, clock) if clock.wake_next() else quiet(engine, clock))
        engine.fire_due()


async def _until_asleep(engine: Engine, clock: SimulatedClock) -> None:
    """Wait until every process sleeps, or is blocked by something else than the log."""
    await _give_turns(engine, 4 * TURNS, lambda: not clock.processes.busy)
    if clock.processes.busy:
        await quiet(engine, clock)


async def quiet(engine: Engine, clock: SimulatedClock) -> None:
    """Wait until every other task is blocked, nothing waits to be written and nobody holds the time."""
    while True:
        await _give_turns(engine)
        await anyio.wait_all_tasks_blocked()
        if clock.processes.holders:
            await clock.processes.released.wait()
        elif not engine.unwritten:
            return


async def _give_turns(engine: Engine, turns: int = TURNS, enough: Callable[[], bool] = lambda: False) -> None:
    """Let the tasks that can run go on, until so many turns have passed in which nothing happened."""
    # On asyncio anyio looks again only after a tenth of a second; a few turns first spare most of that.
    idle, position = 0, engine.state.position
    while idle < turns and not enough():
        if engine.unwritten:
            await engine.flush()
        await anyio.lowlevel.checkpoint()
        idle = idle + 1 if position == engine.state.position else 0
        position = engine.state.position


async def drive(engine: Engine, clock: SimulatedClock) -> None:
    """Let time pass by itself, whenever it is to do so, until the engine stops."""
    processes = clock.processes
    while True:
        # Made anew before looking, so that nothing is missed that happens while looking.
        stirred = processes.stirred = anyio.Event()
        if processes.blocks or clock.autojump:
            engine.timer_changed = stirred
            try:
                leapt = await _leap(engine, clock)
            except EngineStopped as stopped:
                processes.fail(stopped)
                return
            if leapt or (processes.blocks and await _comes_from_outside(engine, processes, stirred)):
                continue
            if processes.blocks:
                processes.fail(Deadlock(_what_waits(processes)))
        await stirred.wait()


async def _leap(engine: Engine, clock: SimulatedClock) -> bool:
    """Go to the next timer or sleeper; False if there is none."""
    if engine.advancing.locked():
        # Somebody advances the clock by hand, who goes first; after that, nobody knows what is to be done.
        async with engine.advancing:
            return True
    await _until_nobody_goes_on(engine, clock)
    if engine.advancing.locked() or not (clock.processes.blocks or clock.autojump):
        return True
    if next_due(engine) == NEVER:
        return False
    if next_due(engine) > LATEST:
        clock.processes.fail(ValueError("time cannot run beyond the year 9000"))
        return False
    # Free, so that it is taken without a turn for anybody else.
    engine.advancing.acquire_nowait()
    try:
        await _step(engine, clock, next_due(engine))
    finally:
        engine.advancing.release()
    return True


async def _until_nobody_goes_on(engine: Engine, clock: SimulatedClock) -> None:
    if not clock.processes.blocks:
        await quiet(engine, clock)
        return
    await _until_asleep(engine, clock)
    # Tasks that are no processes get their turns too, as far as they call the engine.
    await _give_turns(engine)
    if clock.processes.busy:
        await _until_asleep(engine, clock)


async def _comes_from_outside(engine: Engine, processes: Processes, stirred: anyio.Event) -> bool:
    """Whether anything goes on though no time can pass: what blocks a process may be a thread or a socket."""
    position, awake = engine.state.position, list(processes.awake)
    with anyio.move_on_after(PATIENCE):
        await stirred.wait()
    return stirred.is_set() or engine.state.position > position or list(processes.awake) != awake


def _what_waits(processes: Processes) -> str:
    waiting = [process.name for process in (*processes.awake, *processes.waiting)]
    names = ", ".join(waiting[:NAMED]) + (", ..." if len(waiting) > NAMED else "")
    return (
        f"{len(waiting):,} of the processes ({names}) wait for something that no timer and no sleeper will bring; "
        "if it comes from outside the simulation, wait for it in: with sim.holding_time()"
    )


async def fire_timers(engine: Engine) -> None:
    """Under a paced or wall clock: let timers fire when their moment comes, asked for or not."""
    with suppress(EngineStopped):
        while True:
            engine.timer_changed = anyio.Event()
            await _until_due_or_changed(engine, engine.state.timers.next_due)
            engine.fire_due()


async def _until_due_or_changed(engine: Engine, due: int) -> None:
    async with anyio.create_task_group() as either:

        async def watch() -> None:
            await engine.timer_changed.wait()
            either.cancel_scope.cancel()

        either.start_soon(watch)
        if due == NEVER:
            await anyio.sleep_forever()
        await engine.clock.sleep_until(due)
        either.cancel_scope.cancel()
