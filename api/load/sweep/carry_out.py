"""Carrying a sweep out: the runs that are not done yet, and then what is made of all of them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Protocol

import msgspec

from .cluster import Client, do_runs, threads
from .journal import Journal
from .plan import Plan, Run
from .plot import write_plot
from .results import Results
from .summary import Summary, summarize
from .table import make_table, write_table


class Watch(Protocol):
    """Somebody who is told how far a sweep is."""

    def begins(self, done: int, total: int) -> None:
        """So many runs are done already."""

    def no_workers(self) -> None:
        """There is a scheduler, but nobody works for it yet."""

    def done(self) -> None:
        """One more run is done."""

    def lost(self, run: Run, error: str) -> None:
        """A run was given up."""

    def worker_died(self) -> None:
        """A worker died."""


def carry_out(
    plan: Plan, results: Results, connect: Callable[[], AbstractContextManager[Client]], watch: Watch, *, resume: bool
) -> Summary:
    """Do what is left of a sweep, and write table, summary and plot.

    Args:
        plan: of the sweep.
        results: its folder; nothing is written into it before there is a cluster.
        connect: makes the cluster.
        watch: is told how far it is.
        resume: go on with what is in the folder.

    Raises:
        NoCluster: there is none.
        ClusterLost: there is none any more.
        RunFailed: a run raised something.
        ResultsError: the journal is damaged or another process writes it.
        ResultsUnwritable: the folder cannot be written.
    """
    with ExitStack() as stack:
        client = None if resume else stack.enter_context(connect())
        if not resume:
            results.begin(plan.sweep)
        journal = stack.enter_context(results.journal())
        finished = journal.finished(plan.total)
        watch.begins(len(finished), plan.total)
        lost: list[dict[str, Any]] = []
        if len(finished) < plan.total:
            lost = _do(plan, finished, journal, client or stack.enter_context(connect()), watch)
        table = make_table(plan, (row for rows in (journal.rows(), lost) for row in rows))
    return _conclude(plan, results, table)


def _do(plan: Plan, finished: set[int], journal: Journal, client: Client, watch: Watch) -> list[dict[str, Any]]:
    lost: list[dict[str, Any]] = []
    if not threads(client):
        watch.no_workers()
    for run, row in do_runs(client, plan.runs(finished), watch.worker_died):
        if row.get("lost"):
            # Not in the journal: whoever resumes the sweep, perhaps with more memory, tries it again.
            lost.append(row)
            watch.lost(run, row["error"])
        else:
            journal.append(row)
            watch.done()
    return lost


def _conclude(plan: Plan, results: Results, table: Any) -> Summary:
    summary = summarize(plan, table)
    encoded = msgspec.json.format(msgspec.json.encode(summary)) + b"\n"
    writers: Mapping[str, Callable[[Path], Any]] = {
        "runs.parquet": lambda path: write_table(table, path),
        "summary.json": lambda path: path.write_bytes(encoded),
        "chance.html": lambda path: write_plot(summary, path),
    }
    for name, write in writers.items():
        results.replace(name, write)
    return summary
