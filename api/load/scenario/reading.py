"""Reads scenario files. Errors name the file, the path in it, and what is possible there."""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast, get_args

import anyio.to_thread
from msgspec import Struct, structs

from ....engine.settings import Settings
from .checks import AWS_OPERATIONS, checked, choose
from .conversion import convert
from .model import TOP_LEVEL_SETTINGS, Header, OrganizationTable, Parameter, Scenario, ScenarioError
from .parameters import ACCOUNTS, settle_parameters, substitute, with_accounts
from .populations import PopulationTable
from .steps import Call, Step
from .thresholds import read_thresholds

CALL = str(Call.__struct_config__.tag)
ACTIONS = [str(each.__struct_config__.tag) for each in get_args(Step) if each is not Call]
ALL_ACTIONS = f" (there are: {', '.join(ACTIONS)}, and AWS's operations by their names)"
NO_PARAMETERS: Mapping[str, Parameter] = {}


async def load_scenario(path: str | os.PathLike[str], parameters: Mapping[str, Parameter] = NO_PARAMETERS) -> Scenario:
    """Read a scenario file.

    Args:
        path: the path of the file.
        parameters: values that replace the scenario's defaults; ``accounts`` can be set for any scenario.

    Raises:
        ScenarioError: the file cannot be read, is no TOML, or is no valid scenario; names the file and the path in it.
    """
    text = await anyio.to_thread.run_sync(read_text, Path(path))
    try:
        return parse_scenario(text, parameters)
    except ScenarioError as error:
        raise ScenarioError(f"{os.fspath(path)}: {error}") from None


def read_text(path: Path) -> str:
    """Read the text of a scenario file.

    Raises:
        ScenarioError: it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise ScenarioError(f"{path}: cannot be read: {'Is a directory' if path.is_dir() else 'no regular file'}")
        # -sig: some editors put a byte order mark in front.
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: not a text file in UTF-8 (byte {error.start})") from None


def parse_scenario(text: str, parameters: Mapping[str, Parameter] = NO_PARAMETERS) -> Scenario:
    """Parse and check the text of a scenario file.

    Args:
        text: TOML.
        parameters: values that replace the scenario's defaults; ``accounts`` can be set for any scenario.

    Raises:
        ScenarioError: it is no TOML or no valid scenario; names the path, not the file.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"not TOML: {error}") from None
    except RecursionError:
        raise ScenarioError("not TOML that can be read: nested too deep") from None
    declared = document.pop("parameters", {})
    settled = settle_parameters(declared, parameters)
    own = {name: settled[name] for name in declared}
    scenario = checked(_built(substitute(document, own), settled))
    if ACCOUNTS in parameters and ACCOUNTS not in declared:
        return with_accounts(scenario, parameters[ACCOUNTS])
    return scenario


def _built(document: dict[str, Any], parameters: dict[str, Parameter]) -> Scenario:
    known = sorted({*Header.__struct_fields__, *Scenario.__struct_fields__})
    for key in document:
        if key not in known:
            raise ScenarioError(f"The table contains unknown field `{key}`{choose(key, known)}")
    # Converted one by one: for a table of tables, msgspec's errors do not say under which key something is wrong.
    organizations = _named(document, "organizations", OrganizationTable, "acme")
    populations = _named(document, "populations", PopulationTable, "partners")
    steps = document.pop("steps", [])
    if not isinstance(steps, list) or not steps:
        raise ScenarioError("steps: there must be at least one, such as [[steps]] with an action")
    thresholds = document.pop("thresholds", {})
    if not isinstance(thresholds, dict):
        raise ScenarioError('thresholds: must be a table such as [thresholds] with migration_days.p95 = "< 60"')
    header = convert(document, Header, "")
    try:
        limits = read_thresholds(cast("dict[str, Any]", thresholds))
    except ValueError as error:
        raise ScenarioError(f"thresholds.{error}") from None
    return Scenario(
        description=header.description,
        seed=header.seed,
        start=header.start,
        settings=_settings(document, header),
        parameters=parameters,
        organizations=organizations or {"organization": OrganizationTable()},
        populations=populations,
        steps=tuple(_step(step, f"steps[{index}]") for index, step in enumerate(cast("list[Any]", steps))),
        thresholds=limits,
    )


def _settings(document: dict[str, Any], header: Header) -> Settings:
    """The settings of the table [settings], and those that stand at the top level.

    Raises:
        ScenarioError: one stands in both places.
    """
    short = [key for key in TOP_LEVEL_SETTINGS if key in document]
    for key in short:
        if key in document.get("settings", {}):
            raise ScenarioError(f"settings.{key}: {key} is set at the top level too; set it once")
    return structs.replace(header.settings, **{key: getattr(header, key) for key in short})


def _named(document: dict[str, Any], key: str, wanted: type[Struct], example: str) -> dict[str, Any]:
    tables = document.pop(key, {})
    if not isinstance(tables, dict):
        raise ScenarioError(f"{key}: must hold tables such as [{key}.{example}]")
    named = cast("dict[str, Any]", tables)
    return {name: convert(table, wanted, f"{key}.{name}") for name, table in named.items()}


def _step(step: Any, place: str) -> Step:
    action = cast("dict[str, Any]", step).get("action") if isinstance(step, dict) else None
    if isinstance(step, dict) and action is None:
        raise ScenarioError(f"{place}: The table lacks `action`{ALL_ACTIONS}")
    if not isinstance(action, str):
        return convert(step, Step, place)
    if action in AWS_OPERATIONS:
        if "operation" in step:
            raise ScenarioError(f"{place}.operation: the action is the name of the operation already")
        return convert({**step, "action": CALL, "operation": action}, Step, place)
    if action not in ACTIONS:
        raise ScenarioError(f"{place}.action: there is no {action!r}{_what_action(action)}")
    return convert(step, Step, place)


def _what_action(action: str) -> str:
    operation = get_close_matches(action, AWS_OPERATIONS, n=1)
    guess = f", did you mean the operation `{operation[0]}`?" if operation else ""
    return (guess or choose(action, ACTIONS).partition(" (")[0]) + ALL_ACTIONS
