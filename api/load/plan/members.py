"""How many accounts of which population are where, as far as a plan knows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct, field

from ..scenario.fitting import Places, Taken, given_members
from ..scenario.model import OrganizationTable, Scenario
from ..scenario.organizations import members_by_unit
from ..scenario.twins import members_of_twins
from .cohorts import PlannedCohort
from .number import ExactSum, Number, among

MOST_KEPT = 20
"""So many cohorts are looked at one by one; what is older is no less true, but nothing can make it more certain."""

Where = tuple[str, str]
"""A population and an organization."""


def _numbers() -> defaultdict[Where, Number]:
    return defaultdict(Number)


class Removal(Struct, frozen=True):
    """Accounts of a population that a step of one of AWS's operations removes from an organization."""

    population: str
    organization: str
    number: Number
    place: int
    """Of the step, in the order of the plan."""


Change = PlannedCohort | Removal
What = Literal["members", "created", "approving", "open"]
"""What is reckoned of a population in an organization: its members, those that the organization has created, those that
must approve all features, and open invitations."""


class _Reckoning(Struct):
    """A number of accounts of a population, and how far its changes are in it."""

    at: tuple[float, int]
    """On which day it was reckoned, and after how many changes of what was known before."""
    whole: Number
    """All accounts of the population."""
    number: Number
    went: Number = Number()
    """How many are to be subtracted from it in the end."""
    seen: int = 0
    """So many changes are in it."""


class _Sum(Struct):
    """The members of an organization in all populations, and their open invitations."""

    day: float = -1.0
    seen: int = 0
    """So many times a population has changed."""
    of: dict[str, tuple[Number, Number]] = {}
    """Population to what of it is in the sum."""
    members: ExactSum = field(default_factory=ExactSum)
    open: ExactSum = field(default_factory=ExactSum)


class Members(Struct):
    """Members by population and organization, and what the accounts are asked."""

    populations: list[str]
    """All of them, in the order of the file."""
    there: defaultdict[Where, Number] = field(default_factory=_numbers)
    """Those that did not join by an invitation of the run."""
    approving: defaultdict[Where, Number] = field(default_factory=_numbers)
    """Those of them that the organization has not created: they must approve all features."""
    removals: list[Removal] = field(default_factory=list[Removal])
    """The latest of them, in order."""
    closed: defaultdict[Where, Number] = field(default_factory=_numbers)
    """Those that were closed, which stay members for a while; of a population the first so many."""
    others: dict[str, Number] = field(default_factory=dict[str, Number])
    """Organization to its members in no population that must approve all features."""
    created_others: dict[str, int] = field(default_factory=dict[str, int])
    """Organization to its other members in no population, the management account included."""
    cohorts: list[PlannedCohort] = field(default_factory=list[PlannedCohort])
    """Those that were asked something, and can still answer."""
    past: list[PlannedCohort] = field(default_factory=list[PlannedCohort])
    """Invitations that were counted once and for all."""
    sizes: dict[str, Number] = field(default_factory=dict[str, Number])
    """Population to all of its accounts, of those whose accounts are there without being created."""
    shared: dict[str, float] = field(default_factory=dict[str, float])
    """Populations that several tracks are about at the same time, and how many accounts each has at most."""
    day: float = 0.0
    """Now, in days after the start of the run, at the earliest."""
    _came: defaultdict[Where, Number] = field(default_factory=_numbers)
    """Those that have joined by invitations of the past; and so the others."""
    _went: defaultdict[Where, Number] = field(default_factory=_numbers)
    _removed: defaultdict[Where, Number] = field(default_factory=_numbers)
    _perhaps_open: defaultdict[Where, Number] = field(default_factory=_numbers)
    _changes: defaultdict[str, list[Change]] = field(default_factory=lambda: defaultdict[str, list[Change]](list))
    """Population to its cohorts and removals that are no past yet, in order."""
    _touched: list[str] = field(default_factory=list[str])
    """The populations of which something has changed, one after the other."""
    _touches: Counter[str] = field(default_factory=Counter[str])
    """How often something of a population has changed that was known before."""
    _reckonings: dict[tuple[Where, What], _Reckoning] = field(default_factory=dict[tuple[Where, What], _Reckoning])
    _sums: defaultdict[str, _Sum] = field(default_factory=lambda: defaultdict[str, _Sum](_Sum))

    def advance(self, day: float) -> None:
        """Move on to a day. A track may invite every day for years, so old invitations are added up."""
        self.day = day
        while len(self.cohorts) > MOST_KEPT:
            oldest = next((each for each in self.cohorts if not each.migration), None)
            if oldest is None or day - oldest.day <= oldest.lifetime:
                return
            self.cohorts.remove(oldest)
            self._changes[oldest.population].remove(oldest)
            self.past.append(oldest)
            where = oldest.population, oldest.organization
            self._came[where] += oldest.accepted(day)
            self._went[where] += oldest.gone
            self._perhaps_open[where] += oldest.open(day)
            self.touch(oldest.population)

    def touch(self, population: str) -> None:
        """Note that something has changed of what was known of a population, such as its cohorts."""
        self._touches[population] += 1
        self._touched.append(population)

    def ask(self, cohort: PlannedCohort) -> None:
        """Note that accounts are asked."""
        self.cohorts.append(cohort)
        self._changes[cohort.population].append(cohort)
        self._touched.append(cohort.population)

    def create(self, population: str, organization: str, number: Number) -> None:
        """Note that accounts are created."""
        self.there[population, organization] += number
        self.touch(population)

    def remove(self, removal: Removal) -> None:
        """Note that accounts are removed, or leave; of many removals the oldest are added up."""
        self.removals.append(removal)
        self._changes[removal.population].append(removal)
        self._touched.append(removal.population)
        if len(self.removals) > MOST_KEPT:
            oldest = self.removals.pop(0)
            self._changes[oldest.population].remove(oldest)
            self._removed[oldest.population, oldest.organization] += oldest.number
            self.touch(oldest.population)

    def interrupt(self, cohorts: Iterable[PlannedCohort]) -> None:
        """Note that some accounts may never answer what they have not answered yet."""
        for each in cohorts:
            if not (each.settled or each.canceled):
                each.canceled = True
                self.touch(each.population)

    def asked(self, population: str) -> Iterator[PlannedCohort]:
        """The cohorts of a population, or of all, that can still answer."""
        changes = self._changes[population] if population else self.cohorts
        return (each for each in changes if isinstance(each, PlannedCohort))

    def of(self, population: str, organization: str) -> Number:
        """The members of a population in an organization."""
        return self.doubted(population, self._reckoned((population, organization), "members"))

    def doubted(self, population: str, number: Number) -> Number:
        """A number of accounts of a population; anything is possible if other tracks are about it too."""
        if population not in self.shared:
            return number
        return Number(0.0, number.expected, max(self.shared[population], number.most))

    def accounts(self, population: str) -> Number:
        """The accounts of a population that is created or was there when the run began."""
        found = Number()
        for name in self.others:
            found += self.there[population, name]
        return found

    def created(self, population: str, organization: str) -> Number:
        """Those of them that the organization has created."""
        return self.doubted(population, self._reckoned((population, organization), "created"))

    def to_approve(self, population: str, organization: str) -> Number:
        """Those of them that must approve all features."""
        return self.doubted(population, self._reckoned((population, organization), "approving"))

    def open(self, population: str, organization: str) -> Number:
        """The open invitations of a population."""
        return self.doubted(population, self._reckoned((population, organization), "open"))

    def total(self, organization: str) -> Number:
        """All members of an organization, the management account included."""
        rest = Number.exactly(self.others[organization].expected + self.created_others[organization])
        return rest + self._summed(organization).members.number

    def total_open(self, organization: str) -> Number:
        """All open invitations of an organization."""
        return self._summed(organization).open.number

    def _summed(self, organization: str) -> _Sum:
        """Add up what has changed since it was added up last: with time what accounts are asked, else what is noted."""
        found = self._sums[organization]
        changed = {*self._touched[found.seen :]} if found.of else {*self.populations}
        changed |= {each for each, changes in self._changes.items() if changes} if found.day != self.day else set()
        for population in changed:
            new = self.of(population, organization), self.open(population, organization)
            old = found.of.get(population, (Number(), Number()))
            found.of[population] = new
            found.members.replace(old[0], new[0])
            found.open.replace(old[1], new[1])
        found.day, found.seen = self.day, len(self._touched)
        return found

    def _reckoned(self, where: Where, what: What) -> Number:
        """A number of accounts, for which only those changes are gone through that are new."""
        population, _ = where
        at, found = (self.day, self._touches[population]), self._reckonings.get((where, what))
        if found is None or found.at != at:
            whole = self.sizes.get(population) or self.accounts(population)
            found = self._reckonings[where, what] = _Reckoning(at, whole, Number(), self._went[where])
            found.number = self._at_first(where, what, whole)
        changes = self._changes[population]
        for index in range(found.seen, len(changes)):
            self._reckon(found, changes[index], where, what)
        found.seen = len(changes)
        return found.number if what == "open" else found.number - found.went

    def _at_first(self, where: Where, what: What, whole: Number) -> Number:
        """What is left of those that were there at first, with those that came in the past, after others went."""
        population, organization = where
        if what == "open":
            return self._perhaps_open[where]
        number = self.approving[where] if what == "approving" else self.there[where]
        number = number - self.approving[where] if what == "created" else number + self._came[where]
        for other in self.others:
            if other != organization:
                number -= among(self._came[population, other], number, whole)
        return number - self._removed[where]

    def _reckon(self, found: _Reckoning, each: Change, where: Where, what: What) -> None:
        """Take a change into account: some come, or go elsewhere."""
        here = each.organization == where[1]
        if isinstance(each, Removal):
            found.number -= each.number if here and what != "open" else Number()
            return
        if what == "open":
            found.number += each.open(self.day) if here and not each.migration else Number()
            return
        if here and what != "created" and not each.migration:
            found.number += each.accepted(self.day)
        elif not here and not each.migration:
            found.number -= among(each.accepted(self.day), found.number, found.whole)
        found.went += each.gone if here else Number()


def standing_members(scenario: Scenario) -> Members:
    """The members of the organizations that are there when a run begins."""
    members, organizations = Members([*scenario.populations]), scenario.organizations
    there = {name: members_by_unit(table) for name, table in organizations.items() if table.stands}
    places = {name: Places(units) for name, units in (there | members_of_twins(scenario)).items()}
    for population, name, _, taken in given_members(scenario.populations, organizations, places):
        members.there[population, name] = Number(taken.least, taken.likely, taken.most)
        members.approving[population, name] = _approving(taken, organizations[name])
    for name, table in organizations.items():
        rest = places[name].take() if name in places else None
        members.others[name] = _approving(rest, table) if rest else Number()
        created = rest.likely - members.others[name].expected if rest else 0
        members.created_others[name] = 1 + round(created)
    return members


def _approving(taken: Taken, table: OrganizationTable) -> Number:
    """Those of the members of a population, or of no population, that the organization has not created."""
    least, likely, most = (each - round(each * table.created) for each in (taken.least, taken.likely, taken.most))
    # The share holds for each OU as a whole, and nothing is known of a copy.
    slack = (taken.units or taken.most) if table.stands else taken.most
    slack = 0 if table.stands and table.created in (0.0, 1.0) else slack
    return Number(max(0, least - slack), likely, min(taken.most, most + slack))
