"""Time that passes by itself: under a paced or wall clock always, under a simulated one with autojump and processes.

A simulated clock leaps from one timer or sleeper to the next whenever nobody has anything left to do at this moment.
Among processes that is when all of them sleep. If one is blocked by something else than the log, every task is looked
at, as with autojump always.
"""

from contextlib import suppress

import anyio

from ..settings import LATEST
from ..timers import NEVER
from .clock import SimulatedClock
from .engine import Engine, EngineStopped
from .processes import Deadlock, Processes

PATIENCE = 1.0
"""Seconds of real time in which something that blocks a process may come from outside the simulation."""

NAMED = 3
"""So many processes are named in a message."""


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
    if engine.next_due == NEVER:
        return False
    if engine.next_due > LATEST:
        clock.processes.fail(ValueError("time cannot run beyond the year 9000"))
        return False
    # Free, so that it is taken without a turn for anybody else.
    engine.advancing.acquire_nowait()
    try:
        await engine.step(clock, engine.next_due)
    finally:
        engine.advancing.release()
    return True


async def _until_nobody_goes_on(engine: Engine, clock: SimulatedClock) -> None:
    if not clock.processes.blocks:
        await engine.quiet(clock)
        return
    await engine.until_asleep(clock)
    # Tasks that are no processes get their turns too, as far as they call the engine.
    await engine.give_turns()
    if clock.processes.busy:
        await engine.until_asleep(clock)


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
