"""Time: the simulated clock stands still until it is moved, what lies on the way happens in order; the others run."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import anyio.lowlevel
import pytest
from support.patience import PATIENCE

from orgsim.api import Simulation
from orgsim.engine.errors import Refused
from orgsim.engine.events.envelope import Envelope, decode_envelope
from orgsim.engine.log import EventLog, MemoryLog
from orgsim.engine.operation import Caller
from orgsim.engine.operations import create_account, create_organization, invite_account_to_organization
from orgsim.engine.runtime import clock as clock_module
from orgsim.engine.runtime.clock import PacedClock, SimulatedClock, WallClock
from orgsim.engine.runtime.driver import next_due
from orgsim.engine.runtime.engine import Engine
from orgsim.engine.runtime.running import running_engine
from orgsim.engine.settings import DAY, HOUR, SECOND, Settings
from orgsim.engine.shapes.timestamps import microseconds
from orgsim.engine.state.timers import NEVER

START = datetime(2026, 1, 1, tzinfo=UTC)
MANAGER, INVITED = "111111111111", "222222222222"


async def invite(sim: Simulation, account: str = INVITED) -> str:
    """An invitation that expires fifteen days from now; returns its id."""
    if not sim.engine.state.organizations:
        await sim.client(MANAGER).create_organization()
    reply = await sim.client(MANAGER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
    return reply.handshake.id


async def kinds(sim: Simulation) -> list[str]:
    """The types of all events."""
    return [envelope.type async for envelope in sim.events()]


class Sleepers:
    """Tasks that sleep in simulated time and tell when they wake."""

    def __init__(self, sim: Simulation, tasks: anyio.abc.TaskGroup) -> None:
        self.sim = sim
        self.tasks = tasks
        self.woken: list[tuple[str, float]] = []
        """Who woke, and at which day."""

    def day(self) -> float:
        """Days since the start."""
        return (self.sim.now - START) / timedelta(days=1)

    async def start(self, name: str, *days: float) -> None:
        """Start a task that sleeps for so many days, one stretch after the other; it sleeps when this returns."""
        await self.tasks.start(self._sleep, name, days)

    async def _sleep(self, name: str, days: Sequence[float], *, task_status: anyio.abc.TaskStatus[None]) -> None:
        task_status.started()
        for length in days:
            await self.sim.sleep(days=length)
            self.woken.append((name, self.day()))


@asynccontextmanager
async def sleepers_of(sim: Simulation) -> AsyncIterator[Sleepers]:
    """Tasks that are cancelled in the end."""
    async with anyio.create_task_group() as tasks:
        yield Sleepers(sim, tasks)
        tasks.cancel_scope.cancel()


# The simulated clock stands still.


async def test_simulated_clock_stands_still() -> None:
    """Requests, answers and refusals take no time at all."""
    async with Simulation() as sim:
        assert sim.now == START
        await invite(sim)
        await sim.client(MANAGER).list_accounts()
        with pytest.raises(Refused):
            await sim.client(MANAGER).create_organization()
        assert sim.now == START
        assert {envelope.time async for envelope in sim.events()} == {sim.engine.now}


async def test_advance_moves_by_exactly_so_much() -> None:
    """Durations add up to the microsecond, and ``advance_to`` ends at the moment that was asked for."""
    async with Simulation() as sim:
        await sim.advance(days=1, hours=2)
        await sim.advance(timedelta(microseconds=3))
        assert sim.now == START + timedelta(days=1, hours=2, microseconds=3)
        await sim.advance_to(START + timedelta(days=5))
        assert sim.now == START + timedelta(days=5)


async def test_clock_begins_where_it_is_told() -> None:
    """A start, and a clock of one's own, are where a new world begins."""
    begin = datetime(2030, 6, 1, tzinfo=UTC)
    async with Simulation(start=begin) as sim:
        assert sim.now == begin
    async with Simulation(clock=SimulatedClock(5 * SECOND)) as sim:
        assert sim.engine.now == 5 * SECOND


async def test_time_never_goes_back() -> None:
    """A moment that has passed and a negative duration are refused, and move nothing."""
    async with Simulation() as sim:
        await sim.advance(days=2)
        with pytest.raises(ValueError, match="never goes back"):
            await sim.advance_to(START + timedelta(days=1))
        with pytest.raises(ValueError, match="never goes back"):
            await sim.advance(days=-1)
        with pytest.raises(ValueError, match="time zone"):
            await sim.advance_to(datetime(2026, 2, 1))
        assert sim.now == START + timedelta(days=2)


async def test_quiet_time_is_recorded_once() -> None:
    """An advance on which nothing happens leaves one event, an advance by nothing leaves none."""
    async with Simulation() as sim:
        await sim.advance(days=2)
        await sim.advance(days=0)
        await sim.advance_to(START + timedelta(days=2))
        assert await kinds(sim) == ["WorldCreated", "TimeAdvanced"]


async def test_quiet_time_survives_a_restart() -> None:
    """A world that is taken up again stands where its clock was left, whatever clock it is given."""
    log = MemoryLog()
    async with Simulation(log) as sim:
        await sim.advance(days=40)
    for days in (1, 400):
        clock = SimulatedClock(microseconds(START + timedelta(days=days)))
        async with Simulation(log, clock=clock) as sim:
            assert sim.now == START + timedelta(days=40)


async def test_timers_fire_each_at_its_own_moment() -> None:
    """One long advance leaves the events that several short ones would have left, at the same moments."""
    logs = [MemoryLog(), MemoryLog()]
    for log, stretches in zip(logs, ([60], [10, 5, 20, 25]), strict=True):
        async with Simulation(log) as sim:
            await invite(sim)
            for days in stretches:
                await sim.advance(days=days)
            passed = {envelope.type: envelope.time async for envelope in sim.events()}
            begun = passed["HandshakeRequested"]
            assert passed["HandshakeExpired"] == begun + 15 * DAY
            assert passed["HandshakePurged"] == begun + 45 * DAY
            assert sim.now == START + timedelta(days=60)


async def test_advance_that_ends_at_a_timer_fires_it() -> None:
    """What is due at the very end of an advance has happened, and no quiet time is recorded beside it."""
    async with Simulation() as sim:
        await invite(sim)
        await sim.advance(days=15)
        assert (await kinds(sim))[-1] == "HandshakeExpired"


async def test_concurrent_advances_add_up() -> None:
    """Two tasks that advance at once move the clock by both durations."""
    async with Simulation() as sim:
        async with anyio.create_task_group() as tasks:
            for days in (1, 2, 4):
                tasks.start_soon(lambda days=days: sim.advance(days=days))
        assert sim.now == START + timedelta(days=7)


async def test_run_until_idle_ends_when_nothing_is_due() -> None:
    """The clock runs to the last timer or sleeper, and stands still there."""
    async with Simulation() as sim:
        await invite(sim)
        async with sleepers_of(sim) as sleepers:
            await sleepers.start("short", 1)
            await sleepers.start("long", 20, 30)
            await sim.run_until_idle()
            assert sleepers.woken == [("short", 1), ("long", 20), ("long", 50)]
        assert (await kinds(sim))[-5:] == [
            "TimeAdvanced",
            "HandshakeExpired",
            "TimeAdvanced",
            "HandshakePurged",
            "TimeAdvanced",
        ]
        assert sim.now == START + timedelta(days=50)
        assert next_due(sim.engine) == NEVER
        await sim.run_until_idle()
        assert sim.now == START + timedelta(days=50)


# What is due now.


async def test_polling_makes_progress_though_time_stands_still() -> None:
    """An account creation of no duration is in progress in its answer, and done at the next read."""
    async with Simulation() as sim:
        org = sim.client(MANAGER)
        await org.create_organization()
        status = (await org.create_account(email="first@made.example", account_name="first")).create_account_status
        assert status.state == "IN_PROGRESS"
        assert "AccountCreationSucceeded" not in await kinds(sim)
        polled = await org.describe_create_account_status(create_account_request_id=status.id)
        assert polled.create_account_status.state == "SUCCEEDED"
        assert sim.now == START


async def test_read_appends_nothing_of_its_own() -> None:
    """Reads leave no events when nothing is due."""
    async with Simulation() as sim:
        await invite(sim)
        before = sim.engine.log.head
        for _ in range(3):
            await sim.client(MANAGER).list_accounts()
            await sim.client(MANAGER).list_handshakes_for_organization()
        assert sim.engine.log.head == before


async def test_what_is_due_now_happens_before_the_next_command() -> None:
    """A second creation with the same address finds the first one finished, not in progress."""
    async with Simulation() as sim:
        org = sim.client(MANAGER)
        await org.create_organization()
        await org.create_account(email="first@made.example", account_name="first")
        await org.create_account(email="first@made.example", account_name="second")
        states = [each.state for each in (await org.list_create_account_status()).create_account_statuses]
        assert sorted(states) == ["FAILED", "SUCCEEDED"]
        assert (await kinds(sim))[3:6] == ["AccountCreationRequested", "AccountCreationSucceeded", "AccountJoined"]


async def test_invitation_cannot_be_accepted_at_its_expiry() -> None:
    """At the very moment of expiry the timer goes first, the request after it."""
    async with Simulation() as sim:
        handshake = await invite(sim)
        assert isinstance(sim.engine.clock, SimulatedClock)
        sim.engine.clock.move(sim.engine.now + 15 * DAY)
        with pytest.raises(Refused):
            await sim.client(INVITED).accept_handshake(handshake_id=handshake)
        assert (await kinds(sim))[-1] == "HandshakeExpired"


# Sleepers.


async def test_sleepers_wake_in_order_of_moment_then_of_going_to_sleep() -> None:
    """The order is the same on every event loop."""
    async with Simulation() as sim, sleepers_of(sim) as sleepers:
        for name, days in (("a", 3), ("b", 1), ("c", 2), ("d", 1), ("e", 3), ("f", 1), ("g", 9)):
            await sleepers.start(name, days)
        await sim.advance(days=5)
        assert sleepers.woken == [("b", 1), ("d", 1), ("f", 1), ("c", 2), ("a", 3), ("e", 3)]
        await sim.advance(days=4)
        assert sleepers.woken[-1] == ("g", 9)


async def test_sleeper_that_goes_to_sleep_again_wakes_again() -> None:
    """One advance wakes a task as often as its moments lie on the way, in turn with the others."""
    async with Simulation() as sim, sleepers_of(sim) as sleepers:
        await sleepers.start("daily", 1, 1, 1, 1)
        await sleepers.start("other", 2, 1)
        await sim.advance(days=3)
        assert sleepers.woken == [("daily", 1), ("other", 2), ("daily", 2), ("other", 3), ("daily", 3)]


async def test_sleeper_may_start_sleepers() -> None:
    """A task that was started by a sleeper wakes within the same advance."""
    async with Simulation() as sim, sleepers_of(sim) as sleepers:

        async def parent() -> None:
            await sim.sleep(days=1)
            await sleepers.start("child", 1)

        sleepers.tasks.start_soon(parent)
        await anyio.wait_all_tasks_blocked()
        await sim.advance(days=3)
        assert sleepers.woken == [("child", 2)]


async def test_sleepers_see_their_own_moment() -> None:
    """What a sleeper does when it wakes is recorded at the moment at which it woke, not at the end of the advance."""
    async with Simulation() as sim:
        async with sleepers_of(sim) as sleepers:

            async def act() -> None:
                await sim.sleep(days=2)
                await invite(sim)

            sleepers.tasks.start_soon(act)
            await anyio.wait_all_tasks_blocked()
            await sim.advance(days=30)
        times = {envelope.type: envelope.time async for envelope in sim.events()}
        begun = times["WorldCreated"]
        assert times["HandshakeRequested"] == begun + 2 * DAY
        assert times["HandshakeExpired"] == begun + 17 * DAY


@pytest.mark.parametrize("kept", ["memory", "sqlite"])
async def test_timers_come_before_sleepers(kept: str, tmp_path: Path) -> None:
    """A task that wakes at the moment of a timer finds it fired, in what it reads too."""
    log: str | EventLog = MemoryLog() if kept == "memory" else str(tmp_path / "world.db")
    async with Simulation(log) as sim:
        handshake, found = await invite(sim), []

        async def look() -> None:
            await sim.sleep(days=15)
            found.append((await sim.client(MANAGER).describe_handshake(handshake_id=handshake)).handshake.state)

        async with sleepers_of(sim) as sleepers:
            sleepers.tasks.start_soon(look)
            await anyio.wait_all_tasks_blocked()
            await sim.advance(days=15)
        assert found == ["EXPIRED"]


async def test_cancelled_sleeper_is_forgotten() -> None:
    """Nobody waits for a task that was cancelled in its sleep, and the others wake as before."""
    clock = SimulatedClock()
    async with Simulation(clock=clock) as sim:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: sim.sleep(days=1))
            await anyio.wait_all_tasks_blocked()
            assert clock.next_sleeper == DAY
            tasks.cancel_scope.cancel()
        assert clock.next_sleeper == NEVER
        async with sleepers_of(sim) as sleepers:
            await sleepers.start("a", 3)
            async with sleepers_of(sim) as cancelled:
                for days in (2, 1, 4, 3):
                    await cancelled.start("x", days)
            await sleepers.start("b", 2)
            assert clock.next_sleeper == 2 * DAY
            await sim.run_until_idle()
            assert [name for name, _ in sleepers.woken] == ["b", "a"]
        assert sim.engine.now == 3 * DAY


async def test_sleep_until_a_moment_that_has_passed_returns() -> None:
    """A sleep of no length does not wait for the clock."""
    async with Simulation() as sim:
        await sim.sleep()
        await sim.sleep(days=-1)
        await sim.engine.clock.sleep_until(0)
        assert sim.now == START


# Autojump.


async def test_autojump_leaps_to_sleepers() -> None:
    """Tasks that sleep for months are done at once, in order, each at its moment."""
    async with Simulation(clock=SimulatedClock(autojump=True)) as sim:
        woken: list[tuple[str, int]] = []

        async def sleep(name: str, *days: int) -> None:
            for length in days:
                await sim.sleep(days=length)
                woken.append((name, sim.engine.now // DAY))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleep, "a", 400)
            tasks.start_soon(sleep, "b", 100, 200)
        assert woken == [("b", 100), ("b", 300), ("a", 400)]


async def test_autojump_fires_timers_on_the_way() -> None:
    """Timers that lie before the next sleeper fire, each at its moment."""
    async with Simulation(clock=SimulatedClock(autojump=True)) as sim:
        handshake = await invite(sim)
        await sim.sleep(days=20)
        reply = await sim.client(MANAGER).describe_handshake(handshake_id=handshake)
        assert reply.handshake.state == "EXPIRED"
        times = {envelope.type: envelope.time async for envelope in sim.events()}
        assert times["HandshakeExpired"] == times["HandshakeRequested"] + 15 * DAY


async def test_autojump_does_not_leap_while_somebody_works() -> None:
    """Time stands still for a task that is not blocked."""
    async with Simulation(clock=SimulatedClock(autojump=True)) as sim:
        before = sim.now
        await invite(sim)
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        assert sim.now == before


async def test_time_that_autojump_passed_survives_a_restart() -> None:
    """A world whose clock leapt to a sleeper stands there after a restart too."""
    log = MemoryLog()
    async with Simulation(log, clock=SimulatedClock(autojump=True)) as sim:
        await sim.sleep(days=10)
        left = sim.engine.now
        await sim.client(MANAGER).list_handshakes_for_account()
    async with Simulation(log) as sim:
        assert sim.engine.now == left == 10 * DAY


# Clocks that run.


class Watch:
    """A listener that tells when an event of a type has become durable."""

    def __init__(self, awaited: str) -> None:
        self.seen: list[str] = []
        self.came = anyio.Event()
        self._awaited = awaited

    def __call__(self, envelopes: Sequence[Envelope]) -> None:
        self.seen += [envelope.type for envelope in envelopes]
        if self._awaited in self.seen:
            self.came.set()


async def invite_by(engine: Engine) -> None:
    """An invitation, without the client."""
    target = invite_account_to_organization.Target("ACCOUNT", INVITED)
    await engine.submit(create_organization.Request(), Caller(MANAGER))
    await engine.submit(invite_account_to_organization.Request(target), Caller(MANAGER))


async def test_timer_fires_by_itself_under_a_paced_clock() -> None:
    """Nobody asks for anything: fifteen days pass in a hundredth of a second, and the invitation expires."""
    watch = Watch("HandshakeExpired")
    clock = PacedClock(15 * 86_400 * 100, start=0)
    async with running_engine(MemoryLog(), clock=clock, listeners=[watch]) as engine:
        await invite_by(engine)
        with anyio.fail_after(PATIENCE):
            await watch.came.wait()
        assert engine.now >= 15 * DAY


async def test_earlier_timer_overtakes_a_later_one_under_a_paced_clock() -> None:
    """A timer that is set while the clock sleeps towards a later one, minutes of ours away, does not wait for that."""
    watch, settings = Watch("AccountCreationSucceeded"), Settings(latency="realistic")
    clock = PacedClock(10_000, start=0)
    async with running_engine(MemoryLog(), clock=clock, settings=settings, listeners=[watch]) as engine:
        await invite_by(engine)
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        await engine.submit(create_account.Request("first@made.example", "first"), Caller(MANAGER))
        with anyio.fail_after(PATIENCE):
            await watch.came.wait()
        assert "HandshakeExpired" not in watch.seen


async def test_overdue_timer_fires_by_itself_under_the_wall_clock() -> None:
    """A world that was left shortly before a timer goes on in real time, and the timer fires when it is due."""
    log, lead = MemoryLog(), 50_000
    begin = time.time_ns() // 1_000 - 15 * DAY + lead
    async with running_engine(log, clock=SimulatedClock(begin)) as engine:
        await invite_by(engine)
    watch = Watch("HandshakeExpired")
    async with running_engine(log, clock=WallClock(), listeners=[watch]):
        with anyio.fail_after(PATIENCE):
            await watch.came.wait()
    assert WallClock().now() >= begin + 15 * DAY


@pytest.mark.parametrize("clock", [lambda: PacedClock(1e9, start=0), lambda: PacedClock(1e9)])
async def test_paced_clock_runs(clock: Any) -> None:
    """Sleeping in the time of the world takes the world's time, not ours."""
    async with Simulation(clock=clock()) as sim:
        before = sim.now
        await sim.sleep(days=100)
        assert sim.now >= before + timedelta(days=100)


class OurTime:
    """Real time as the clocks see it, set by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds

    def time_ns(self) -> int:
        return int(self.seconds * 1_000_000_000)


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> OurTime:
    """The real time of all clocks."""
    ours = OurTime()
    monkeypatch.setattr(clock_module, "time", ours)
    return ours


async def test_paced_clock_begins_with_its_world(ours: OurTime) -> None:
    """However early it was made, the clock of a new world shows its start until the world begins, and then runs."""
    log, clock = MemoryLog(), PacedClock(3_600, start=5 * DAY)
    ours.seconds += 100
    assert clock.now() == 5 * DAY
    async with running_engine(log, clock=clock) as engine:
        assert engine.now == 5 * DAY
        ours.seconds += 2
        assert engine.now == 5 * DAY + 2 * HOUR
    (record,) = await log.read(0, 1)
    assert decode_envelope(record).time == 5 * DAY


async def test_paced_clock_without_a_start_begins_at_the_present(ours: OurTime) -> None:
    """A new world begins at the moment of real time at which it begins, not at that at which its clock was made."""
    clock = PacedClock(3_600)
    ours.seconds += 100
    assert clock.now() == 1_100 * SECOND
    async with running_engine(MemoryLog(), clock=clock) as engine:
        assert engine.now == 1_100 * SECOND
        ours.seconds += 1
        assert engine.now == 1_100 * SECOND + HOUR


async def test_every_new_world_begins_at_the_start_of_its_paced_clock(ours: OurTime) -> None:
    """A clock that has run for one new world begins anew with the next."""
    clock = PacedClock(3_600, start=5 * DAY)
    for _ in range(2):
        async with running_engine(MemoryLog(), clock=clock) as engine:
            assert engine.now == 5 * DAY
            ours.seconds += 1
            assert engine.now == 5 * DAY + HOUR


async def test_wall_clock_tells_real_time() -> None:
    """The world's time is now, and a sleep of a millisecond ends after it."""
    clock = WallClock()
    before = time.time_ns() // 1_000
    async with Simulation(clock=clock) as sim:
        assert before <= sim.engine.now <= time.time_ns() // 1_000
        await sim.sleep(timedelta(milliseconds=1))
        assert sim.engine.now >= before + 1_000


async def test_paced_clock_takes_up_where_the_world_stands() -> None:
    """An old world goes on from its last moment, whatever start the clock was given."""
    log = MemoryLog()
    async with Simulation(log) as sim:
        await sim.advance(days=10)
    for start in (0, 4_000_000_000 * SECOND):
        async with Simulation(log, clock=PacedClock(1e-6, start=start)) as sim:
            assert START + timedelta(days=10) <= sim.now < START + timedelta(days=11)


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_paced_clock_cannot_stand_still_or_run_back(factor: float) -> None:
    """A factor that is not above zero is refused."""
    with pytest.raises(ValueError, match="factor"):
        PacedClock(factor)


async def test_wall_clock_cannot_be_moved() -> None:
    """Advancing the wall clock is a TypeError that says so."""
    async with Simulation(clock=WallClock()) as sim:
        for move in (
            lambda: sim.advance(days=1),
            lambda: sim.advance_to(sim.now + timedelta(days=1)),
            sim.run_until_idle,
        ):
            with pytest.raises(TypeError, match=r"simulated.*WallClock"):
                await move()
