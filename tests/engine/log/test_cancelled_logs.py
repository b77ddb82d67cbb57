"""asyncio's own cancellation, which anyio's shields do not hold back, at every point at which a world can be cancelled:
it leaves a whole log or none, lets go of the lock, and loses nothing that was acknowledged."""

import asyncio
from pathlib import Path

import anyio
import pytest
from support.cancellation import Ended, cancelled_at
from support.patience import PATIENCE

from orgsim.api import Simulation
from orgsim.engine.log import LogError
from orgsim.engine.log.cancellation import finish

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

MOST = 1_000
"""More suspensions than the life of a world has."""


async def live(path: Path, acknowledged: list[int]) -> None:
    """Open a world, change it twice, and close it."""
    async with Simulation(path) as sim:
        for number in range(2):
            await sim.describe_account(f"{number:012}", name="described")
            acknowledged.append(sim.engine.durable)


def files(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_cancelled_at_every_suspension(exists: bool, times: int, tmp_path: Path) -> None:
    """Cancelled anywhere between opening and closing, once or several times, a world leaves its log in order."""
    reached = 0
    for first in range(1, MOST):
        path = tmp_path / f"{first}.db"
        before = 0
        if exists:
            async with Simulation(path) as sim:
                before = sim.engine.durable
        acknowledged = [before]
        suspensions = set(range(first, first + times))
        with anyio.fail_after(PATIENCE):
            outcome = await cancelled_at(live(path, acknowledged), suspensions, by_asyncio=True)
        left = await asyncio.to_thread(files, tmp_path)
        assert left in ([], [path.name])
        assert left or acknowledged == [0]
        # Opening it again would fail if anything still had the lock.
        async with Simulation(path) as sim:
            assert sim.engine.durable >= acknowledged[-1]
        await asyncio.to_thread(path.unlink)
        if outcome is Ended.BEFORE:
            break
        reached = first
    assert reached > 10


async def test_what_was_begun_is_finished_first() -> None:
    """A cancellation is raised when the work is done, its result is undone, and an error in it gives way to it."""
    done: list[str] = []

    async def work() -> str:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append("worked")
        return "result"

    async def undo(result: str) -> None:
        done.append(f"undid {result}")

    async def fail() -> str:
        await asyncio.sleep(0)
        raise LogError("failed")

    for function in (work, fail):
        task = asyncio.ensure_future(finish(function, undo))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert done == ["worked", "undid result"]
    with pytest.raises(LogError, match="failed"):
        await finish(fail)
    assert await finish(work) == "result"
