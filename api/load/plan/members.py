"""How many accounts of which population are where, as far as a plan knows."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct, field

from ..scenario.fitting import Places, Taken, given_members
from ..scenario.model import OrganizationTable, Scenario
from ..scenario.organizations import members_by_unit
from ..scenario.twins import members_of_twins
from .cohorts import PlannedCohort
from .number import Number, among

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


class Members(Struct):
    """Members by population and organization, and what the accounts are asked."""

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

    def advance(self, day: float) -> None:
        """Move on to a day. A track may invite every day for years, so old invitations are added up."""
        self.day = day
        while len(self.cohorts) > MOST_KEPT:
            oldest = next((each for each in self.cohorts if not each.migration), None)
            if oldest is None or day - oldest.day <= oldest.lifetime:
                return
            self.cohorts.remove(oldest)
            self.past.append(oldest)
            where = oldest.population, oldest.organization
            self._came[where] += oldest.accepted(day)
            self._went[where] += oldest.gone
            self._perhaps_open[where] += oldest.open(day)

    def remove(self, removal: Removal) -> None:
        """Note that accounts are removed, or leave; of many removals the oldest are added up."""
        self.removals.append(removal)
        if len(self.removals) > MOST_KEPT:
            oldest = self.removals.pop(0)
            self._removed[oldest.population, oldest.organization] += oldest.number

    def of(self, population: str, organization: str) -> Number:
        """The members of a population in an organization."""
        where = population, organization
        return self.doubted(population, self._left(where, self.there[where]))

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
        where = population, organization
        return self.doubted(population, self._left(where, self.there[where] - self.approving[where], come=False))

    def to_approve(self, population: str, organization: str) -> Number:
        """Those of them that must approve all features."""
        where = population, organization
        return self.doubted(population, self._left(where, self.approving[where]))

    def open(self, population: str, organization: str) -> Number:
        """The open invitations of a population."""
        found = self._perhaps_open[population, organization]
        for each in self.cohorts:
            if not each.migration and (each.population, each.organization) == (population, organization):
                found += each.open(self.day)
        return self.doubted(population, found)

    def total(self, organization: str, populations: Iterable[str]) -> Number:
        """All members of an organization, the management account included."""
        found = Number.exactly(self.others[organization].expected + self.created_others[organization])
        for population in populations:
            found += self.of(population, organization)
        return found

    def _left(self, where: Where, number: Number, *, come: bool = True) -> Number:
        """What is left of so many that were there at first, with those that came, after all others went, in order."""
        population, organization = where
        whole = self.sizes.get(population) or self.accounts(population)
        number += self._came[where] if come else Number()
        for other in self.others:
            if other != organization:
                number -= among(self._came[population, other], number, whole)
        number -= self._removed[where]
        changes = [each for each in (*self.cohorts, *self.removals) if each.population == population]
        for each in sorted(changes, key=lambda change: change.place):
            here = each.organization == organization
            if isinstance(each, Removal):
                number -= each.number if here else Number()
            elif here and come and not each.migration:
                number += each.accepted(self.day)
            elif not here and not each.migration:
                number -= among(each.accepted(self.day), number, whole)
        went = self._went[where]
        for each in self.cohorts:
            went += each.gone if (each.population, each.organization) == where else Number()
        return number - went


def standing_members(scenario: Scenario) -> Members:
    """The members of the organizations that are there when a run begins."""
    members, organizations = Members(), scenario.organizations
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
