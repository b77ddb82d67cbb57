"""``sim.events(follow=True)``: events as they come, for readers of any speed, until the simulation is closed."""

from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import anyio
import pytest

from orgsim.api import PacedClock, Simulation
from orgsim.engine.events.envelope import Envelope

FOUNDER = "111111111111"


@pytest.fixture(params=["memory", "file"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where a world is kept: in memory, and in a file."""
    return tmp_path / "world.db" if request.param == "file" else None


async def first(sim: Simulation, count: int, after: int = 0) -> list[str]:
    """Follow a world until so many events have come."""
    async with aclosing(sim.events(after, count, follow=True)) as events:
        return [envelope.type async for envelope in events]


async def test_old_events_then_new_ones(log: Path | None) -> None:
    """A follower gets what is there, then what happens while it waits; each event once, in order."""
    async with Simulation(log) as sim, anyio.create_task_group() as tasks:
        org = sim.client(FOUNDER)
        await org.create_organization()
        found: list[Envelope] = []
        woken = anyio.Event()

        async def follow() -> None:
            async with aclosing(sim.events(follow=True)) as events:
                async for envelope in events:
                    found.append(envelope)
                    if envelope.type == "TimeAdvanced":
                        woken.set()

        tasks.start_soon(follow)
        await org.create_organizational_unit(parent_id=(await org.list_roots()).roots[0].id, name="Unit")
        await sim.advance(days=1)
        await woken.wait()
        assert [envelope.position for envelope in found] == [*range(1, sim.engine.durable + 1)]
        assert found[-1].when == datetime(2026, 1, 2, tzinfo=UTC) == sim.now
        tasks.cancel_scope.cancel()


async def test_it_ends_when_the_simulation_is_closed(log: Path | None) -> None:
    """Closing ends every follower, one that waits and one that has not begun to read; nobody gets an error."""
    ended: list[int] = []
    async with anyio.create_task_group() as tasks:

        async def follow(sim: Simulation, started: anyio.Event) -> None:
            async for envelope in sim.events(follow=True):
                if envelope.position == 1:
                    started.set()
            ended.append(1)

        async with Simulation(log) as sim:
            for _ in range(3):
                started = anyio.Event()
                tasks.start_soon(follow, sim, started)
                await started.wait()
            tasks.start_soon(follow, sim, anyio.Event())
            await sim.client(FOUNDER).create_organization()
    assert len(ended) == 4


async def test_cancelled_followers_are_forgotten(log: Path | None) -> None:
    """A follower that is cancelled while it waits leaves nothing behind, and others go on."""
    async with Simulation(log) as sim:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks, aclosing(sim.events(follow=True)) as events:
                assert (await anext(events)).type == "WorldCreated"
                tasks.start_soon(sim.client(FOUNDER).create_organization)
                async for _ in events:
                    scope.cancel()
        assert scope.cancelled_caught
        assert sim.engine._followers == set()
        assert await first(sim, 2) == ["WorldCreated", "OrganizationCreated"]


async def test_a_slow_reader_holds_up_nobody(log: Path | None) -> None:
    """Calls are answered while a follower does not read, and then it gets everything."""
    async with Simulation(log) as sim, aclosing(sim.events(follow=True)) as events:
        assert (await anext(events)).position == 1
        org = sim.client(FOUNDER)
        await org.create_organization()
        root = (await org.list_roots()).roots[0].id
        for number in range(50):
            await org.create_organizational_unit(parent_id=root, name=f"Unit {number}")
        behind = sim.engine.durable
        async for envelope in events:
            if envelope.position == behind:
                break
        assert envelope.type == "OrganizationalUnitCreated"


async def test_a_limit_ends_it(log: Path | None) -> None:
    """With a limit a follower ends after so many events; with none to come it does not begin to wait."""
    async with Simulation(log) as sim:
        assert await first(sim, 1) == ["WorldCreated"]
        assert await first(sim, 0) == []
        with pytest.raises(ValueError, match="count events, from 0 on"):
            await first(sim, -1)


async def test_timers_of_a_paced_clock_are_followed(log: Path | None) -> None:
    """What a timer does by itself reaches a follower too."""
    async with Simulation(log, clock=PacedClock(10**9)) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": "222222222222"})
        async with aclosing(sim.events(follow=True)) as events:
            async for envelope in events:
                if envelope.type == "HandshakeExpired":
                    break
        assert envelope.account is None


async def test_another_thread_wakes_a_follower() -> None:
    """A call from another thread on a world in memory reaches who follows it in an event loop."""
    with Simulation() as sim:
        caller = Thread(target=lambda: sim.sync.client(FOUNDER).create_organization())
        async with aclosing(sim.events(follow=True)) as events:
            assert (await anext(events)).position == 1
            caller.start()
            assert (await anext(events)).type == "OrganizationCreated"
        await anyio.to_thread.run_sync(caller.join)
