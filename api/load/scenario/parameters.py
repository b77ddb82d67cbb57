"""Parameters of a scenario: named values that a run or a sweep may set, and that replace ``"$name"`` in the file."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, cast

from msgspec import structs

from ....engine.spelling import quoted, shortened
from ...toml import NoToml, read_toml
from .model import Parameter, Scenario
from .populations import MOST_ACCOUNTS
from .problems import KeyPath, Problem, Problems, ScenarioError

ACCOUNTS = "accounts"
"""A parameter that every scenario has. Unless the file declares it, it sets the number of all invited accounts."""


PLACEHOLDER = re.compile(r"(|.*[<>=]\s*)\$(.*)\Z", re.DOTALL)
"""A text in place of which a parameter is put, or, behind a comparison, of whose end."""
Settled = Mapping[str, Parameter | None] | None
"""The parameters that a file declares; None is one that cannot be read, or that none can."""


def read_assignment(text: str) -> tuple[str, Parameter]:
    """Read ``name=value``; a value that is no TOML is a text.

    Raises:
        ScenarioError: there is no name or no value.
    """
    name, _, value = text.partition("=")
    if not name.strip() or not value.strip():
        raise ScenarioError(f"a parameter is set with NAME=VALUE, such as accept=0.95, not {quoted(text)}")
    return name.strip(), read_value(value.strip())


def read_value(text: str) -> Parameter:
    """Read a value as TOML, or as a text if it is none of number, truth value and quoted text."""
    try:
        # In a table in one line, so that a text that goes on behind the value is none: ``3 # comment``.
        document = read_toml(f"table = {{ value = {text} }}")
    except NoToml:
        return text
    value = document["table"].get("value") if len(document) == len(document["table"]) == 1 else None
    return value if isinstance(value, bool | int | float | str) else text


def written(value: Parameter) -> str:
    """Write a value such that ``read_value`` reads the same value."""
    if isinstance(value, str):
        # A text that would be read as something else is quoted. TOML's quoting is JSON's, but for one character.
        quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        return value if value and value == value.strip() and read_value(value) == value else quoted
    return str(value).lower() if isinstance(value, bool) else repr(value)


def settle_parameters(declared: Any, given: Mapping[str, Parameter], problems: Problems) -> Settled:
    """The parameters of a run: the values given for it, and the scenario's defaults for the others.

    Args:
        declared: the table ``parameters`` of the file, not yet checked.
        given: the values for this run.
        problems: parameters that cannot be read, and given ones that there are not or of another type, are added to it.
    """
    if not isinstance(declared, dict):
        problems.append(Problem("must be a table such as [parameters] with accept = 0.97", ("parameters",)))
        return None
    parameters = cast("dict[str, Any]", declared)
    settled = dict.fromkeys(parameters, None) | {
        name: value for name, value in parameters.items() if isinstance(value, bool | int | float | str)
    }
    for name, value in settled.items():
        if value is None:
            problems.append(Problem("must be a number, a text, true or false", ("parameters", name)))
    for name, value in given.items():
        its = settled.get(name)
        if its is not None and _kind(value) != _kind(its):
            message = f"the parameter {name} is a {_kind(its)}, as {_toml(its)} is, not {_toml(value)}"
            problems.append(Problem(message))
        elif name in settled:
            settled[name] = value
        elif name != ACCOUNTS:
            problems.append(Problem(f"no parameter is called {quoted(name)} ({_there_are(parameters)})"))
    return settled


def _there_are(parameters: Collection[str]) -> str:
    return f"there are: {', '.join(map(shortened, parameters))}" if parameters else "the scenario has none"


def _kind(value: Parameter) -> str:
    """The type of a value, in words."""
    if isinstance(value, bool):
        return "truth value"
    return "text" if isinstance(value, str) else "number"


def _toml(value: Parameter) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def substitute(value: Any, parameters: Settled, problems: Problems, path: KeyPath = ()) -> Any:
    """Replace every text that is just ``"$name"`` by the parameter's value, and ``$name`` at the end of a condition.

    Nested tables and lists are gone through too.

    Args:
        value: a value of the file.
        parameters: as ``settle_parameters`` returns them.
        problems: unknown names are added to it. They stay in the value, as do those of parameters that cannot be read.
        path: the path of ``value`` in the file.
    """
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: substitute(part, parameters, problems, (*path, key)) for key, part in items}
    if isinstance(value, list):
        parts = enumerate(cast("list[Any]", value))
        return [substitute(part, parameters, problems, (*path, index)) for index, part in parts]
    found = PLACEHOLDER.match(value) if isinstance(value, str) else None
    if found is None or (found[1] and not _is_condition(path)):
        return value
    name = found[2]
    if parameters is not None and name not in parameters:
        problems.append(Problem(f"no parameter is called {quoted(name)} ({_there_are(parameters)})", path))
    settled = None if parameters is None else parameters.get(name)
    if settled is None:
        problems.lost.add(path)
        return value
    return f"{found[1]}{_toml(settled)}" if found[1] else settled


def _is_condition(path: KeyPath) -> bool:
    return path[0] == "thresholds" or path[-1] == "until"


def with_accounts(scenario: Scenario, accounts: Parameter) -> Scenario:
    """Change the number of all invited accounts; several populations keep their proportions.

    Raises:
        ScenarioError: the scenario has no invited accounts, or ``accounts`` is no possible number.
    """
    if isinstance(accounts, bool) or not isinstance(accounts, int) or not 0 <= accounts <= MOST_ACCOUNTS:
        raise ScenarioError(f"accounts must be a whole number from 0 to {MOST_ACCOUNTS:,}, not {quoted(accounts)}")
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
