"""What time it is in a world, and how its tasks sleep.

A clock tells microseconds since the epoch. The simulated one stands still until it is moved; the paced one runs at a
factor to real time; the wall clock is real time. Only the engine moves a simulated clock, because what falls due on
the way has to happen first.
"""

import heapq
import time
from typing import Protocol

import anyio
import anyio.lowlevel

from ..settings import SECOND
from ..state.timers import NEVER
from .processes import Process, Processes


class Clock(Protocol):
    """The time of a world."""

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...

    async def sleep_until(self, moment: int) -> None:
        """Return when the clock has reached the moment."""
        ...


class Sleeper:
    """A task that sleeps until it is woken; ``process`` is None for tasks that are no process."""

    __slots__ = ("cancelled", "process", "woken")

    def __init__(self, process: Process | None) -> None:
        self.process = process
        self.woken = anyio.Event()
        self.cancelled = False


class SimulatedClock:
    """Stands still; moved by ``advance``, ``advance_to`` and ``run_until_idle`` of the simulation.

    With ``autojump`` it leaps to the next timer or sleeper whenever every task is blocked. While there are processes it
    leaps whenever all of them sleep.
    """

    def __init__(self, start: int = 0, *, autojump: bool = False) -> None:
        self.autojump = autojump
        self.processes = Processes()
        self._now = start
        # Ties break by the order of going to sleep.
        self._sleepers: list[tuple[int, int, Sleeper]] = []
        self._order = 0
        self._cancelled = 0

    def now(self) -> int:
        """The reading."""
        return self._now

    def begin(self, moment: int) -> None:
        """Take up where an old world stands; for the engine alone."""
        self._now = moment

    def move(self, moment: int) -> None:
        """Set the reading; for the engine alone. Time never goes back."""
        assert moment >= self._now, "time never goes back"
        self._now = moment

    @property
    def next_sleeper(self) -> int:
        """When the next task wants to wake; NEVER if none sleeps."""
        return self._sleepers[0][0] if self._sleepers else NEVER

    def wake_next(self) -> bool:
        """Wake the first sleeper; one at a time, so that the order of waking is the same on every event loop.

        Returns:
            Whether it is a process.
        """
        sleeper = heapq.heappop(self._sleepers)[2]
        self._trim()
        sleeper.woken.set()
        if sleeper.process:
            self.processes.wake(sleeper.process)
        return sleeper.process is not None

    def put_to_sleep(self, sleeper: Sleeper, moment: int) -> None:
        """Take down that somebody is to wake at a moment, behind all who are to wake then already."""
        heapq.heappush(self._sleepers, (moment, self._order, sleeper))
        self._order += 1
        self.processes.fall_asleep(sleeper.process)

    async def wait_for(self, sleeper: Sleeper) -> None:
        """Sleep as was taken down."""
        try:
            await sleeper.woken.wait()
        except BaseException:
            if not sleeper.woken.is_set():
                self.forget(sleeper)
            raise

    async def sleep_until(self, moment: int) -> None:
        """Sleep in simulated time; returns at once for a moment that has passed.

        A process does not return before those that are to wake at this moment already.

        Raises:
            RuntimeError: the task holds the time.
        """
        process = self.processes.current()
        if moment <= self._now and process is None:
            await anyio.lowlevel.checkpoint()
            return
        self.processes.require_free()
        sleeper = Sleeper(process)
        self.put_to_sleep(sleeper, max(moment, self._now))
        await self.wait_for(sleeper)

    def forget(self, sleeper: Sleeper) -> None:
        """Somebody sleeps no more, because its task was cancelled."""
        # To take one out of the middle of a heap costs the heap, so that is done for many at once.
        sleeper.cancelled = True
        self.processes.wake(sleeper.process)
        self._cancelled += 1
        if self._cancelled * 2 > len(self._sleepers):
            self._sleepers = [entry for entry in self._sleepers if not entry[2].cancelled]
            heapq.heapify(self._sleepers)
            self._cancelled = 0
        self._trim()

    def _trim(self) -> None:
        while self._sleepers and self._sleepers[0][2].cancelled:
            heapq.heappop(self._sleepers)
            self._cancelled -= 1


class Signal:
    """Something that tasks wait for and one brings about: as ``anyio.Event``, but in the order of the simulation.

    Processes wake at the moment of ``set``, one after the other, in the order in which they began to wait.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._waiting: dict[Sleeper, None] = {}
        self._set = False

    def is_set(self) -> bool:
        """Whether it has been set; that is for good."""
        return self._set

    def set(self) -> None:
        """Wake all who wait. Whoever waits later returns at once."""
        self._set = True
        for sleeper in self._waiting:
            if sleeper.process:
                self._clock.put_to_sleep(sleeper, self._clock.now())
            else:
                sleeper.woken.set()
        self._waiting = {}

    async def wait(self) -> None:
        """Return when it has been set.

        Raises:
            RuntimeError: the task holds the time.
        """
        if self._set:
            await anyio.lowlevel.checkpoint()
            return
        processes = self._clock.processes
        processes.require_free()
        sleeper = Sleeper(processes.current())
        self._waiting[sleeper] = None
        processes.fall_asleep(sleeper.process, waits=True)
        try:
            await sleeper.woken.wait()
        except BaseException:
            if sleeper in self._waiting:
                del self._waiting[sleeper]
                processes.wake(sleeper.process)
            elif not sleeper.woken.is_set():
                self._clock.forget(sleeper)
            raise


class PacedClock:
    """Runs ``factor`` times as fast as real time from the moment at which a world begins: a new one at ``start`` (by
    default the present), an old one where it stands. Before that it shows where a new world would begin."""

    def __init__(self, factor: float, start: int | None = None) -> None:
        if not factor > 0:
            raise ValueError(f"the factor of a paced clock must be above 0, not {factor}")
        self.factor = factor
        self._start = start
        self._begun: tuple[int, float] | None = None
        """The moment at which a world began, in its time and in ours."""

    def begin(self, moment: int | None = None) -> None:
        """Run from where an old world stands, or (None) from where a new one begins; for the engine alone."""
        # It may have run for another world before; a new one begins at the start all the same.
        self._begun = self._beginning() if moment is None else moment, time.monotonic()

    def now(self) -> int:
        """The reading."""
        if self._begun is None:
            return self._beginning()
        moment, began = self._begun
        return moment + int((time.monotonic() - began) * self.factor * SECOND)

    def _beginning(self) -> int:
        return WallClock().now() if self._start is None else self._start

    async def sleep_until(self, moment: int) -> None:
        """Sleep until the clock has reached the moment."""
        while (remaining := moment - self.now()) > 0:
            await anyio.sleep(remaining / SECOND / self.factor)


class WallClock:
    """Real time."""

    def now(self) -> int:
        """The reading."""
        return time.time_ns() // 1_000

    async def sleep_until(self, moment: int) -> None:
        """Sleep until the moment."""
        while (remaining := moment - self.now()) > 0:
            await anyio.sleep(remaining / SECOND)
