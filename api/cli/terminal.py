"""What the commands share on a terminal: results on stdout, progress and complaints on stderr, exit codes."""

import json
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
import msgspec
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column, Table
from rich.text import Text

from ...engine.events.envelope import Envelope
from ...engine.log import EventLog, LogDamaged, LogError, LogUnwritable
from ...engine.runtime.engine import EngineStopped, Listener
from ...engine.shapes.base import moment_text
from ..load.play import Progress as Report
from ..load.scenario import ScenarioError

# Into a file or a pipe, rows may be wider than the 80 columns that are assumed there.
out = Console(width=None if sys.stdout and sys.stdout.isatty() else 200)
err = Console(stderr=True)
NARROWEST = 80
"""To so many columns tables of many rows can be folded and be read."""

UNLIMITED = 10_000
"""Columns of a terminal that is wider than any."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a text for people.")]
T = TypeVar("T")


def print_json(value: Any) -> None:
    """One JSON object on one line of stdout."""
    typer.echo(json.dumps(msgspec.json.decode(msgspec.json.encode(value))))


def complain(message: str) -> None:
    """One line on stderr."""
    typer.echo(f"orgsim: {message}", err=True)


def run(function: Callable[[], Awaitable[T]], hint: str = "", log: Path | None = None) -> T:
    """Run to the end, or turn what went wrong into one line on stderr and an exit code.

    Args:
        function: what to run.
        hint: said to whoever interrupts it, if there is a log.
        log: its file.
    """
    try:
        return anyio.run(function)
    except (LogDamaged, LogUnwritable, EngineStopped) as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except (LogError, ScenarioError) as error:
        complain(str(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        complain("interrupted" + (hint if log and log.exists() else ""))
        raise typer.Exit(130) from None


class Pace(ProgressColumn):
    """How many a second, and the time left; for what is over, how long it took. Nothing for what is quick."""

    def render(self, task: Task) -> Text:
        """The column's text for one bar."""
        elapsed = task.finished_time if task.finished else task.elapsed
        if elapsed is None or elapsed < 1:
            return Text("")
        speed = task.completed / elapsed if task.finished else task.speed or 0.0
        left = timedelta(seconds=round(task.time_remaining or 0))
        time = f"{timedelta(seconds=round(elapsed))}" if task.finished else f"{left} left"
        return Text(f"{speed:,.0f}/s {time}")


def print_table(table: Table, *, narrowest: int | None = None, indent: int = 0) -> None:
    """Print a table of which nothing is left out: on a terminal that is too narrow its lines run on.

    Args:
        table: the table.
        narrowest: so many columns it may be folded to; by default it is never folded.
        indent: so many spaces stand before each line.
    """
    content = Padding(table, (0, 0, 0, indent), expand=False)
    natural = Measurement.get(out, out.options.update(max_width=UNLIMITED), content).maximum
    width = max(out.width, min(natural, narrowest or UNLIMITED))
    # A console of its own, since none prints anything wider than itself.
    Console(width=width).print(content, highlight=False)


def print_rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of many rows, the first column unbroken, the others folded where the terminal is narrow."""
    table = Table(*(Column(name, overflow="fold", no_wrap=index == 0) for index, name in enumerate(names)), box=SIMPLE)
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    print_table(table, narrowest=NARROWEST)


def _printable(text: str) -> str:
    """A text from outside without what would steer the terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "�" for char in text)


@contextmanager
def progress_bar() -> Generator[Report, None, None]:
    """A bar on stderr for each thing that is being done; none if nobody would see it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[day]}"),
        Pace(table_column=Column(no_wrap=True)),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}
        reached: dict[str, int] = {}

        def report(what: str, done: int, total: int, day: str) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, day=day)
            elif done < reached[what]:
                # The same again: its rate is that of this time.
                bar.reset(tasks[what], total=total, day=day)
            reached[what] = done
            bar.update(tasks[what], completed=done, total=total, day=day)

        yield report


@contextmanager
def reading_bar(log: EventLog, what: str = "Reading") -> Generator[Listener, None, None]:
    """A bar on stderr for a log that is read to its end: what it gives is called with each batch of events."""
    with progress_bar() as progress:

        def listen(envelopes: Sequence[Envelope]) -> None:
            progress(what, envelopes[-1].position, log.head, moment_text(envelopes[-1].time, "%Y-%m-%d"))

        yield listen
