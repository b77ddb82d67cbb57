"""Parameters of a scenario: named values that a run or a sweep may set, and that replace ``"$name"`` in the file."""

import json
import tomllib
from collections.abc import Collection, Mapping
from typing import Any, cast

from msgspec import structs

from .model import Parameter, Scenario
from .populations import MOST_ACCOUNTS
from .problems import KeyPath, Problem, Problems, ScenarioError

ACCOUNTS = "accounts"
"""A parameter that every scenario has. Unless the file declares it, it sets the number of all invited accounts."""


def read_assignment(text: str) -> tuple[str, Parameter]:
    """Read ``name=value``; a value that is no TOML is a text.

    Raises:
        ScenarioError: there is no name or no value.
    """
    name, _, value = text.partition("=")
    if not name.strip() or not value.strip():
        raise ScenarioError(f"a parameter is set with NAME=VALUE, such as accept=0.95, not {text!r}")
    return name.strip(), read_value(value.strip())


def read_value(text: str) -> Parameter:
    """Read a value as TOML, or as a text if it is none of number, truth value and quoted text."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, bool | int | float | str) else text


def written(value: Parameter) -> str:
    """Write a value such that ``read_value`` reads the same value."""
    if isinstance(value, str):
        # A text that would be read as something else is quoted. TOML's quoting is JSON's, but for one character.
        quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        return value if value and value == value.strip() and read_value(value) == value else quoted
    return str(value).lower() if isinstance(value, bool) else repr(value)


def settle_parameters(declared: Any, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """The parameters of a run: the values given for it, and the scenario's defaults for the others.

    Args:
        declared: the table ``parameters`` of the file, not yet checked.
        given: the values for this run.

    Raises:
        ScenarioError: the table is none of parameters, or a given one is not declared or has another type.
    """
    if not isinstance(declared, dict):
        message = "must be a table such as [parameters] with accept = 0.97"
        raise ScenarioError(Problem(message, ("parameters",)))
    parameters = cast("dict[str, Any]", declared)
    problems = Problems()
    for name, value in parameters.items():
        if not isinstance(value, bool | int | float | str):
            problems.append(Problem("must be a number, a text, true or false", ("parameters", name)))
    for name, value in given.items():
        if name not in parameters and name != ACCOUNTS:
            problems.append(Problem(f"no parameter is called {name!r} ({_there_are(parameters)})"))
        elif name in parameters and _kind(value) != _kind(parameters[name]):
            its, kind = _toml(parameters[name]), _kind(parameters[name])
            problems.append(Problem(f"the parameter {name} is a {kind}, as {its} is, not {_toml(value)}"))
    problems.require_none()
    return parameters | dict(given)


def _there_are(parameters: Collection[str]) -> str:
    return f"there are: {', '.join(parameters)}" if parameters else "the scenario has none"


def _kind(value: Parameter) -> str:
    """The type of a value, in words."""
    if isinstance(value, bool):
        return "truth value"
    return "text" if isinstance(value, str) else "number"


def _toml(value: Parameter) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def substitute(value: Any, parameters: Mapping[str, Parameter], problems: Problems, path: KeyPath = ()) -> Any:
    """Replace every text that is just ``"$name"`` by the parameter's value, in nested tables and lists too.

    Args:
        value: a value of the file.
        parameters: name to value.
        problems: unknown names are added to it, and stay in the value.
        path: the path of ``value`` in the file.
    """
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: substitute(part, parameters, problems, (*path, key)) for key, part in items}
    if isinstance(value, list):
        parts = enumerate(cast("list[Any]", value))
        return [substitute(part, parameters, problems, (*path, index)) for index, part in parts]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value[1:] not in parameters:
        problems.append(Problem(f"no parameter is called {value[1:]!r} ({_there_are(parameters)})", path))
        return value
    return parameters[value[1:]]


def with_accounts(scenario: Scenario, accounts: Parameter) -> Scenario:
    """Change the number of all invited accounts; several populations keep their proportions.

    Raises:
        ScenarioError: the scenario has no invited accounts, or ``accounts`` is no possible number.
    """
    if isinstance(accounts, bool) or not isinstance(accounts, int) or not 0 <= accounts <= MOST_ACCOUNTS:
        raise ScenarioError(f"accounts must be a whole number from 0 to {MOST_ACCOUNTS:,}, not {accounts!r}")
    invited = {name: each for name, each in scenario.populations.items() if each.origin == "invited"}
    total = sum(population.count for population in invited.values())
    if not total:
        raise ScenarioError("accounts sets the number of invited accounts, but the scenario has none")
    populations = dict(scenario.populations)
    seen = given = 0
    for name, population in invited.items():
        # Round the running sum, not each share, so that the shares add up exactly.
        seen += population.count
        share = accounts * seen // total - given
        given += share
        populations[name] = structs.replace(population, count=share)
    return structs.replace(scenario, populations=populations)
