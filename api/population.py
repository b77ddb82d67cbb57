"""Populations: thousands of accounts, each with a process of its own, on simulated time.

A process is an async function of an ``Actor``. ``Simulation.population`` starts one for each account; leaving its block
lets time pass until all have returned. The same program runs under a paced or wall clock, where time passes anyway.

Determinism: under a simulated clock one process runs at a time, until it sleeps again, including its calls. So the
order of all calls is a function of the program and the seed. Processes whose sleep, or wait for a signal, is cancelled
go on at that moment before all others, in the order in which they were started; only while a population ends because of
an error, or because its whole block is cancelled, its processes end in the event loop's order.
Random numbers come from ``Actor.random`` and
``Simulation.random``. To wait for another process, use ``Simulation.signal``: an ``anyio.Event`` works too, but wakes
its tasks in the event loop's order, and while a process waits for one, each jump of the clock has to inspect every
task. To wait for anything outside the simulation, use ``Simulation.holding_time``.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property, partial
from itertools import count, islice, takewhile
from random import Random
from typing import cast

import anyio
import anyio.abc
import msgspec

from ..engine.ids import AccountId
from ..engine.log.cancellation import on_asyncio
from ..engine.operation import Caller
from ..engine.runtime.clock import Clock, SimulatedClock
from ..engine.runtime.direct import DirectProcess
from ..engine.runtime.driver import move_time
from ..engine.runtime.engine import Engine
from ..engine.runtime.processes import Process, Processes, Sleeper
from ..engine.runtime.running import beside
from ..engine.settings import DAY, LATEST
from ..engine.shapes.base import moment_text
from ..engine.shapes.timestamps import microseconds
from ..engine.state import State
from ..projections.views import Views
from .client import Client
from .client.retrying import RetryingCalls
from .delays import MOST_DAYS, Delay
from .durations import named_duration
from .retries import Retry, require_retry

FIRST_ACCOUNT = "200000000000"


class Actor(Client):
    """The client of an account in a population, with its account number and random numbers."""

    def __init__(self, engine: Engine, views: Views, account: str, population: str) -> None:
        super().__init__(engine, views, Caller(account))
        self.account = account
        """The account's twelve digits."""
        self._population = population

    @cached_property
    def random(self) -> Random:
        """The actor's own generator, derived from the world's seed, the population's name and the account."""
        return Random(f"{self._engine.state.seed} {self._population} {self.account}")

    async def sleep(self, delay: Delay) -> None:
        """Sleep in simulated time for a delay that is drawn from the account's own generator.

        Args:
            delay: a distribution of ``orgsim.api.delays``, as scenario files have them; their numbers are named after
                their units, days or hours.

        Raises:
            TypeError: it is none; ``Simulation.sleep`` takes durations.
        """
        if not isinstance(delay, Delay):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"a distribution such as OfficeHours, not {delay!r}; sim.sleep takes durations")
        await self._sleep_until(self._engine.now + delay.draw(self.random, self._engine.now))

    async def wait_for_reminder(
        self, reminders: Mapping[float, float] | Mapping[float | str | timedelta, float]
    ) -> bool:
        """Sleep until the account follows one of its reminders, counted from now: its own, not those of a date.

        ::

            if await me.wait_for_reminder({7: 0.6, 12: 0.5}):
                await me.accept_handshake(handshake_id=invitation.id)

        Args:
            reminders: when each comes, to the chance that an account that still waits follows it, 0 to 1; in rising
                order. A number counts days from now; ``"36h"`` and a ``timedelta`` are possible too.

        Returns:
            Whether it follows one; False after the last of them if it follows none.

        Raises:
            ValueError: a day that does not come after the one before it, or a chance that is none; it is named.
            TypeError: it is no mapping, or has something else in it.
        """
        began = self._engine.now
        for days, chance in _read_reminders(reminders):
            await self._sleep_until(began + round(days * DAY))
            if self.random.random() < chance:
                return True
        return False

    def _sleep_until(self, moment: int) -> Awaitable[None]:
        if moment > LATEST:
            raise ValueError("time cannot run beyond 8995-05-02")
        return self._engine.clock.sleep_until(moment)


class RetryingActor(RetryingCalls, Actor):
    """An actor that calls again, after pauses, while AWS refuses a call for a reason that passes."""

    def __init__(
        self, engine: Engine, views: Views, account: str, population: str, retry: Retry, pauses: Random
    ) -> None:
        super().__init__(engine, views, account, population)
        self._retry = retry
        self._pauses = pauses


def actors(
    engine: Engine, views: Views, accounts: Iterable[str], population: str, retry: Retry | None, pauses: Random
) -> list[Actor]:
    """Make the actors of a population, which repeat calls if it is said how.

    Raises:
        TypeError: ``retry`` is neither None nor a ``Retry``.
    """
    if retry is None:
        return [Actor(engine, views, account, population) for account in accounts]
    require_retry(retry)
    return [RetryingActor(engine, views, account, population, retry, pauses) for account in accounts]


def _read_reminders(reminders: object) -> list[tuple[float, float]]:
    """Check reminders, all of them before the first; return the days after which each comes, and its chance."""
    if not isinstance(reminders, Mapping):
        raise TypeError(f"reminders are days with their chances, such as {{7: 0.6, 12: 0.5}}, not {reminders!r}")
    read, before = list[tuple[float, float]](), 0.0
    for when, chance in cast("Mapping[object, object]", reminders).items():
        days = when if isinstance(when, int | float) else named_duration("a reminder", when) / timedelta(days=1)
        possible = f"reminders[{when!r}] is the chance that an account follows it, a number from 0 to 1, not {chance!r}"
        if not isinstance(chance, int | float):
            raise TypeError(possible)
        if not 0 <= chance <= 1:
            raise ValueError(possible)
        if not before < days <= MOST_DAYS:
            after = f"after the {before:g} days of the one before" if before else "above 0 days"
            raise ValueError(
                f"reminders[{when!r}] comes at a time {after}, and at most {MOST_DAYS:,} days, not {days:g}"
            )
        read.append((days, chance))
        before = days
    return read


Behaviour = Callable[[Actor], Awaitable[object]]
"""A process: an async function of its actor. Its result is ignored."""


class Population:
    """A running population: its name, and its accounts in the order in which their processes start."""

    def __init__(self, name: str, accounts: Sequence[str]) -> None:
        self.name = name
        self.accounts = accounts


def process_name(process: Behaviour) -> str:
    """Return the default name of a population: that of its process.

    Raises:
        TypeError: the process is not a function.
    """
    if not callable(process):
        raise TypeError(f"a process is an async function of an account's client, not {process!r}")
    return getattr(process, "__name__", type(process).__name__)


def require_account(account: object) -> str:
    """Check that an account id has twelve digits.

    Raises:
        ValueError: it has not.
    """
    try:
        return msgspec.convert(account, AccountId)
    except msgspec.ValidationError:
        text = isinstance(account, str)
        raise ValueError(f"an account id is {'' if text else 'a string of '}twelve digits, not {account!r}") from None


class AccountNumbers:
    """Hands out the account numbers of a simulation's populations, each only once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def choose(self, accounts: object, state: State, first: str | None) -> list[str]:
        """Return the account numbers of a new population.

        Args:
            accounts: how many unused numbers to take, ascending; or an iterable of ids, which are checked.
            state: of the world, whose accounts are not unused.
            first: the lowest number to take.

        Raises:
            ValueError: see ``Simulation.population``.
        """
        if isinstance(accounts, int):
            chosen = self._free(accounts, state, require_account(first or FIRST_ACCOUNT))
        elif first is not None or isinstance(accounts, str) or not isinstance(accounts, Iterable):
            raise ValueError(
                f"accounts are a number, with or without first_account, or a list of ids, not {accounts!r}"
            )
        else:
            chosen = [require_account(account) for account in cast("Iterable[object]", accounts)]
            (often, times), *_ = Counter(chosen).most_common(1) or [("", 0)]
            if times > 1:
                raise ValueError(f"each account has one process in a population, and {often} is there {times} times")
        self._taken.update(chosen)
        return chosen

    def _free(self, number: int, state: State, first: str) -> list[str]:
        if number < 0:
            raise ValueError(f"the number of accounts cannot be {number}")
        invited = {account for organization in state.organizations.values() for account in organization.invitations}
        known = (self._taken, invited, state.accounts, state.cleaned, state.transfers.unanswered)
        every = takewhile(lambda account: len(account) == 12, (f"{account:012}" for account in count(int(first))))
        free = (account for account in every if not any(account in accounts for accounts in known))
        chosen = list(islice(free, number))
        if len(chosen) < number:
            raise ValueError(f"from {first} on, only {len(chosen):,} account numbers of {number:,} are free")
        return chosen


def read_pace(over: timedelta | str | None, every: timedelta | str | None) -> tuple[int, int]:
    """Read how the starts of processes are spread: over a time, or at an interval; both in microseconds.

    Args:
        over: a ``timedelta``, or a text such as ``14d``; None for no such time.
        every: likewise.

    Raises:
        ValueError: both are given, one is negative, or a text is no duration.
        TypeError: one is something else, such as a number, which has no unit.
    """
    if over is not None and every is not None:
        raise ValueError("starts are spread either over a time or at an interval (every), not both")
    none = timedelta()
    spread = microseconds(none if over is None else named_duration("over", over))
    interval = microseconds(none if every is None else named_duration("every", every))
    if spread < 0 or interval < 0:
        raise ValueError("processes start one after the other; over and every cannot be negative")
    return spread, interval


def delays(number: int, spread: int, interval: int) -> list[int]:
    """Compute how long after the start of the block each process starts; all in microseconds."""
    return [index * interval + (index * spread // number) for index in range(number)]


class _Block:
    """The processes of one population while they run."""

    def __init__(self, engine: Engine, processes: Processes, tasks: anyio.abc.TaskGroup, number: int) -> None:
        self.failure: BaseException | None = None
        self._engine = engine
        self._processes = processes
        self.tasks = tasks
        self._running = number
        self._returned = anyio.Event()
        self._direct = engine.inline and on_asyncio()
        self._leaving: Process | None = None
        self._ending = False
        self.body: Process

    def fail(self, error: BaseException) -> None:
        """Cancel all processes because of an error; time stands still until then, so that nothing more happens."""
        if self.failure is None:
            self.failure = error
            self.begin_to_end()
        elif self.failure is not error:
            self.failure.add_note(f"while its population ended, another process raised {error!r}")
        self._processes.wake(self.body)
        self.tasks.cancel_scope.cancel()

    async def run(
        self, process: Process, actor: Actor, behaviour: Behaviour, begin: Callable[[], Awaitable[None]]
    ) -> None:
        """Run one process from its start to its end."""
        with self._processes.running(process):
            try:
                await self._steps(process, actor, behaviour, begin)
            except anyio.get_cancelled_exc_class():
                raise
            except BaseException as error:
                when = moment_text(self._engine.now, "%Y-%m-%d %H:%M:%S UTC")
                error.add_note(f"in the process {process.name}, at {when}")
                self.fail(error)
            finally:
                self._end()

    async def _steps(
        self, process: Process, actor: Actor, behaviour: Behaviour, begin: Callable[[], Awaitable[None]]
    ) -> None:
        async def steps() -> None:
            await begin()
            await behaviour(actor)

        if self._direct:
            await DirectProcess(self._engine.clock, self._processes, process, steps()).run()
        else:
            await steps()

    def _end(self) -> None:
        self._running -= 1
        if not self._running:
            # Wake the body before this process ends, so that at no moment everybody sleeps and time could pass.
            self._processes.wake(self._leaving)
            self._returned.set()

    def begin_to_end(self) -> None:
        """Let processes that are cancelled from now on end at once; in turn, many of them would take long."""
        if not self._ending:
            self._ending = True
            self._processes.failing += 1
            if isinstance(self._engine.clock, SimulatedClock):
                self._engine.clock.end_turns()

    def close(self) -> None:
        """Note that all processes have ended."""
        if self._ending:
            self._processes.failing -= 1

    async def all_returned(self) -> None:
        """Let time pass until every process has returned."""
        self._processes.require_free()
        if not self._running:
            return
        self._leaving = self.body
        self._processes.fall_asleep(self.body)
        try:
            await self._returned.wait()
        finally:
            self._processes.wake(self.body)


@asynccontextmanager
async def running_population(
    engine: Engine, name: str, actors: Sequence[Actor], behaviour: Behaviour, starts: Sequence[int]
) -> AsyncGenerator[Population]:
    """Run a population while the block runs; see ``Simulation.population``.

    Args:
        engine: of the world.
        name: of the population.
        actors: one for each process.
        behaviour: the process, called with each actor.
        starts: how long after the start of the block each process starts, in microseconds.
    """
    await engine.settle()
    clock, begun = engine.clock, engine.now
    processes = clock.processes if isinstance(clock, SimulatedClock) else Processes()
    block = _Block(engine, processes, anyio.create_task_group(), len(actors))
    # A world in memory has no task that lets time pass by itself, except while there are processes.
    async with beside(partial(move_time, engine)):
        with processes.block(f"the body of {name}", block.fail) as block.body:
            async with _noting_the_end(block), block.tasks:
                try:
                    for actor, delay in zip(actors, starts, strict=True):
                        process = Process(f"{name} of account {actor.account}")
                        block.tasks.start_soon(
                            block.run, process, actor, behaviour, _beginning(clock, process, begun + delay)
                        )
                    yield Population(name, [actor.account for actor in actors])
                    await block.all_returned()
                except anyio.get_cancelled_exc_class():
                    block.begin_to_end()
                    raise
                except BaseException as error:
                    block.fail(error)
    if block.failure is not None:
        # Outside the task group, so that it does not arrive wrapped in an exception group.
        raise block.failure


@asynccontextmanager
async def _noting_the_end(block: _Block) -> AsyncGenerator[None]:
    """Tell the block when its processes have ended, whatever comes."""
    try:
        yield
    finally:
        block.close()


def _beginning(clock: Clock, process: Process, start: int) -> Callable[[], Awaitable[None]]:
    """Put a process to sleep until its start; return the function with which its task waits for that."""
    if not isinstance(clock, SimulatedClock):
        return partial(clock.sleep_until, start)
    sleeper = Sleeper(process)
    # Here rather than in the task: sleepers of one moment wake in the order in which they were put to sleep, and in
    # which order tasks begin is up to the event loop.
    clock.schedule(sleeper, start)
    return partial(clock.wait_until_woken, sleeper)
