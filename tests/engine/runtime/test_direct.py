"""Processes that the driver resumes itself behave as if their tasks did all their steps."""

import asyncio
import sys
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsim.api.population import Actor
from orgsim.api.simulation import Simulation
from orgsim.engine.log import MemoryLog
from orgsim.engine.runtime.clock import SimulatedClock

WHO: ContextVar[str] = ContextVar("WHO")

FIRST = "300000000000"

STEPS = st.one_of(
    st.tuples(st.just("sleep"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.integers(0, 2)),
    st.tuples(st.just("set"), st.integers(0, 2)),
    st.tuples(st.just("call"), st.just(0)),
    st.tuples(st.just("turn"), st.just(0)),
    st.tuples(st.just("thread"), st.just(0)),
    st.tuples(st.just("children"), st.integers(1, 3)),
)
SCRIPTS = st.lists(st.lists(STEPS, max_size=6), min_size=1, max_size=5)


class OtherLog(MemoryLog):
    """A log that is not known to be in memory, so that processes are woken by turns of the event loop."""


async def play(sim: Simulation, scripts: list[list[tuple[str, int]]]) -> list[Any]:
    """Run one process for each script; returns what happened, in order, and the digest of the log."""
    happened: list[Any] = []
    signals = [sim.signal() for _ in range(3)]

    async def do(me: Actor, step: str, number: int) -> None:
        if step == "sleep":
            await sim.sleep(hours=number)
        elif step == "wait":
            await signals[number].wait()
        elif step == "set":
            signals[number].set()
        elif step == "call":
            await me.create_organization()
            await me.delete_organization()
        elif step == "turn":
            await anyio.lowlevel.checkpoint()
        elif step == "thread":
            with sim.holding_time():
                await anyio.to_thread.run_sync(int)
        else:
            async with anyio.create_task_group() as children:
                for child in range(number):
                    children.start_soon(anyio.lowlevel.checkpoint, name=str(child))

    async def process(me: Actor) -> None:
        WHO.set(me.account)
        task = anyio.get_current_task().id
        for number, (step, argument) in enumerate(scripts[int(me.account) - int(FIRST)]):
            await do(me, step, argument)
            happened.append((me.account, number, sim.now))
            assert WHO.get() == me.account
            assert anyio.get_current_task().id == task

    async with sim.population(len(scripts), process, first_account=FIRST):
        await sim.sleep(days=1)
        for signal in signals:
            signal.set()
    await sim.engine.flush()
    return [happened, sim.engine.log.digest]


async def run(log: MemoryLog, scripts: list[list[tuple[str, int]]]) -> list[Any]:
    """Play the scripts in a new world."""
    async with Simulation(log) as sim:
        return await play(sim, scripts)


@given(scripts=SCRIPTS)
@settings(max_examples=40, deadline=None)
def test_same_order_however_processes_are_woken(scripts: list[list[tuple[str, int]]]) -> None:
    """Resumed by the driver, woken by turns of asyncio or trio: the same happens in the same order, with one digest."""
    resumed = anyio.run(run, MemoryLog(), scripts)
    assert anyio.run(run, OtherLog(), scripts) == resumed
    assert anyio.run(run, MemoryLog(), scripts, backend="trio") == resumed


async def test_cancelled_from_outside() -> None:
    """A sleeping process is cancelled where it sleeps, may clean up with other awaits, and its sleep is forgotten."""
    async with Simulation() as sim:
        cleaned: list[str] = []

        async def process(me: Actor) -> None:
            try:
                await sim.sleep(days=300)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.lowlevel.checkpoint()
                    await sim.sleep(hours=1)
                cleaned.append(me.account)

        with anyio.CancelScope() as scope:
            async with sim.population(3, process):
                await sim.sleep(days=1)
                scope.cancel()
                await sim.sleep(days=1)
        assert scope.cancelled_caught
        assert len(cleaned) == 3
        clock = sim.engine.clock
        assert isinstance(clock, SimulatedClock)
        assert clock.processes.empty


async def test_processes_cancel_one_another() -> None:
    """A process cancels the scope in which another sleeps, which goes on behind it at that moment."""
    async with Simulation() as sim:
        scopes: dict[str, anyio.CancelScope] = {}
        happened: list[Any] = []

        async def process(me: Actor) -> None:
            if me.account == FIRST:
                with anyio.CancelScope() as scopes[FIRST]:
                    await sim.sleep(days=9)
                happened.append(("cancelled", sim.now.day))
                await sim.sleep(days=1)
                happened.append(("slept", sim.now.day))
            else:
                await sim.sleep(days=2)
                scopes[FIRST].cancel()

        async with sim.population(2, process, first_account=FIRST):
            pass
        assert happened == [("cancelled", 3), ("slept", 4)]


async def test_error_comes_out_with_its_place() -> None:
    """An error of a resumed process ends the population, says whose it was, and shows the line."""
    async with Simulation() as sim:

        async def process(me: Actor) -> None:
            await sim.sleep(days=1)
            raise LookupError("lost")

        with pytest.raises(LookupError, match="lost") as caught:
            async with sim.population(2, process, first_account=FIRST):
                await sim.sleep(days=5)
        assert f"process of account {FIRST}" in caught.value.__notes__[0]
        assert any(entry.name == "process" for entry in caught.traceback)


def test_timeouts_belong_to_the_process() -> None:
    """asyncio's own timeouts and shields work in a process, around its sleeps and around other awaits."""

    async def main() -> None:
        async with Simulation() as sim:
            gave_up: list[str] = []

            async def process(me: Actor) -> None:
                await sim.sleep(hours=1)
                try:
                    async with asyncio.timeout(0):
                        await asyncio.get_running_loop().create_future()
                except TimeoutError:
                    gave_up.append(me.account)
                inner = asyncio.ensure_future(asyncio.sleep(0, "answer"))
                assert await asyncio.shield(inner) == "answer"
                await sim.sleep(hours=1)

            async with sim.population(3, process):
                pass
            assert len(gave_up) == 3

    asyncio.run(main())


async def test_turns_for_tasks_that_are_no_processes() -> None:
    """A task that a process wakes acts at that moment, before time goes on."""
    async with Simulation() as sim:
        moments: list[Any] = []

        async def process(me: Actor) -> None:
            for _ in range(3):
                await sim.sleep(days=1)
                woken.set()

        async def watch() -> None:
            nonlocal woken
            while len(moments) < 3:
                await woken.wait()
                woken = anyio.Event()
                moments.append(sim.now.day)

        woken = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            async with sim.population(1, process):
                pass
        assert moments == [2, 3, 4]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio has eager tasks from 3.12 on")
def test_eager_tasks_of_a_process() -> None:
    """A task that begins within a step of a process is another task: its sleeps are its own."""

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009  # 3.11 has none
        async with Simulation() as sim:

            async def process(me: Actor) -> None:
                await sim.sleep(days=1)
                await asyncio.gather(sim.sleep(days=1), sim.sleep(days=2))
                async with asyncio.TaskGroup() as group:
                    group.create_task(sim.sleep(days=5))

            async with sim.population(1, process):
                pass
            assert sim.now.day == 9

    asyncio.run(main())
