"""Plays one run of a sweep in memory; this is what a worker of the cluster executes."""

from functools import partial
from importlib.metadata import version
from typing import Any

import anyio

from ....engine.log import MemoryLog
from ..run import play_scenario
from ..scenario import ScenarioError
from .columns import figures_of
from .plan import Run, scenario_of


class OtherVersion(Exception):
    """The worker has another version of orgsim than the sweep, so its results would not be comparable."""


def play(run: Run) -> dict[str, Any]:
    """Play a run and return its row; the same run gives the same row, ``wall_seconds`` aside.

    A scenario that cannot be played to the end gives a row with an ``error``, which is not finished and has no figures.

    Raises:
        OtherVersion: the run was planned by another version of orgsim.
    """
    here = version("orgsim")
    if here != run.version:
        raise OtherVersion(f"a worker has orgsim {here}, the sweep is of {run.version}; install the same everywhere")
    row: dict[str, Any] = {"run": run.number, "seed": run.seed}
    try:
        scenario = scenario_of(run)
        outcome = anyio.run(partial(play_scenario, scenario, MemoryLog()))
    except ScenarioError as error:
        return row | {"finished": False, "passed": False, "error": str(error)}
    return row | figures_of(outcome, scenario)
