"""Parameters of a scenario: named values that a run or a sweep may set, put in where ``"$name"`` stands."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any, cast

from msgspec import structs

from .model import Parameter, Scenario, ScenarioError
from .populations import MOST_ACCOUNTS

ACCOUNTS = "accounts"
"""Can be set for any scenario: one that has no such parameter invites so many accounts in all."""


def read_assignment(text: str) -> tuple[str, Parameter]:
    """``name=value``, the value as TOML or, failing that, a text.

    Raises:
        ScenarioError: there is no name or no value.
    """
    name, _, value = text.partition("=")
    if not name.strip() or not value.strip():
        raise ScenarioError(f"a parameter is set with NAME=VALUE, such as accept=0.95, not {text!r}")
    return name.strip(), read_value(value.strip())


def read_value(text: str) -> Parameter:
    """A number, a truth value or a text."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, bool | int | float | str) else text


def written(value: Parameter) -> str:
    """A parameter's value as ``--set`` reads it."""
    if isinstance(value, str):
        # A text that would be read as something else stands in quotes: TOML's, which are JSON's but for one character.
        quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        return value if value and value == value.strip() and read_value(value) == value else quoted
    return str(value).lower() if isinstance(value, bool) else repr(value)


def settle_parameters(declared: Any, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """The parameters of a run: the scenario's own, and instead of them those given.

    Raises:
        ScenarioError: the table holds something else, or what was given has no such name or is of another kind.
    """
    if not isinstance(declared, dict):
        raise ScenarioError("parameters: must be a table such as [parameters] with accept = 0.97")
    parameters = cast("dict[str, Any]", declared)
    for name, value in parameters.items():
        if not isinstance(value, bool | int | float | str):
            raise ScenarioError(f"parameters.{name}: must be a number, a text, true or false")
    for name, value in given.items():
        if name not in parameters and name != ACCOUNTS:
            there_are = f"there are: {', '.join(parameters)}" if parameters else "the scenario has none"
            raise ScenarioError(f"no parameter is called {name!r} ({there_are})")
        if name in parameters and _kind(value) != _kind(parameters[name]):
            kind = _kind(parameters[name])
            raise ScenarioError(
                f"the parameter {name} is a {kind}, as {_toml(parameters[name])} is, not {_toml(value)}"
            )
    return parameters | dict(given)


def _kind(value: Parameter) -> str:
    if isinstance(value, bool):
        return "truth value"
    return "text" if isinstance(value, str) else "number"


def _toml(value: Parameter) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def put_in(value: Any, parameters: Mapping[str, Parameter], path: str = "") -> Any:
    """A part of a scenario file with ``"$name"`` replaced by the parameter's value, wherever a text is just that.

    Raises:
        ScenarioError: there is no such parameter; with the path.
    """
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: put_in(part, parameters, f"{path}.{key}" if path else key) for key, part in items}
    if isinstance(value, list):
        return [put_in(part, parameters, f"{path}[{index}]") for index, part in enumerate(cast("list[Any]", value))]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value[1:] not in parameters:
        there_are = f"there are: {', '.join(parameters)}" if parameters else "the scenario has none"
        raise ScenarioError(f"{path}: no parameter is called {value[1:]!r} ({there_are})")
    return parameters[value[1:]]


def with_accounts(scenario: Scenario, accounts: Parameter) -> Scenario:
    """The same with another number of invited accounts in all; several populations keep their proportions.

    Raises:
        ScenarioError: the scenario invites nobody, or that is no number of accounts.
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
        # Rounding the running sum, not each part: the parts add up exactly.
        seen += population.count
        share = accounts * seen // total - given
        given += share
        populations[name] = structs.replace(population, count=share)
    return structs.replace(scenario, populations=populations)
