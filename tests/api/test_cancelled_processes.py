"""Processes whose sleeps are cancelled by others go on one at a time, in the same order on every event loop."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from support.patience import PATIENCE

from orgsim.api import Actor, SimulatedClock, Simulation
from orgsim.engine.log import MemoryLog
from orgsim.engine.state.timers import NEVER

RUNS = 5
"""How often a program is run on trio: it shuffles the tasks that can run, so one run proves little."""

Done = list[tuple[str, str, object]]


@asynccontextmanager
async def simulation(seed: int, path: Path | None) -> AsyncGenerator[Simulation]:
    """A world in memory, or in a file; no process and no sleeper is left in the end."""
    clock = SimulatedClock(deadlock_after=0.02)
    with anyio.fail_after(PATIENCE):
        async with Simulation(path or MemoryLog(), seed=seed, clock=clock) as sim:
            yield sim
    assert clock.processes.empty
    assert clock.next_sleeper == NEVER


async def cancel_each_other(seed: int, path: Path | None = None) -> tuple[Done, bytes]:
    """Processes that sleep, wait and cancel each other at random; return what they did, and the digest of the log."""
    async with simulation(seed, path) as sim:
        scopes: dict[str, anyio.CancelScope] = {}
        done: Done = []
        signal = sim.signal()

        async def process(me: Actor) -> None:
            for _ in range(8):
                with anyio.CancelScope() as scope:
                    scopes[me.account] = scope
                    if me.random.random() < 0.2 and not me.account.endswith("0"):
                        await signal.wait()
                    else:
                        await sim.sleep(hours=me.random.randrange(4))
                del scopes[me.account]
                done.append((me.account, "cancelled" if scope.cancelled_caught else "slept", sim.now))
                await me.create_organization()
                await me.delete_organization()
                others = sorted(scopes)
                for account in me.random.sample(others, min(len(others), me.random.randrange(4))):
                    scopes[account].cancel()
            if me.account.endswith("0"):
                signal.set()

        async with sim.population(8, process):
            pass
        return done, sim.engine.log.digest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_cancelling_is_deterministic(seed: int, tmp_path: Path) -> None:
    """Programs that cancel sleeps do the same, and write the same, in every run, on both loops, in memory and files."""
    expected = anyio.run(cancel_each_other, seed)
    for _ in range(RUNS):
        assert anyio.run(cancel_each_other, seed, backend="trio") == expected
    for backend in ("asyncio", "trio"):
        assert anyio.run(cancel_each_other, seed, tmp_path / f"{backend}.db", backend=backend) == expected
