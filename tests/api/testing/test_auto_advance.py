"""``sim.auto_advance()``: code that polls with a sleep between two questions comes to its end at once."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread
from time import sleep
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import boto3
import pytest
import trio
from botocore.waiter import WaiterModel, create_waiter_with_client

from orgsim.api import PacedClock, Settings, Simulation
from orgsim.api.testing import mock_organizations
from orgsim.engine.settings import Latencies

FOUNDER = "111111111111"
SLOW = Settings(latency="realistic")
HOUR = timedelta(hours=1)

MADE = WaiterModel(
    {
        "version": 2,
        "waiters": {
            "AccountMade": {
                "operation": "DescribeCreateAccountStatus",
                "delay": 5,
                "maxAttempts": 60,
                "acceptors": [
                    {"matcher": "path", "argument": "CreateAccountStatus.State", "expected": state, "state": outcome}
                    for state, outcome in (("SUCCEEDED", "success"), ("FAILED", "failure"))
                ],
            }
        },
    }
)


@pytest.fixture(autouse=True)
def originals() -> Iterator[None]:
    """Whatever a test does, the functions that sleep are as they were after it."""
    before = time.sleep, asyncio.sleep, trio.sleep, anyio.sleep, sleep
    yield
    assert before == (time.sleep, asyncio.sleep, trio.sleep, anyio.sleep, sleep)


@pytest.fixture
def sim() -> Iterator[Simulation]:
    """A world in which creating an account takes as long as AWS's."""
    with Simulation(settings=SLOW) as sim:
        yield sim


def vend(org: Any) -> str:
    """Production code: an account, when it is there; polls every five seconds."""
    status = org.create_account(Email="a@b.example", AccountName="a")["CreateAccountStatus"]
    while status["State"] == "IN_PROGRESS":
        time.sleep(5)
        status = org.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    return status["AccountId"]


def test_a_vending_script(sim: Simulation) -> None:
    """A script that polls with time.sleep runs to its end, and the time that it slept has passed in the world."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    org.create_organization()
    start = sim.now
    with sim.auto_advance():
        account = vend(org)

    assert account in {each["Id"] for each in org.list_accounts()["Accounts"]}
    assert sim.now - start >= timedelta(seconds=5)
    assert (sim.now - start) % timedelta(seconds=5) == timedelta()


def test_names_that_were_imported(sim: Simulation) -> None:
    """What ``from time import sleep`` has bound sleeps in simulated time too."""
    start = sim.now
    with sim.auto_advance():
        globals()["sleep"](3600)

    assert sim.now - start == HOUR


def test_waiters(sim: Simulation) -> None:
    """A waiter of botocore's waits in simulated time."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    org.create_organization()
    made = org.create_account(Email="a@b.example", AccountName="a")["CreateAccountStatus"]["Id"]
    with sim.auto_advance():
        create_waiter_with_client("AccountMade", MADE, org).wait(CreateAccountRequestId=made)

    status = org.describe_create_account_status(CreateAccountRequestId=made)["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"


def test_with_mocked_clients() -> None:
    """It goes together with ``mock_organizations``."""
    with Simulation(settings=SLOW) as sim, mock_organizations(sim), sim.auto_advance():
        org = boto3.client("organizations")
        org.create_organization()

        assert vend(org)


def test_a_moment_that_never_comes(sim: Simulation) -> None:
    """Who would sleep beyond the calendar is told so, and negative sleeps are refused as ever."""
    with sim.auto_advance():
        with pytest.raises(ValueError, match="cannot run beyond 8995"):
            time.sleep(1e12)
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)


def test_not_begun() -> None:
    """A world that has not begun has no time."""
    with pytest.raises(RuntimeError, match="has not begun"):
        Simulation().auto_advance().__enter__()


def test_threads(sim: Simulation) -> None:
    """Threads that the code starts sleep in the same time; those of others sleep really."""
    start = sim.now
    with ThreadPoolExecutor(2) as pool:
        with sim.auto_advance():
            for slept in [pool.submit(time.sleep, 3600) for _ in range(2)]:
                slept.result()
        pool.submit(time.sleep, 0.001).result()

    assert sim.now - start == 2 * HOUR


def test_asyncio_run_in_a_block(sim: Simulation) -> None:
    """A plain block holds for the event loop that is run within it."""
    start = sim.now

    async def poll() -> str:
        return await asyncio.sleep(3600, "slept")

    with sim.auto_advance():
        assert asyncio.run(poll()) == "slept"

    assert sim.now - start == HOUR


async def test_tasks_that_sleep_at_once() -> None:
    """Tasks sleep side by side and wake in the order of their moments, each at its own."""
    woken: list[tuple[int, timedelta]] = []
    async with Simulation() as sim, sim.auto_advance():
        start = sim.now

        async def task(hours: int) -> None:
            await anyio.sleep(hours * 3600)
            woken.append((hours, sim.now - start))
            await anyio.sleep(3600)
            woken.append((-hours, sim.now - start))

        async with anyio.create_task_group() as tasks:
            for hours in (6, 2, 4):
                tasks.start_soon(task, hours)

    assert woken == [(2, 2 * HOUR), (-2, 3 * HOUR), (4, 4 * HOUR), (-4, 5 * HOUR), (6, 6 * HOUR), (-6, 7 * HOUR)]


async def test_a_task_that_is_cancelled() -> None:
    """Cancelling whoever moves the clock hands that over to the next sleeper."""
    async with Simulation() as sim, sim.auto_advance():
        start = sim.now

        async with anyio.create_task_group() as tasks:
            scopes = [anyio.CancelScope() for _ in range(2)]

            async def task(scope: anyio.CancelScope) -> None:
                with scope:
                    await anyio.sleep(24 * 3600)

            for scope in scopes:
                tasks.start_soon(task, scope)
            await anyio.sleep(3600)
            scopes[0].cancel()

        assert sim.now - start == 24 * HOUR


async def test_a_leader_cancelled_by_another_sleeper() -> None:
    """Who wakes last goes on, though whoever moved the clock is cancelled at a moment at which others wake too."""
    woken: list[str] = []
    async with Simulation() as sim, sim.auto_advance(), anyio.create_task_group() as tasks:
        leader = anyio.CancelScope()

        async def task(name: str, seconds: int) -> None:
            with leader if name == "leader" else anyio.CancelScope():
                await anyio.sleep(seconds)
                woken.append(name)
                if name == "canceller":
                    leader.cancel()

        for name, seconds in (("leader", 10), ("canceller", 10), ("beside", 10), ("last", 20)):
            tasks.start_soon(task, name, seconds)
            await anyio.lowlevel.checkpoint()

    assert woken == ["canceller", "beside", "last"]


async def test_sleeping_for_no_time() -> None:
    """A sleep of no length lets other tasks run, and takes no time."""
    turns: list[str] = []
    async with Simulation() as sim, sim.auto_advance():
        start = sim.now

        async def task(name: str) -> None:
            for _ in range(3):
                turns.append(name)
                await anyio.sleep(0)  # noqa: ASYNC115  # a sleep of no length is what is tested

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(task, "a")
            tasks.start_soon(task, "b")

        assert sim.now == start
    assert turns != sorted(turns)


async def test_code_outside() -> None:
    """Another task of the same loop sleeps really, while one in a block does not."""
    async with Simulation() as sim:
        start = sim.now

        async def outside() -> None:
            await anyio.sleep(0.001)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outside)
            async with sim.auto_advance():
                await anyio.sleep(3600)

        assert sim.now - start == HOUR


async def test_two_worlds() -> None:
    """Two tasks with a block each sleep in the time of their own worlds."""

    async def task(sim: Simulation, hours: int) -> None:
        async with sim.auto_advance():
            await anyio.sleep(hours * 3600)

    async with Simulation() as first, Simulation() as second:
        start = first.now
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(task, first, 1)
            tasks.start_soon(task, second, 5)

        assert [sim.now - start for sim in (first, second)] == [HOUR, 5 * HOUR]


async def test_blocking_code_in_a_loop() -> None:
    """time.sleep inside a coroutine moves the clock, and a sleeping task wakes afterwards."""
    async with Simulation() as sim, sim.auto_advance():
        start = sim.now
        woken: list[timedelta] = []
        begun = anyio.Event()

        async def task() -> None:
            begun.set()
            await anyio.sleep(1800)
            woken.append(sim.now - start)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(task)
            await begun.wait()
            time.sleep(3600)  # noqa: ASYNC251

        assert woken == [HOUR]


async def test_a_log(tmp_path: Any) -> None:
    """In a world with a log tasks sleep in simulated time, and so do their threads."""
    async with Simulation(tmp_path / "world.db") as sim, sim.auto_advance():
        start = sim.now
        await anyio.sleep(3600)
        await anyio.to_thread.run_sync(time.sleep, 3600)

        assert sim.now - start == 2 * HOUR


def test_a_clock_that_runs() -> None:
    """Under a clock that runs by itself a sleep takes as long as the clock takes."""
    with Simulation(clock=PacedClock(1_000_000)) as sim, sim.auto_advance():
        start = sim.now
        time.sleep(3600)

        assert sim.now - start >= HOUR


def test_slow_closures() -> None:
    """A closure of ten minutes is waited for by asking once a minute."""
    latencies = Latencies(closure=600)
    with Simulation(settings=Settings(latency=latencies)) as sim:
        org = sim.boto3_client("organizations", account=FOUNDER)
        org.create_organization()
        account = vend(org)
        org.close_account(AccountId=account)
        asked = 0
        with sim.auto_advance():
            while org.describe_account(AccountId=account)["Account"]["State"] != "CLOSED":
                time.sleep(60)
                asked += 1

        assert asked == 10


async def test_sleeping_for_ever() -> None:
    """A sleep without an end, which is how anyio sleeps for ever, ends only when it is cancelled."""
    async with Simulation() as sim:
        with sim.auto_advance(), anyio.move_on_after(0.01) as scope:
            await anyio.sleep_forever()
        assert scope.cancelled_caught


@pytest.mark.parametrize("module", [time, asyncio, trio])
def test_replaced_within_and_put_back_behind(module: Any, sim: Simulation) -> None:
    """A sleep that a monkeypatch puts back after the block sleeps as ever, and is the real one after the next block."""
    real = module.sleep
    with pytest.MonkeyPatch.context() as patch:
        with sim.auto_advance():
            patch.setattr(module, "sleep", len)
        assert module.sleep is len, "what somebody else has put there stays until he takes it away"
    began = sim.now
    time.sleep(0.001)
    asyncio.run(asyncio.sleep(0.001))
    trio.run(trio.sleep, 0.001)
    assert sim.now == began
    with sim.auto_advance():
        time.sleep(60)
    assert sim.now - began == timedelta(minutes=1)
    assert module.sleep is real


def test_replaced_before_and_put_back_within(monkeypatch: pytest.MonkeyPatch, sim: Simulation) -> None:
    """A monkeypatch that is undone within the block does not come back with its end."""
    real = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", len)
    with sim.auto_advance():
        monkeypatch.undo()
    assert asyncio.sleep is real


def test_threads_begin_as_ever_after_a_patch_was_put_back(sim: Simulation) -> None:
    """A replacement of ``Thread.start`` that comes back after its block is not replaced once more by the next."""
    real = vars(Thread)["start"]
    for _ in range(3):
        with pytest.MonkeyPatch.context() as patch, sim.auto_advance():
            patch.setattr(Thread, "start", len)
    with sim.auto_advance():
        pass
    assert vars(Thread)["start"] is real
