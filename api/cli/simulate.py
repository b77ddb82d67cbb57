"""The command ``orgsim simulate``: plays a scenario; its options, log, report and exit codes."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio.to_thread
import msgspec
import typer

from ...engine.log import EventLog, LogError, MemoryLog
from ...engine.log.sqlite import SqliteLog
from ..durations import read_rate
from ..load.play.on_log import beginning_at
from ..load.play.outcome import Outcome
from ..load.run import play_scenario
from ..load.scenario import ScenarioError, load_scenario
from ..load.scenario.model import Parameter, Scenario
from ..past import open_recorded
from ..places import PLACES
from .of_scenarios import Accounts, Assignments, parse_parameters, run_scenario, with_places
from .summary import print_summary
from .terminal import AsJson, complain, failure, print_json, readable, reading_bar
from .watch import watching


class Durability(StrEnum):
    """Which failures an acknowledged event survives."""

    FULL = "full"
    NORMAL = "normal"
    OFF = "off"


Play = Callable[..., Awaitable[Outcome]]
"""Plays a scenario on a log."""


OnLog = Annotated[
    Path | None,
    typer.Option(metavar="LOG", help="Begin with the world of this log; it stays as it is, --log is a copy."),
]
AtPlace = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help=f"With --on: as it was then: {PLACES}; by default at its end."),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Show clock, steps, thresholds and accounts while it runs; without a terminal as lines."
    ),
]
Rate = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        callback=readable(read_rate),
        help="Slow the run down to so much simulated time per second, such as 1d; for demonstrations.",
    ),
]


def simulate(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (TOML).")],
    log: Annotated[Path | None, typer.Option(help="Keep the run in this SQLite file; without it, in memory.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=-(2**63), max=2**63 - 1, help="Instead of the scenario's seed.")
    ] = None,
    assignments: Assignments = None,
    accounts: Accounts = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page with charts; needs plotly, an extra: '.[plots]'."),
    ] = None,
    durability: Annotated[
        Durability, typer.Option(help="full survives power loss, normal a crash; off is for throw-away runs.")
    ] = Durability.FULL,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the log of an interrupted run.")] = False,
    on: OnLog = None,
    at: AtPlace = None,
    watch: Watch = False,
    rate: Rate = None,
    as_json: AsJson = False,
) -> None:
    """Play a scenario and say what became of it. Exit with 1 if one of its thresholds failed.

    The same scenario and seed give the same log, byte for byte; --resume ends with the digest of an uninterrupted run.
    """
    try:
        given = parse_parameters(assignments or [], accounts)
        _require_possible_options(on, at, resume)
    except ScenarioError as error:
        raise failure(error, 2) from None
    if report:
        _require_possible_report(report, log, on)
    play = partial(_play, str(scenario), watch, read_rate(rate) if rate else None)
    simulation = partial(_simulate, play, scenario, given, log, seed, durability, resume)
    goes_on = ", --resume goes on with it"
    if on:
        simulation, goes_on = partial(_simulate_on, play, on, at, scenario, given, log, seed, durability), ""
    outcome = run_scenario(simulation, f"; what was acknowledged is in {log}{goes_on}", log)
    error = _write_report(report, outcome) if report else None
    print_json(outcome) if as_json else print_summary(outcome, None if error else report)
    if error:
        complain(str(error))
    if error or not outcome.passed:
        raise typer.Exit(1)


def _require_possible_options(on: Path | None, at: str | None, resume: bool) -> None:
    if on and resume:
        raise ScenarioError("--resume is not for runs with --on: make the run anew, with another --log")
    if at is not None and not on:
        raise ScenarioError("--at needs --on: in which log is that place?")


def _require_possible_report(report: Path, log: Path | None, on: Path | None) -> None:
    # Here and below, because runs without a report begin sooner without what makes one.
    from ..load.report import ReportError, require_writable

    for option, other in (("--log", log), ("--on", on)):
        if other and other.resolve() == report.resolve():
            raise failure(f"{report}: {option} and --report need a file each", 2)
    try:
        require_writable(report)
    except ReportError as error:
        raise failure(error, 2) from None


def _write_report(report: Path, outcome: Outcome) -> Exception | None:
    """Write the report of a run; returns the error, so that the summary is printed all the same."""
    from ..load.report import ReportError, render_report, write_report

    try:
        write_report(report, render_report(outcome))
    except ReportError as error:
        return error
    return None


async def _play(
    name: str, watch: bool, factor: float | None, scenario: Scenario, log: EventLog, *, resume: bool = False
) -> Outcome:
    """Play a scenario on a log, and show how it goes on."""
    with watching(watch) as observer:
        return await play_scenario(scenario, log, name=name, resume=resume, observer=observer, factor=factor)


async def _simulate(
    play: Play,
    path: Path,
    parameters: dict[str, Parameter],
    log: Path | None,
    seed: int | None,
    durability: Durability,
    resume: bool,
) -> Outcome:
    scenario = _seeded(await load_scenario(path, parameters), seed)
    async with _log_of_run(log, durability, resume) as target, with_places(path):
        return await play(scenario, target, resume=resume)


async def _simulate_on(
    play: Play,
    on: Path,
    at: str | None,
    path: Path,
    parameters: dict[str, Parameter],
    log: Path | None,
    seed: int | None,
    durability: Durability,
) -> Outcome:
    """Play a scenario on a copy of a log."""
    async with open_recorded(on) as recorded:
        with reading_bar(recorded.log) as listener:
            recorded.views.listener = listener
            beginning = await beginning_at(recorded, at)
        scenario = _seeded(await load_scenario(path, parameters, beginning.world), seed)
        target = await beginning.copied(log, durability.value)
    try:
        async with with_places(path):
            return await play(scenario, target)
    finally:
        await target.close()


def _seeded(scenario: Scenario, seed: int | None) -> Scenario:
    return scenario if seed is None else msgspec.structs.replace(scenario, seed=seed)


@asynccontextmanager
async def _log_of_run(path: Path | None, durability: Durability, resume: bool) -> AsyncGenerator[EventLog, None]:
    """Create or reopen the log of a run, in memory if there is no path, and close it afterwards."""
    if path is None:
        if resume:
            raise ScenarioError("--resume needs --log: which run shall go on?")
        yield MemoryLog()
        return
    if resume:
        log = await SqliteLog.open(path, durability.value)
    elif await anyio.to_thread.run_sync(os.path.lexists, path):
        raise LogError(f"{path}: the file exists already; --resume goes on with an interrupted run")
    else:
        log = await SqliteLog.create(path, durability.value)
    try:
        yield log
    finally:
        await log.close()
