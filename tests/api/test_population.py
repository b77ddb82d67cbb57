"""Populations: processes on simulated time, which passes by itself, in one order on every event loop and log."""

import inspect
import runpy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from support.patience import PATIENCE
from support.repository import SCENARIOS

from orgsim.api import Actor, Client, Deadlock, PacedClock, SimulatedClock, Simulation, WallClock
from orgsim.api.simulation import START
from orgsim.engine.errors import HandshakeNotFoundException, Refused
from orgsim.engine.log import EventLog, LogError, MemoryLog
from orgsim.engine.operation import Caller
from orgsim.engine.operations import invite_account_to_organization
from orgsim.engine.runtime.clock import Clock
from orgsim.engine.runtime.engine import EngineStopped
from orgsim.engine.settings import DAY, SECOND
from orgsim.engine.shapes.timestamps import microseconds
from orgsim.engine.state.timers import NEVER

pytestmark = pytest.mark.slow

MANAGER, FIRST = "111111111111", "200000000000"
EXAMPLE = SCENARIOS / "in_python.py"


class OwnError(Exception):
    """Raised by a process or a body of a test."""


def day(sim: Simulation) -> float:
    """Days since the start."""
    return (sim.now - START) / timedelta(days=1)


async def founded(sim: Simulation) -> Client:
    """An organization with consolidated billing."""
    org = sim.client(MANAGER)
    await org.create_organization(feature_set="CONSOLIDATED_BILLING")
    return org


async def invite(org: Client, accounts: Any) -> None:
    """An invitation for each."""
    for account in accounts:
        await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})


async def accept(me: Actor) -> None:
    """Accept the only invitation."""
    (invitation,) = (await me.list_handshakes_for_account()).handshakes
    await me.accept_handshake(handshake_id=invitation.id)


def nothing_is_left(sim: Simulation) -> bool:
    """Nobody sleeps, no process is known, and time passes by itself no more."""
    clock = sim.engine.clock
    assert isinstance(clock, SimulatedClock)
    return clock.next_sleeper == NEVER and clock.processes.empty


class Noted:
    """A simulation whose processes write down what they do, and when."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.seen: list[tuple[str, float]] = []
        """Whose process, by the last digits of its account, and at which day."""

    def see(self, name: str) -> None:
        self.seen.append((name, day(self.sim)))

    def sleeping(self, *days: float) -> Callable[[Actor], Any]:
        """A process that sleeps these stretches and is seen after each."""

        async def process(me: Actor) -> None:
            for length in days:
                await self.sim.sleep(days=length)
                self.see(me.account[-1])

        return process


@asynccontextmanager
async def noted(**arguments: Any) -> AsyncIterator[Noted]:
    """A simulation to be watched, which has nothing left over in the end."""
    async with Simulation(**arguments) as sim:
        yield Noted(sim)
        assert nothing_is_left(sim)


# Time passes by itself.


async def test_ten_partners_join_on_the_days_computed() -> None:
    """Each of ten partners joins after its own delay; the body sleeps over it, and leaving waits for the last."""
    delays = [3.0, 0.5, 9.0, 3.0, 1.25, 7.0, 13.0, 0.5, 14.5, 2.0]
    async with Simulation() as sim:
        org = await founded(sim)

        async def partner(me: Actor) -> None:
            await sim.sleep(days=delays[int(me.account[-1])])
            await accept(me)

        async with sim.population(10, partner) as partners:
            assert partners.accounts == [f"20000000000{number}" for number in range(10)]
            await invite(org, partners.accounts)
            assert sim.now == START
            await sim.sleep(days=14)
            assert day(sim) == 14
            assert len((await org.list_accounts(max_results=20)).accounts) == 1 + 9
        assert day(sim) == 14.5
        listed = (await org.list_accounts(max_results=20)).accounts
        joined = [(found.id[-1], (found.joined_timestamp - START) / timedelta(days=1)) for found in listed[1:]]
        expected = sorted((days, number) for number, days in enumerate(delays))
        assert sorted(joined) == sorted((str(number), days) for days, number in expected)
        times = [envelope.time async for envelope in sim.events() if envelope.type == "HandshakeAccepted"]
        assert times == [sim.engine.now + round((days - 14.5) * DAY) for days, _ in expected]


async def test_reminder() -> None:
    """Members that are silent until a reminder on day thirty answer four days after it; the others after two."""
    async with noted() as notes:
        sim = notes.sim
        org, reminded = await founded(sim), sim.signal()

        async def member(me: Actor) -> None:
            await accept(me)
            await sim.sleep(days=2)
            if int(me.account) % 2:
                await reminded.wait()
                await sim.sleep(days=4)
            approval = await me.list_handshakes_for_account(filter={"ActionType": "APPROVE_ALL_FEATURES"})
            await me.accept_handshake(handshake_id=approval.handshakes[0].id)
            notes.see(me.account[-1])

        async with sim.population(6, member) as members:
            await invite(org, members.accounts)
            await sim.sleep(days=1)
            parent = (await org.enable_all_features()).handshake
            await sim.sleep(days=29)
            reminded.set()
        assert notes.seen == [("0", 2), ("2", 2), ("4", 2), ("1", 34), ("3", 34), ("5", 34)]
        await org.accept_handshake(handshake_id=parent.id)


async def test_invitations_expire_on_the_way() -> None:
    """Timers fire while processes sleep over them: who answers after fifteen days is refused."""
    refused: list[str] = []
    async with Simulation() as sim:
        org = await founded(sim)

        async def late(me: Actor) -> None:
            (invitation,) = (await me.list_handshakes_for_account()).handshakes
            await sim.sleep(days=15)
            with pytest.raises(Refused) as caught:
                await me.accept_handshake(handshake_id=invitation.id)
            refused.append(caught.value.code)

        async with sim.population(2, late) as partners:
            await invite(org, partners.accounts)
        assert refused == ["InvalidHandshakeTransitionException"] * 2


async def test_block_without_processes() -> None:
    """Nobody has to be there: the body sleeps, and time passes."""
    async with noted() as notes, notes.sim.population(0, notes.sleeping(1)) as nobody:
        assert nobody.accounts == []
        await notes.sim.sleep(days=3)
        assert day(notes.sim) == 3


async def test_time_stands_still_outside_the_block() -> None:
    """After the block nothing passes by itself: invitations stay open, and a sleeper waits for ``advance``."""
    async with noted() as notes:
        sim = notes.sim
        org = await founded(sim)
        async with sim.population(1, notes.sleeping(1)):
            await invite(org, ["333333333333"])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: sim.sleep(days=1))
            await anyio.wait_all_tasks_blocked()
            assert day(sim) == 1
            await sim.advance(days=1)
        assert day(sim) == 2


async def test_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The scenario in Python, which is the documented example, ends with all features after the same time always."""
    await runpy.run_path(str(EXAMPLE))["main"]()
    assert capsys.readouterr().out == "ALL after 74 days\n"


async def test_documented_example_runs() -> None:
    """The example in the documentation of ``Simulation.population`` runs as it stands there, and all partners join."""
    text = inspect.cleandoc(Simulation.population.__doc__ or "").partition("::\n")[2].partition("\nThe body")[0]
    scope: dict[str, Any] = {"Actor": Actor}
    async with Simulation() as sim:
        org = await founded(sim)
        exec(f"async def example(sim, org):\n{text}", scope)
        await scope["example"](sim, org)
        assert day(sim) == 14
        assert len(sim.engine.state.accounts) == 501


async def test_thousands_at_once() -> None:
    """Two thousand processes sleep to moments of their own, and each wakes at its own, in order."""
    woken: list[tuple[timedelta, str]] = []
    expected: list[tuple[timedelta, str]] = []
    async with Simulation(seed=3) as sim:

        async def process(me: Actor) -> None:
            delay = timedelta(seconds=me.random.randrange(10**6))
            expected.append((delay, me.account))
            await sim.sleep(delay)
            woken.append((sim.now - START, me.account))

        async with sim.population(2_000, process):
            pass
        assert nothing_is_left(sim)
    assert len(woken) == 2_000
    # Nobody is due twice at one moment in another order than that of the accounts, which went to sleep in their order.
    assert woken == sorted(expected)


# One order.


async def at_random(log: EventLog | str) -> str:
    """Four hundred partners whose delays are random hours, many of them equal; the digest of what they did."""
    async with Simulation(log, seed=11, durability="off") as sim:
        await founded(sim)

        async def partner(me: Actor) -> None:
            await sim.sleep(hours=me.random.randrange(240))
            await accept(me)
            if me.random.random() < 0.1:
                await sim.sleep(hours=me.random.randrange(240))
                await me.leave_organization()

        async with sim.population(400, partner, over=timedelta(days=3)) as partners:
            for account in partners.accounts:
                target = invite_account_to_organization.Target("ACCOUNT", account)
                sim.engine.post(invite_account_to_organization.Request(target), Caller(MANAGER))
            await sim.sleep(days=14)
        accepted = [envelope async for envelope in sim.events() if envelope.type == "HandshakeAccepted"]
        assert len(accepted) == 400
        return sim.engine.log.digest.hex()


def test_one_digest(tmp_path: Path) -> None:
    """Hundreds of processes with random delays leave the same bytes on asyncio and trio, in memory and on SQLite."""
    digests = {
        anyio.run(at_random, log, backend=backend)
        for backend in ("asyncio", "trio")
        for log in (MemoryLog(), str(tmp_path / f"{backend}.db"))
    }
    assert len(digests) == 1


@pytest.mark.parametrize("kept", ["memory", "sqlite"])
async def test_equal_moments(kept: str, tmp_path: Path) -> None:
    """Who wakes at one moment acts in the order of going to sleep, each until it sleeps again, its calls included."""
    async with noted(log=None if kept == "memory" else str(tmp_path / "world.db")) as notes:
        sim = notes.sim

        async def process(me: Actor) -> None:
            await sim.sleep(days=8 - int(me.account[-1]))
            await sim.sleep(days=2 + int(me.account[-1]))
            for call in range(3):
                notes.see(f"{me.account[-1]} {call}")
                await sim.describe_account(me.account, name=f"call {call}")
                await anyio.lowlevel.checkpoint()

        async with sim.population(4, process):
            pass
        # The later the account the earlier it has gone to sleep for the second time, which ends for all on day 10.
        assert notes.seen == [(f"{number} {call}", 10) for number in (3, 2, 1, 0) for call in range(3)]


async def test_processes_start_when_the_body_sleeps() -> None:
    """They begin one after the other in the order of the accounts, and not before the body sleeps or ends."""
    async with noted() as notes:

        async def process(me: Actor) -> None:
            notes.see(me.account[-1])

        async with notes.sim.population(12, process, first_account=FIRST[:-1] + "3"):
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            notes.see("body")
            await notes.sim.sleep(days=1)
            notes.see("body")
    names = [str(number % 10) for number in range(3, 15)]
    assert notes.seen == [("body", 0), *((name, 0) for name in names), ("body", 1)]


async def test_sleep_of_no_length() -> None:
    """A process that sleeps for no time lets the others that are due go first, and no time passes."""
    async with noted() as notes:
        sim = notes.sim

        async def process(me: Actor) -> None:
            notes.see(me.account[-1])
            await sim.sleep()
            notes.see(me.account[-1])
            await sim.sleep(days=-1)
            notes.see(me.account[-1])

        async with sim.population(2, process):
            await sim.sleep()
            notes.see("body")
        assert notes.seen == [(name, 0) for name in ("0", "1", "body", "0", "1", "0", "1")]


async def test_spread_starts() -> None:
    """Starts are spread over a time, the first at once, or come at an interval."""
    async with noted() as notes:

        async def process(me: Actor) -> None:
            notes.see(me.account[-1])

        async with notes.sim.population(4, process, over=timedelta(days=6)):
            pass
        assert notes.seen == [("0", 0), ("1", 1.5), ("2", 3), ("3", 4.5)]
        async with notes.sim.population(3, process, every=timedelta(hours=12)):
            pass
        assert notes.seen[4:] == [("4", 4.5), ("5", 5), ("6", 5.5)]


async def test_signal_wakes_in_order() -> None:
    """Who waits for a signal wakes at its moment in the order of beginning to wait; who comes later does not wait."""
    async with noted() as notes:
        sim, signal = notes.sim, notes.sim.signal()

        async def process(me: Actor) -> None:
            await sim.sleep(hours=int(me.account[-1]) * 7 % 10)
            await signal.wait()
            notes.see(me.account[-1])

        async with sim.population(9, process):
            await sim.sleep(hours=6.5)
            assert not signal.is_set()
            signal.set()
            assert signal.is_set()
        order = sorted(range(9), key=lambda number: number * 7 % 10)
        assert [int(name) for name, _ in notes.seen] == order
        assert [round(at * 24, 6) for _, at in notes.seen] == [max(6.5, number * 7 % 10) for number in order]


async def test_signal_for_other_tasks() -> None:
    """Tasks that are no processes can wait for a signal as for any event."""
    async with noted() as notes:
        signal = notes.sim.signal()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(signal.wait)
            await anyio.wait_all_tasks_blocked()
            signal.set()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await notes.sim.signal().wait()
        assert scope.cancelled_caught


async def test_other_events_work_too() -> None:
    """A process may wait for an ``anyio.Event`` that another sets, and the body for one that the last sets."""
    async with noted() as notes:
        sim, middle, last = notes.sim, anyio.Event(), anyio.Event()

        async def process(me: Actor) -> None:
            number = int(me.account[-1])
            if number == 0:
                await middle.wait()
            await sim.sleep(days=number + 1)
            notes.see(me.account[-1])
            {4: middle, 8: last}.get(number, anyio.Event()).set()

        async with sim.population(9, process):
            await last.wait()
            notes.see("body")
        before = [("1", 2), ("2", 3), ("3", 4), ("4", 5)]
        assert notes.seen == [*before, ("5", 6), ("0", 6), ("6", 7), ("7", 8), ("8", 9), ("body", 9)]


async def test_tasks_of_a_process() -> None:
    """A process that waits for tasks of its own is awake until they are done; they may sleep, and time passes."""
    async with noted() as notes:
        sim = notes.sim

        async def child(name: str, days: int) -> None:
            await sim.sleep(days=days)
            await sim.describe_account(MANAGER, name=name)
            notes.see(name)

        async def process(me: Actor) -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(child, f"{me.account[-1]}a", 3)
                tasks.start_soon(child, f"{me.account[-1]}b", 1)
            notes.see(me.account[-1])

        async with sim.population(2, process):
            pass
        assert sorted(notes.seen[:2]) == [("0b", 1), ("1b", 1)]
        assert sorted(notes.seen[2:]) == [("0", 3), ("0a", 3), ("1", 3), ("1a", 3)]


async def test_task_that_works_beside_the_body() -> None:
    """A task that the body started makes its calls at the moment at which it was started, though the body sleeps."""
    async with noted() as notes:
        sim = notes.sim

        async def work() -> None:
            for number in range(10):
                await sim.describe_account(MANAGER, name=f"call {number}")
            notes.see("worked")

        async with anyio.create_task_group() as tasks, sim.population(0, notes.sleeping()):
            tasks.start_soon(work)
            await sim.sleep(days=5)
        assert notes.seen == [("worked", 0)]


# Random numbers and account numbers.


async def test_random_numbers() -> None:
    """They derive from the world's seed, the population's name and the account, or the name, and from nothing else."""

    async def draws(seed: int, name: str | None, number: int) -> list[float]:
        drawn: dict[str, float] = {}

        async def process(me: Actor) -> None:
            drawn[me.account] = me.random.random()

        async with Simulation(seed=seed) as sim, sim.population(number, process, name=name):
            drawn[""] = sim.random("x").random()
        return list(drawn.values())

    first = await draws(1, None, 3)
    assert len(set(first)) == 4
    assert await draws(1, "process", 5) != first
    assert (await draws(1, "process", 5))[:4] == first
    assert not set(await draws(2, None, 3)) & set(first)
    assert not set((await draws(1, "other", 3))[1:]) & set(first)


async def test_account_numbers_are_free() -> None:
    """Numbers that the world knows, has invited or has given to another population are not taken again."""
    async with Simulation() as sim:
        org = await founded(sim)
        await sim.describe_account("200000000001", name="known")
        await invite(org, ["200000000003"])
        idle = Noted(sim).sleeping()
        async with sim.population(3, idle) as one, sim.population(2, idle) as two:
            assert [number[-1] for number in (*one.accounts, *two.accounts)] == ["0", "2", "4", "5", "6"]
        async with sim.population(["200000000008"], idle), sim.population(3, idle, first_account=FIRST) as three:
            assert [number[-2:] for number in three.accounts] == ["07", "09", "10"]
        async with sim.population(2, idle, first_account="000000000007") as low:
            assert low.accounts == ["000000000007", "000000000008"]


async def test_given_accounts() -> None:
    """A list of accounts is taken as it is, in its order, known to the world or not."""
    async with noted() as notes:
        await founded(notes.sim)
        async with notes.sim.population(["222222222222", MANAGER], notes.sleeping(1)) as given:
            assert given.accounts == ["222222222222", MANAGER]
        assert notes.seen == [("2", 1), ("1", 1)]


IMPOSSIBLE = [
    ({"accounts": -1}, "number of accounts cannot be -1"),
    ({"accounts": "222222222222"}, "list of ids, not '222222222222'"),
    ({"accounts": 2.5}, "list of ids, not 2.5"),
    ({"accounts": ["22222222222"]}, "twelve digits, not '22222222222'"),
    ({"accounts": 1, "first_account": "x"}, "twelve digits, not 'x'"),
    ({"accounts": [MANAGER], "first_account": FIRST}, "list of ids"),
    ({"accounts": [MANAGER, FIRST, MANAGER]}, "111111111111 is there 2 times"),
    ({"accounts": 3, "first_account": "999999999998"}, "only 2 account numbers of 3 are free"),
    ({"accounts": 1, "over": timedelta(1), "every": timedelta(1)}, "not both"),
    ({"accounts": 1, "over": timedelta(-1)}, "negative"),
    ({"accounts": 1, "every": timedelta(-1)}, "negative"),
]


@pytest.mark.parametrize(("arguments", "message"), IMPOSSIBLE)
async def test_impossible_population(arguments: dict[str, Any], message: str) -> None:
    """Invalid arguments of a population are a ValueError that names what is wrong."""
    async with noted() as notes:
        with pytest.raises(ValueError, match=message):
            notes.sim.population(process=notes.sleeping(), **arguments)


async def test_process_that_is_no_function() -> None:
    """A process that is not a function is refused at once."""
    async with Simulation() as sim:
        wrong: Any = "partner"
        with pytest.raises(TypeError, match="async function"):
            sim.population(3, wrong)


# What goes wrong.


async def test_error_in_a_process() -> None:
    """An exception ends the block, arrives as it was raised with a note whose it was, and no time passes any more."""
    async with noted() as notes:
        sim, error = notes.sim, OwnError("mine")

        async def process(me: Actor) -> None:
            await sim.sleep(days=2)
            if me.account[-1] == "3":
                await sim.sleep(hours=12)
                raise error
            await sim.sleep(days=1)
            notes.see("woken after the error")

        with pytest.raises(OwnError) as caught:
            async with sim.population(1_000, process):
                await sim.sleep(days=10)
        assert caught.value is error
        assert error.__notes__ == ["in the process process of account 200000000003, at 2026-01-03 12:00:00 UTC"]
        assert (notes.seen, day(sim)) == ([], 2.5)
        assert nothing_is_left(sim)
        await sim.advance(days=1)
        assert day(sim) == 3.5


async def test_refusal_in_a_process() -> None:
    """A refusal says in whose process the call was made, and its program goes on where it is caught."""
    async with Simulation() as sim:

        async def process(me: Actor) -> None:
            await me.accept_handshake(handshake_id="h-examplehandshakeid111")

        with pytest.raises(HandshakeNotFoundException) as caught:
            async with sim.population(3, process, name="partner"):
                pass
        where = "in the process partner of account 200000000000, at 2026-01-01 00:00:00 UTC"
        assert caught.value.__notes__ == [caught.value.explanation, where]


async def test_error_while_others_clean_up() -> None:
    """A second error, raised while the population ends, is a note on the first."""
    async with noted() as notes:
        sim = notes.sim

        async def process(me: Actor) -> None:
            try:
                await sim.sleep(days=int(me.account[-1]))
            finally:
                if me.account[-1] != "0":
                    raise OwnError(me.account)

        with pytest.raises(OwnError, match="200000000001") as caught:
            async with sim.population(3, process):
                pass
        assert "another process raised OwnError('200000000002')" in caught.value.__notes__[1]


async def test_error_in_the_body() -> None:
    """An exception of the body cancels the processes and arrives as it was raised."""
    async with noted() as notes:
        error = OwnError("mine")
        with pytest.raises(OwnError) as caught:
            async with notes.sim.population(100, notes.sleeping(1, 1)):
                await notes.sim.sleep(days=1.5)
                raise error
        assert caught.value is error
        assert not hasattr(error, "__notes__")
        assert {at for _, at in notes.seen} == {1}


@pytest.mark.parametrize("made", ["event", "signal"])
@pytest.mark.parametrize("autojump", [False, True])
async def test_deadlock(made: str, autojump: bool) -> None:
    """Processes that wait for what nobody brings are an error that counts and names them, and not a hang."""
    clock = SimulatedClock(microseconds(START), autojump=autojump, deadlock_after=0.01)
    async with noted(clock=clock) as notes:
        sim = notes.sim
        never: Any = anyio.Event() if made == "event" else sim.signal()

        async def process(me: Actor) -> None:
            await sim.sleep(days=1)
            notes.see(me.account[-1])
            await never.wait()

        with pytest.raises(Deadlock) as caught:
            async with sim.population(5, process, name="partner"):
                await sim.sleep(days=3)
        first = ", ".join(f"partner of account 20000000000{number}" for number in range(3))
        assert f"5 of the processes ({first}, ...) wait for something" in str(caught.value)
        assert [at for _, at in notes.seen] == [1] * 5
        with pytest.raises(Deadlock, match=r"1 of the processes \(the body of partner\)"):
            async with sim.population(0, process, name="partner"):
                await never.wait()


async def test_deadlock_is_not_reported_before_all_timers_have_fired() -> None:
    """A process that waits for a timer's event, told by a listener, gets it."""
    async with noted() as notes:
        sim, expired = notes.sim, anyio.Event()
        org = await founded(sim)
        sim.engine.listeners = [
            *sim.engine.listeners,
            lambda batch: expired.set() if any(each.type == "HandshakeExpired" for each in batch) else None,
        ]

        async def process(me: Actor) -> None:
            await expired.wait()
            notes.see(me.account[-1])

        async with sim.population(1, process) as partners:
            await invite(org, partners.accounts)
        assert notes.seen == [("0", 15)]


@pytest.mark.parametrize("where", ["body sleeps", "body waits", "leaving"])
async def test_cancellation_from_outside(where: str) -> None:
    """A scope around the block can be cancelled at any time, and nobody is left asleep."""
    async with noted() as notes:
        sim = notes.sim
        with anyio.CancelScope() as scope:

            async def process(me: Actor) -> None:
                await sim.sleep(days=1)
                notes.see(me.account[-1])
                if me.account[-1] == "3":
                    scope.cancel()
                await sim.sleep(days=1)
                await sim.signal().wait()

            async with sim.population(500, process):
                if where == "body sleeps":
                    await sim.sleep(days=9)
                elif where == "body waits":
                    await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert day(sim) == 1
        assert nothing_is_left(sim)
        async with sim.population(1, notes.sleeping(1)):
            pass
        assert day(sim) == 2


async def test_cancelled_sleeps_are_forgotten() -> None:
    """A process whose sleep is cut short, a thousand times, wakes at the right moments, and leaves no sleepers."""
    async with noted() as notes:
        sim = notes.sim
        clock: Any = sim.engine.clock
        most = 0

        async def process(me: Actor) -> None:
            nonlocal most
            for number in range(200):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(lambda: sim.sleep(days=1_000))
                    await sim.sleep(hours=1 + number % 3)
                    tasks.cancel_scope.cancel()
                most = max(most, len(clock._sleepers))
            notes.see(me.account[-1])

        async with sim.population(1, process):
            pass
        assert most < 10
        assert notes.seen == [("0", (67 * 1 + 67 * 2 + 66 * 3) / 24)]


@pytest.mark.parametrize("others", [0, 2])
async def test_no_time_passes_in_a_sleep_that_is_cancelled_already(others: int) -> None:
    """However often in a row a process sleeps in a scope that is cancelled, its time stands still meanwhile."""
    async with noted() as notes:
        sim = notes.sim

        async def process(me: Actor) -> None:
            for _ in range(50):
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await sim.sleep(days=5)
            notes.see(me.account[-1])

        async with sim.population(1, process), sim.population(others, notes.sleeping(1)):
            pass
        assert notes.seen[0] == ("0", 0)
        assert day(sim) == min(others, 1)


class FailingLog(MemoryLog):
    """A log that can be broken."""

    broken = False

    async def append(self, expected: int, records: Any) -> None:
        if self.broken:
            raise LogError("broken")
        await super().append(expected, records)


@pytest.mark.parametrize("calls", [False, True])
async def test_log_that_breaks(calls: bool) -> None:
    """A log that cannot be written ends the block with an error, whether a process or the passing of time finds out."""
    log = FailingLog()
    with pytest.raises(EngineStopped, match="broken"):
        async with Simulation(log) as sim:

            async def process(me: Actor) -> None:
                await sim.sleep(days=1)
                log.broken = True
                if calls:
                    await me.create_organization()
                await sim.sleep(days=1)

            async with sim.population(2, process):
                await sim.sleep(days=5)


async def test_engine_that_has_stopped() -> None:
    """A population in a world that has been left is refused."""
    async with Simulation() as sim:
        pass
    with pytest.raises(EngineStopped):
        async with sim.population(1, Noted(sim).sleeping(1)):
            pass


async def test_end_of_the_calendar() -> None:
    """A sleep beyond 8995-05-02 is refused, and so is a start."""
    async with Simulation(start=datetime(8999, 12, 31, tzinfo=UTC)) as sim:
        idle = Noted(sim).sleeping(1)
        with pytest.raises(ValueError, match="beyond 8995-05-02"):
            async with sim.population(1, idle):
                await sim.sleep(days=3)
        with pytest.raises(ValueError, match="beyond 8995-05-02"):
            async with sim.population(9, Noted(sim).sleeping(), every=timedelta(days=1)):
                pass
        assert nothing_is_left(sim)


# Together with everything else.


async def test_nested_populations() -> None:
    """Two populations in one line, and one inside a process, share one time."""
    async with noted() as notes:
        sim = notes.sim

        async def outer(me: Actor) -> None:
            await sim.sleep(days=1)
            async with sim.population(2, notes.sleeping(1)):
                notes.see("outer")
            await sim.sleep(days=1)
            notes.see("outer")

        async with sim.population(1, notes.sleeping(2.5)), sim.population(1, outer):
            await sim.sleep(hours=1)
        assert notes.seen == [("outer", 1), ("2", 2), ("3", 2), ("0", 2.5), ("outer", 3)]


async def test_populations_of_two_tasks() -> None:
    """Blocks that are open in two tasks at once end independently, the shorter one first."""
    async with noted() as notes:
        sim = notes.sim

        async def run(name: str, *days: float) -> None:
            async with sim.population(2, notes.sleeping(*days)):
                await sim.sleep(hours=1)
            notes.see(name)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, "short", 1, 2)
            tasks.start_soon(run, "long", 2, 2)
        assert [at for _, at in notes.seen] == [1, 1, 2, 2, 3, 3, 3, 4, 4, 4]
        assert [name for name, _ in notes.seen if len(name) > 1] == ["short", "long"]


async def test_error_in_an_inner_population() -> None:
    """It ends the inner block; the outer goes on if it is caught there."""
    async with noted() as notes:
        sim = notes.sim

        async def fails(me: Actor) -> None:
            await sim.sleep(days=1)
            raise OwnError

        async with sim.population(1, notes.sleeping(3)):
            with pytest.raises(OwnError):
                async with sim.population(3, fails):
                    await sim.sleep(days=7)
            notes.see("caught")
        assert notes.seen == [("caught", 1), ("0", 3)]


async def test_advance_within_the_block() -> None:
    """Whoever advances by hand, body or process, lets exactly so much pass, and the others wake on the way."""
    async with noted() as notes:
        sim = notes.sim

        async def impatient(me: Actor) -> None:
            await sim.sleep(days=3)
            await sim.advance(days=2)
            notes.see("impatient")

        async with sim.population(2, notes.sleeping(1, 3)), sim.population(1, impatient):
            await sim.advance(days=2)
            notes.see("body")
            await sim.advance_to(START + timedelta(days=2, hours=12))
            notes.see("body")
        seen = [("0", 1), ("1", 1), ("body", 2), ("body", 2.5), ("0", 4), ("1", 4), ("impatient", 5)]
        assert notes.seen == seen


async def test_two_processes_advance_at_once() -> None:
    """The second goes on from where the first has arrived, and not before that has done what it had left to do."""
    async with noted() as notes:
        sim = notes.sim

        async def impatient(me: Actor) -> None:
            await sim.advance(days=1)
            for _ in range(3):
                notes.see(me.account[-1])
                await sim.describe_account(me.account, name=f"{sim.now}")
                await anyio.lowlevel.checkpoint()

        async with sim.population(2, impatient), sim.population(1, notes.sleeping(2)):
            pass
        assert notes.seen == [*[("0", 1)] * 3, ("2", 2), *[("1", 2)] * 3]


async def test_run_until_idle_within_the_block() -> None:
    """The body can let everything happen that is due, and goes on when all processes have returned."""
    async with noted() as notes:
        async with notes.sim.population(2, notes.sleeping(1, 3)):
            await notes.sim.run_until_idle()
            notes.see("body")
        assert notes.seen == [("0", 1), ("1", 1), ("0", 4), ("1", 4), ("body", 4)]


async def test_autojump_makes_no_difference() -> None:
    """With a clock that jumps by itself the same program leaves the same log."""
    digests: set[bytes] = set()
    for autojump in (False, True):
        log = MemoryLog()
        async with noted(log=log, clock=SimulatedClock(autojump=autojump)) as notes:

            async def process(me: Actor, sim: Simulation = notes.sim) -> None:
                for _ in range(3):
                    await sim.sleep(hours=me.random.randrange(50))
                    await sim.describe_account(me.account, name=f"{me.random.random()}")

            async with notes.sim.population(50, process):
                await notes.sim.sleep(days=1)
        digests.add(log.digest)
    assert len(digests) == 1


@pytest.mark.parametrize("make_clock", [lambda: PacedClock(1e6, start=0), WallClock])
async def test_clocks_that_run(make_clock: Callable[[], Clock]) -> None:
    """Under a clock that runs the same program works: everybody wakes, starts at an interval, and errors arrive."""
    woken: list[str] = []
    async with Simulation(clock=make_clock()) as sim:
        signal = sim.signal()

        async def process(me: Actor) -> None:
            await sim.sleep(timedelta(milliseconds=1))
            await signal.wait()
            woken.append(me.account)

        async with sim.population(5, process, every=timedelta(milliseconds=1)):
            with sim.holding_time():
                await sim.sleep(timedelta(milliseconds=1))
            signal.set()
        assert len(woken) == 5

        async def fails(me: Actor) -> None:
            raise OwnError

        with pytest.raises(OwnError):
            async with sim.population(2, fails):
                await anyio.sleep_forever()


async def test_error_beyond_the_calendar() -> None:
    """An exception of a process arrives with its note, even if the clock has run to a moment that has no date."""
    async with Simulation(clock=PacedClock(1, start=400_000_000_000 * SECOND)) as sim:

        async def fails(me: Actor) -> None:
            raise OwnError

        with pytest.raises(OwnError) as caught:
            async with sim.population(1, fails):
                await anyio.sleep_forever()
        assert caught.value.__notes__ == [
            "in the process fails of account 200000000000, at a moment beyond the calendar"
        ]


# The world outside.


async def test_time_is_held_for_the_world_outside() -> None:
    """While a process waits for a thread with the time held, nobody else wakes, and no deadlock is reported."""
    async with noted(clock=SimulatedClock(microseconds(START), deadlock_after=0.0)) as notes:
        sim = notes.sim

        async def caller(me: Actor) -> None:
            await sim.sleep(days=1)
            with sim.holding_time():
                for _ in range(20):
                    await anyio.to_thread.run_sync(lambda: None)
            notes.see("caller")

        async with sim.population(1, caller), sim.population(2, notes.sleeping(1, 1)):
            pass
        assert notes.seen == [("caller", 1), ("1", 1), ("2", 1), ("1", 2), ("2", 2)]


async def test_deadlock_has_patience_with_the_world_outside() -> None:
    """A process that waits for something from outside without saying so is not taken for stuck at once."""
    async with noted(clock=SimulatedClock(microseconds(START), deadlock_after=PATIENCE)) as notes:

        async def process(me: Actor) -> None:
            await anyio.to_thread.run_sync(lambda: None)
            notes.see(me.account[-1])

        async with notes.sim.population(3, process):
            pass
        assert len(notes.seen) == 3


async def test_who_holds_the_time_cannot_wait_for_it() -> None:
    """To sleep, to wait, to advance or to leave a population while holding the time is an error, and not a hang."""
    async with noted() as notes:
        sim = notes.sim
        with sim.holding_time():
            for wrong in (sim.sleep(days=1), sim.advance(days=1), sim.run_until_idle(), sim.signal().wait()):
                with pytest.raises(RuntimeError, match="holding_time"):
                    await wrong
            with pytest.raises(RuntimeError, match="holding_time"):
                async with sim.population(1, notes.sleeping(1)):
                    pass


async def test_reading_the_log_takes_no_time(tmp_path: Path) -> None:
    """Processes may read the log, which takes a thread, and nobody else wakes meanwhile."""
    async with noted(log=str(tmp_path / "world.db")) as notes:

        async def reader(me: Actor) -> None:
            for _ in range(3):
                await notes.sim.sleep(days=1)
                assert [envelope.type async for envelope in notes.sim.events()][-1] == "TimeAdvanced"
                notes.see(me.account[-1])

        async with notes.sim.population(3, reader):
            pass
        assert notes.seen == [(str(number), at) for at in (1, 2, 3) for number in range(3)]


class PonderingLog(MemoryLog):
    """A log whose appends take a number of turns."""

    turns = 0

    async def append(self, expected: int, records: Any) -> None:
        for _ in range(self.turns):
            await anyio.lowlevel.cancel_shielded_checkpoint()
        await super().append(expected, records)


async def test_nobody_spins_while_the_log_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long an append takes, those who wait for it do not look again and again."""
    looks: list[int] = []
    checkpoint = anyio.lowlevel.checkpoint

    async def counted() -> None:
        looks[-1] += 1
        await checkpoint()

    monkeypatch.setattr(anyio.lowlevel, "checkpoint", counted)
    for turns in (0, 500):
        log = PonderingLog()
        log.turns = turns
        looks.append(0)
        async with noted(log=log) as notes:

            async def process(me: Actor, sim: Simulation = notes.sim) -> None:
                await sim.sleep(days=1)
                await sim.describe_account(me.account, name="x")
                await sim.sleep(days=1)

            async with notes.sim.population(10, process):
                pass
    assert looks[1] <= looks[0] + 30
