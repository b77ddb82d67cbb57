"""Having runs done on a Dask cluster: one on this machine, or any that has a scheduler."""

# Dask has few types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import logging
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from multiprocessing import resource_tracker
from typing import Any

from dask import config
from distributed import Client, LocalCluster, as_completed
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.core import rpc
from distributed.scheduler import KilledWorker

from .plan import Run
from .run import play

CONNECT_SECONDS = 10
ALLOWED_FAILURES = 5
"""A run whose worker died more often than this is given up."""
AHEAD = 3
"""So many runs for each thread of the cluster are at the scheduler at once: a worker that is done never waits."""
FEWEST_AHEAD = 16
SILENT = logging.CRITICAL + 1
LOCAL = {
    "distributed.scheduler.allowed-failures": ALLOWED_FAILURES,
    # A worker that is only full keeps what it holds and works on; one that would take the machine down is killed.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
}


class NoCluster(Exception):
    """There is no cluster to work on."""


class ClusterLost(Exception):
    """There was a cluster, but its scheduler is gone."""


class RunFailed(Exception):
    """A run raised what no scenario may raise: a bug of orgsim, or a worker that lacks something."""


@contextmanager
def local_cluster(workers: int | None) -> Generator[Client, None, None]:
    """A cluster of processes on this machine, reachable from this machine alone.

    Args:
        workers: how many processes, by default one for each core.

    Raises:
        NoCluster: it cannot be started.
    """
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        stack.enter_context(config.set(LOCAL))
        try:
            with _interrupted_later():
                cluster = LocalCluster(
                    n_workers=workers,
                    processes=True,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    # Dask's scheduler always has a port for HTTP: any free one, so that two sweeps do not meet.
                    dashboard_address="127.0.0.1:0",
                    silence_logs=SILENT,
                )
                stack.enter_context(cluster)
            client = stack.enter_context(Client(cluster, set_as_default=False))
        except (OSError, RuntimeError) as error:
            raise NoCluster(f"the workers cannot be started: {_in_one_line(error)}") from None
        yield client


@contextmanager
def remote_cluster(address: str) -> Generator[Client, None, None]:
    """The cluster of a scheduler; it is left as it was found.

    Args:
        address: such as ``tcp://10.0.0.5:8786``.

    Raises:
        NoCluster: no scheduler answers there within ten seconds.
    """
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        _require_scheduler(address)
        yield stack.enter_context(Client(address, timeout=CONNECT_SECONDS, set_as_default=False))


def _require_scheduler(address: str) -> None:
    # A client that cannot connect is slow to close, so somebody else knocks first.
    try:
        kind = asyncio.run(asyncio.wait_for(_kind(address), CONNECT_SECONDS))
    except TimeoutError:
        raise NoCluster(f"no Dask scheduler answers at {address} within {CONNECT_SECONDS} seconds") from None
    except Exception as error:
        # Whatever else listens there may answer anything, and what Dask makes of that are errors of many kinds.
        raise NoCluster(f"no Dask scheduler answers at {address}: {_in_one_line(error)}") from None
    if kind != "Scheduler":
        raise NoCluster(f"at {address} there is no scheduler but a {kind}")


async def _kind(address: str) -> str:
    async with rpc(address) as server:
        identity: Any = await server.identity()
        return identity["type"]


def threads(client: Client) -> int:
    """How many runs the cluster does at once."""
    by_worker: Any = client.nthreads()
    return sum(by_worker.values())


def do_runs(client: Client, runs: Iterator[Run], died: Callable[[], None]) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Have runs done, and yield each with its row as soon as it is there, in any order.

    What a dead worker had in hand is done again by another. A run whose workers died time after time is given up: its
    row has an ``error`` and ``lost``.

    Args:
        client: of the cluster.
        runs: consumed as fast as the cluster works.
        died: told of each worker that died.

    Raises:
        RunFailed: a run raised something.
        ClusterLost: the scheduler is gone.
    """
    client.subscribe_topic("all", partial(_notice_death, died))
    ahead = max(FEWEST_AHEAD, AHEAD * threads(client))
    submitted: dict[str, Run] = {}

    def submit(count: int) -> list[Any]:
        """Hand in the next runs; the scheduler forgets a run when nobody holds its future any more."""
        following = list(islice(runs, count))
        submitted.update((run.key, run) for run in following)
        return [client.submit(play, run, key=run.key, pure=True) for run in following]

    pending = as_completed(submit(ahead), loop=client.loop, with_results=True, raise_errors=False)
    for future, result in pending:
        run = submitted.pop(future.key)
        yield run, result if isinstance(result, dict) else _failed(future, run)
        pending.update(submit(1))


def _failed(future: Any, run: Run) -> dict[str, Any]:
    try:
        return future.result()
    except KilledWorker as killed:
        times = killed.allowed_failures + 1
        return {"run": run.number, "seed": run.seed, "lost": True, "error": f"its workers died, {times} times in a row"}
    except (FutureCancelledError, CommClosedError):
        raise ClusterLost("the scheduler is gone") from None
    except Exception as error:
        what = f"{type(error).__name__}: {_in_one_line(error)}"
        raise RunFailed(f"the run with {run} failed: {what}") from error


def _notice_death(died: Callable[[], None], event: tuple[float, dict[str, Any]]) -> None:
    message = event[1]
    if message.get("action") == "remove-worker" and not message["expected"]:
        died()


@contextmanager
def _interrupted_later() -> Generator[None, None, None]:
    # Ctrl-C goes to all processes of a terminal. Threads and processes that are started in here, and those that these
    # start, never see it; this thread sees it afterwards, and ends them.
    # Whoever starts multiprocessing's tracker has the signal unblocked again, so it is there before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet() -> Generator[None, None, None]:
    # Whatever Dask has to say about workers that come and go is said by us, in one line.
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(SILENT)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
