"""Reading a scenario file, and saying what is wrong with it: the file, the path in it, and what is possible there."""

import os
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast, get_args

import anyio.to_thread
import msgspec
from msgspec import Struct, structs

from .scenario import CreateAccounts, Created, Invite, Invited, Population, Scenario, ScenarioError, Step


async def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: the file cannot be read, is no TOML, or says something impossible; with file and path in it.
    """
    text = await anyio.to_thread.run_sync(_read, Path(path))
    try:
        scenario = parse_scenario(text)
        if not scenario.steps:
            raise ScenarioError("steps: there must be at least one")
        return scenario
    except ScenarioError as error:
        raise ScenarioError(f"{os.fspath(path)}: {error}") from None


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise ScenarioError(f"{path}: cannot be read: {'Is a directory' if path.is_dir() else 'no regular file'}")
        # Some editors put a byte order mark in front.
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: not a text file in UTF-8 (byte {error.start})") from None


def parse_scenario(text: str) -> Scenario:
    """A scenario from the text of its file.

    Raises:
        ScenarioError: with the place, without the file.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"not TOML: {error}") from None
    except RecursionError:
        raise ScenarioError("not TOML that can be read: nested too deep") from None
    # Each on its own, because msgspec does not say under which key of a table something is wrong.
    tables = document.pop("populations", {})
    if not isinstance(tables, dict):
        raise ScenarioError("populations: must hold tables such as [populations.partners]")
    named = cast("dict[str, Any]", tables)
    populations = {name: _convert(table, Population, f"populations.{name}") for name, table in named.items()}
    scenario = structs.replace(_convert(document, Scenario, ""), populations=populations)
    for index, step in enumerate(scenario.steps):
        _check_population(step, f"steps[{index}].population", scenario)
    return scenario


def _check_population(step: Step, place: str, scenario: Scenario) -> None:
    if not isinstance(step, CreateAccounts | Invite):
        return
    wanted = Created if isinstance(step, CreateAccounts) else Invited
    names = [name for name, population in scenario.populations.items() if type(population) is wanted]
    if step.population not in names:
        origin = wanted.__struct_config__.tag
        there_are = f"there are: {', '.join(names)}" if names else "there is none"
        raise ScenarioError(f"{place}: no population of origin {origin} is called {step.population!r} ({there_are})")


def _convert(value: Any, wanted: Any, path: str) -> Any:
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        complaint, _, inner = str(error).partition(" - at `$")
        inner = inner.rstrip("`")
        place = (path + inner).strip(".")
        advice = _in_plain_words(complaint) + _choices(complaint, *_at(wanted, value, inner))
        # A key may hold a line break; the message stays one line.
        raise ScenarioError(" ".join(f"{place}: {advice}".removeprefix(": ").splitlines())) from None


PLAIN_WORDS = (
    ("Expected `object`", "Expected a table"),
    ("Object contains", "The table contains"),
    ("Object missing required field", "The table lacks"),
    (" matching regex '^[0-9]{12}\\\\Z'", " of twelve digits"),
)


def _in_plain_words(complaint: str) -> str:
    """A complaint of msgspec in the words of TOML."""
    for theirs, ours in PLAIN_WORDS:
        complaint = complaint.replace(theirs, ours)
    return complaint


def _at(wanted: Any, value: Any, inner: str) -> tuple[Any, Any]:
    """What type is wanted at a path such as ``.steps[2].days``, and what stands there."""
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", inner):
        if index:
            wanted, value = get_args(wanted)[0], value[int(index)]
            continue
        fields = {field.encode_name: field.type for each in _structs(wanted, value) for field in structs.fields(each)}
        if name in fields:
            wanted, value = fields[name], value.get(name)
    return wanted, value


def _structs(wanted: Any, value: Any) -> list[type[Struct]]:
    """The structs that a value may be: one, if its tag says which."""
    candidates = [each for each in get_args(wanted) or (wanted,) if isinstance(each, type) and issubclass(each, Struct)]
    configs = [(each, each.__struct_config__) for each in candidates]
    given = [each for each, config in configs if config.tag and config.tag == _get(value, config.tag_field)]
    return given or candidates


def _get(value: Any, name: str | None) -> Any:
    return cast("dict[str, Any]", value).get(name or "") if isinstance(value, dict) else None


def _choices(complaint: str, wanted: Any, value: Any) -> str:
    """What could have been meant by an unknown key or value; what is possible where something is missing."""
    candidates = _structs(wanted, value)
    tags = sorted(str(each.__struct_config__.tag) for each in candidates if each.__struct_config__.tag)
    unknown = re.match(r"Object contains unknown field `(.*)`", complaint, re.DOTALL)
    if unknown:
        known = {name for each in candidates for name in each.__struct_encode_fields__}
        known |= {str(each.__struct_config__.tag_field) for each in candidates if each.__struct_config__.tag_field}
        return _guess(unknown[1], sorted(known))
    unknown = re.match(r"Invalid (?:enum )?value '(.*)'", complaint, re.DOTALL)
    if unknown:
        return _guess(unknown[1], tags or [str(each) for each in get_args(wanted) or list(wanted)])
    missing_tag = any(f"`{each.__struct_config__.tag_field}`" in complaint for each in candidates)
    return f" (there are: {', '.join(tags)})" if missing_tag else ""


def _guess(given: str, known: list[str]) -> str:
    close = get_close_matches(given, known, n=1)
    return (f", did you mean `{close[0]}`?" if close else "") + f" (there are: {', '.join(known)})"
