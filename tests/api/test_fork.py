"""Forks in memory: the same past, and a future of their own."""

from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.campaign import examples
from support.compare_state import whole
from support.given import FOUNDER, MEMBER, OTHER, RIVAL
from support.played_simulation import Played
from support.random_commands import kinds_of_events
from support.watched_log import WatchedLog

from orgsim.api import Settings, Simulation
from orgsim.api.population import Actor
from orgsim.engine.errors import TooManyRequestsException
from orgsim.engine.evolve import EVOLVE
from orgsim.engine.log import verified_envelopes
from orgsim.engine.runtime.clock import PacedClock
from orgsim.engine.runtime.engine import EngineStopped
from orgsim.engine.runtime.inline import run_inline

WORLDS = [
    Settings(),
    Settings(latency="realistic", throttle="aws"),
    Settings(latency="stepwise", read_lag_seconds=90, reads_flip=True, write_conflict_seconds=30),
]


def content(sim: Simulation) -> Any:
    """All that a simulation knows: its log, its state, its views and what lagging reads see."""
    views = sim.views
    late = views.late.seen_by("ListAccounts", sim.engine.now).all if views.late else []
    return sim.engine.log.digest, sim.now, whole(sim.engine.state, views.all, late)


def found(sim: Simulation) -> None:
    """Begin with two organizations."""
    for account in (FOUNDER, RIVAL):
        sim.sync.client(account).create_organization(feature_set="CONSOLIDATED_BILLING")
    sim.sync.advance(minutes=2)


def branched(settings: Settings, past: list[int], future: list[int], other: list[int]) -> set[type]:
    """Fork a world, and the fork, and show that each goes its own way; returns the types of the events."""
    with Simulation(seed=5, settings=settings) as sim:
        found(sim)
        Played(sim).play(past)
        before = content(sim)
        with sim.sync.fork() as fork, sim.sync.fork() as third:
            assert content(fork) == before
            Played(fork).play(future)
            Played(third).play(other)
            assert content(sim) == before, "what is done in a fork leaves the original as it was"
            with fork.sync.fork() as grandchild:
                Played(sim).play(future)
                assert content(sim) == content(fork) == content(grandchild)
                assert sim.sync.events() == fork.sync.events()
                run_inline(verified(fork))
                after = content(fork)
                Played(grandchild).play(other)
                assert content(fork) == after
        return {type(envelope.event) for envelope in sim.sync.events()}


async def verified(sim: Simulation) -> None:
    """Read the log of a simulation, and compare its digests."""
    async for _ in verified_envelopes(sim.engine.log):
        pass


scripts = st.lists(st.integers(0, 2**32 - 1), max_size=12)


@given(st.sampled_from(WORLDS), scripts, scripts, scripts)
def test_forks_go_their_own_way(settings: Settings, past: list[int], future: list[int], other: list[int]) -> None:
    """The same commands lead to the same bytes in a fork and in its original; others are not seen there."""
    branched(settings, past, future, other)


@pytest.mark.slow
@pytest.mark.campaign
def test_forks_after_many_events() -> None:
    """Long random scripts, which reach most kinds of events, lead to the same in a fork and its original."""

    def happened(seed: int, script: list[int]) -> set[type]:
        cut = Random(seed).randrange(len(script) + 1)
        return branched(WORLDS[seed % len(WORLDS)], script[:cut], script[cut:], script[cut // 2 : cut])

    assert len(kinds_of_events(happened, worlds=examples(20), length=80)) > 0.8 * len(EVOLVE)


async def invite(sim: Simulation, account: str) -> str:
    """Invite an account as the founder; returns the handshake's id."""
    invited = await sim.client(FOUNDER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
    return invited.handshake.id


async def test_template_of_a_test() -> None:
    """A world is built once and forked for each test, with await, in any event loop."""
    async with Simulation() as template:
        await template.client(FOUNDER).create_organization()
        ids: list[str] = []
        for _ in range(2):
            async with await template.fork() as sim:
                ids.append(await invite(sim, MEMBER))
        assert ids[0] == ids[1]
        assert ids[0] == await invite(template, MEMBER)


async def test_fork_of_a_log(tmp_path: Path) -> None:
    """A world with an SQLite log is forked into memory, with all records; the file stays as it is."""
    path = tmp_path / "world.db"
    async with Simulation(path, seed=3) as sim:
        await sim.client(FOUNDER).create_organization()
        await sim.advance(days=2)
        digest = sim.engine.log.digest
        async with await sim.fork() as fork:
            assert (fork.engine.log.digest, fork.now) == (digest, sim.now)
            handshake = await invite(fork, MEMBER)
            assert sim.engine.log.digest == digest
        assert await invite(sim, MEMBER) == handshake

    def without_loop() -> None:
        with Simulation(path) as sim, sim.sync.fork() as fork:
            assert not fork.in_thread
            assert fork.engine.log.digest == sim.engine.log.digest
            assert [each.position for each in fork.sync.events()] == list(range(1, sim.engine.log.head + 1))

    await anyio.to_thread.run_sync(without_loop)


async def test_fork_while_others_write() -> None:
    """A fork of a log that is being appended to has what is durable by then, in log, state and views alike."""
    log = WatchedLog()
    async with Simulation(log) as sim, anyio.create_task_group() as tasks:
        await sim.client(FOUNDER).create_organization()
        log.shut()
        tasks.start_soon(invite, sim, MEMBER)
        await anyio.wait_all_tasks_blocked()

        async def fork_now() -> None:
            forks.append(await sim.fork())

        forks: list[Simulation] = []
        tasks.start_soon(fork_now)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(invite, sim, OTHER)
        await anyio.wait_all_tasks_blocked()
        assert not forks
        log.gate.set()
        await anyio.wait_all_tasks_blocked()
        async with forks[0] as fork:
            assert fork.engine.durable == fork.engine.state.position == fork.engine.log.head == fork.views.position
            assert len((await fork.client(FOUNDER).list_handshakes_for_organization()).handshakes) == 2


async def test_what_stays_behind() -> None:
    """Sleepers of the original stay its own, and so do its populations; their account numbers are not taken twice."""
    async with Simulation() as sim:
        woke: list[Simulation] = []

        async def sleep() -> None:
            await sim.sleep(days=1)
            woke.append(sim)

        async def nothing(me: Actor) -> None: ...

        async with sim.population(2, nothing) as first:
            pass
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleep)
            await anyio.wait_all_tasks_blocked()
            async with await sim.fork() as fork:
                await fork.advance(days=3)
                assert not woke
                async with fork.population(1, nothing) as more:
                    assert more.accounts[0] > first.accounts[-1]
            await sim.advance(days=1)
        assert woke == [sim]


async def test_clock_of_a_fork() -> None:
    """A fork of a world whose clock runs stands still at the time at which it was made."""
    async with Simulation(clock=PacedClock(factor=1000.0)) as sim, await sim.fork() as fork:
        now = fork.now
        assert now <= sim.now
        await fork.advance(days=1)
        assert (fork.now - now).days == 1


def test_rates_go_on() -> None:
    """Tokens that were used before a fork are missing in it, and those used in it are not missed in the original."""
    with Simulation(settings=Settings(throttle="aws")) as sim:
        sim.sync.client(FOUNDER).create_organization()
        sim.sync.client(FOUNDER).list_roots()
        with sim.sync.fork() as fork:
            fork.sync.client(FOUNDER).list_roots()
            with pytest.raises(TooManyRequestsException):
                fork.sync.client(FOUNDER).list_roots()
        sim.sync.client(FOUNDER).list_roots()


def test_only_open_worlds_are_forked() -> None:
    """A world that has not been opened, or has been closed, cannot be forked; nor can a fork be opened twice."""
    sim = Simulation()
    with pytest.raises(RuntimeError, match="has not begun"):
        sim.sync.fork()
    with sim, sim.sync.fork() as fork:
        pass
    with pytest.raises(EngineStopped, match="has been closed"):
        sim.sync.fork()
    with pytest.raises(RuntimeError, match="has been closed"):
        fork.open()
