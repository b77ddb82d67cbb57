"""The command line: ``orgsim simulate``, ``serve``, ``show`` and ``verify``.

Results go to stdout, for people or with ``--json`` for machines; progress and errors go to stderr. Exit codes: 0 done,
1 a check failed or the log could not be written, 2 wrong usage, 130 interrupted.
"""

import json
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
import msgspec
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

from ..engine.runtime.engine import EngineStopped
from ..engine.runtime.log import EventLog, LogDamaged, LogError, LogUnwritable, MemoryLog, verified_envelopes
from ..engine.runtime.sqlite_log import SqliteLog
from ..engine.shapes.base import moment
from ..projections.live import build_views
from ..projections.views import Views
from .play import Outcome, play_scenario
from .play import Progress as Report
from .scenario import ScenarioError, load_scenario
from .scenario.populations import MOST_ACCOUNTS
from .server.command import serve
from .show import COLUMNS, ROWS, Subject, minute
from .sweep.command import sweep

app = typer.Typer(
    name="orgsim",
    help="An event-sourced simulator of AWS Organizations, with a clock you can set.",
    epilog="Begin with: orgsim simulate scenarios/enable-all-features.toml --log world.db",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# Into a file or a pipe, rows may be wider than the 80 columns that are assumed there.
out = Console(width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a text for people.")]
T = TypeVar("T")


class Durability(StrEnum):
    """How safe an acknowledged event is."""

    FULL = "full"
    NORMAL = "normal"
    OFF = "off"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"orgsim {version('orgsim')}")
        raise typer.Exit


@app.callback()
def common(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """An event-sourced simulator of AWS Organizations, with a clock you can set."""


app.command()(serve)
app.command()(sweep)


@app.command()
def simulate(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (TOML).")],
    log: Annotated[Path | None, typer.Option(help="Keep the run in this SQLite file; without it, in memory.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=-(2**63), max=2**63 - 1, help="Instead of the scenario's seed.")
    ] = None,
    accounts: Annotated[
        int | None, typer.Option(min=0, max=MOST_ACCOUNTS, help="Instead of the scenario's invited accounts.")
    ] = None,
    durability: Annotated[
        Durability, typer.Option(help="full survives power loss, normal a crash; off is for throw-away runs.")
    ] = Durability.FULL,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the log of an interrupted run.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play a scenario and say what became of it.

    The same scenario and seed give the same log, byte for byte; --resume ends with the digest of an uninterrupted run.
    """
    play = partial(_simulate, scenario, log, seed, accounts, durability, resume)
    outcome = _run(play, f"; what was acknowledged is in {log}, --resume goes on with it", log)
    _print_json(outcome) if as_json else _print_outcome(outcome)


async def _simulate(
    path: Path,
    log: Path | None,
    seed: int | None,
    accounts: int | None,
    durability: Durability,
    resume: bool,
) -> Outcome:
    scenario = await load_scenario(path, {} if accounts is None else {"accounts": accounts})
    if seed is not None:
        scenario = msgspec.structs.replace(scenario, seed=seed)
    async with _log_of_run(log, durability, resume) as target:
        with _progress() as progress:
            return await play_scenario(scenario, target, name=str(path), resume=resume, progress=progress)


@asynccontextmanager
async def _log_of_run(path: Path | None, durability: Durability, resume: bool) -> AsyncGenerator[EventLog, None]:
    if path is None:
        if resume:
            raise ScenarioError("--resume needs --log: which run shall go on?")
        yield MemoryLog()
        return
    if resume:
        log = await SqliteLog.open(path, durability.value)
    elif await anyio.Path(path).exists():
        raise LogError(f"{path}: the file exists already; --resume goes on with an interrupted run")
    else:
        log = await SqliteLog.create(path, durability.value)
    try:
        yield log
    finally:
        await log.close()


@contextmanager
def _progress() -> Generator[Report, None, None]:
    columns = (
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[day]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int, day: str) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, day=day)
            bar.update(tasks[what], completed=done, total=total, day=day)

        yield report


def _print_outcome(outcome: Outcome) -> None:
    rate = outcome.events / outcome.wall_seconds if outcome.wall_seconds else 0
    lines = [
        ("Feature set", outcome.feature_set),
        ("Accounts", f"{outcome.accounts:,}"),
        *((action, _counts(states)) for action, states in outcome.handshakes.items()),
        *([("Account creations", _counts(outcome.account_creations))] if outcome.account_creations else []),
        *(("Refused", f"{number:,} {refusal}") for refusal, number in outcome.refused.items()),
        ("Virtual time", f"{outcome.virtual_days:,.1f} days"),
        ("Events", f"{outcome.events:,} in {outcome.wall_seconds:,.1f} s ({rate:,.0f} per second)"),
        ("Commands", f"{outcome.commands:,}"),
        ("Digest", outcome.digest),
        ("Log", outcome.log),
    ]
    for name, value in lines:
        # Plain lines: a table would cut a long digest or path to the width of the terminal.
        out.print(f"[bold]{name:22}[/]{escape(value)}", soft_wrap=True, highlight=False)


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in states.items())


@app.command()
def show(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    subject: Annotated[Subject, typer.Argument(help="What to show.")] = Subject.ORGANIZATION,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows; for people 20 by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a log has led to: organizations, their OUs, accounts, policies and handshakes."""
    views = _run(partial(_views_of, log))
    rows, total = ROWS[subject](views)
    wanted = limit if limit or as_json else 20
    shown = list(islice(rows, wanted))
    if as_json:
        _print_json({"position": views.position, "time": moment(views.now), "total": total, str(subject): shown})
        return
    names, cells = COLUMNS[subject]
    table = Table(*(Column(name, overflow="fold", no_wrap=index == 0) for index, name in enumerate(names)), box=SIMPLE)
    for row in shown:
        table.add_row(*cells(row))
    out.print(table)
    more = f", {total - len(shown):,} more with --limit" if total > len(shown) else ""
    seen = " that can be seen (ended ones disappear after 30 days)" if subject is Subject.HANDSHAKES else ""
    out.print(f"{total:,}{seen}{more}; position {views.position:,}, {minute(moment(views.now))} UTC", soft_wrap=True)


async def _views_of(path: Path) -> Views:
    log = await SqliteLog.open_for_reading(path)
    try:
        return await build_views(log)
    finally:
        await log.close()


class Verified(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ``verify`` found; its fields are the keys of ``--json``."""

    ok: bool
    log: str
    events: int
    """How many are sound, from the first on."""
    digest: str = ""
    position: int = 0
    """The first that is not."""
    error: str = ""


@app.command()
def verify(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")], as_json: AsJson = False
) -> None:
    """Recompute the digests of a log; name the first position that does not match, and exit with 1."""
    found = _run(partial(_verify, log))
    if as_json:
        _print_json(found)
    elif found.ok:
        out.print(f"{found.log}: {found.events:,} events, digest {found.digest}", soft_wrap=True, highlight=False)
    if not found.ok:
        _complain(found.error)
        raise typer.Exit(1)


async def _verify(path: Path) -> Verified:
    events = 0
    try:
        log = await SqliteLog.open_for_reading(path)
        try:
            with _progress() as progress:
                async with aclosing(verified_envelopes(log)) as batches:
                    async for envelopes in batches:
                        events += len(envelopes)
                        progress("Verifying", events, log.head, f"{moment(envelopes[-1].time):%Y-%m-%d}")
            await log.check()
        finally:
            await log.close()
    except LogDamaged as damage:
        return Verified(False, str(path), events, position=damage.position, error=str(damage))
    return Verified(True, log.name, events, log.digest.hex())


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(msgspec.json.decode(msgspec.json.encode(value))))


def _complain(message: str) -> None:
    typer.echo(f"orgsim: {message}", err=True)


def _run(function: Callable[[], Awaitable[T]], hint: str = "", log: Path | None = None) -> T:
    """Run to the end, or turn what went wrong into one line on stderr and an exit code."""
    try:
        return anyio.run(function)
    except (LogDamaged, LogUnwritable, EngineStopped) as error:
        _complain(str(error))
        raise typer.Exit(1) from None
    except (LogError, ScenarioError) as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        _complain("interrupted" + (hint if log and log.exists() else ""))
        raise typer.Exit(130) from None


def main() -> None:
    """The entry point of the command ``orgsim``."""
    try:
        app()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing to say, and nothing left to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _complain(f"cannot write the output: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
