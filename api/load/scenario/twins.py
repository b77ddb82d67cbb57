"""Organizations of a scenario that are copied from elsewhere: from a log, or from the folder of a dump."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
from msgspec import structs

from ....engine.explaining import when
from ....engine.log import LogError
from ....engine.operations.import_organization import ImpossibleDump
from ....engine.settings import Quotas, Settings
from ....engine.shapes.base import moment
from ....engine.shapes.timestamps import microseconds
from ....engine.spelling import quoted
from ....engine.twin.checks import require_consistent
from ....engine.twin.form import Form
from ...choices import choose
from ...past import open_recorded
from ...standing import ROOT
from ...timeline.twin.errors import DumpError
from ...timeline.twin.importing import settings_for
from ...timeline.twin.normalize import normalize
from ...timeline.twin.reading import of_folder
from ...timeline.twin.recorded import answers_of
from .bounds import never_hold
from .fitting import too_many
from .model import Scenario
from .organizations import OrganizationTable, Twin, UnitMembers, founders, known_units
from .populations import MemberTable
from .problems import Problem, Problems, ScenarioError
from .unit_names import wrong_unit_names


async def with_twins(scenario: Scenario, folder: Path, *, may_set_start: bool) -> Scenario:
    """Read the organizations that a scenario copies from elsewhere.

    Args:
        scenario: as its file says.
        folder: where the paths in it begin.
        may_set_start: whether the run begins when the last copy was made, since the file does not say when.

    Raises:
        ScenarioError: a copy cannot be read, or cannot be there when the run begins; with all that is wrong.
    """
    problems, twins = Problems(), dict[str, Twin]()
    for name, table in scenario.organizations.items():
        if table.source:
            with problems.gathered():
                twins[name] = await _read(name, table, folder / table.source)
    if twins and may_set_start:
        latest = moment(max(twin.taken_at for twin in twins.values()))
        scenario = structs.replace(scenario, start=latest, dated=True)
    scenario = structs.replace(scenario, twins=twins)
    problems += _impossible(scenario)
    problems += _wrong_units(scenario)
    if twins:
        copied = {name: {each.path for each in _members_of(twin.form)[1:]} for name, twin in twins.items()}
        units = {**known_units(scenario.organizations), **copied}
        problems += wrong_unit_names(scenario.all_tracks, scenario.populations, scenario.organizations, units)
    settled = {name: each for name, each in members_of_twins(scenario).items() if twins[name].is_settled}
    problems += too_many(scenario.populations, scenario.organizations, settled)
    problems.require_none()
    # Only now it is known how many accounts there are.
    Problems(never_hold(scenario) if twins else ()).require_none()
    return scenario


async def _read(name: str, table: OrganizationTable, path: Path) -> Twin:
    place = ("organizations", name, "from")
    try:
        form, taken_at = await _form_at(path, table.id or None)
        require_consistent(form)
    except (DumpError, LogError) as error:
        raise ScenarioError(Problem(str(error), place)) from None
    except ImpossibleDump as error:
        raise ScenarioError(Problem(f"{path}: {error.message}", place)) from None
    if table.id and form.organization != table.id:
        raise ScenarioError(Problem(f"{path} has {form.organization}, and not {table.id}", (*place[:2], "id")))
    return Twin(form, taken_at, table.source)


async def _form_at(path: Path, organization: str | None) -> tuple[Form, int]:
    """Read what stands at the end of a log, or what the dump in a folder shows, and when that was."""
    if await anyio.to_thread.run_sync(path.is_dir):
        dump = await anyio.to_thread.run_sync(of_folder, path, None)
        return dump.form, dump.taken_at
    async with open_recorded(path) as recorded:
        answers, taken_at = await answers_of(recorded.at(recorded.log.head), organization)
        form, _ = normalize(answers)
        return form, taken_at


def _impossible(scenario: Scenario) -> Iterator[Problem]:
    """What keeps the copies from being there when the run begins."""
    start = microseconds(scenario.start)
    tables = scenario.organizations
    belongs = {table.founder: name for name, table in tables.items() if not (table.source or table.id)}
    for name, twin in scenario.twins.items():
        place = ("organizations", name, "from")
        if twin.taken_at > start:
            message = f"{twin.source} is of {when(twin.taken_at)}, and the run begins before, at {when(start)}"
            yield Problem(message, place)
        yield from _too_large(twin, scenario.settings, place)
        taken = [account.id for account in twin.form.accounts if account.id in belongs]
        if taken:
            other = belongs[taken[0]]
            founds = not (tables[other].source or tables[other].id)
            advice = f'; write another management_account for {other}, such as "{_unused(scenario)}"' if founds else ""
            yield Problem(f"{taken[0]} is in {other} too, and an account is in one organization{advice}", place)
        belongs |= {account.id: name for account in twin.form.accounts}


def _unused(scenario: Scenario) -> str:
    """An account that no organization of the scenario has."""
    used = {table.founder for table in scenario.organizations.values()}
    used |= {account.id for twin in scenario.twins.values() for account in twin.form.accounts}
    return next(account for account in founders() if account not in used)


def _too_large(twin: Twin, settings: Settings, place: tuple[str, ...]) -> Iterator[Problem]:
    needed = settings_for(twin.form, settings).quotas
    for quota in Quotas.__struct_fields__:
        its, most = getattr(needed, quota), getattr(settings.quotas, quota)
        if its != most:
            yield Problem(f"it needs quotas.{quota} = {its}, which is {most}", place)


def _wrong_units(scenario: Scenario) -> Iterator[Problem]:
    for name, population in scenario.populations.items():
        if not isinstance(population, MemberTable) or not population.unit:
            continue
        twin = scenario.twins.get(population.of or next(iter(scenario.organizations)))
        if twin and population.unit not in (paths := {unit.path for unit in _members_of(twin.form)} - {ROOT}):
            there = choose(population.unit, sorted(paths))
            yield Problem(f"there is no OU {quoted(population.unit)}{there}", ("populations", name, "unit"))


def members_of_twins(scenario: Scenario) -> dict[str, list[UnitMembers]]:
    """The members of the organizations that were copied, by their OUs."""
    return {name: _members_of(twin.form) for name, twin in scenario.twins.items()}


def _members_of(form: Form) -> list[UnitMembers]:
    members = Counter(each.parent or form.root for each in form.accounts if each.id != form.management_account)
    paths = {form.root: ROOT}
    found = [UnitMembers(ROOT, ROOT, members[form.root])]
    for unit in form.units:
        above = paths[unit.parent]
        paths[unit.id] = f"{above}/{unit.name}".lstrip("/")
        found.append(UnitMembers(paths[unit.id], above, members[unit.id]))
    return found
