"""Reads scenario files. Errors name the file, the line, the path in it, and what is possible there."""

import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import anyio.to_thread
from msgspec import Struct, structs

from ....engine.settings import Settings
from ....engine.shapes.timestamps import microseconds
from ...choices import choose
from ...faults import FaultTable
from .checks import checked, impossible_record
from .conversion import convert
from .existing import UNNAMED, World, given, wrong_members
from .faults import read_faults
from .figures import figures_of
from .lines import key_places, nearest_place
from .model import TOP_LEVEL_SETTINGS, Beginning, Header, OrganizationTable, Parameter, Scenario
from .order import require_possible_days
from .organizations import with_founders
from .parameters import ACCOUNTS, settle_parameters, substitute, with_accounts
from .populations import PopulationTable, table_of, with_like
from .problems import KeyPath, Problem, Problems, ScenarioError
from .standing import wrong_standing
from .steps import PLAIN, Track
from .thresholds import Threshold, read_thresholds
from .tracks import read_tracks
from .twins import with_twins

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
    try:
        places = key_places(text) if any(problem.path or problem.key for problem in problems) else {}
    except RecursionError:
        places = {}
    first: dict[tuple[KeyPath, str], Problem] = {}
    for problem in problems:
        place = nearest_place(places, (*problem.path, problem.key) if problem.key else problem.path)
        same = (problem.path, problem.key) if problem.path or problem.key else ((), problem.message)
        line, column = place or (problem.line, problem.column)
        first.setdefault(same, structs.replace(problem, line=line, column=column))
    return sorted(first.values(), key=lambda problem: (problem.line or sys.maxsize, problem.column or 0))


def _parsed(text: str, parameters: Mapping[str, Parameter], world: World | None) -> Scenario:
    document = _toml(text)
    declared = document.pop("parameters", {})
    settled = settle_parameters(declared, parameters)
    own = {name: settled[name] for name in declared}
    problems = Problems()
    document = substitute(document, own, problems)
    with problems.gathered():
        scenario = _built(document, settled, world)
        problems.require_none()
        if ACCOUNTS in parameters and ACCOUNTS not in declared:
            return with_accounts(scenario, parameters[ACCOUNTS])
        return scenario
    raise ScenarioError(*problems)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+), column (\d+)", place)
        lines = text.split("\n")
        line, column = map(int, found.groups()) if found else (len(lines), len(lines[-1]) + 1)
        ends = "" if found else ", and the file ends here"
        raise ScenarioError(Problem(f"not TOML: {message}{ends}", line=line, column=column)) from None
    except RecursionError:
        raise ScenarioError("not TOML that can be read: nested too deep") from None


def _built(document: dict[str, Any], parameters: dict[str, Parameter], world: World | None) -> Scenario:
    problems = Problems()
    known = sorted({*Header.__struct_fields__, *Scenario.__struct_fields__} - {"log", "at", "dated", "twins"})
    for key in [key for key in document if key not in known]:
        problems.append(Problem(f"unknown key `{key}`{choose(key, known)}", key=key))
        del document[key]
    # Converted one by one: for a table of tables, msgspec's errors do not say under which key something is wrong.
    organizations = _named(document, "organizations", lambda _: OrganizationTable, "acme", problems)
    populations = _named(document, "populations", table_of, "partners", problems, with_like)
    read = read_tracks(document, problems)
    listed = document.pop("faults", [])
    thresholds, limits = document.pop("thresholds", {}), tuple[Threshold, ...]()
    beginning, dated = Beginning(), "start" in document or world is not None
    with problems.gathered():
        beginning = _beginning(document, world)
    faults: tuple[FaultTable, ...] = ()
    with problems.gathered():
        faults = read_faults(listed, beginning.start)
    organizations = with_founders(organizations)
    with problems.gathered():
        organizations = world.with_ids(organizations) if world else organizations
    organizations = organizations or {UNNAMED: OrganizationTable()}
    # A log keeps what it began with, such as that of a server; the run adds what changes all the same.
    problems += () if world else impossible_record(beginning.settings)
    problems += wrong_standing(organizations, beginning.settings, microseconds(beginning.start))
    problems += wrong_members(populations, organizations, world)
    figures = figures_of(organizations, populations, {track.name: len(track.steps) for track in read})
    with problems.gathered():
        limits = read_thresholds(_table_of_thresholds(thresholds), figures)
    tracks: tuple[Track, ...] = ()
    with problems.gathered():
        tracks = checked(beginning.settings, organizations, populations, read, figures)
    problems.require_none()
    with problems.gathered():
        require_possible_days(tracks, cast("Any", populations), cast("Any", organizations))
    problems.require_none()
    plain = [track.steps for track in tracks if track.name == PLAIN]
    return Scenario(
        **structs.asdict(beginning),
        log=world.log if world else "",
        at=world.at if world else "",
        dated=dated,
        parameters=parameters,
        organizations=cast("dict[str, OrganizationTable]", organizations),
        populations=cast("dict[str, PopulationTable]", populations),
        faults=faults,
        steps=plain[0] if plain else (),
        tracks=tuple(track for track in tracks if track.name != PLAIN),
        thresholds=limits,
    )


def _beginning(document: dict[str, Any], world: World | None) -> Beginning:
    """With what the run begins: as the file has it, and the log.

    Raises:
        ScenarioError: it cannot be read, or the log has it in another way.
    """
    header: Header = convert(document, Header, ())
    settings = _settings(document, header)
    beginning = Beginning(
        description=header.description,
        seed=header.seed,
        start=header.start,
        settings=settings,
        measure_from=header.measure_from,
    )
    return world.continued(beginning, given(document)) if world else beginning


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


Table = TypeVar("Table", bound=Struct)


def _named(
    document: dict[str, Any],
    key: str,
    kind_of: Callable[[Any], type[Table]],
    example: str,
    problems: Problems,
    table_in: Callable[[str, dict[str, Any]], Any] = lambda name, tables: tables[name],
) -> dict[str, Table | None]:
    """Tables by their names; None for those that cannot be read."""
    tables = document.pop(key, {})
    if not isinstance(tables, dict):
        problems.append(Problem(f"must hold tables such as [{key}.{example}]", (key,)))
        return {}
    named: dict[str, Table | None] = {}
    for name in cast("dict[str, Any]", tables):
        named[name] = None
        with problems.gathered():
            table = table_in(name, cast("dict[str, Any]", tables))
            named[name] = convert(table, kind_of(table), (key, name))
    return named


def _table_of_thresholds(thresholds: Any) -> dict[str, Any]:
    if not isinstance(thresholds, dict):
        message = 'must be a table such as [thresholds] with migration_days.p95 = "< 60"'
        raise ScenarioError(Problem(message, ("thresholds",)))
    return cast("dict[str, Any]", thresholds)
