"""Sweeps on a real cluster of two processes: when a worker is killed, when runs kill theirs, and when there is none."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from pyarrow import parquet
from support.patience import PATIENCE
from support.small_sweep import SCENARIO, Watching, comparable, in_process, sweep

from orgsim.api.load.sweep import cluster
from orgsim.api.load.sweep.carry_out import carry_out
from orgsim.api.load.sweep.cluster import NoCluster, RunFailed, do_runs, local_cluster, remote_cluster
from orgsim.api.load.sweep.plan import Run, SweepPlan
from orgsim.api.load.sweep.results import Results

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan() -> SweepPlan:
    """The plan of a sweep of 24 small runs."""
    return SweepPlan(sweep())


@pytest.fixture(scope="module")
def expected(plan: SweepPlan) -> Any:
    """The table of a sweep in this process."""
    return in_process(plan)


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Client]:
    """A cluster of two processes."""
    with local_cluster(2) as client:
        yield client


def pids(client: Client) -> dict[str, int]:
    """The workers' processes, by their addresses."""
    return client.run(os.getpid)


def scheduler(client: Client) -> str:
    """A cluster's address."""
    return client.scheduler.address


def test_a_worker_is_killed(
    plan: SweepPlan, expected: Any, two_workers: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies on the way loses nothing: the table is the one of a sweep in process."""
    before, killed, play = pids(two_workers), tmp_path / "killed", cluster.play

    def play_or_die(run: Run) -> dict[str, Any]:
        if run.number == 4 and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return play(run)

    monkeypatch.setattr(cluster, "play", play_or_die)
    watch, folder = Watching(), tmp_path / "o"
    carry_out(plan, Results(folder), lambda: remote_cluster(scheduler(two_workers)), watch, resume=False)

    assert (watch.finished, watch.deaths) == (24, 1)
    assert comparable(parquet.read_table(folder / "runs.parquet")).equals(expected)
    two_workers.wait_for_workers(2, timeout=PATIENCE)
    assert set(pids(two_workers).values()) != set(before.values())


def test_on_a_cluster(plan: SweepPlan, expected: Any, two_workers: Client, tmp_path: Path) -> None:
    """A sweep on a cluster gives the table of a sweep in process, whatever was done first."""
    watch = Watching()
    carry_out(plan, Results(tmp_path), lambda: remote_cluster(scheduler(two_workers)), watch, resume=False)

    assert (watch.finished, watch.deaths, watch.gave_up) == (24, 0, [])
    assert comparable(parquet.read_table(tmp_path / "runs.parquet")).equals(expected)


def test_workers_that_come_later(expected: Any, plan: SweepPlan, tmp_path: Path) -> None:
    """A scheduler without workers is said to have none, and the sweep begins when there is one."""
    with local_cluster(0) as client:
        watch = Watching(on_no_workers=lambda: client.cluster.scale(1))
        carry_out(plan, Results(tmp_path), lambda: remote_cluster(scheduler(client)), watch, resume=False)

    assert watch.finished == 24
    assert comparable(parquet.read_table(tmp_path / "runs.parquet")).equals(expected)


def test_a_bug(plan: SweepPlan, two_workers: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that raises something stops the sweep, and the error names its parameters and its seed."""

    def broken(run: Run) -> dict[str, Any]:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(cluster, "play", broken)
    other = SweepPlan(sweep(SCENARIO + "\n", runs=1))
    with pytest.raises(RunFailed) as failed:
        list(do_runs(two_workers, other.runs(), lambda: None))

    assert str(failed.value).startswith("the run with accounts=")
    assert str(failed.value).endswith(", seed 5 failed: ZeroDivisionError: by nothing")


def test_a_run_that_kills_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose workers die time after time is given up, and the others are done."""

    def deadly(run: Run) -> dict[str, Any]:
        if run.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"run": run.number}

    monkeypatch.setattr(cluster, "play", deadly)
    monkeypatch.setitem(cluster.LOCAL, "distributed.scheduler.allowed-failures", 1)
    plan = SweepPlan(sweep(vary=[], runs=3))
    deaths: list[str] = []
    with local_cluster(1) as client:
        rows = {run.number: row for run, row in do_runs(client, plan.runs(), lambda: deaths.append("died"))}

    assert rows[1] == {"run": 1, "seed": 6, "lost": True, "error": "its workers died, 2 times in a row"}
    assert {number for number, row in rows.items() if not row.get("lost")} <= {0, 2}
    assert len(rows) == 3
    assert deaths == ["died", "died"]


def test_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address at which nobody, or somebody else, listens is an error that names it."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NoCluster, match=f"no Dask scheduler answers at {address}"), remote_cluster(address):
            pass
    with pytest.raises(NoCluster, match=f"no Dask scheduler answers at {address}"), remote_cluster(address):
        pass
    with pytest.raises(NoCluster, match="at nowhere: missing port number"), remote_cluster("nowhere"):
        pass


def test_a_worker_is_no_scheduler(two_workers: Client) -> None:
    """The address of a worker is refused as what it is."""
    address = next(iter(pids(two_workers)))

    with pytest.raises(NoCluster, match=f"at {address} there is no scheduler but a Worker"), remote_cluster(address):
        pass
