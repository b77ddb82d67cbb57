"""Everything that moves a simulated clock, by hand or by itself, and that fires timers under the other clocks.

Time that passes by itself is a sequence of jumps: ``drive``, a task beside the engine, moves the clock to the next
timer or sleeper as soon as nothing is left to do at the present moment. How that is found out depends on who is there:

* With processes (tasks of a population): when all of them sleep. ``Processes`` counts them, which is cheap.
* With ``autojump``, or while a process is blocked by something that is not counted (an ``anyio.Event``, a thread): when
  every task of the event loop is blocked. ``anyio.wait_all_tasks_blocked`` finds out by looking at all of them, and on
  asyncio it looks again only after a tenth of a second, so it is asked as rarely as possible.

Whoever moves the clock holds ``engine.clock_lock``: two tasks that move it at once would fire the same timers out of
order. Callers of ``advance`` go before ``drive``, which only ever takes the lock when it is free.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sized
from contextlib import asynccontextmanager, suppress
from time import perf_counter

import anyio
import anyio.lowlevel

from ..log.cancellation import on_asyncio
from ..operation import SIMULATION
from ..operations import advance_time
from ..settings import LATEST
from ..state.timers import NEVER
from .clock import PacedClock, SimulatedClock
from .direct import resume_in_turn
from .engine import Engine, EngineStopped
from .paced import advance_paced
from .processes import Deadlock, Processes
from .waiting import Wakeup

IDLE_TURNS = 5
"""Turns of the event loop without a new event after which the tasks that can run are taken to be done."""

LOOK_EVERY = 0.001
"""Seconds of real time after which the event loop gets a turn though no task wants one."""

NAMES_SHOWN = 3
"""How many processes a message about a deadlock names."""


async def advance_to(engine: Engine, moment: int) -> None:
    """Move a clock to a moment. Timers fire and sleepers wake on the way, each at its moment, timers first.

    A paced clock jumps; its sleepers wake after that.

    Args:
        engine: of the simulation.
        moment: microseconds since the epoch.

    Raises:
        TypeError: the clock is neither a simulated nor a paced one.
        ValueError: the moment has passed, or lies beyond the calendar.
    """
    if isinstance(engine.clock, PacedClock):
        await advance_paced(engine, engine.clock, to=moment)
        return
    async with _moved_by_hand(engine) as clock:
        await _advance_to(engine, clock, moment)


async def advance_by(engine: Engine, duration: int) -> None:
    """Move a clock by a number of microseconds from now; raises as ``advance_to``."""
    if isinstance(engine.clock, PacedClock):
        await advance_paced(engine, engine.clock, by=duration)
        return
    async with _moved_by_hand(engine) as clock:
        await _advance_to(engine, clock, engine.now + duration)


async def run_until_idle(engine: Engine) -> None:
    """Move a simulated clock from one timer or sleeper to the next, until there is none."""
    async with _moved_by_hand(engine) as clock:
        while (due := next_due(engine)) != NEVER:
            await _step(engine, clock, due)
        await engine.perform(advance_time.Request())


async def jump_to(engine: Engine, moment: int) -> None:
    """Move a simulated clock and fire what is due, without recording quiet time and without waking sleepers.

    For callers that post many requests along a timetable: the next event records the time. Finish with ``advance_to``.
    """
    _simulated_clock(engine).move(max(moment, engine.now))
    if engine.state.timers.next_due <= moment:
        await engine.fire_due_with_room()


def next_due(engine: Engine) -> int:
    """The moment of the next timer or sleeper, in microseconds since the epoch; NEVER if there is none."""
    sleeper = engine.clock.next_sleeper if isinstance(engine.clock, SimulatedClock) else NEVER
    return min(engine.state.timers.next_due, sleeper)


def _simulated_clock(engine: Engine) -> SimulatedClock:
    if not isinstance(engine.clock, SimulatedClock):
        raise TypeError(
            "only a simulated clock can be moved, and a paced one by advance and advance_to; "
            f"this is a {type(engine.clock).__name__}"
        )
    return engine.clock


@asynccontextmanager
async def _moved_by_hand(engine: Engine) -> AsyncGenerator[SimulatedClock]:
    """Give a caller the clock to move: nobody else moves it meanwhile, and it does not move by itself."""
    engine.require_running()
    clock = _simulated_clock(engine)
    processes = clock.processes
    processes.require_here()
    with engine.exclusive:
        if engine.inline and clock.next_sleeper == NEVER and not (processes.busy or engine.clock_lock.locked()):
            # There is no task to wait for, so nothing suspends. Other threads wait until the clock has been moved.
            processes.require_free()
            yield clock
            return
    async with engine.clock_lock:
        with processes.counted_asleep():
            # Processes may be awake still, for example if whoever woke them was cancelled before they slept again.
            await _wait_for_processes(engine, clock)
            yield clock


async def _advance_to(engine: Engine, clock: SimulatedClock, moment: int) -> None:
    if moment < engine.now:
        raise ValueError("time never goes back")
    if moment > LATEST:
        raise ValueError("time cannot run beyond 8995-05-02")
    while (due := next_due(engine)) <= moment:
        await _step(engine, clock, due)
    with engine.exclusive:
        clock.move(max(moment, clock.now()))
        await engine.perform(advance_time.Request())


async def _step(engine: Engine, clock: SimulatedClock, due: int) -> None:
    """Move a simulated clock to a moment, fire its timers, then wake its sleepers; ``engine.clock_lock`` is held."""
    now = max(due, clock.now())
    with engine.exclusive:
        clock.move(now)
        if engine.state.timers.next_due <= now:
            await engine.fire_due_with_room()
        if clock.next_sleeper <= now:
            # The new time is durable before a woken task can act on it. A process that is resumed here and now cannot
            # act but through the engine, which writes what was posted before it answers.
            engine.post(advance_time.Request(), SIMULATION)
            await (engine.room() if clock.resumes_next else engine.flush())
    while clock.next_sleeper <= now:
        if not clock.wake_next():
            await wait_all_blocked(engine, clock)
        elif clock.processes.busy:
            await _wait_for_processes(engine, clock)
        if _ready_callbacks():
            # Perhaps of tasks whose sleep was just cancelled: they go before the next. On trio they are queued already.
            await anyio.lowlevel.checkpoint()
        if engine.state.timers.next_due <= now:
            with engine.exclusive:
                engine.fire_due()


async def _wait_for_processes(engine: Engine, clock: SimulatedClock) -> None:
    """Wait until every process sleeps or, if that does not happen soon, until every task is blocked."""
    # A process that is awake usually sleeps again after a few turns. One that does not may be blocked by something that
    # is not counted, and only looking at all tasks can tell.
    await _give_turns(engine, 4 * IDLE_TURNS, lambda: not clock.processes.busy)
    if clock.processes.busy:
        await wait_all_blocked(engine, clock)


async def wait_all_blocked(engine: Engine, clock: SimulatedClock) -> None:
    """Wait until every other task is blocked, everything posted is written, and no task holds the time."""
    while True:
        await _give_turns(engine)
        await anyio.wait_all_tasks_blocked()
        if _ready_callbacks():
            # A task may be about to go on, for example because another that it waits for has just ended.
            continue
        released = clock.processes.released = Wakeup()
        if clock.processes.holders:
            await released.wait()
        elif not engine.unwritten:
            return


async def _give_turns(engine: Engine, turns: int = IDLE_TURNS, enough: Callable[[], bool] = lambda: False) -> None:
    """Yield to the event loop until nothing has happened for a number of turns.

    A task that has called the engine needs several turns until it calls again: one for the writer, some for the answer
    to come back through its awaits. Giving turns first also keeps jumps fast on asyncio, because then
    ``wait_all_tasks_blocked`` mostly finds everything blocked at its first look.

    Args:
        engine: of the simulation; a turn in which it has a new event, or somebody goes to sleep, starts the count anew.
        turns: how many idle turns are enough.
        enough: ends the wait early.
    """
    idle, before = 0, _activity(engine)
    while idle < turns and not enough():
        if engine.unwritten:
            await engine.flush()
        await anyio.lowlevel.checkpoint()
        now = _activity(engine)
        idle = idle + 1 if now == before else 0
        before = now


def _activity(engine: Engine) -> tuple[int, int]:
    """What changes when something happens: the last position, and, of a process whose sleep was cancelled, the next."""
    clock = engine.clock
    return engine.state.position, clock.sleeps if isinstance(clock, SimulatedClock) else 0


async def move_time(engine: Engine) -> None:
    """Let time pass by itself, as the engine's clock does, until the engine stops.

    Only one task does; any further one stands by, and takes over when that one is cancelled.
    """
    async with engine.driving:
        if isinstance(engine.clock, SimulatedClock):
            engine.clock.processes.driven = True
            try:
                await drive(engine, engine.clock)
            finally:
                engine.clock.processes.driven = False
                engine.clock.end_turns()
        else:
            await fire_timers(engine)


async def drive(engine: Engine, clock: SimulatedClock) -> None:
    """Let time pass by itself, while there are processes or the clock has ``autojump``, until the engine stops."""
    processes, loop = clock.processes, _LoopWatch(engine)
    while True:
        # A new event before anything is looked at: a change that comes while we look or wait for our turn sets it, and
        # the wait at the end returns at once. An event made later would miss that change.
        changed = processes.changed = Wakeup()
        if processes.blocks or clock.autojump:
            engine.timer_changed = changed
            try:
                jumped = await _jump(engine, clock, loop)
            except EngineStopped as stopped:
                processes.fail(stopped)
                return
            if jumped or (processes.blocks and await _woken_from_outside(engine, clock, changed)):
                continue
            if processes.blocks:
                processes.fail(Deadlock(_deadlock_message(processes)))
        await changed.wait()


def _ready_callbacks() -> Sized | None:
    """Return what is ready to run in the event loop; None if that cannot be told. asyncio's loops keep it so."""
    return getattr(asyncio.get_running_loop(), "_ready", None) if on_asyncio() else None


class _LoopWatch:
    """Tells whether tasks of the event loop want a turn, where that can be told without giving them one."""

    def __init__(self, engine: Engine) -> None:
        # A turn costs as much as several wake-ups. Loops of which it cannot be told, and engines whose calls take turns
        # of their own, are given turns each time.
        self.ready = _ready_callbacks() if engine.inline else None
        """The callbacks that are ready, if that can be told."""
        self._looked = 0.0

    def quiet(self) -> bool:
        """Whether nobody wants a turn. Now and then it says no: sockets and threads are only seen in a turn."""
        if self.ready is None or self.ready:
            return False
        now = perf_counter()
        if now - self._looked < LOOK_EVERY:
            return True
        self._looked = now
        return False


async def _jump(engine: Engine, clock: SimulatedClock, loop: _LoopWatch) -> bool:
    """Move the clock from one timer or sleeper to the next, as long as it may move by itself.

    Returns:
        False if there is none; True if the clock was moved, here or by a caller, and the driver has to look again.
    """
    jumped = False
    while clock.processes.blocks or clock.autojump:
        if engine.clock_lock.locked():
            # A caller is moving the clock. Wait for it, then look again: what it fired and woke changes what is next.
            async with engine.clock_lock:
                return True
        await _wait_until_idle(engine, clock, loop)
        if engine.clock_lock.locked() or not (clock.processes.blocks or clock.autojump):
            return True
        due = next_due(engine)
        if due == NEVER:
            await engine.write_soon()
            return jumped
        if due > LATEST:
            clock.processes.fail(ValueError("time cannot run beyond 8995-05-02"))
            return False
        if not engine.clock_lock.take_if_free():
            return True
        try:
            if engine.crowded:
                await engine.room()
            if loop.ready is None or not resume_in_turn(engine, clock, loop.ready):
                await _step(engine, clock, due)
        finally:
            engine.clock_lock.release()
        jumped = True
    return jumped


async def _wait_until_idle(engine: Engine, clock: SimulatedClock, loop: _LoopWatch) -> None:
    """Wait until nothing is left to do at the present moment; see the module's docstring."""
    processes = clock.processes
    if not processes.blocks:
        await wait_all_blocked(engine, clock)
        return
    if processes.busy:
        await _wait_for_processes(engine, clock)
    if loop.quiet():
        return
    # Tasks that are no processes are not waited for, but they get their turns as long as they call the engine, so that
    # what they ask for at this moment is answered before time goes on.
    await _give_turns(engine, enough=loop.quiet)
    if processes.busy:
        await _wait_for_processes(engine, clock)


async def _woken_from_outside(engine: Engine, clock: SimulatedClock, changed: Wakeup) -> bool:
    """Wait for a thread or a socket to wake a blocked process, for ``deadlock_after`` seconds of real time.

    Returns:
        Whether anything has happened.
    """
    position, awake = engine.state.position, list(clock.processes.awake)
    with anyio.move_on_after(clock.deadlock_after):
        await changed.wait()
    return changed.is_set() or engine.state.position > position or list(clock.processes.awake) != awake


def _deadlock_message(processes: Processes) -> str:
    blocked = [process.name for process in (*processes.awake, *processes.waiting)]
    names = ", ".join(blocked[:NAMES_SHOWN]) + (", ..." if len(blocked) > NAMES_SHOWN else "")
    return (
        f"{len(blocked):,} of the processes ({names}) wait for something that no timer and no sleeper will bring; "
        "if it comes from outside the simulation, wait for it in: with sim.holding_time()"
    )


async def fire_timers(engine: Engine) -> None:
    """Fire timers when their moment comes, under a paced or wall clock, until the engine stops."""
    with suppress(EngineStopped):
        while True:
            engine.timer_changed = Wakeup()
            await _until_due_or_changed(engine, engine.state.timers.next_due)
            with engine.exclusive:
                engine.fire_due()
                await engine.write_soon()


async def _until_due_or_changed(engine: Engine, due: int) -> None:
    """Wait until a moment, or until an earlier timer may have been set."""
    async with anyio.create_task_group() as either:

        async def watch() -> None:
            await engine.timer_changed.wait()
            either.cancel_scope.cancel()

        either.start_soon(watch)
        if due == NEVER:
            await anyio.sleep_forever()
        await engine.clock.sleep_until(due)
        either.cancel_scope.cancel()
