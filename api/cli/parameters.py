"""The options ``--set`` and ``--accounts``, which give parameters of a scenario their values."""

from collections.abc import Sequence

from ..load.scenario import ScenarioError
from ..load.scenario.model import Parameter
from ..load.scenario.parameters import ACCOUNTS, read_assignment


def parse_parameters(assignments: Sequence[str], accounts: int | None) -> dict[str, Parameter]:
    """Read both options.

    Args:
        assignments: the texts ``NAME=VALUE``.
        accounts: the number of ``--accounts``, if it was given.

    Raises:
        ScenarioError: a text is no assignment, or a parameter is set twice.
    """
    pairs = [read_assignment(text) for text in assignments]
    if accounts is not None:
        pairs.append((ACCOUNTS, accounts))
    given: dict[str, Parameter] = {}
    for name, value in pairs:
        if name in given:
            raise ScenarioError(f"the parameter {name} is set twice: to {given[name]!r} and to {value!r}")
        given[name] = value
    return given
