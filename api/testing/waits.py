"""Waiting in simulated time: what would have slept moves the clock of its world instead."""

import math
import time
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar, cast

import anyio.lowlevel
import anyio.to_thread

from ...engine.operations import advance_time
from ...engine.runtime.clock import PacedClock, SimulatedClock
from ...engine.runtime.driver import advance_to, jump_to, wait_all_blocked
from ...engine.runtime.engine import Engine
from ...engine.runtime.processes import Sleeper
from ...engine.settings import LATEST, SECOND
from ...engine.state.timers import NEVER

T = TypeVar("T")

KEY = "waits"
"""In ``Simulation.kept``."""

real_sleep = time.sleep


class Waiting(Protocol):
    """What is used of a ``Simulation``."""

    kept: dict[str, Any]

    @property
    def engine(self) -> Engine: ...
    @property
    def in_thread(self) -> bool: ...
    def run(self, coroutine: Coroutine[Any, Any, T]) -> T: ...


class Waits:
    """Lets time pass in a world for code that sleeps.

    Under a simulated clock a wait takes no real time. Tasks that wait at once wait for the same time: the clock goes to
    the earliest of their ends as soon as every task of the event loop is blocked. A clock that runs by itself is waited
    for.
    """

    def __init__(self, sim: Waiting) -> None:
        self._sim = sim
        self._led = False
        """Whether one of the waiting tasks moves the clock for all of them."""
        self._followers: dict[Sleeper, None] = {}

    def sleep_now(self, seconds: float) -> None:
        """Wait as ``time.sleep`` does, in whatever thread.

        Tasks of an event loop that sleep in this world wake late if it is their thread: as from a real ``time.sleep``.

        Raises:
            ValueError: a negative time, or one beyond 8995-05-02.
        """
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        clock = self._sim.engine.clock
        if isinstance(clock, SimulatedClock):
            if seconds:
                self._sim.run(self._pass(clock, round(seconds * SECOND)))
        else:
            real_sleep(seconds / (clock.factor if isinstance(clock, PacedClock) else 1))

    async def _pass(self, clock: SimulatedClock, duration: int) -> None:
        engine = self._sim.engine
        with engine.exclusive:
            moment = _in_calendar(engine.now + duration)
            idle = clock.next_sleeper == NEVER and not clock.processes.busy and not engine.clock_lock.locked()
            if idle or self._sim.in_thread:
                await advance_to(engine, moment)
                return
            # The tasks that are to be woken cannot run as long as this thread is here.
            await jump_to(engine, moment)
            await engine.perform(advance_time.Request())
            clock.processes.changed.set()

    async def sleep(self, seconds: float) -> None:
        """Wait as ``asyncio.sleep`` and ``trio.sleep`` do.

        Raises:
            ValueError: a time beyond 8995-05-02.
        """
        engine, clock = self._sim.engine, self._sim.engine.clock
        if seconds == math.inf:  # anyio's sleep_forever
            await anyio.Event().wait()
        elif seconds <= 0:
            await anyio.lowlevel.checkpoint()
        elif self._sim.in_thread:
            await anyio.to_thread.run_sync(self.sleep_now, seconds)
        elif isinstance(clock, SimulatedClock) and not clock.autojump and not clock.processes.blocks:
            await self._sleep_until(clock, _in_calendar(engine.now + round(seconds * SECOND)))
        else:
            await clock.sleep_until(_in_calendar(engine.now + round(seconds * SECOND)))

    async def _sleep_until(self, clock: SimulatedClock, moment: int) -> None:
        try:
            while clock.now() < moment:
                await (self._follow(clock, moment) if self._led else self._lead(clock, moment))
        finally:
            self._pass_lead_on(clock)

    def _pass_lead_on(self, clock: SimulatedClock) -> None:
        """Wake the first follower to move the clock, if nobody does. One that is awake leads next, or passes it on."""
        first = next(iter(self._followers), None)
        if first and not self._led and not any(follower.woken for follower in self._followers):
            clock.cancel(first)
            first.wake()

    async def _lead(self, clock: SimulatedClock, moment: int) -> None:
        """Move the clock to a moment, and wake on the way who is to wake, whenever all tasks are blocked."""
        engine = self._sim.engine
        self._led = True
        try:
            while clock.now() < moment:
                await wait_all_blocked(engine, clock)
                if clock.now() < moment:
                    await advance_to(engine, max(min(moment, clock.next_sleeper), engine.now))
        finally:
            self._led = False

    async def _follow(self, clock: SimulatedClock, moment: int) -> None:
        """Sleep until the clock is moved to a moment, or until it is this task's turn to move it."""
        clock.processes.require_free()
        sleeper = Sleeper(clock.processes.current())
        clock.schedule(sleeper, moment)
        self._followers[sleeper] = None
        try:
            await clock.wait_until_woken(sleeper)
        finally:
            del self._followers[sleeper]


def waits_of(sim: Waiting) -> Waits:
    """Return the one ``Waits`` of a simulation, which has begun: whoever waits in it is waited with.

    Raises:
        RuntimeError: it has not begun.
    """
    assert sim.engine, "asking for it checks that the simulation has begun"
    made = sim.kept.get(KEY) or sim.kept.setdefault(KEY, Waits(sim))
    return cast("Waits", made)


def _in_calendar(moment: int) -> int:
    if moment > LATEST:
        raise ValueError("time cannot run beyond 8995-05-02")
    return moment
