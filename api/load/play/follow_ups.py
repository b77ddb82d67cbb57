"""What became of the reminders and deadlines that populations and organizations have.

What is counted of them is counted since the figures began to count; warnings are about the whole run.
"""

from collections.abc import Iterator

from ....engine.settings import DAY
from ....engine.shapes.timestamps import microseconds
from ..scenario.model import Scenario
from ..scenario.organizations import path_of
from ..scenario.populations import RequestKind
from .clock_driver import ClockDriver, FollowedUp
from .outcome import FollowUp

DEAF = "after_reminder, the share that waits for one, is 0, and the others who say nothing never answer"
"""Why nobody follows a reminder that has reached somebody."""


def place_of(name: str, request: str) -> str:
    """The place of a behaviour in the file, as text."""
    return ".".join(path_of(name, request))


def follow_ups(scenario: Scenario, driver: ClockDriver) -> Iterator[FollowUp]:
    """Yield the reminders and the deadline of each behaviour that has some."""
    start = microseconds(scenario.start)
    for name, request, behaviour in scenario.behaviours():
        days: list[tuple[int | None, float]] = [*enumerate(behaviour.remind_after_days)]
        if behaviour.deadline_days is not None:
            days.append((None, behaviour.deadline_days))
        for number, day in days:
            counts = driver.followed_up[name, request, number]
            kind = "deadline" if number is None else "reminder"
            met = (None if moment is None else (moment - start) / DAY for moment in (counts.first, counts.last))
            yield FollowUp(name, request, kind, _after(day), counts.reached, counts.followed, *met, after_days=day)


def without_effect(scenario: Scenario, driver: ClockDriver) -> Iterator[str]:
    """Yield a warning for each reminder of a behaviour that has reached or moved nobody, with the reason."""
    for name, request, behaviour in scenario.behaviours():
        asked = driver.agenda.asked[name, request]
        why = "nobody had an open request for so long" if asked else "nobody was asked"
        for number, day in enumerate(behaviour.remind_after_days):
            if not any(counts.reached for counts in _of_the_run(driver, name, request, number)):
                yield f"{place_of(name, request)}: the reminder {_after(day)} reached nobody: {why}"
            elif behaviour.is_deaf:
                yield f"{place_of(name, request)}: nobody follows the reminder {_after(day)}: {DEAF}"


def refused(scenario: Scenario, driver: ClockDriver) -> Iterator[str]:
    """Yield a warning for each escalation that was refused for good, with how often and why."""
    for name, request, behaviour in scenario.behaviours():
        earlier, later = _of_the_run(driver, name, request, None)
        codes = earlier.refused + later.refused
        if behaviour.escalation and codes:
            number = f"{codes.total():,} of {earlier.reached + later.reached:,} accounts"
            why = ", ".join(codes)
            yield f"{place_of(name, request)}: {behaviour.escalation.action} was refused for {number}: {why}"


def _of_the_run(
    driver: ClockDriver, name: str, request: RequestKind, reminder: int | None
) -> tuple[FollowedUp, FollowedUp]:
    """Whom a reminder, or a deadline, met before the figures began to count, and since."""
    key = name, request, reminder
    return driver.followed_up_before[key], driver.followed_up[key]


def _after(day: float) -> str:
    return f"after {day:g} day{'' if day == 1 else 's'}"
