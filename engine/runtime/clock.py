"""The three clocks of a simulation, and sleeping in simulated time.

A clock tells microseconds since the epoch. The simulated one stands still until it is moved; the paced one runs at a
factor to real time; the wall clock is real time. Only the driver moves a simulated clock, because timers that fall due
on the way have to fire first.
"""

import heapq
import time
from collections.abc import Awaitable
from typing import Protocol

import anyio
import anyio.lowlevel

from ..log.cancellation import on_asyncio
from ..settings import SECOND
from ..state.timers import NEVER
from .processes import DirectSleep, Process, Processes, Sleeper, Turn
from .waiting import Settable, Wakeup

FASTEST = 1_000_000_000
"""The largest factor of a paced clock: thirty years a second."""


BEFORE_ALL = 1 << 62
"""More than there will ever be sleeps: taken from a number, it goes before theirs."""


class Clock(Protocol):
    """A source of the current time, and a way to sleep until a moment of it."""

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...

    def sleep_until(self, moment: int) -> Awaitable[None]:
        """Sleep until the clock has reached the moment (microseconds since the epoch)."""
        ...


class SimulatedClock:
    """A clock that stands still until ``advance``, ``advance_to`` or ``run_until_idle`` of the simulation move it.

    While there are processes it jumps by itself to the next timer or sleeper, whenever all of them sleep.

    Args:
        start: the first reading, in microseconds since the epoch.
        autojump: jump to the next timer or sleeper whenever every task of the event loop is blocked, too.
        deadlock_after: seconds of real time for which a process that is blocked by something else than the simulation
            (a thread, a socket) may keep all time standing still, before that is reported as a ``Deadlock``.
    """

    def __init__(self, start: int = 0, *, autojump: bool = False, deadlock_after: float = 1.0) -> None:
        self.autojump = autojump
        self.deadlock_after = deadlock_after
        self.processes = Processes()
        self._now = start
        # A heap of (moment, sequence number, sleeper): ties break by the order of going to sleep.
        self._sleepers: list[tuple[int, int, Sleeper]] = []
        self.sleeps = 0
        """How often somebody has gone to sleep: the sequence number of the next one."""
        self._cancelled = 0

    def now(self) -> int:
        """The current time, in microseconds since the epoch."""
        return self._now

    def begin(self, moment: int) -> None:
        """Continue an old world at its latest moment; for ``running_engine`` alone."""
        self._now = moment

    def move(self, moment: int) -> None:
        """Set the time, never back; for the driver alone, which fires what falls due on the way."""
        assert moment >= self._now, "time never goes back"
        self._now = moment

    @property
    def next_sleeper(self) -> int:
        """The earliest moment at which a sleeper is to wake; NEVER if there is none."""
        return self._sleepers[0][0] if self._sleepers else NEVER

    @property
    def resumes_next(self) -> bool:
        """Whether the earliest sleeper is a process that the driver resumes itself."""
        process = self._sleepers[0][2].process
        return process is not None and process.resume is not None

    def pop_resumable(self, before: int) -> Process | None:
        """Move to the moment of the earliest sleeper, and take it out; returns the process to be resumed by the driver.

        None, and nothing is moved, if it is to wake at the moment ``before`` or later, or is none that the driver
        resumes itself.
        """
        sleepers = self._sleepers
        if not sleepers:
            return None
        moment, _, sleeper = sleepers[0]
        process = sleeper.process
        if moment >= before or process is None or process.resume is None:
            return None
        heapq.heappop(sleepers)
        if self._cancelled:
            self._drop_cancelled()
        self._now = moment
        sleeper.woken = True
        return process

    def wake_next(self) -> bool:
        """Wake the earliest sleeper.

        One at a time, and the next only when this one sleeps again or is blocked: the order in which an event loop runs
        tasks that become ready together differs from loop to loop.

        Returns:
            Whether the sleeper is a process.
        """
        sleeper = heapq.heappop(self._sleepers)[2]
        if self._cancelled:
            self._drop_cancelled()
        process = sleeper.process
        if process is None:
            sleeper.wake()
            return False
        if process.resume is None:
            self.processes.wake(process)
        elif self.processes.waiting:
            self.processes.waiting.pop(process, None)
        sleeper.wake()
        return True

    def schedule(self, sleeper: Sleeper, moment: int) -> None:
        """Schedule a wake-up at a moment, after those that are already scheduled for it."""
        heapq.heappush(self._sleepers, (moment, self.sleeps, sleeper))
        self.sleeps += 1
        process = sleeper.process
        if process is None or process is not self.processes.direct:
            self.processes.fall_asleep(process)

    async def wait_until_woken(self, sleeper: Sleeper) -> None:
        """Wait until the clock wakes this sleeper; its wake-up has been scheduled."""
        try:
            await sleeper.wait(self.queue_cancelled)
        except BaseException:
            if not sleeper.woken:
                await self.turn_of_cancelled(sleeper.process)
                self.cancel(sleeper)
            raise

    def queue_cancelled(self, process: Process, go_on: Settable) -> Turn | None:
        """Let a process whose sleep is cancelled go on at this moment when it is its turn.

        Those go before all others, in the order in which they were started: event loops deliver cancellations in
        orders of their own.

        Args:
            process: stays asleep until then.
            go_on: set when it is its turn.

        Returns:
            Its turn; None if it need not wait, for example because nobody is there who would wake it.
        """
        if self.processes.failing or not self.processes.driven:
            return None
        turn = Turn(process, go_on)
        heapq.heappush(self._sleepers, (self._now, process.number - BEFORE_ALL, turn))
        self.sleeps += 1
        self.processes.changed.set()
        return turn

    async def turn_of_cancelled(self, process: Process | None) -> None:
        """Wait until it is the turn of a process whose sleep was cancelled, where its wait has not done so already."""
        if process is None or not on_asyncio():
            return
        wakeup = Wakeup()
        turn = self.queue_cancelled(process, wakeup)
        if turn is None:
            return
        try:
            with anyio.CancelScope(shield=True):
                await wakeup.wait()
        except BaseException:  # asyncio's own cancellation, which no shield holds back
            if not turn.woken:
                self.cancel(turn)
            raise

    def end_turns(self) -> None:
        """Let all whose sleep was cancelled go on at once, because nobody is there who would do so in turn."""
        while self._sleepers and self._sleepers[0][1] < 0:
            self.wake_next()

    def sleep_until(self, moment: int) -> Awaitable[None]:
        """Sleep in simulated time until a moment; returns at once if it has passed.

        A process that sleeps until now wakes after those whose wake-up is already scheduled for now.

        Raises:
            RuntimeError: the task holds the time.
        """
        processes = self.processes
        process = processes.direct
        if process is None or processes.holders or not processes.runs_here(process):
            return self._sleep_in_task(moment)
        # Most wake-ups of a population are these, so what sleeps is made once for each process.
        sleeper = process.sleep
        if sleeper is None:
            sleeper = process.sleep = DirectSleep(process, self.cancel)
        sleeper.woken = False
        heapq.heappush(self._sleepers, (moment if moment > self._now else self._now, self.sleeps, sleeper))
        self.sleeps += 1
        return sleeper

    async def _sleep_in_task(self, moment: int) -> None:
        processes = self.processes
        process = processes.current()
        if process is None and moment <= self._now:
            await anyio.lowlevel.checkpoint()
            return
        if processes.holders:
            processes.require_free()
        sleeper = Sleeper(process)
        self.schedule(sleeper, moment if moment > self._now else self._now)
        await self.wait_until_woken(sleeper)

    def cancel(self, sleeper: Sleeper) -> None:
        """Cancel a wake-up, because the sleeping task was cancelled."""
        # Removing an entry from the middle of a heap costs as much as the heap is long. So entries are only marked, and
        # removed together once half of them are.
        sleeper.cancelled = True
        if sleeper.process is not None:
            sleeper.process.sleep = None
        self.processes.wake(sleeper.process)
        self._cancelled += 1
        if self._cancelled * 2 > len(self._sleepers):
            self._sleepers = [entry for entry in self._sleepers if not entry[2].cancelled]
            heapq.heapify(self._sleepers)
            self._cancelled = 0
        self._drop_cancelled()

    def _drop_cancelled(self) -> None:
        while self._sleepers and self._sleepers[0][2].cancelled:
            heapq.heappop(self._sleepers)
            self._cancelled -= 1


class Signal:
    """An event that tasks can wait for, like ``anyio.Event``, but waking in a deterministic order.

    Processes wake at the moment of ``set``, one after the other, in the order in which they began to wait.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._waiting: dict[Sleeper, None] = {}
        self._set = False

    def is_set(self) -> bool:
        """Whether ``set`` has been called; there is no way back."""
        return self._set

    def set(self) -> None:
        """Wake all waiting tasks; later calls of ``wait`` return at once."""
        self._set = True
        for sleeper in self._waiting:
            if sleeper.process:
                self._clock.schedule(sleeper, self._clock.now())
            else:
                sleeper.wake()
        self._waiting = {}

    async def wait(self) -> None:
        """Wait until ``set`` is called.

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
            await sleeper.wait(self._clock.queue_cancelled)
        except BaseException:
            if not sleeper.woken:
                await self._clock.turn_of_cancelled(sleeper.process)
            if sleeper in self._waiting:
                del self._waiting[sleeper]
                processes.wake(sleeper.process)
            elif not sleeper.woken:
                self._clock.cancel(sleeper)
            raise


class PacedClock:
    """A clock that runs ``factor`` times as fast as real time, from the moment at which it begins to serve a world.

    Args:
        factor: simulated seconds per real second, above 0.
        start: where a new world begins, in microseconds since the epoch, by default the present. An old world continues
            at its latest moment. Until a world begins the clock shows this start.

    Raises:
        ValueError: the factor is not above 0, or too large for a calendar.
    """

    def __init__(self, factor: float, start: int | None = None) -> None:
        if not 0 < factor <= FASTEST:
            raise ValueError(f"the factor of a paced clock must be above 0, and at most {FASTEST:,}; not {factor}")
        self.factor = factor
        self._start = start
        self._begun: tuple[int, float] | None = None
        """When the clock began to run: in simulated microseconds, and as ``time.monotonic``."""
        self._sleepers: set[Wakeup] = set()

    def begin(self, moment: int | None = None) -> None:
        """Start running at an old world's latest moment, or (None) at a new one's start."""
        # The clock may have run for another world before; a new one begins at ``start`` all the same.
        self._begun = self._start_moment() if moment is None else moment, time.monotonic()

    def now(self) -> int:
        """The current time, in microseconds since the epoch."""
        if self._begun is None:
            return self._start_moment()
        moment, began = self._begun
        return moment + int((time.monotonic() - began) * self.factor * SECOND)

    def jump(self, moment: int) -> None:
        """Run on from a later moment; for ``advance_paced`` alone, which fires what falls due on the way."""
        self._begun = moment, time.monotonic()

    def wake_sleepers(self) -> None:
        """Have everybody who sleeps look at the clock, after a jump; any thread may do so."""
        for sleeper in list(self._sleepers):
            sleeper.set()

    def _start_moment(self) -> int:
        return WallClock().now() if self._start is None else self._start

    async def sleep_until(self, moment: int) -> None:
        """Sleep until the clock has reached the moment (microseconds since the epoch)."""
        while (remaining := moment - self.now()) > 0:
            jumped = Wakeup()
            self._sleepers.add(jumped)
            try:
                with anyio.move_on_after(remaining / SECOND / self.factor):
                    await jumped.wait()
            finally:
                self._sleepers.discard(jumped)


class WallClock:
    """Real time."""

    def now(self) -> int:
        """The current time, in microseconds since the epoch."""
        return time.time_ns() // 1_000

    async def sleep_until(self, moment: int) -> None:
        """Sleep until the moment (microseconds since the epoch)."""
        while (remaining := moment - self.now()) > 0:
            await anyio.sleep(remaining / SECOND)
