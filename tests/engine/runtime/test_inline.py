"""A world in memory without an event loop, in any event loop, and from several threads at once."""

import pickle
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy, deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from support.patience import PATIENCE

from orgsim.api.population import Actor
from orgsim.api.simulation import Simulation
from orgsim.engine.errors import AlreadyInOrganizationException
from orgsim.engine.log import MemoryLog
from orgsim.engine.runtime.clock import PacedClock, SimulatedClock, WallClock
from orgsim.engine.runtime.engine import EngineStopped
from orgsim.engine.runtime.inline import NeedsEventLoop, run_inline
from orgsim.engine.runtime.running import running_engine

MANAGER, MEMBER = "111111111111", "222222222222"


def migrate(sim: Simulation) -> None:
    """Bring an organization of two from consolidated billing to all features, with a handshake that expires before."""
    org, member = sim.sync.client(MANAGER), sim.sync.client(MEMBER)

    def accept() -> None:
        handshakes = member.list_handshakes_for_account().handshakes
        member.accept_handshake(handshake_id=next(each.id for each in handshakes if each.state == "OPEN"))

    org.create_organization(feature_set="CONSOLIDATED_BILLING")
    org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    sim.sync.advance(days=16)
    org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    accept()
    parent = org.enable_all_features().handshake.id
    accept()
    org.accept_handshake(handshake_id=parent)
    sim.sync.run_until_idle()


def test_without_an_event_loop() -> None:
    """A plain function opens a world, calls it, moves its clock and closes it."""
    with Simulation() as sim:
        migrate(sim)
        assert sim.sync.client(MEMBER).describe_organization().organization.feature_set == "ALL"
        with pytest.raises(AlreadyInOrganizationException):
            sim.sync.client(MEMBER).create_organization()


def test_log_in_a_thread_of_its_own(tmp_path: Path) -> None:
    """A world with an SQLite log has the same synchronous face, and the same log as the one in memory."""
    with Simulation() as sim:
        migrate(sim)
        digest = sim.engine.log.digest
    with Simulation(tmp_path / "world.db") as sim:
        migrate(sim)
        assert sim.engine.log.digest == digest
        assert [each.position for each in sim.sync.events(after=2, limit=3)] == [3, 4, 5]
    with Simulation(tmp_path / "world.db") as sim:
        assert sim.sync.client(MANAGER).describe_organization().organization.feature_set == "ALL"


async def test_same_bytes_as_with_a_writer_task() -> None:
    """What the inline engine writes is byte for byte what group commit writes."""

    async def play(sim: Simulation) -> None:
        org = sim.client(MANAGER)
        await org.create_organization(feature_set="CONSOLIDATED_BILLING")

        async def partner(me: Actor) -> None:
            await sim.sleep(days=me.random.uniform(0, 20))
            for invitation in (await me.list_handshakes_for_account()).handshakes:
                if invitation.state == "OPEN":
                    await me.accept_handshake(handshake_id=invitation.id)

        async with sim.population(20, partner) as partners:
            for account in partners.accounts:
                await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})

    class OtherLog(MemoryLog):
        """A log that is not known to be in memory, so that a writer task serves it."""

    inline, group_commit = MemoryLog(), OtherLog()
    for log in (inline, group_commit):
        async with Simulation(log, seed=3) as sim:
            await play(sim)
    assert inline.head > 60
    assert await inline.read(0, 1_000) == await group_commit.read(0, 1_000)
    assert inline.digest == group_commit.digest


@pytest.mark.parametrize("advance", [lambda sim: sim.sync.advance(days=2), lambda sim: sim.sync.run_until_idle()])
async def test_sleepers_need_their_event_loop(advance: Callable[[Simulation], None]) -> None:
    """Moving the clock without await past a sleeping task is refused before anything has moved."""
    with Simulation() as sim:
        woke: list[object] = []

        async def sleep() -> None:
            await sim.sleep(days=1)
            woke.append(sim.now)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleep)
            await anyio.wait_all_tasks_blocked()
            before = sim.now
            with pytest.raises(NeedsEventLoop, match=r"await sim\.advance"):
                advance(sim)
            assert sim.now == before
            await sim.advance(days=2)
        assert woke == [before + timedelta(days=1)]


async def test_world_of_open_has_processes() -> None:
    """A world that was opened without an event loop runs a population in one, also two at the same time."""
    with Simulation() as sim:
        await sim.client(MANAGER).create_organization()
        slept: list[str] = []

        async def process(me: Actor) -> None:
            await sim.sleep(days=int(me.account) % 7)
            slept.append(me.account)

        async def populate(first: str) -> None:
            async with sim.population(20, process, first_account=first):
                pass

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(populate, "300000000000")
            tasks.start_soon(populate, "400000000000")
        assert len(slept) == 40
        await sim.advance(days=1)


def test_autojump_needs_an_event_loop() -> None:
    """A clock that watches tasks cannot begin where there are none."""
    with pytest.raises(NeedsEventLoop, match="autojump"):
        Simulation(clock=SimulatedClock(autojump=True)).open()


def test_timers_of_a_paced_clock_fire_at_the_next_call() -> None:
    """Without a task for the clock, whoever calls next finds what has become due."""
    with Simulation(clock=PacedClock(1e8)) as sim:
        org = sim.sync.client(MANAGER)
        org.create_organization()
        org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
        # Anywhere in the log: after a stall of ours the same call finds the purge due too, years later.
        while "HandshakeExpired" not in [event.type for event in sim.sync.events()]:
            org.list_roots()


def test_threads_take_turns() -> None:
    """Calls of eight threads at once lose nothing, and the log is as sound as that of one."""
    with Simulation() as sim:
        org = sim.sync.client(MANAGER)
        org.create_organization()
        root = org.list_roots().roots[0].id

        def work(thread: int) -> None:
            mine = sim.sync.client(MANAGER)
            for number in range(25):
                mine.create_organizational_unit(parent_id=root, name=f"{thread}-{number}")
                mine.list_organizational_units_for_parent(parent_id=root)
                if number % 5 == 0:
                    sim.sync.advance(minutes=1)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        pages = org.paginate(org.list_organizational_units_for_parent, parent_id=root)
        assert len({unit.name for page in pages for unit in page.organizational_units}) == 200
        positions = [envelope.position for envelope in sim.sync.events()]
        assert positions == list(range(1, len(positions) + 1))


async def test_thread_calls_while_a_process_holds_the_time() -> None:
    """A process that waits for a thread keeps time standing still, and that thread may call the world directly."""
    async with Simulation() as sim:
        org = sim.sync.client(MANAGER)
        org.create_organization()

        async def process(me: Actor) -> None:
            target = {"Type": "ACCOUNT", "Id": me.account}
            with sim.holding_time():
                await anyio.to_thread.run_sync(lambda: org.invite_account_to_organization(target=target))
            await sim.sleep(days=20)

        async with sim.population(5, process):
            pass
        states = {handshake.state for handshake in org.list_handshakes_for_organization().handshakes}
        assert states == {"EXPIRED"}


async def test_thread_wakes_the_task_of_the_clock() -> None:
    """A timer that another thread sets is noticed by the task that lets time pass by itself."""
    clock = SimulatedClock(autojump=True)
    async with Simulation(clock=clock) as sim:
        org = sim.sync.client(MANAGER)
        await anyio.to_thread.run_sync(org.create_organization)
        invite = lambda: org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})  # noqa: E731
        await anyio.to_thread.run_sync(invite)
        with anyio.fail_after(PATIENCE):
            await sim.sleep(days=16)
        assert org.list_handshakes_for_organization().handshakes[0].state == "EXPIRED"


def test_forgotten_close_is_warned_of() -> None:
    """A simulation that nobody closed gives a ResourceWarning when it is deleted; a closed one gives none."""
    forgotten = [Simulation().open()]
    with pytest.warns(ResourceWarning, match="was not closed"):
        forgotten.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Simulation().open().close()


def test_forgotten_close_of_a_file_is_warned_of(tmp_path: Path) -> None:
    """So does one with an SQLite log, whose thread does not keep it; what was called is in the log."""
    forgotten = [Simulation(tmp_path / "world.db").open()]
    forgotten[0].sync.client(MANAGER).create_organization()
    end_of_thread = forgotten[0]._thread
    with pytest.warns(ResourceWarning, match="was not closed"):
        forgotten.clear()
    end_of_thread.close()
    with Simulation(tmp_path / "world.db") as sim:
        assert sim.sync.client(MANAGER).describe_organization().organization.master_account_id == MANAGER


@pytest.mark.parametrize("duplicate", [copy, deepcopy, pickle.dumps])
def test_what_runs_is_not_copied(duplicate: Callable[[object], object]) -> None:
    """Pickling or copying a simulation, or a client of one, says that it cannot be done, and what to do instead."""
    with Simulation() as sim:
        with pytest.raises(TypeError, match=r"^this Simulation runs in this process, .* sim\.fork\(\) makes another"):
            duplicate(sim)
        if duplicate is not copy:
            with pytest.raises(TypeError, match=r"^this Engine runs in this process"):
                duplicate(sim.client(MANAGER))
        assert not sim.sync.events()[1:]


def test_coroutine_that_suspends_is_refused() -> None:
    """A coroutine that waits for the event loop is closed, and the error says what to do."""
    left: list[bool] = []

    class Suspends:
        def __await__(self) -> Generator[None]:
            yield

    async def wait() -> None:
        try:
            await Suspends()
        finally:
            left.append(True)

    with pytest.raises(NeedsEventLoop, match="only an event loop can run; ask there"):
        run_inline(wait(), "ask there")
    assert left == [True]


async def test_running_engine_keeps_to_its_event_loop() -> None:
    """An engine with a writer task is not called from a thread, which would wait for ever."""
    async with running_engine(MemoryLog(), clock=SimulatedClock()) as engine:

        def call() -> None:
            with pytest.raises(RuntimeError, match="another event loop"):
                engine.require_running()

        await anyio.to_thread.run_sync(call)


@pytest.mark.parametrize("attempt", range(20))
def test_closed_while_a_thread_calls(attempt: int) -> None:
    """Whatever was decided before the close is in the log, and its caller was answered."""
    sim = Simulation(seed=attempt).open()
    org = sim.sync.client(MANAGER)
    org.create_organization()
    root = org.list_roots().roots[0].id
    made, begun = list[str](), threading.Event()

    def work() -> None:
        with suppress(EngineStopped):
            for number in range(900):
                begun.set()
                made.append(org.create_organizational_unit(parent_id=root, name=str(number)).organizational_unit.id)

    with ThreadPoolExecutor(1) as threads:
        worker = threads.submit(work)
        begun.wait()
        sim.close()
        worker.result()
    engine = sim.engine
    assert engine.durable == engine.state.position == engine.log.head
    events = run_inline(engine.log.read(0, 10_000))
    assert sum(b"OrganizationalUnitCreated" in event for event in events) == len(made)


async def _populate(sim: Simulation) -> None:
    async def process(me: Actor) -> None:
        await sim.sleep(days=1)

    async with sim.population(2, process):
        pass


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_thread_calls_after_the_event_loop_has_ended(backend: str) -> None:
    """What was awaited in a loop that has ended keeps no thread from calling."""
    with Simulation() as sim, ThreadPoolExecutor(1) as threads:
        org = sim.sync.client(MANAGER)
        org.create_organization()
        anyio.run(_populate, sim, backend=backend)
        target = {"Type": "ACCOUNT", "Id": MEMBER}
        threads.submit(lambda: org.invite_account_to_organization(target=target)).result()
        threads.submit(lambda: sim.sync.advance(days=20)).result()
        assert org.list_handshakes_for_organization().handshakes[0].state == "EXPIRED"


def test_waits_without_an_event_loop() -> None:
    """Real time passes by itself where there is no event loop, and nothing raises an error of anyio's."""
    with Simulation(clock=WallClock()) as sim:
        sim.faults.delay("CreateOrganization", duration="0.001s")
        before = time.monotonic()
        sim.sync.client(MANAGER).create_organization()
        assert time.monotonic() - before >= 0.001


def test_want_of_a_loop_has_a_name() -> None:
    """A coroutine that waits for an event loop's task gets our error, whose text says so."""

    async def wait() -> None:
        await anyio.sleep(1)

    with pytest.raises(NeedsEventLoop, match="only an event loop can run"):
        run_inline(wait())


def test_closed_is_closed(tmp_path: Path) -> None:
    """After its end a world says that it is closed, whether it was in memory or had a log."""
    for log in (None, tmp_path / "world.db"):
        sim = Simulation(log)
        with sim:
            org = sim.sync.client(MANAGER)
            org.create_organization()
        with pytest.raises(EngineStopped, match="has been closed"):
            org.describe_organization()
        with pytest.raises(EngineStopped, match="has been closed"):
            sim.sync.advance(days=1)


def test_close_before_open() -> None:
    """Closing what has not begun says so, and it can still begin."""
    sim = Simulation()
    with pytest.raises(RuntimeError, match="has not begun"):
        sim.close()
    with sim:
        pass


def test_what_was_scripted_is_durable(tmp_path: Path) -> None:
    """A scripted fault is in the log when the call returns, also with a log, and from a thread beside its loop."""
    for log in (None, tmp_path / "world.db"):
        with Simulation(log) as sim:
            sim.faults.throttle("ListRoots", times=1)
            assert sim.sync.events()[-1].type == "FaultScripted"


async def test_thread_scripts_a_fault_beside_the_loop_of_a_log(tmp_path: Path) -> None:
    """A thread scripts faults of a world with a log through the world's loop."""
    async with Simulation(tmp_path / "world.db") as sim:
        await anyio.to_thread.run_sync(lambda: sim.faults.throttle("ListRoots", times=1))
        assert sim.engine.durable == sim.engine.state.position
        sim.faults.throttle("ListRoots", times=1)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"clock": SimulatedClock(), "start": "2030-01-01T00:00:00Z"}, "either start= or clock="),
        ({"seed": True}, "seed"),
    ],
)
def test_arguments_that_contradict(arguments: dict[str, Any], error: str) -> None:
    """Arguments of which one would be ignored, or that only look like others, are refused."""
    with pytest.raises(ValueError, match=error):
        Simulation(**arguments)


@pytest.mark.parametrize("clock", [None, PacedClock(1)])
def test_threads_advance_at_once(clock: PacedClock | None) -> None:
    """Threads that move the clock take turns, and each moves it by what it asked for."""
    with Simulation(clock=clock) as sim:
        before = sim.now

        def work(_: int) -> None:
            for _ in range(100):
                sim.sync.advance(hours=1)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(4)))
        assert sim.now - before >= timedelta(hours=400)
        if clock is None:
            assert sim.now - before == timedelta(hours=400)


# An interrupt may come before a coroutine has begun.
@pytest.mark.filterwarnings("ignore:.*was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupted_while_the_clock_moves() -> None:
    """After Ctrl-C in the middle of an advance, the world goes on or says that it has stopped; it is never stuck."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(60):
            with Simulation() as sim:
                with suppress(KeyboardInterrupt):
                    signal.setitimer(signal.ITIMER_REAL, 0.0002 + number * 0.00003)
                    while True:
                        sim.sync.advance(seconds=1)
                with suppress(EngineStopped):
                    sim.sync.advance(seconds=1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def test_a_population_keeps_other_loops_out() -> None:
    """While a population runs in one thread's loop, another loop neither moves the clock nor begins a population."""
    with Simulation() as sim:
        refused: list[str] = []

        async def other() -> None:
            with pytest.raises(RuntimeError, match="event loop of another thread"):
                await sim.advance(seconds=1)
            with pytest.raises(RuntimeError, match="event loop of another thread"):
                await _populate(sim)
            refused.append("twice")

        async def process(me: Actor) -> None:
            await sim.sleep(seconds=1)
            with ThreadPoolExecutor(1) as threads:  # blocks this loop, in the middle of the process
                threads.submit(anyio.run, other).result()
            await sim.sleep(seconds=1)

        async def main() -> None:
            async with sim.population(2, process):
                pass

        anyio.run(main)
        assert refused == ["twice", "twice"]
