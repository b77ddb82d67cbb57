"""Random programs of processes: whatever they do, they do it in the same order on asyncio and trio."""

from datetime import timedelta
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from support.patience import PATIENCE

from orgsim.api import Actor, Deadlock, SimulatedClock, Simulation
from orgsim.engine.log import MemoryLog
from orgsim.engine.state.timers import NEVER

pytestmark = pytest.mark.slow


class OwnError(Exception):
    """Raised by a process."""


class Program:
    """A dozen processes that do at random what processes can do, those of inner populations included."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.done: list[tuple[Any, ...]] = []
        """Who did what, and when."""
        self.signals = [sim.signal() for _ in range(4)]
        self.waits = sim.random("waits").random() < 0.3
        """Whether there are processes that wait for signals, which may never come."""

    async def run(self) -> None:
        """The whole program, with its end."""
        random = self.sim.random("program")
        try:
            async with self.sim.population(12, self.act, over=timedelta(hours=random.randrange(5))):
                await self.sim.sleep(hours=random.randrange(9))
        except (OwnError, Deadlock) as error:
            self.done.append((type(error), str(error), self.sim.now))

    async def act(self, me: Actor) -> None:
        """One process."""
        deeds = [self.sleep] * 4 + [self.call] * 3 + [self.signal, self.turn, self.advance, self.leave, self.populate]
        for _ in range(me.random.randrange(8)):
            deed = me.random.choice(deeds)
            self.done.append((me.account, deed.__name__, self.sim.now))
            await deed(me)

    async def sleep(self, me: Actor) -> None:
        await self.sim.sleep(hours=me.random.randrange(4))

    async def call(self, me: Actor) -> None:
        await self.sim.describe_account(me.account, name=str(me.random.random()))

    async def signal(self, me: Actor) -> None:
        signal = me.random.choice(self.signals)
        if self.waits and me.random.random() < 0.5:
            await signal.wait()
        else:
            signal.set()

    async def turn(self, me: Actor) -> None:
        for _ in range(me.random.randrange(40)):
            await anyio.lowlevel.checkpoint()

    async def advance(self, me: Actor) -> None:
        await self.sim.advance(hours=me.random.randrange(3))

    async def leave(self, me: Actor) -> None:
        if me.random.random() < 0.1:
            raise OwnError(me.account)
        with self.sim.holding_time():
            await anyio.to_thread.run_sync(int)

    async def populate(self, me: Actor) -> None:
        try:
            async with self.sim.population(me.random.randrange(2), self.act, name=f"of {me.account}"):
                await self.sim.sleep(hours=me.random.randrange(2))
        except OwnError as error:
            self.done.append((me.account, str(error), self.sim.now))


async def play(seed: int) -> tuple[list[Any], bytes]:
    """Run one program; return what it did, and the digest of the log."""
    log, clock = MemoryLog(), SimulatedClock(deadlock_after=0.02)
    with anyio.fail_after(PATIENCE):
        async with Simulation(log, seed=seed, clock=clock) as sim:
            program = Program(sim)
            await program.run()
    known = clock.processes
    assert known.empty
    assert clock.next_sleeper == NEVER
    return program.done, log.digest


@pytest.mark.parametrize("seed", range(40))
def test_random_program(seed: int) -> None:
    """It ends on both event loops, in the same way, with nothing left over."""
    on_asyncio, on_trio = (anyio.run(play, seed, backend=backend) for backend in ("asyncio", "trio"))
    assert on_asyncio == on_trio
