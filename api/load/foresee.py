"""Goes through the steps of a scenario and counts the calls that each makes or brings about, without playing them."""

import heapq
from collections.abc import Iterator
from graphlib import TopologicalSorter

from msgspec import Struct, structs

from .plan.foresight import Foresight
from .plan.rows import PlannedCalls, PlannedRetry
from .plan.tickets import Ticket, tickets
from .scenario.model import Scenario
from .scenario.problems import Problem, Problems
from .scenario.steps import Call, Sending, Track
from .steps import KINDS


class Plan(Struct, frozen=True):
    """What a scenario will do; its fields are the keys of ``--json``."""

    description: str
    calls: list[PlannedCalls]
    """In the order of tracks and steps."""
    retries: list[PlannedRetry]
    """The steps of which it is not known before a run how many attempts their calls take."""
    operations: dict[str, tuple[int, int, int]]
    """Operation to its calls in all: least, expected and most."""
    tickets: list[Ticket]
    warnings: list[str]
    """What AWS will refuse, as far as is known before a run."""
    least_hours: float
    """The run takes at least so long."""
    least_hours_at_aws_rates: float
    """The same if AWS's rates held, where the scenario leaves them out."""


def plan_scenario(scenario: Scenario) -> Plan:
    """Foresee the calls of a scenario.

    Nothing is left out because a quota would refuse it: these are the calls of a world with the quotas that they need.
    Calls that are throttled and made again come on top.

    Args:
        scenario: the scenario, as ``load_scenario`` returns it.

    Raises:
        ScenarioError: it is about the world of a log.
    """
    _require_no_log(scenario)
    foreseen, least = _foresee(scenario)
    at_aws = least
    if scenario.settings.throttle != "aws":
        throttled = structs.replace(scenario.settings, throttle="aws")
        _, at_aws = _foresee(structs.replace(scenario, settings=throttled))
    rows = foreseen.finished()
    totals: dict[str, tuple[int, int, int]] = {}
    for each in rows:
        least_calls, expected, most = totals.get(each.operation, (0, 0, 0))
        totals[each.operation] = least_calls + each.least, expected + each.expected, most + each.most
    asked, warnings = tickets(foreseen.needed, scenario.settings.quotas), foreseen.warnings
    if scenario.faults:
        warnings = [*warnings, "faults are not foreseen: what they refuse or fail changes the calls that follow"]
    return Plan(scenario.description, rows, _retries(scenario), totals, asked, warnings, least, at_aws)


def _retries(scenario: Scenario) -> list[PlannedRetry]:
    return [
        PlannedRetry(track.label, index, step.retry.attempts)
        for track in scenario.all_tracks
        for index, step in enumerate(track.steps, 1)
        if isinstance(step, Sending | Call) and step.retry and step.retry.attempts > 1
    ]


def _require_no_log(scenario: Scenario) -> None:
    message = "a plan knows no log: play it with `orgsim simulate --on LOG`, or copy the organization with `from`"
    of_logs = [name for name, table in scenario.organizations.items() if table.id and not table.source]
    Problems(Problem(message, ("organizations", name, "id")) for name in of_logs).require_none()


def _foresee(scenario: Scenario) -> tuple[Foresight, float]:
    """Go through all tracks in the order of their least days; returns what was counted, and the least hours."""
    foresight, ends = Foresight(scenario), dict[str, float]()
    tracks = {track.name: track for track in scenario.all_tracks}
    places = {name: place for place, name in enumerate(tracks)}
    waiting = TopologicalSorter({name: track.table.predecessors for name, track in tracks.items()})
    waiting.prepare()
    going: list[tuple[float, int, str, Iterator[float]]] = []
    """Day, place in the order of the tracks, name, what is left of it."""
    while waiting.is_active():
        for name in waiting.get_ready():
            table = tracks[name].table
            day = max([table.from_day, *(ends[each] for each in table.predecessors)])
            heapq.heappush(going, (day, places[name], name, _walk(tracks[name], day, foresight)))
        ends_by, place, name, rest = heapq.heappop(going)
        day = next(rest, None)
        if day is None:
            ends[name] = ends_by
            waiting.done(name)
        else:
            heapq.heappush(going, (day, place, name, rest))
    return foresight, max(ends.values(), default=0.0) * 24


def _walk(track: Track, first: float, foresight: Foresight) -> Iterator[float]:
    """Go through the steps of a track as often as they are played; yields the day of what comes next, or of its end."""
    day = first
    for number in range(track.table.times or 1):
        day = max(day, first + number * (track.table.every_days or 0.0))
        for index, step in enumerate(track.steps, 1):
            day = max(day, step.at_day or 0.0)
            yield day
            foresight.begin_step(track, index, step, day)
            day += KINDS[type(step)].foresee(step, foresight) / 24
    yield day
