"""Executes runs on a Dask cluster: one started on this machine, or an existing one."""

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
"""How long to wait for the scheduler of an existing cluster."""
ALLOWED_FAILURES = 5
"""A run whose worker died more often than this is given up."""
SUBMITTED_PER_THREAD = 3
"""The runs that are at the scheduler at once, for each thread of the cluster: enough that no worker waits for one."""
FEWEST_SUBMITTED = 16
"""The runs that are at the scheduler at once on a small cluster."""
SILENT = logging.CRITICAL + 1
"""A log level that no message reaches."""
LOCAL = {
    "distributed.scheduler.allowed-failures": ALLOWED_FAILURES,
    # A worker is not slowed down as its memory fills; it is killed before it takes the machine down.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
}


class NoCluster(Exception):
    """No cluster can be reached or started."""


class ClusterLost(Exception):
    """The scheduler of the cluster went away during the sweep."""


class RunFailed(Exception):
    """A run raised an unexpected exception: a bug of orgsim, or a worker that lacks something."""


@contextmanager
def local_cluster(workers: int | None) -> Generator[Client, None, None]:
    """Start a cluster of processes on this machine, which only this machine can reach.

    Args:
        workers: the number of processes; None: one for each core.

    Raises:
        NoCluster: it cannot be started.
    """
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        stack.enter_context(config.set(LOCAL))
        try:
            with _sigint_blocked():
                cluster = LocalCluster(
                    n_workers=workers,
                    processes=True,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    # The scheduler always opens an HTTP port: a free one, so that two sweeps do not collide.
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
    """Connect to an existing cluster, which goes on after the sweep.

    Args:
        address: the scheduler's address, such as ``tcp://10.0.0.5:8786``.

    Raises:
        NoCluster: no scheduler answers there within ten seconds.
    """
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        _require_scheduler(address)
        yield stack.enter_context(Client(address, timeout=CONNECT_SECONDS, set_as_default=False))


def _require_scheduler(address: str) -> None:
    """Check that a Dask scheduler answers at an address.

    A bare connection is tried first, because a Dask client that cannot connect takes long to close.
    """
    try:
        kind = asyncio.run(asyncio.wait_for(_kind(address), CONNECT_SECONDS))
    except TimeoutError:
        raise NoCluster(f"no Dask scheduler answers at {address} within {CONNECT_SECONDS} seconds") from None
    except Exception as error:
        # Any other server may listen there, and Dask raises errors of many kinds at what it answers.
        raise NoCluster(f"no Dask scheduler answers at {address}: {_in_one_line(error)}") from None
    if kind != "Scheduler":
        raise NoCluster(f"at {address} there is no scheduler but a {kind}")


async def _kind(address: str) -> str:
    """Ask the Dask server at an address what it is, such as ``Scheduler`` or ``Worker``."""
    async with rpc(address) as server:
        identity: Any = await server.identity()
        return identity["type"]


def threads(client: Client) -> int:
    """The number of runs that the cluster does at once."""
    by_worker: Any = client.nthreads()
    return sum(by_worker.values())


def do_runs(client: Client, runs: Iterator[Run], died: Callable[[], None]) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Execute runs, and yield each with its row as soon as it is done, in any order.

    The runs of a worker that died are done again by another. A run whose workers died more than ``ALLOWED_FAILURES``
    times is given up: its row has ``lost`` and an ``error``.

    Args:
        client: the client of the cluster.
        runs: consumed only as fast as the cluster works, so that a million of them need no memory.
        died: called for each worker that died.

    Raises:
        RunFailed: a run raised an exception.
        ClusterLost: the scheduler went away.
    """
    client.subscribe_topic("all", partial(_notice_death, died))
    ahead = max(FEWEST_SUBMITTED, SUBMITTED_PER_THREAD * threads(client))
    submitted: dict[str, Run] = {}

    def submit(count: int) -> list[Any]:
        """Submit the next runs; the scheduler forgets a run once its future is gone, so no list of them is kept."""
        following = list(islice(runs, count))
        submitted.update((run.key, run) for run in following)
        return [client.submit(play, run, key=run.key, pure=True) for run in following]

    pending = as_completed(submit(ahead), loop=client.loop, with_results=True, raise_errors=False)
    for future, result in pending:
        run = submitted.pop(future.key)
        yield run, result if isinstance(result, dict) else _failed(future, run)
        pending.update(submit(1))


def _failed(future: Any, run: Run) -> dict[str, Any]:
    """The row of a run without result: of a lost run; any other failure is raised."""
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
    """Handle an event of the scheduler: call ``died`` if a worker went away unexpectedly."""
    message = event[1]
    if message.get("action") == "remove-worker" and not message["expected"]:
        died()


@contextmanager
def _sigint_blocked() -> Generator[None, None, None]:
    """Block SIGINT for threads and processes that are started meanwhile, and for this thread until afterwards.

    Ctrl-C goes to all processes of a terminal. The workers shall not see it: this process ends them.
    """
    # Started now, because starting multiprocessing's resource tracker unblocks the signal again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet() -> Generator[None, None, None]:
    """Silence Dask's own messages about workers that come and go: the command reports those itself."""
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
    """The message of an exception without line breaks; its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__
