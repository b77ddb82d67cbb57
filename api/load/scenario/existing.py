"""Scenarios that begin with a log: its organizations are there already, and its time, seed and settings go on."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from msgspec import Struct, structs

from ....engine.log.place import iso_text
from ....engine.shapes.base import moment
from ....engine.shapes.timestamps import microseconds
from ....engine.spelling import quoted
from ....engine.state import OrganizationFacts, Units
from ....projections.account_creation import CreationState
from ....projections.views import Views
from ...choices import choose
from ...same_world import by_name, differences
from ...standing import ROOT
from .model import TOP_LEVEL_SETTINGS, Beginning, OrganizationTable, Scenario
from .organizations import UnitMembers, known_units
from .populations import MemberTable, PopulationTable
from .problems import KeyPath, Problem, Problems

Given = Mapping[KeyPath, Any]
"""What a file says about its world: the path of ``seed``, ``start`` and of each setting, to its value."""


def given(document: Mapping[str, Any]) -> Given:
    """Collect what a file says about its world.

    Args:
        document: the file, whose values have been checked.
    """
    short = {key: document[key] for key in TOP_LEVEL_SETTINGS if key in document}
    found: dict[KeyPath, Any] = {(key,): document[key] for key in ("seed", "start") if key in document}
    for name, value in by_name({**document.get("settings", {}), **short}).items():
        path = tuple(name.split("."))
        found[path if path[0] in short else ("settings", *path)] = value
    return found


class World(Struct, frozen=True):
    """The world of a log at the place where a run begins."""

    log: str
    """The log's name, for messages."""
    at: str
    """The place in it where the run begins: a position, or a moment in ISO 8601."""
    views: Views
    now: int
    """When the run begins at the earliest, in microseconds since the epoch."""

    @property
    def organizations(self) -> dict[str, OrganizationFacts]:
        """The organizations that are there, by id."""
        return {key: each for key, each in self.views.organizations.rows.items() if not each.deleted}

    def members(self, organizations: Mapping[str, OrganizationTable | None]) -> dict[str, list[UnitMembers]]:
        """The members of organizations that are in the log, by name and OU; but for those that create accounts now."""
        return {
            name: self._members_of(self.organizations[table.id])
            for name, table in organizations.items()
            if table and table.id in self.organizations and not self._is_creating(table.id)
        }

    def units(self, organizations: Mapping[str, OrganizationTable | None]) -> dict[str, set[str]]:
        """The paths of the OUs of organizations that are in the log, by name."""
        return {
            name: unit_paths(self.organizations[table.id].units).keys() - {ROOT}
            for name, table in organizations.items()
            if table and table.id in self.organizations
        }

    def _is_creating(self, organization: str) -> bool:
        in_progress = (organization, CreationState.IN_PROGRESS)
        return bool(self.views.account_creations.by_state.get(in_progress))

    def _members_of(self, organization: OrganizationFacts) -> list[UnitMembers]:
        tree, accounts = organization.units, self.views.accounts.trees[organization.id].accounts
        members = Counter({parent: len(rows) for parent, rows in accounts.items()})
        members[tree.parent_of(organization.management_account)] -= 1
        paths = {unit: path for path, unit in unit_paths(tree).items()}
        return [
            UnitMembers(path, paths[above] if (above := tree.by_id[unit].parent) else path, members[unit])
            for unit, path in paths.items()
        ]

    def continued(self, asked: Beginning, given: Given) -> Beginning:
        """What a run begins with: as the log has it, where the file does not say otherwise.

        Args:
            asked: what the file says, or else the defaults.
            given: what of that stands in the file.

        Raises:
            ScenarioError: the file asks for what the world of the log does not have; with all of it.
        """
        problems = Problems([*self._wrong_settings(given), *self._wrong_start(asked, given)])
        problems.require_none()
        organizations = self.views.organizations
        return structs.replace(
            asked,
            seed=asked.seed if ("seed",) in given else organizations.seed,
            start=asked.start if ("start",) in given else moment(self.now),
            settings=organizations.settings,
        )

    def _wrong_settings(self, given: Given) -> Iterator[Problem]:
        kept = by_name(self.views.organizations.settings)
        for path, value in given.items():
            name = ".".join(map(str, path)).removeprefix("settings.")
            for difference in differences(kept, {name: value} if name in kept else {}):
                yield Problem(f"the world of {self.log} began with {difference}", path)

    def _wrong_start(self, asked: Beginning, given: Given) -> Iterator[Problem]:
        if ("start",) in given and microseconds(asked.start) < self.now:
            there = iso_text(self.now)
            yield Problem(
                f"the world of {self.log} stands at {there}: begin then or later, or leave it out", ("start",)
            )

    def with_ids(self, organizations: Mapping[str, OrganizationTable | None]) -> dict[str, OrganizationTable | None]:
        """Take the log's organization for a scenario that names none, if there is only one.

        Raises:
            ScenarioError: a table names an organization that there is not, or founds one where that is impossible.
        """
        if not organizations and len(self.organizations) == 1:
            (only,) = self.organizations
            return {UNNAMED: OrganizationTable(id=only)}
        organizations = organizations or {UNNAMED: OrganizationTable()}
        problems = Problems()
        for name, table in organizations.items():
            problems += self._wrong_organization(table, ("organizations", name)) if table else ()
        problems.require_none()
        return dict(organizations)

    def _wrong_organization(self, table: OrganizationTable, path: KeyPath) -> Iterator[Problem]:
        if table.stands or table.source:
            message = "a run that begins with a log has the organizations of the log, and those that it founds"
            yield Problem(message, (*path, "from" if table.source else "accounts"))
            return
        if table.id:
            if table.id not in self.organizations:
                yield Problem(
                    f"{self.log} has no organization {quoted(table.id)}{choose(table.id, [*self.organizations])}",
                    (*path, "id"),
                )
            return
        belongs_to = self.views.accounts.organization_of(table.founder)
        if belongs_to:
            manages = self.organizations[belongs_to].management_account == table.founder
            does, how = ("manages", "to begin with it") if manages else ("is a member of", "to begin with that")
            message = f'{table.founder} {does} {belongs_to} in {self.log} already; {how}, write id = "{belongs_to}"'
            yield Problem(message, (*path, "management_account"))


MOST_NAMED = 12
"""Of so many OUs a message tells."""

UNNAMED = "organization"
"""The name of the organization of a scenario that names none."""


def wrong_members(
    populations: Mapping[str, PopulationTable | None],
    organizations: Mapping[str, OrganizationTable | None],
    world: World | None,
) -> Iterator[Problem]:
    """What is wrong with the populations that are members of organizations that are there when the run begins."""
    units = known_units(organizations)
    for name, population in populations.items():
        if isinstance(population, MemberTable):
            yield from _wrong_member(population, organizations, units, world, ("populations", name))


def _wrong_member(
    population: MemberTable,
    organizations: Mapping[str, OrganizationTable | None],
    units: Mapping[str, Collection[str]],
    world: World | None,
    path: KeyPath,
) -> Iterator[Problem]:
    if not population.of and len(organizations) > 1:
        yield Problem(f"say of which organization (there are: {', '.join(organizations)})", (*path, "of"))
        return
    name = population.of or next(iter(organizations))
    if name not in organizations:
        yield Problem(f"no organization is called {quoted(name)}{choose(name, [*organizations])}", (*path, "of"))
        return
    table = organizations[name]
    if table is None or (name == UNNAMED and world is None and table == OrganizationTable()):
        return
    if table.stands:
        if population.unit and population.unit not in units[name]:
            yield Problem(
                f"there is no OU {quoted(population.unit)}{choose(population.unit, units[name])}", (*path, "unit")
            )
    elif table.is_founded:
        yield Problem(f"{name} is founded when the run begins, and has no members then", (*path, "of"))
    elif world and population.unit and table.id in world.organizations:
        yield from _wrong_unit(population.unit, world.organizations[table.id].units, path)


def _wrong_unit(unit: str, tree: Units, path: KeyPath) -> Iterator[Problem]:
    try:
        find_unit(tree, unit)
    except LookupError as error:
        yield Problem(str(error), (*path, "unit"))


def find_unit(tree: Units, path: str) -> str:
    """The id of the OU at a path of names from the root, such as ``Workloads/Prod``.

    Raises:
        LookupError: there is none; the message says which OUs there are.
    """
    paths = unit_paths(tree)
    del paths[ROOT]
    if path not in paths:
        close = get_close_matches(path, paths, n=MOST_NAMED, cutoff=0.0)
        named = choose(path, sorted(paths)) if len(paths) <= MOST_NAMED else f"; the closest: {', '.join(close)}"
        raise LookupError(f"there is no OU {quoted(path)}{named}")
    return paths[path]


def unit_paths(tree: Units) -> dict[str, str]:
    """The root and all OUs, parents first: path to id."""
    # Not name by name from the root: a name may have a / in it.
    return {"/".join(tree.by_id[each].name for each in tree.path_to(unit)[1:]) or ROOT: unit for unit in tree.by_id}


def in_logs(scenario: Scenario) -> list[str]:
    """The populations of members of organizations that are in a log, with which the run is to begin."""
    tables, members = scenario.organizations, scenario.populations.items()
    of = {name: tables[each.of or next(iter(tables))] for name, each in members if isinstance(each, MemberTable)}
    return [name for name, table in of.items() if not table.stands and not table.source]


def require_present(scenario: Scenario, hint: str = "say in which log, with --on LOG") -> None:
    """Require that all that a scenario says to be there is in the scenario itself.

    Args:
        scenario: which is to be played.
        hint: what to do about what is in a log.

    Raises:
        ScenarioError: something is in a log, or a copy that was not read; all of it.
    """
    tables, problems = scenario.organizations, Problems()
    for name, table in tables.items():
        if table.source and name not in scenario.twins:
            what = "a copy is read with the scenario's file, not in sweeps"
            problems.append(Problem(what, ("organizations", name, "from")))
        if table.id and not table.source:
            problems.append(Problem(f"it is there when the run begins: {hint}", ("organizations", name, "id")))
    for name, each in scenario.populations.items():
        if isinstance(each, MemberTable) and tables[each.of or next(iter(tables))].is_founded:
            problems.append(Problem(f"it is there when the run begins: {hint}", ("populations", name)))
    problems.require_none()
