"""Every test that awaits runs on asyncio and on trio; code that blocks the event loop fails it."""

import gc
import signal
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings
from support.campaign import CAMPAIGN, examples

# What hypothesis would time or count by chance does not fail a test on a busy machine, and the suite tries the same
# examples every time: others are for campaigns.
CHANCE = (HealthCheck.too_slow, HealthCheck.filter_too_much)
settings.register_profile(
    "orgsim",
    max_examples=examples(40),
    deadline=None,
    derandomize=not CAMPAIGN,
    database=settings.default.database if CAMPAIGN else None,
    suppress_health_check=CHANCE,
)
settings.load_profile("orgsim")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop under the test."""
    return request.param


@pytest.fixture(scope="session", autouse=True)
def no_blocking_calls() -> Iterator[BlockBuster]:
    """A file read, a sleep or a lock of any floor inside a coroutine raises BlockingError.

    Arranged once, because it takes time. Only asyncio is watched; on trio the same code runs. Not watched either is
    what asks the system about a path: it takes microseconds.
    """
    with blockbuster_ctx(["orgsim", "orgsim.api", "orgsim.engine", "orgsim.projections"]) as blockbuster:
        for name in ("os.access", "os.getcwd", "os.stat"):
            blockbuster.functions[name].deactivate()
        # What is imported late is read once in a process, by whichever test needs it first.
        for function in blockbuster.functions.values():
            function.can_block_in("<frozen importlib._bootstrap>", "_find_and_load")
        # A snapshot names the version that wrote it; a package that tests need brings another reader of metadata.
        for reader in ("importlib/metadata/__init__.py", "importlib_metadata/__init__.py"):
            blockbuster.functions["io.TextIOWrapper.read"].can_block_in(reader, "read_text")
            blockbuster.functions["os.listdir"].can_block_in(reader, "children")
        # It shows what happens to other loops while one is blocked.
        blockbuster.functions["threading.Lock.acquire"].can_block_in("tests/engine/runtime/test_inline.py", "process")
        yield blockbuster


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have each worker of pytest-xdist begin with a share of the files that have slow tests.

    A worker gets as many tests as the others, from the list as it stands, and who has none left takes some from the end
    of another's. With slow ones there, the last of them would go on for long while the others have nothing to do.
    """
    workers: int = getattr(config, "workerinput", {"workercount": 1})["workercount"]
    if workers == 1:
        return
    files: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.path].append(item)
    slow = [path for path, tests in files.items() if any(each.get_closest_marker("slow") for each in tests)]
    quick = iter([each for path, tests in files.items() if path not in slow for each in tests])
    share = len(items) // workers
    items.clear()
    for worker in range(workers):
        begin = [each for path in slow[worker::workers] for each in files[path]]
        items += begin
        items += islice(quick, max(0, share - len(begin)))
    items += quick


def pytest_collection_finish() -> None:
    """Look for no garbage among the thousands of tests, which are there to the end; each search of them takes long."""
    gc.freeze()


# What a shell runs in the background ignores Ctrl-C, and so would every command that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
