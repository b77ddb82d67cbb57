"""What commands that read scenarios share: the options ``--set`` and ``--accounts``, and how errors are printed."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import anyio.to_thread
import typer

from ..load.scenario import ScenarioError
from ..load.scenario.model import Parameter
from ..load.scenario.parameters import ACCOUNTS, read_assignment
from ..load.scenario.populations import MOST_ACCOUNTS
from ..load.scenario.reading import read_text, with_lines
from .terminal import complain, run

T = TypeVar("T")
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter instead of the scenario's; can be repeated."),
]
Accounts = Annotated[
    int | None, typer.Option(min=0, max=MOST_ACCOUNTS, help="Short for --set accounts=N: those that are invited.")
]


def wrong_scenario(error: ScenarioError) -> typer.Exit:
    """Print all that is wrong with a scenario, and return the exception that ends the command."""
    for message in error.messages:
        complain(message)
    return typer.Exit(2)


def run_scenario(function: Callable[[], Awaitable[T]], hint: str = "", log: Path | None = None) -> T:
    """Run an async function that reads a scenario, as ``run`` does; errors of the scenario end the command too."""
    try:
        return run(function, hint, log)
    except ScenarioError as error:
        raise wrong_scenario(error) from None


@asynccontextmanager
async def with_places(path: Path) -> AsyncGenerator[None]:
    """Give what is found wrong with a scenario after it was read its file and lines, as what is found before has them.

    Args:
        path: the file from which it was read.
    """
    try:
        yield
    except ScenarioError as error:
        text = await anyio.to_thread.run_sync(read_text, path)
        raise ScenarioError(*with_lines(error.problems, text), file=str(path)) from None


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
