"""Carries a sweep out: does the runs that are left, then writes the table, the summary and the page of all."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Protocol

import msgspec

from .cluster import Client, do_runs, threads
from .journal import Journal
from .page import write_page
from .plan import Run, SweepPlan
from .results import PAGE, Results
from .summary import Summary, summarize
from .table import make_table, write_table


class Watcher(Protocol):
    """Receives the progress of a sweep."""

    def begins(self, done: int, total: int) -> None:
        """The sweep begins; ``done`` of ``total`` runs were finished before."""

    def no_workers(self) -> None:
        """The cluster has a scheduler, but no worker yet."""

    def done(self) -> None:
        """A run is done."""

    def lost(self, run: Run, error: str) -> None:
        """A run was given up, because its workers died time after time."""

    def worker_died(self) -> None:
        """A worker died."""


def carry_out(
    plan: SweepPlan,
    results: Results,
    connect: Callable[[], AbstractContextManager[Client]],
    watch: Watcher,
    *,
    resume: bool,
) -> Summary:
    """Do the runs of a sweep that are left, and write the table, the summary and the page.

    Args:
        plan: the runs.
        results: the sweep's folder; nothing is written into it before there is a cluster.
        connect: connects to the cluster or starts one; called only if there are runs left, or the sweep is new.
        watch: receives the progress.
        resume: go on with the sweep in the folder.

    Raises:
        NoCluster: no cluster can be reached or started.
        ClusterLost: the scheduler went away.
        RunFailed: a run raised an exception.
        ResultsError: the journal is damaged or another process writes it.
        ResultsUnwritable: the folder cannot be written.
    """
    with ExitStack() as stack:
        client = None if resume else stack.enter_context(connect())
        journal = stack.enter_context(results.journal() if resume else results.begin(plan.sweep))
        finished = journal.finished(plan.total)
        watch.begins(len(finished), plan.total)
        lost: list[dict[str, Any]] = []
        if len(finished) < plan.total:
            lost = _do_runs(plan, finished, journal, client or stack.enter_context(connect()), watch)
        table = make_table(plan, (row for rows in (journal.rows(), lost) for row in rows))
    return _conclude(plan, results, table)


def _do_runs(
    plan: SweepPlan, finished: set[int], journal: Journal, client: Client, watch: Watcher
) -> list[dict[str, Any]]:
    """Do the runs that are left, write their rows into the journal, and return the rows of lost runs."""
    lost: list[dict[str, Any]] = []
    if not threads(client):
        watch.no_workers()
    for run, row in do_runs(client, plan.runs(finished), watch.worker_died):
        if row.get("lost"):
            # Not into the journal, so that resuming the sweep, perhaps with more memory, tries it again.
            lost.append(row)
            watch.lost(run, row["error"])
        else:
            journal.append(row)
            watch.done()
    return lost


def _conclude(plan: SweepPlan, results: Results, table: Any) -> Summary:
    summary = summarize(plan, table)
    encoded = msgspec.json.format(msgspec.json.encode(summary)) + b"\n"
    writers: Mapping[str, Callable[[Path], Any]] = {
        "runs.parquet": lambda path: write_table(table, path),
        "summary.json": lambda path: path.write_bytes(encoded),
        PAGE: lambda path: write_page(plan.sweep, summary, table, path),
    }
    for name, write in writers.items():
        results.replace(name, write)
    return summary
