"""Reads scenario files. Errors name the file, the line, the path in it, and what is possible there."""

import os
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import anyio.to_thread
from msgspec import structs

from ....engine.settings import Settings
from ....engine.shapes.timestamps import microseconds
from ....engine.spelling import close_to, shortened
from ...choices import choose
from ...toml import NoToml, read_toml
from .bounds import never_hold
from .checks import checked, impossible_feature_sets, impossible_record
from .conversion import salvage
from .existing import UNNAMED, World, given, wrong_members
from .faults import read_faults
from .figures import figures_of
from .fitting import too_many
from .likeness import followers_of_nothing, read_populations, without_inherited
from .lines import Place, excerpt, key_places, nearest_place
from .model import TOP_LEVEL_SETTINGS, Beginning, Header, OrganizationTable, Parameter, Scenario
from .order import impossible_days
from .organizations import known_units, members_by_unit, with_founders
from .parameters import ACCOUNTS, settle_parameters, substitute, with_accounts
from .populations import MemberTable, PopulationTable
from .problems import KeyPath, Problem, Problems, ScenarioError
from .standing import wrong_standing
from .steps import PLAIN
from .thresholds import read_thresholds
from .tracks import read_tracks
from .twins import with_twins
from .unit_names import wrong_unit_names

KEYS = sorted({*Header.__struct_fields__, *Scenario.__struct_fields__} - {"log", "at", "dated", "twins"})
"""The keys of a file."""
NO_PARAMETERS: Mapping[str, Parameter] = {}


async def load_scenario(
    path: str | os.PathLike[str], parameters: Mapping[str, Parameter] = NO_PARAMETERS, world: World | None = None
) -> Scenario:
    """Read a scenario file.

    Args:
        path: the path of the file.
        parameters: values that replace the scenario's defaults; ``accounts``, where none is called so, is the number
            of invited accounts.
        world: the world of the log with which the run begins, if it does not begin with an empty one.

    Raises:
        ScenarioError: the file cannot be read, is no TOML, or is no valid scenario; with all that is wrong.
    """
    text, file = await anyio.to_thread.run_sync(read_text, Path(path)), os.fspath(path)
    scenario = parse_scenario(text, parameters, file, world)
    try:
        return await with_twins(scenario, Path(path).parent, may_set_start="start" not in _toml(text))
    except ScenarioError as error:
        raise ScenarioError(*with_lines(error.problems, text), file=file) from None


def read_text(path: Path) -> str:
    """Read the text of a scenario file.

    Raises:
        ScenarioError: it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            what = "Is a directory" if path.is_dir() else "no regular file"
            raise ScenarioError(f"cannot be read: {what}", file=str(path))
        # -sig: some editors put a byte order mark in front.
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror}", file=str(path)) from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"not a text file in UTF-8 (byte {error.start})", file=str(path)) from None


def parse_scenario(
    text: str, parameters: Mapping[str, Parameter] = NO_PARAMETERS, file: str = "", world: World | None = None
) -> Scenario:
    """Parse and check the text of a scenario file.

    Args:
        text: TOML.
        parameters: as for ``load_scenario``.
        file: how the file is called in messages.
        world: as for ``load_scenario``.

    Raises:
        ScenarioError: with all that is wrong, each with its place and line.
    """
    try:
        return _parsed(text, parameters, world)
    except ScenarioError as error:
        raise ScenarioError(*with_lines(error.problems, text), file=file) from None


def with_lines(problems: Iterable[Problem], text: str) -> list[Problem]:
    """Problems with their lines, in the order of the file; of several about one value only the first."""
    # Only what is TOML can be searched for keys.
    places = _places(text) if any(problem.path or problem.key for problem in problems) else {}
    first: dict[tuple[KeyPath, str], Problem] = {}
    for problem in problems:
        place = nearest_place(places, (*problem.path, problem.key) if problem.key else problem.path)
        same = (problem.path, problem.key) if problem.path or problem.key else ((), problem.message)
        line, column = place or (problem.line, problem.column)
        first.setdefault(same, structs.replace(problem, line=line, column=column))
    return sorted(first.values(), key=lambda problem: (problem.line or sys.maxsize, problem.column or 0))


def _places(text: str) -> dict[KeyPath, Place]:
    """The places of all keys; those in a misspelt table are found under the name that was meant too."""
    try:
        places = key_places(text)
    except RecursionError:
        return {}
    meant = {path[0]: close_to(str(path[0]), KEYS, 1) for path in places if path[0] not in KEYS}
    return {(each, *path[1:]): place for path, place in places.items() for each in meant.get(path[0], ())} | places


def _parsed(text: str, parameters: Mapping[str, Parameter], world: World | None) -> Scenario:
    document, problems = _toml(text), Problems()
    _rename_unknown(document, problems)
    settled = settle_parameters(document.pop("parameters", {}), parameters, problems)
    document = substitute(document, settled, problems)
    scenario = _built(document, {**(settled or {}), **parameters}, world, problems)
    if ACCOUNTS in parameters and ACCOUNTS not in (settled or {}):
        scenario = with_accounts(scenario, parameters[ACCOUNTS])
    Problems([*impossible_days(scenario), *never_hold(scenario)]).require_none()
    return scenario


def _toml(text: str) -> dict[str, Any]:
    try:
        return read_toml(text)
    except NoToml as error:
        if error.line is None or error.column is None:
            raise ScenarioError(f"not TOML that can be read: {error}") from None
        there = excerpt(text.split("\n"), error.line, error.column)
        raise ScenarioError(Problem(f"not TOML: {error}{there}", line=error.line, column=error.column)) from None


def _built(
    document: dict[str, Any], parameters: Mapping[str, Parameter | None], world: World | None, problems: Problems
) -> Scenario:
    # Converted one by one: for a table of tables, msgspec's errors do not say under which key something is wrong.
    organizations = _organizations(document, problems)
    tables = _tables(document, "populations", "partners", problems)
    populations = read_populations(tables, problems)
    read = read_tracks(document, problems)
    listed, thresholds = document.pop("faults", []), document.pop("thresholds", {})
    dated = "start" in document or world is not None
    beginning = _beginning(document, problems, world)
    faults = read_faults(listed, beginning.start if beginning else None, problems)
    with problems.gathered():
        organizations = world.with_ids(organizations) if world else organizations
    organizations = organizations or {UNNAMED: OrganizationTable()}
    if beginning is not None:
        # A log keeps what it began with, such as that of a server; the run adds what changes all the same.
        problems += () if world else impossible_record(beginning.settings)
        problems += impossible_feature_sets(organizations, beginning.settings)
        problems += wrong_standing(organizations, beginning.settings, microseconds(beginning.start))
    members = {name: members_by_unit(table) for name, table in organizations.items() if table and table.stands}
    members |= world.members(organizations) if world else {}
    problems += wrong_members(populations, organizations, world)
    # One whose OU or count cannot be read would take members that are for others.
    if not any(path[:1] == ("populations",) for path in problems.lost):
        problems += too_many(populations, organizations, members)
    figures = figures_of(organizations, populations, {track.name: len(track.steps) for track in read})
    limits = read_thresholds(thresholds, figures, problems)
    tracks = checked(organizations, populations, read, figures, problems)
    units: dict[str, Collection[str]] = {**known_units(organizations), **(world.units(organizations) if world else {})}
    if UNNAMED in units and any(isinstance(each, MemberTable) for each in populations.values()):
        del units[UNNAMED]
    problems += wrong_unit_names(tracks, populations, organizations, units)
    problems[:] = without_inherited(problems, tables)
    problems.require_none()
    assert beginning is not None, "what is wrong with it was found"
    plain = [track.steps for track in tracks if track.name == PLAIN]
    return Scenario(
        **structs.asdict(beginning),
        log=world.log if world else "",
        at=world.at if world else "",
        dated=dated,
        parameters=cast("dict[str, Parameter]", parameters),
        organizations=cast("dict[str, OrganizationTable]", organizations),
        populations=cast("dict[str, PopulationTable]", populations),
        faults=faults,
        steps=plain[0] if plain else (),
        tracks=tuple(track for track in tracks if track.name != PLAIN),
        thresholds=limits,
    )


def _rename_unknown(document: dict[str, Any], problems: Problems) -> None:
    """Tell keys that there are not, and take them for those that were meant."""
    for key in [key for key in document if key not in KEYS]:
        problems.append(Problem(f"unknown key `{shortened(key)}`{choose(key, KEYS)}", key=key))
        value = document.pop(key)
        for meant in close_to(key, KEYS, 1):
            document.setdefault(meant, value)


def _beginning(document: dict[str, Any], problems: Problems, world: World | None) -> Beginning | None:
    """With what the run begins: as the file has it, and the log; None if what others depend on cannot be read."""
    header: Header | None = salvage(document, Header, (), problems, needed=("start", "settings", "quotas"))
    if header is None or any(header.contradictions()):
        return None
    with problems.gathered():
        beginning = Beginning(
            description=header.description,
            seed=header.seed,
            start=header.start,
            settings=_settings(document, header),
            measure_from=header.measure_from,
        )
        return world.continued(beginning, given(document)) if world else beginning
    return None


def _settings(document: dict[str, Any], header: Header) -> Settings:
    """The settings of the table [settings], and those that stand at the top level.

    Raises:
        ScenarioError: one stands in both places.
    """
    short = [key for key in TOP_LEVEL_SETTINGS if key in document]
    twice = [key for key in short if key in document.get("settings", {})]
    if twice:
        message = "{} is set at the top level too; set it once"
        raise ScenarioError(*(Problem(message.format(key), ("settings", key)) for key in twice))
    return structs.replace(header.settings, **{key: getattr(header, key) for key in short})


def _organizations(document: dict[str, Any], problems: Problems) -> dict[str, OrganizationTable | None]:
    """The organizations by their names; None for one that cannot be read."""
    needed = ("id", "from", "accounts", "feature_set", "units", "policies")
    tables = _tables(document, "organizations", "acme", problems)
    found = {
        name: salvage(table, OrganizationTable, ("organizations", name), problems, needed)
        for name, table in tables.items()
    }
    for name, table in tables.items():
        problems += followers_of_nothing(table, ("organizations", name), problems.lost, ["transfer"])
    return with_founders(found)


def _tables(document: dict[str, Any], key: str, example: str, problems: Problems) -> dict[str, Any]:
    tables = document.pop(key, {})
    if isinstance(tables, dict):
        return cast("dict[str, Any]", tables)
    problems.append(Problem(f"must hold tables such as [{key}.{example}]", (key,)))
    return {}
