"""Input and output that all commands share: results on stdout, progress and errors on stderr, exit codes."""

import json
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
import msgspec
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from ...engine.events.envelope import Envelope
from ...engine.log import EventLog, LogDamaged, LogError, LogUnwritable
from ...engine.runtime.engine import EngineStopped, Listener
from ...engine.shapes.base import moment_text
from ..progress import Progress, no_progress

# In a file or a pipe, where rich assumes 80 columns, rows may be wider.
# Without emoji, because a text from outside may have ":bug:" in it.
out = Console(width=None if sys.stdout and sys.stdout.isatty() else 200, emoji=False)
err = Console(stderr=True, emoji=False)
NARROWEST = 80
"""The width in columns to which tables of many rows may be folded."""

UNLIMITED = 10_000
"""A width in columns that no terminal has."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a text for people.")]
T = TypeVar("T")


def print_json(value: Any) -> None:
    """Print a value as one JSON object on one line of stdout."""
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:
        # The name of a file may have bytes that are no UTF-8, which JSON cannot say.
        encoded = json.dumps(msgspec.to_builtins(value), ensure_ascii=False).encode(errors="replace")
    typer.echo(json.dumps(msgspec.json.decode(encoded)))


def markup_safe(text: str) -> str:
    """Escape a text from outside for ``out.print``: rich's markup and control characters mean nothing in it."""
    return escape(printable(text))


def complain(message: str) -> None:
    """Print an error on one line of stderr; where that cannot be written, the exit code alone tells of it."""
    with suppress(OSError):
        typer.echo(f"orgsim: {printable(message)}", err=True)


def failure(error: Exception | str, code: int) -> typer.Exit:
    """Print an error, and return the exception that ends the command."""
    complain(str(error))
    return typer.Exit(code)


def readable(read: Callable[[str], object]) -> Callable[[str | None], str | None]:
    """Make the callback of an option whose text is read later: a text that cannot be read ends the command now.

    Args:
        read: reads the text, or raises ValueError and says what is wrong with it.
    """

    def check(text: str | None) -> str | None:
        try:
            if text is not None:
                read(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        return text

    return check


def run(function: Callable[[], Awaitable[T]], hint: str = "", log: Path | None = None) -> T:
    """Run an async function; turn an error into one line on stderr and an exit code.

    Args:
        function: the function.
        hint: follows the word "interrupted" after Ctrl-C, if there is a log.
        log: the log's file.

    Returns:
        The result of the function.

    Raises:
        typer.Exit: it failed or was interrupted.
    """
    try:
        return anyio.run(function)
    except (LogDamaged, LogUnwritable, EngineStopped) as error:
        raise failure(error, 1) from None
    except LogError as error:
        raise failure(error, 2) from None
    except KeyboardInterrupt:
        raise failure("interrupted" + (hint if log and log.exists() else ""), 130) from None


def print_table(table: Table, *, narrowest: int | None = None, indent: int = 0) -> None:
    """Print a table completely; on a terminal that is too narrow, its lines wrap instead of being cut.

    Args:
        table: the table.
        narrowest: the width in columns to which cells may be folded; None: they are never folded.
        indent: the number of spaces in front of each line.
    """
    content = Padding(table, (0, 0, 0, indent), expand=False)
    natural = Measurement.get(out, out.options.update(max_width=UNLIMITED), content).maximum
    width = max(out.width, min(natural, narrowest or UNLIMITED))
    # A console of that width, because a console prints nothing wider than itself.
    Console(width=width, emoji=False).print(content, highlight=False)


def print_rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of many rows, the first column unbroken, the others folded where the terminal is narrow."""
    # An organization's id is as wide as its heading: neither is broken while other columns can be.
    columns = (
        Column(name, overflow="fold", no_wrap=index == 0 or name == "organization") for index, name in enumerate(names)
    )
    table = Table(*columns, box=SIMPLE)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    print_table(table, narrowest=NARROWEST)


def print_line(text: str, indent: int = 0, style: str = "") -> None:
    """Print a line, which may quote texts from outside; it is not folded, so that ids and names in it stay whole."""
    out.print(Text(" " * indent + printable(text), style=style), soft_wrap=True, highlight=False)


def print_text(text: str) -> None:
    """Print a text from outside, which may have several lines, folded at the terminal's width."""
    for line in text.splitlines():
        out.print(Text(printable(line)), highlight=False)


def printable(text: str) -> str:
    """Replace control characters in a text from outside, which would steer the terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "�" for char in text)


@contextmanager
def progress_bar() -> Generator[Progress, None, None]:
    """Show a progress bar on stderr for each activity, if stderr is a terminal; yields the function to call."""
    if not err.is_terminal:
        # Not Progress(disable=True), which before rich 15 ends with an empty line.
        yield no_progress
        return
    from .bars import drawn_bar

    with drawn_bar(err) as progress:
        yield progress


@contextmanager
def reading_bar(log: EventLog, what: str = "Reading") -> Generator[Listener, None, None]:
    """Show a progress bar for reading a log to its end; yields the function to call with each batch of events."""
    with progress_bar() as progress:

        def listen(envelopes: Sequence[Envelope]) -> None:
            progress(what, envelopes[-1].position, log.head, moment_text(envelopes[-1].time, "%Y-%m-%d"))

        yield listen
