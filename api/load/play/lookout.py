"""Looks at a run while time passes: for thresholds that end it, and for the day from which it is measured."""

from collections.abc import Awaitable, Callable

from ....engine.settings import DAY, HOUR
from ....engine.state.timers import NEVER
from ..scenario.figures import Figure
from ..scenario.model import Scenario
from ..scenario.thresholds import Threshold

Look = Callable[[Figure], Awaitable[float | None]]
"""Looks a figure up in the middle of the run; None if it has no value yet."""


class RunStopped(Exception):
    """A threshold has ended the run."""

    def __init__(self, threshold: Threshold, day: float) -> None:
        super().__init__(f"the run was ended on day {day:.4g}: {threshold} had held and did not any more")


class Lookout:
    """Whoever moves the clock stops at ``next``, and calls ``look`` there.

    Args:
        scenario: which is played; its thresholds that end it are looked at every full hour.
        start: when the run began, in microseconds since the epoch.
        look: looks a figure up.
        measure: begins to measure anew.
    """

    def __init__(self, scenario: Scenario, start: int, look: Look, measure: Callable[[], Awaitable[None]]) -> None:
        self.measured_since = start
        """From which moment on figures count."""
        self._start = start
        self._thresholds = [limit for limit in scenario.thresholds if limit.stop]
        self._next_hour = start + HOUR if self._thresholds else NEVER
        self._held: set[Threshold] = set()
        """Those that have held."""
        self.value = look
        """Looks a figure up; None if it has no value yet."""
        self._measure_at = start + round(scenario.measure_from * DAY) if scenario.measure_from else NEVER
        self._measure = measure

    @property
    def next(self) -> int:
        """The next moment at which to look; NEVER if there is nothing to look for."""
        return min(self._next_hour, self._measure_at)

    @property
    def unmeasured(self) -> bool:
        """Whether the moment from which on figures are to count has not come yet."""
        return self._measure_at != NEVER

    async def look(self, now: int) -> None:
        """Look, now that the clock stands at ``next``.

        Raises:
            RunStopped: a threshold that had held does not any more.
        """
        if now >= self._measure_at:
            self.measured_since, self._measure_at = now, NEVER
            self._held.clear()
            await self._measure()
        if now < self._next_hour:
            return
        self._next_hour += HOUR
        for threshold in self._thresholds:
            if threshold.holds(await self.value(threshold.figure)):
                self._held.add(threshold)
            elif threshold in self._held:
                raise RunStopped(threshold, (now - self._start) / DAY)
