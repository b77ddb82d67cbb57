"""A small sweep for the tests, and its table without what no two runs share."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orgsim.api.load.sweep import carry_out as carrying
from orgsim.api.load.sweep.plan import Run, Sweep, SweepPlan, make_sweep
from orgsim.api.load.sweep.results import Results
from orgsim.api.load.sweep.run import play
from orgsim.api.load.sweep.summary import Summary
from orgsim.api.load.sweep.table import make_table

SCENARIO = """
seed = 5

[parameters]
accept = 0.9
accounts = 10

[populations.partners]
origin = "invited"
count = "$accounts"

[populations.partners.invitation]
delay = { distribution = "uniform", from_days = 0.5, to_days = 5 }

[populations.partners.migration]
accept = "$accept"
delay = { distribution = "uniform", from_days = 1, to_days = 9 }

[[steps]]
action = "invite"
population = "partners"

[[steps]]
action = "wait_for_answers"

[[steps]]
action = "enable_all_features"

[[steps]]
action = "wait_for_answers"

[[steps]]
action = "finalize"

[thresholds]
all_features_share = "== 1"
migration_days.p90 = "< 8"
"""
VARY = ("accounts=6,10", "accept=0.9:1:0.1")


def sweep(text: str = SCENARIO, vary: Iterable[str] = VARY, given: Iterable[str] = (), runs: int = 6) -> Sweep:
    """The definition of a small sweep."""
    return make_sweep("s.toml", text, vary=vary, given=given, runs=runs, seed=None, version=version("orgsim"))


def comparable(table: Any) -> Any:
    """A table of runs without how long they took."""
    return table.drop_columns("wall_seconds")


def in_process(plan: SweepPlan) -> Any:
    """The table of a sweep that needs no cluster."""
    return comparable(make_table(plan, map(play, plan.runs())))


class Watching:
    """Records the progress of a sweep."""

    def __init__(
        self, on_done: Callable[[int], None] = lambda number: None, on_no_workers: Callable[[], None] = lambda: None
    ) -> None:
        self.finished = self.deaths = 0
        self.gave_up: list[str] = []
        self.began: list[tuple[int, int]] = []
        self._on_done = on_done
        self.no_workers = on_no_workers

    def begins(self, done: int, total: int) -> None:
        """The sweep begins."""
        self.began.append((done, total))

    def done(self) -> None:
        """A run is done."""
        self.finished += 1
        self._on_done(self.finished)

    def lost(self, run: Run, error: str) -> None:
        """A run was given up."""
        self.gave_up.append(f"{run}: {error}")

    def worker_died(self) -> None:
        """A worker died."""
        self.deaths += 1


class Nobody:
    """In place of a client, for sweeps whose runs are done in process, or are done already."""

    def nthreads(self) -> dict[str, int]:
        """One worker."""
        return {"here": 1}


@contextmanager
def no_cluster() -> Iterator[Any]:
    """In place of a cluster."""
    yield Nobody()


def carry_out_here(plan: SweepPlan, folder: Path, watch: Watching, *, resume: bool = False) -> Summary:
    """Carry a sweep out with every run done in this process; ``do_runs`` has to be ``runs_here``."""
    return carrying.carry_out(plan, Results(folder), no_cluster, watch, resume=resume)


def runs_here(client: Nobody, runs: Iterator[Run], died: Callable[[], None]) -> Iterator[tuple[Run, dict[str, Any]]]:
    """In place of a cluster."""
    for run in runs:
        yield run, play(run)
