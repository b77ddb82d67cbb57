"""The order of tracks: which waits for which, and whether the days of a plan can be kept."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from msgspec import Struct

from ....engine.spelling import quoted
from ...choices import choose
from .model import Scenario
from .organizations import OrganizationTable
from .populations import MemberTable, PopulationTable
from .problems import KeyPath, Problem, Problems
from .steps import Call, CreateAccounts, Invite, Step, Track, TrackTable, Wait


class ReadTrack(Struct):
    """A track as far as it could be read."""

    name: str
    path: KeyPath
    """Of its list of steps."""
    table: TrackTable | None
    """None: it cannot be read."""
    steps: list[Step | None]
    """None is a step that cannot be read."""
    saves: list[list[str]]
    """The names under which each step saves something."""


def wrong_order(tracks: Sequence[ReadTrack]) -> Iterator[Problem]:
    """Find tracks that wait for tracks that there are not, or for each other."""
    waiting = predecessors_of(tracks)
    order, told = TrackOrder(waiting), set[str]()
    for track in tracks:
        path = ("tracks", track.name, "after")
        for name in waiting[track.name]:
            if name not in waiting:
                others = [each for each in waiting if each != track.name]
                yield Problem(f"no track is called {quoted(name)}{choose(name, others)}", path)
        circle = [] if track.name in told or track.name in order.places else _circle(track.name, waiting)
        if circle and told.isdisjoint(circle):
            told |= set(circle)
            waits = ", ".join(f"{one} for {other}" for one, other in pairwise([*circle, circle[0]]))
            yield Problem(f"these tracks wait for each other, so none can begin: {waits}", path)


def predecessors_of(tracks: Iterable[ReadTrack]) -> dict[str, tuple[str, ...]]:
    """Track to those that it waits for itself."""
    return {track.name: track.table.predecessors if track.table else () for track in tracks}


def _circle(start: str, waiting: Mapping[str, Sequence[str]]) -> list[str]:
    """The tracks on a way from a track back to itself, each waiting for the next; empty if there is none."""
    before = dict[str, str]()
    found = [start]
    while found:
        last = found.pop()
        for name in waiting.get(last, ()):
            if name == start:
                way = [last]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1]
            if name not in before:
                before[name] = last
                found.append(name)
    return []


class TrackOrder:
    """Which tracks have surely ended when another one begins.

    Args:
        waiting: track to those that it waits for itself.
    """

    def __init__(self, waiting: Mapping[str, Sequence[str]]) -> None:
        self.places: dict[str, int] = {}
        """Tracks to their places in an order in which each comes behind those it waits for; without those that can
        never begin, because they wait for each other, or for such ones."""
        sorter = TopologicalSorter(waiting)
        with suppress(CycleError):
            sorter.prepare()
        while ready := sorter.get_ready():
            self.places |= {name: place for place, name in enumerate(ready, len(self.places))}
            sorter.done(*ready)
        self._bits = {name: 1 << number for number, name in enumerate(waiting)}
        self._ended = dict[str, int]()
        """Track to the bits of those that have ended: a number, as sets would hold as many names as there are pairs."""
        for name in self.places:
            self._ended[name] = self._together(waiting.get(name, ()))
        for name in waiting.keys() - self.places.keys():
            self._ended[name] = self._together(_all_before(name, waiting))

    def _together(self, names: Iterable[str]) -> int:
        found = 0
        for name in names:
            found |= self._bits.get(name, 0) | self._ended.get(name, 0)
        return found

    def has_ended(self, one: str, other: str) -> bool:
        """Whether one track has surely ended when another one begins."""
        return bool(self._ended[other] & self._bits[one])


def _all_before(track: str, waiting: Mapping[str, Sequence[str]]) -> set[str]:
    """The tracks for which a track waits, and for which they wait."""
    ended, found = set[str](), [*waiting[track]]
    while found:
        name = found.pop()
        if name not in ended:
            ended.add(name)
            found += waiting.get(name, ())
    return ended


class SavedNames(Collection[str]):
    """The names under which something is surely saved when a step of a track is played; found when they are asked for.

    Args:
        track: the track.
        savers: name to the tracks that save something under it.
        order: of the tracks.
    """

    def __init__(self, track: str, savers: Mapping[str, Collection[str]], order: TrackOrder) -> None:
        self._track = track
        self._savers = savers
        self._order = order
        self.own = set[str]()
        """What the track itself has saved so far."""

    def __contains__(self, name: object) -> bool:
        savers = self._savers.get(name, ()) if isinstance(name, str) else ()
        return name in self.own or any(self._order.has_ended(each, self._track) for each in savers)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(name for name in self._savers if name in self))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def impossible_days(scenario: Scenario) -> Problems:
    """Find steps that are to begin on a day that has surely passed when their turn comes.

    Args:
        scenario: without other mistakes; no track waits for itself.
    """
    tracks = {track.name: track for track in scenario.all_tracks}
    times = _LeastTimes([*tracks.values()], scenario.populations, scenario.organizations)
    for name in TopologicalSorter({name: track.table.predecessors for name, track in tracks.items()}).static_order():
        times.walk(tracks[name])
    return times.problems


class _LeastTimes:
    """The least times that tracks take, as far as they are known before a run."""

    def __init__(
        self,
        tracks: Sequence[Track],
        populations: Mapping[str, PopulationTable],
        organizations: Mapping[str, OrganizationTable],
    ) -> None:
        self.problems = Problems()
        self._populations = populations
        self._organizations = organizations
        self._ends: dict[str, float] = {}
        """Track to the day before which it cannot have ended."""
        asked = Counter(_asked_by(step) for track in tracks for step in track.steps)
        self._once = {name for name in populations if asked[name] == 1}
        """Populations of which one step asks all accounts: no other has asked some of them before."""
        self._of_members = sum(isinstance(each, MemberTable) for each in populations.values())
        """How many populations have members."""

    def walk(self, track: Track) -> None:
        """Go through the steps of a track; those that it waits for come first."""
        table = track.table
        day = max([table.from_day, *(self._ends[name] for name in table.predecessors)])
        begun = day
        for index, step in enumerate(track.steps):
            if step.at_day is not None and step.at_day < day - 1e-9:
                message = (
                    f"day {step.at_day:g} has passed when its turn comes: what goes before takes until day {day:.4g}"
                )
                self.problems.append(Problem(message, (*track.path, index, "at_day")))
            if step.at_day is not None and table.times and table.times > 1:
                message = (
                    "its track is repeated, and this day comes once; from_day and every_days say when it is played"
                )
                self.problems.append(Problem(message, (*track.path, index, "at_day")))
            day = max(day, step.at_day or 0.0) + self._least_days(step)
        self._ends[track.name] = max(day, begun + (table.every_days or 0) * ((table.times or 1) - 1))

    def _least_days(self, step: Step) -> float:
        if isinstance(step, Wait):
            return step.days or 0.0
        if not isinstance(step, Invite | CreateAccounts) or step.population not in self._once or not step.pace:
            return 0.0
        population, origin = self._populations[step.population], "invited" if isinstance(step, Invite) else "created"
        if population.origin == origin:
            return step.pace.least_days(population.count)
        if not isinstance(step, Invite):
            return 0.0
        return step.pace.least_days(self._members(population, step.organization))

    def _members(self, population: PopulationTable, inviting: str) -> int:
        """How many members of another organization a population surely has; 0 if it has only a part of them."""
        if not isinstance(population, MemberTable) or population.unit or self._of_members > 1:
            return 0
        of = population.of or next(iter(self._organizations))
        return min(population.count, self._organizations[of].accounts or 0) if of != inviting else 0


def _asked_by(step: Step) -> str:
    """The population whose accounts a step invites, creates or calls for; empty if none."""
    if isinstance(step, Invite | CreateAccounts):
        return step.population
    return step.for_each if isinstance(step, Call) else ""
