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
from ..timers import NEVER


class Clock(Protocol):
    """The time of a world."""

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...

    async def sleep_until(self, moment: int) -> None:
        """Return when the clock has reached the moment."""
        ...


class SimulatedClock:
    """Stands still; moved by ``advance``, ``advance_to`` and ``run_until_idle`` of the simulation.

    With ``autojump`` it leaps to the next timer or sleeper whenever every task is blocked.
    """

    def __init__(self, start: int = 0, *, autojump: bool = False) -> None:
        self.autojump = autojump
        self.sleeper_came = anyio.Event()
        self._now = start
        # Ties break by the order of going to sleep.
        self._sleepers: list[tuple[int, int, anyio.Event]] = []
        self._order = 0

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

    def wake_next(self) -> None:
        """Wake the first sleeper; one at a time, so that the order of waking is the same on every event loop."""
        heapq.heappop(self._sleepers)[2].set()

    async def sleep_until(self, moment: int) -> None:
        """Sleep in simulated time; returns at once for a moment that has passed."""
        if moment <= self._now:
            await anyio.lowlevel.checkpoint()
            return
        entry = (moment, self._order, anyio.Event())
        self._order += 1
        heapq.heappush(self._sleepers, entry)
        self.sleeper_came.set()
        try:
            await entry[2].wait()
        except BaseException:
            if entry in self._sleepers:
                self._sleepers.remove(entry)
                heapq.heapify(self._sleepers)
            raise


class PacedClock:
    """Runs ``factor`` times as fast as real time: a new world from ``start`` on (by default the present), an old one
    from where it stands."""

    def __init__(self, factor: float, start: int | None = None) -> None:
        if not factor > 0:
            raise ValueError(f"the factor of a paced clock must be above 0, not {factor}")
        self.factor = factor
        self._start = WallClock().now() if start is None else start
        self._began = time.monotonic()

    def begin(self, start: int) -> None:
        """Take up where an old world stands; for the engine alone."""
        self._start = start
        self._began = time.monotonic()

    def now(self) -> int:
        """The reading."""
        return self._start + int((time.monotonic() - self._began) * self.factor * SECOND)

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
