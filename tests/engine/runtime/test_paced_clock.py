"""A paced clock that is advanced: it jumps ahead, what lies on the way happens, and it runs on from there."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from orgsim.api import Simulation
from orgsim.engine.log import MemoryLog
from orgsim.engine.runtime.clock import PacedClock
from orgsim.engine.settings import DAY, Settings

MANAGER, INVITED = "111111111111", "222222222222"
BEGIN = datetime(1970, 1, 6, tzinfo=UTC)
LITTLE = timedelta(hours=1)
"""More than such a clock goes by itself during a test."""


def slow() -> PacedClock:
    """A clock that hardly goes by itself."""
    return PacedClock(1e-3, start=5 * DAY)


async def invite(sim: Simulation) -> None:
    """Found an organization and invite an account; that expires after fifteen days."""
    organization = sim.client(MANAGER)
    await organization.create_organization()
    await organization.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": INVITED})


@pytest.mark.parametrize("log", ["memory", "world.db"])
async def test_jumps_and_runs_on(log: str, tmp_path: Path) -> None:
    """The clock jumps by a duration or to a moment, and timers on the way fire at their own moments."""
    async with Simulation(None if log == "memory" else tmp_path / log, clock=slow()) as sim:
        await invite(sim)
        invited = [envelope async for envelope in sim.events()][-1].time
        await sim.advance(days=20)
        assert timedelta(0) <= sim.now - (BEGIN + timedelta(days=20)) < LITTLE
        (handshake,) = (await sim.client(MANAGER).list_handshakes_for_organization()).handshakes
        assert handshake.state == "EXPIRED"
        times = {envelope.type: envelope.time async for envelope in sim.events(4)}
        assert times["HandshakeExpired"] == invited + 15 * DAY
        assert times["TimeAdvanced"] >= 25 * DAY, "the jump is in the log"
        await sim.advance_to("1970-03-01T00:00:00Z")
        assert timedelta(0) <= sim.now - datetime(1970, 3, 1, tzinfo=UTC) < LITTLE
        before = sim.engine.now
        while sim.engine.now == before:
            await anyio.lowlevel.checkpoint()


async def test_jump_is_kept() -> None:
    """A world that is opened again goes on where its clock had jumped to."""
    log = MemoryLog()
    async with Simulation(log, clock=slow()) as sim:
        await sim.advance("3w")
    async with Simulation(log, clock=slow()) as sim:
        assert timedelta(0) <= sim.now - (BEGIN + timedelta(weeks=3)) < LITTLE


@pytest.mark.parametrize(
    "move",
    [
        lambda sim: sim.advance(days=-1),
        lambda sim: sim.advance_to(BEGIN - timedelta(days=1)),
        lambda sim: sim.advance("9999999w"),
        lambda sim: sim.advance_to("9999-01-01T00:00:00Z"),
    ],
)
async def test_impossible_jumps(move: Callable[[Simulation], Awaitable[None]]) -> None:
    """A paced clock jumps neither back nor beyond the calendar, and goes on as if nothing had been asked."""
    async with Simulation(clock=slow()) as sim:
        with pytest.raises(ValueError, match="time"):
            await move(sim)
        assert sim.now - BEGIN < LITTLE


async def test_by_nothing() -> None:
    """An advance by nothing is one, though the clock runs meanwhile."""
    async with Simulation(clock=PacedClock(1e9)) as sim:
        for _ in range(100):
            await sim.advance(seconds=0)


async def test_only_a_simulated_clock_runs_until_idle() -> None:
    """Running until nothing is due is for a simulated clock, and the message says what a paced one can do."""
    async with Simulation(clock=slow()) as sim:
        with pytest.raises(TypeError, match=r"paced one by advance.*PacedClock"):
            await sim.run_until_idle()


async def test_sleepers_wake() -> None:
    """Who sleeps until a moment that the clock jumps over wakes at once, who sleeps longer sleeps on."""
    woken: list[str] = []

    async def sleep(name: str, days: float) -> None:
        await sim.sleep(days=days)
        woken.append(name)

    async with Simulation(clock=slow()) as sim, anyio.create_task_group() as tasks:
        for name, days in (("day", 1), ("month", 30)):
            tasks.start_soon(sleep, name, days)
        await anyio.wait_all_tasks_blocked()
        await sim.advance(days=2)
        await anyio.wait_all_tasks_blocked()
        assert woken == ["day"]
        await sim.advance(days=40)
        await anyio.wait_all_tasks_blocked()
        assert woken == ["day", "month"]


def test_without_event_loop() -> None:
    """A paced world without an event loop is advanced too, by ``sim.sync``."""
    with Simulation(clock=slow(), settings=Settings(latency="realistic")) as sim:
        organization = sim.sync.client(MANAGER)
        organization.create_organization()
        status = organization.create_account(email="a@example.com", account_name="a").create_account_status
        sim.sync.advance(days=1)
        found = organization.describe_create_account_status(create_account_request_id=status.id)
        assert found.create_account_status.state == "SUCCEEDED"
