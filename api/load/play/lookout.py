"""Looks at a run while time passes: for thresholds that end it, and for the day from which it is measured."""

from collections.abc import Awaitable, Callable

from ....engine.settings import DAY, HOUR
from ....engine.state.timers import NEVER
from ..scenario.figures import RUN, Figure
from ..scenario.model import Scenario
from ..scenario.thresholds import Threshold

TIMES = {Figure(RUN, "virtual_days"): DAY, Figure(RUN, "virtual_hours"): HOUR}
"""Figures that change though nothing happens, and their units."""

Look = Callable[[Figure], Awaitable[float | None]]
"""Looks a figure up in the middle of the run; None if it has no value yet."""


class RunStopped(Exception):
    """A threshold has ended the run."""

    def __init__(self, threshold: Threshold, day: float) -> None:
        super().__init__(f"the run was ended on day {day:.4g}: {threshold} had held and did not any more")


class Lookout:
    """Whoever moves the clock stops at ``next``, and calls ``look`` there.

    Args:
        scenario: which is played; its thresholds that end it are looked at on full hours, if something has changed.
        start: when the run began, in microseconds since the epoch.
        look: looks a figure up.
        measure: begins to measure anew.
    """

    def __init__(self, scenario: Scenario, start: int, look: Look, measure: Callable[[], Awaitable[None]]) -> None:
        self.measured_since = start
        """From which moment on figures count."""
        self._start = start
        self._thresholds = [limit for limit in scenario.thresholds if limit.stop]
        self._next_hour = NEVER
        self._held: set[Threshold] = set()
        """Those that have held."""
        self.value = look
        """Looks a figure up; None if it has no value yet."""
        self.measure_at = start + round(scenario.measure_from * DAY) if scenario.measure_from else NEVER
        """The moment from which on figures are to count, if it has not come yet; otherwise NEVER."""
        self._measure = measure

    @property
    def next(self) -> int:
        """The next moment at which to look; NEVER if there is nothing to look for."""
        return min(self._next_hour, self.measure_at)

    @property
    def unmeasured(self) -> bool:
        """Whether the moment from which on figures are to count has not come yet."""
        return self.measure_at != NEVER

    def expect_change(self, now: int) -> None:
        """Look at the next full hour: something may have happened since the last."""
        if self._thresholds:
            self._next_hour = min(self._next_hour, self.full_hour(now, now))

    def full_hour(self, moment: int, now: int) -> int:
        """The first full hour of the run from a moment on that is after now."""
        return self._start + max(-((self._start - moment) // HOUR), (now - self._start) // HOUR + 1) * HOUR

    def turns_at(self, condition: Threshold, now: int) -> int:
        """From which moment on to look whether a condition begins or ceases to hold because time passes.

        NEVER if it does not any more, or at all: most figures change only when something happens.
        """
        if condition.figure not in TIMES:
            return NEVER
        turn = self.measured_since + round(min(max(condition.limit * TIMES[condition.figure], -NEVER), NEVER))
        return NEVER if now > turn + HOUR else max(turn - HOUR, now)

    async def look(self, now: int, change: int) -> None:
        """Look, now that the clock stands at ``next``.

        Args:
            now: in microseconds since the epoch.
            change: the next moment at which something happens by itself.

        Raises:
            RunStopped: a threshold that had held does not any more.
        """
        if now >= self.measure_at:
            self.measured_since, self.measure_at = now, NEVER
            self._held.clear()
            await self._measure()
        if now < self._next_hour:
            return
        change = min(change, self.measure_at, *(self.turns_at(threshold, now) for threshold in self._thresholds))
        self._next_hour = self.full_hour(change, now)
        for threshold in self._thresholds:
            if threshold.holds(await self.value(threshold.figure)):
                self._held.add(threshold)
            elif threshold in self._held:
                raise RunStopped(threshold, (now - self._start) / DAY)
