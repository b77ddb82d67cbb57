"""What became of the reminders and deadlines that populations and organizations have."""

from collections.abc import Iterator

from ....engine.settings import DAY
from ....engine.shapes.timestamps import microseconds
from ..scenario.model import Scenario
from ..scenario.organizations import path_of
from .clock_driver import ClockDriver
from .outcome import FollowUp


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
            when = f"after {day:g} day{'' if day == 1 else 's'}"
            yield FollowUp(name, request, kind, when, counts.reached, counts.followed, *met, after_days=day)


def without_effect(scenario: Scenario, driver: ClockDriver) -> Iterator[str]:
    """Yield a warning for each reminder of a behaviour that has reached nobody, with the reason."""
    asked = {(name, str(request)): driver.agenda.asked[name, request] for name, request, _ in scenario.behaviours()}
    for each in follow_ups(scenario, driver):
        if each.kind == "reminder" and not each.reached:
            why = (
                "nobody had an open request for so long" if asked[each.population, each.request] else "nobody was asked"
            )
            yield f"{place_of(each.population, each.request)}: the reminder {each.when} reached nobody: {why}"


def refused(scenario: Scenario, driver: ClockDriver) -> Iterator[str]:
    """Yield a warning for each escalation that was refused for good, with how often and why."""
    for name, request, behaviour in scenario.behaviours():
        counts = driver.followed_up[name, request, None]
        if behaviour.escalation and counts.refused:
            number = f"{counts.refused.total():,} of {counts.reached:,} accounts"
            codes = ", ".join(counts.refused)
            yield f"{place_of(name, request)}: {behaviour.escalation.action} was refused for {number}: {codes}"
