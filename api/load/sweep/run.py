"""Plays one run of a sweep in memory, and keeps its log on demand; this is what a worker of the cluster executes."""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio

from ....engine.log import EventLog, MemoryLog
from ....engine.log.sqlite import SqliteLog
from ..run import play_scenario
from ..scenario import ScenarioError
from .columns import results_of
from .plan import Run, scenario_of


class OtherVersion(Exception):
    """The worker has another version of orgsim than the sweep, so its results would not be comparable."""


def play(run: Run) -> dict[str, Any]:
    """Play a run and return its row; the same run gives the same row, ``wall_seconds`` aside.

    A scenario that cannot be played to the end gives a row with an ``error``, which is not finished and has no figures.

    Raises:
        OtherVersion: the run was planned by another version of orgsim.
        LogError: the log is to be kept, and cannot be written.
    """
    here = version("orgsim")
    if here != run.version:
        raise OtherVersion(f"a worker has orgsim {here}, the sweep is of {run.version}; install the same everywhere")
    row: dict[str, Any] = {"run": run.number, "seed": run.seed}
    log = MemoryLog()
    try:
        scenario = scenario_of(run)
        outcome = anyio.run(partial(play_scenario, scenario, log))
    except ScenarioError as error:
        row |= {"finished": False, "passed": False, "error": str(error)}
    else:
        row |= results_of(outcome, scenario)
    if run.logs and log.head and not row["finished"]:
        _keep(log, Path(run.logs) / f"run-{run.number}.db")
    return row


def _keep(log: EventLog, path: Path) -> None:
    """Keep a log in a file, whole or not at all; one that is there was left by a worker that did the same run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        anyio.run(_write, log, path)


async def _write(log: EventLog, path: Path) -> None:
    file = await SqliteLog.create(path)
    try:
        await file.append(0, await log.read(0, log.head))
    finally:
        await file.close()
