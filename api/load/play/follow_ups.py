"""What became of the reminders and deadlines that populations have."""

from collections.abc import Iterator, Mapping

from ..scenario.populations import PopulationTable
from .clock_driver import ClockDriver
from .outcome import FollowUp

REQUESTS = {"invitation": False, "migration": True}
"""Behaviour of a population to whether it is about the migration to all features."""


def follow_ups(populations: Mapping[str, PopulationTable], driver: ClockDriver) -> Iterator[FollowUp]:
    """Yield the reminders and the deadline of each population that has some, in the order of the file."""
    for name, table in populations.items():
        for request, migration in REQUESTS.items():
            behaviour = table.migration if migration else table.invitation
            days: list[tuple[int | None, float]] = [*enumerate(behaviour.remind_after_days)]
            if behaviour.deadline_days is not None:
                days.append((None, behaviour.deadline_days))
            for number, day in days:
                counts = driver.followed_up[name, migration, number]
                kind = "deadline" if number is None else "reminder"
                yield FollowUp(name, request, kind, f"after {day:g} days", counts.reached, counts.followed)


def without_effect(populations: Mapping[str, PopulationTable], driver: ClockDriver) -> Iterator[str]:
    """Yield a warning for each reminder of a population that has reached nobody, with the reason."""
    for each in follow_ups(populations, driver):
        if each.kind == "reminder" and not each.reached:
            asked = driver.agenda.asked[each.population, REQUESTS[each.request]]
            why = "nobody had an open request for so long" if asked else "nobody was asked"
            place = f"populations.{each.population}.{each.request}"
            yield f"{place}: the reminder {each.when} reached nobody: {why}"
