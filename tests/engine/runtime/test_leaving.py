"""Leaving a world while things are still going on, and what a stopped engine still does."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import pytest

from orgsim.api import PacedClock, Settings, SimulatedClock, Simulation, WallClock
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.log import LogError, MemoryLog
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside
from orgsim.engine.runtime.engine import EngineStopped
from orgsim.engine.runtime.running import running_engine

MANAGER = "111111111111"


def description(number: int) -> describe_account_outside.Request:
    """A command that always appends one event."""
    return describe_account_outside.Request(f"{number:012}", name=f"Account {number}")


class SlowLog(MemoryLog):
    """A log whose appends give everybody else several turns."""

    async def append(self, expected: int, records: Any) -> None:
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        await super().append(expected, records)


class BrokenLog(MemoryLog):
    """A log that breaks after the first append."""

    async def append(self, expected: int, records: Any) -> None:
        if expected:
            raise LogError("broken")
        await super().append(expected, records)


async def test_leaving_while_another_task_posts() -> None:
    """What was accepted is written, what comes later is refused, and leaving ends without an error."""
    log = SlowLog()
    accepted = 0
    async with anyio.create_task_group() as tasks, Simulation(log) as sim:
        engine = sim.engine

        async def post_on() -> None:
            nonlocal accepted
            with pytest.raises(EngineStopped, match="closed"):
                for number in range(10_000):
                    engine.post(description(number), SIMULATION)
                    accepted += 1
                    await anyio.lowlevel.checkpoint()

        tasks.start_soon(post_on)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
    assert accepted > 0
    assert log.head == accepted + 1


async def test_call_after_leaving_is_refused() -> None:
    """A client that outlives its world gets an error at once."""
    async with Simulation() as sim:
        org = sim.client(MANAGER)
    with pytest.raises(EngineStopped, match="closed"):
        await org.create_organization()
    with pytest.raises(EngineStopped, match="closed"):
        await sim.advance(days=1)


async def test_leaving_under_a_paced_clock_with_a_timer_open() -> None:
    """An account creation that has not finished keeps nobody from leaving."""
    log = SlowLog()
    async with Simulation(log, clock=PacedClock(1.0), settings=Settings(latency="realistic")) as sim:
        org = sim.client(MANAGER)
        await org.create_organization()
        await org.create_account(email="first@made.example", account_name="first")
    assert log.head == 4


async def test_stopped_engine_does_nothing_more() -> None:
    """After a failed append neither timers fire nor does the clock move."""
    async with Simulation(BrokenLog()) as sim:
        org = sim.client(MANAGER)
        with pytest.raises(EngineStopped, match="broken"):
            await org.create_organization()
        position, now = sim.engine.state.position, sim.now
        for call in (sim.advance(days=20), sim.run_until_idle()):
            with pytest.raises(EngineStopped, match="broken"):
                await call
        assert (sim.engine.state.position, sim.now) == (position, now)


async def test_broken_listener_is_reported_on_leaving() -> None:
    """A listener, such as a view, that fails on the last events is reported when the world is left."""

    def refuse(envelopes: Sequence[Envelope]) -> None:
        if envelopes[-1].position > 1:
            raise ValueError("cannot take it in")

    with pytest.raises(EngineStopped, match="cannot take it in"):
        async with running_engine(MemoryLog(), clock=SimulatedClock(), listeners=[refuse]) as engine:
            engine.post(description(1), SIMULATION)


async def test_entering_again_is_refused() -> None:
    """A simulation in memory has lost its world when it was closed, and says so rather than beginning another."""
    sim = Simulation()
    async with sim:
        await sim.client(MANAGER).create_organization()
        with pytest.raises(RuntimeError, match="open already"):
            sim.open()
    with pytest.raises(RuntimeError, match="was in memory and is gone: make a new one"):
        async with sim:
            pass
    with pytest.raises(RuntimeError, match="make a new one"), sim:
        pass


async def test_time_has_an_end() -> None:
    """The clock cannot be moved to where moments have no date any more, and nothing is recorded."""
    async with Simulation() as sim:
        for days in (10_000_000, 120_000_000):
            with pytest.raises(ValueError, match="8995"):
                await sim.advance(days=days)
        assert sim.engine.log.head == 1


async def test_wall_clock_behind_the_world() -> None:
    """A world that is ahead of real time cannot be opened with real time."""
    log = MemoryLog()
    async with Simulation(log) as sim:
        await sim.advance(timedelta(days=36_500))
    with pytest.raises(ValueError, match="later time"):
        await Simulation(log, clock=WallClock()).__aenter__()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"seed": "x"}, ValueError),
        ({"seed": 2**63}, ValueError),
        ({"quotas": {"accounts": 3}}, TypeError),
        ({"settings": "instant"}, TypeError),
        ({"settings": Settings(latency="slow")}, ValueError),
    ],
)
def test_arguments_are_checked_before_anything_is_recorded(arguments: Any, error: type[Exception]) -> None:
    """A wrong argument is refused when the simulation is made."""
    with pytest.raises(error):
        Simulation(**arguments)


def test_simulation_before_it_has_begun() -> None:
    """A client of a simulation that was not entered says what to do."""
    with pytest.raises(RuntimeError, match="async with"):
        Simulation().client(MANAGER)


async def test_half_a_character_is_refused() -> None:
    """A text that cannot be stored is refused, and the world goes on."""
    async with Simulation() as sim:
        org = sim.client(MANAGER)
        await org.create_organization()
        with pytest.raises(Exception, match="surrogates"):
            await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": "2" * 12}, notes="\ud800")
        assert (await org.describe_organization()).organization.feature_set == "ALL"


async def test_call_from_another_thread_says_what_to_do(tmp_path: Path) -> None:
    """With a log, what another thread's event loop calls is refused in one line, and works through that line."""
    async with Simulation(tmp_path / "world.db") as sim:
        org = sim.client(MANAGER)
        token = anyio.lowlevel.current_token()
        calls = (org.create_organization, org.list_roots, partial(sim.advance, days=1), partial(sim.sleep, days=1))

        async def refused() -> None:
            for call in calls:
                with pytest.raises(RuntimeError, match="another event loop; call it there") as refusal:
                    await call()
                assert len(str(refusal.value).splitlines()) == 1

        def in_thread() -> None:
            for backend in ("asyncio", "trio"):
                anyio.run(refused, backend=backend)
            anyio.from_thread.run(org.create_organization, token=token)

        await anyio.to_thread.run_sync(in_thread)
        assert (await org.describe_organization()).organization.feature_set == "ALL"


def test_call_in_a_later_event_loop_says_what_to_do(tmp_path: Path) -> None:
    """A simulation that was begun in an event loop that has ended does not keep the next one waiting for ever."""
    sim = Simulation(tmp_path / "world.db")
    asyncio.run(sim.__aenter__())
    with pytest.raises(RuntimeError, match="another event loop"):
        asyncio.run(sim.client(MANAGER).create_organization())
