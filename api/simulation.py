"""``Simulation``: a simulated world with its clock and clients, within an ``async with`` or a ``with`` block."""

import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from copy import copy
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random

from msgspec import Struct

from ..engine.events.envelope import Envelope
from ..engine.log import EventLog, read_envelopes
from ..engine.log.cut import cut_into_file, cut_into_memory, require_between_commands
from ..engine.log.sqlite import Durability
from ..engine.operation import SIMULATION, Caller, Events, read_request, require_encodable
from ..engine.operations import describe_account_outside, finish_account_creation
from ..engine.runtime.clock import Clock, Signal, SimulatedClock
from ..engine.runtime.copying import copied
from ..engine.runtime.driver import advance_by, advance_to, run_until_idle
from ..engine.settings import LATEST, SECOND, Quotas, Settings
from ..engine.shapes.base import moment
from ..engine.shapes.timestamps import microseconds
from ..engine.words import Partition
from .client import Client
from .client.record import CallRecord
from .client.retrying import RetryingClient
from .durations import as_microseconds, total_duration
from .faults import Faults
from .following import follow_envelopes
from .places import At
from .population import (
    AccountNumbers,
    Behaviour,
    Population,
    actors,
    delays,
    process_name,
    read_pace,
    require_account,
    running_population,
)
from .retries import Retry, require_retry
from .standing import StandingOrganization, checked_features, checked_members, require_possible, stand
from .sync import SyncSimulation
from .testing.in_tests import InTests
from .testing.recent import made
from .world import START, World

__all__ = ["START", "Simulation"]


class Simulation(InTests, World):
    """A simulated world of accounts and organizations.

    ``async with Simulation() as sim`` makes a new world in memory. With ``log="world.db"`` it is kept in an SQLite
    file, and continued if that file exists. It runs on asyncio and trio alike, and without an event loop in a block of
    ``with Simulation() as sim``, where ``sim.sync`` has clients and clock for code without ``await``.

    A world keeps the seed, quotas and settings that it began with. For one that exists already, leave them out: those
    that are given must be its own, or entering raises ``ValueError`` and changes nothing.

    Args:
        log: a path, any ``EventLog``, or None to keep the world in memory.
        seed: of a new world; all its ids and latencies derive from it. By default 0.
        clock: by default ``SimulatedClock()``, which stands still except in ``advance`` and in blocks of
            ``population``. The others are in ``orgsim.engine.runtime.clock``.
        start: where the default clock begins a new world; by default 2026-01-01.
        quotas: of a new world; by default AWS's.
        settings: of a new world; the quotas may be in there too.
        durability: of an SQLite log: ``full``, ``normal`` or ``off``.
    """

    def __init__(
        self,
        log: str | os.PathLike[str] | EventLog | None = None,
        *,
        seed: int | None = None,
        clock: Clock | None = None,
        start: datetime | str | None = None,
        quotas: Quotas | None = None,
        settings: Settings | None = None,
        durability: Durability = "full",
    ) -> None:
        super().__init__(
            log, seed=seed, clock=clock, start=start, quotas=quotas, settings=settings, durability=durability
        )
        self._numbers = AccountNumbers()
        self._calls = CallRecord()
        self.made = made(self)
        """When it was made, among all worlds of the process."""

    @property
    def sync(self) -> "SyncSimulation[Simulation]":
        """The simulation for code without ``await``; see ``orgsim.api.sync``."""
        return SyncSimulation(self)

    def client(
        self,
        account: str,
        principal: str | None = None,
        partition: Partition | None = None,
        *,
        retry: Retry | None = None,
    ) -> Client:
        """Make the client of an account. Any twelve digits are an account; it need not be created first.

        Args:
            account: twelve digits.
            principal: the user or role in it that the log records as the caller.
            partition: where it calls from; by default where the account is known to be, else that of the settings.
            retry: how to call again what AWS refuses for a reason that passes, such as throttling; the pauses are
                sleeps in the time of the world, as of processes. By default each refusal is raised at once.

        Raises:
            ValueError: not twelve digits.
            TypeError: retry is no ``Retry``.
        """
        require_encodable(principal or "")
        caller = Caller(require_account(account), principal, partition)
        if retry is None:
            return Client(self.engine, self.views, caller)
        return RetryingClient(self.engine, self.views, caller, require_retry(retry), self._pauses)

    @cached_property
    def _pauses(self) -> Random:
        """Draws the pauses of all clients that retry, so that no two draw the same ones."""
        return self.random("retries")

    async def fork(self, *, at: At | None = None, log: str | os.PathLike[str] | None = None) -> "Simulation":
        """Make a world in memory that shares this one's past and takes its own future; this one stays as it is.

        State and views are copied, the log is not replayed: ten thousand accounts take some fifteen milliseconds. So a
        world that is built once serves many tests as their template: ``async with await template.fork() as sim``.
        Its clock is a simulated one and stands at this world's time. The same calls at the same times get the same
        answers and write the same bytes in both. Sleepers, populations and signals stay behind, in the event loop.
        With a place the fork begins there, and its clock stands at the last event; with a log it is kept in a new file.
        For both, the records of this world's log are copied as they are.

        Args:
            at: a position in the log, or a moment up to which everything counts; by default the present.
            log: the path of a new log; by default the fork is in memory.

        Raises:
            ValueError: there is no such place.
            LogError: the file exists already or cannot be made, or the position is in the midst of a command.
            RuntimeError: this world has not been opened.
            EngineStopped: it has been closed, or its log could not be written.
        """
        if at is not None or log is not None:
            async with self.at(self.now if at is None else at).reading() as (records, position):
                return await forked(records, position, log)
        fork = Simulation()
        await fork.begin_as_fork(self)
        fork._numbers = copied(self._numbers)
        fork._pauses = copy(self._pauses)
        return fork

    @property
    def faults(self) -> Faults:
        """The scripted faults of this world: ``with sim.faults.throttle("ListAccounts", times=3): ...``."""
        engine = self.engine

        def post(request: Struct) -> Events:
            if self.in_own_loop:
                return engine.post(request, SIMULATION)
            return self.run(engine.perform(request))

        return Faults(engine, post)

    @property
    def calls(self) -> CallRecord:
        """The calls through all clients: ``sim.calls.of("ListRoots")``. See ``orgsim.api.client.record``.

        They are recorded from the first time on that this is asked for, or a client or block of boto3 or aiobotocore is
        made, so that load runs do not pay for it. If calls were made before, ``sim.calls`` does not answer until it was
        told to begin by ``sim.calls.clear()``. It is in memory, has the answers, and ends with the simulation;
        ``Settings.record`` has calls in the log, to stay.
        """
        if self.engine.call_listener is None:
            self._calls.missed = self.engine.called
            self.engine.call_listener, self.engine.watches_calls = self._calls.take, True
        return self._calls

    @property
    def latest_call(self) -> int:
        """When a client called it last, as far as that is known, on the scale of ``made``; 0 if none did."""
        if self._calls.latest:
            return self._calls.latest
        return self.made if self._engine is not None and self._engine.called else 0

    @property
    def now(self) -> datetime:
        """The time in the simulated world, in UTC."""
        return moment(self.engine.now)

    async def advance(
        self,
        duration: timedelta | str | None = None,
        *,
        days: float | None = None,
        hours: float | None = None,
        minutes: float | None = None,
        seconds: float | None = None,
    ) -> None:
        """Move a simulated or paced clock; everything due on the way happens, each at its moment.

        What is given is added up: ``advance(days=15)``, ``advance("1d12h")``, ``advance(timedelta(weeks=2))``.
        The units of a text are s, m, h, d and w.

        Raises:
            ValueError: a negative duration, a text that is none, or one that ends beyond 8995-05-02.
            TypeError: no duration, a number without a unit, or it is the wall clock.
        """
        length = total_duration(duration, days=days, hours=hours, minutes=minutes, seconds=seconds)
        await advance_by(self.engine, as_microseconds(length))

    async def advance_to(self, when: datetime | str) -> None:
        """Move a simulated or paced clock to a moment; everything due on the way happens.

        Raises:
            ValueError: the moment has passed, lies beyond 8995-05-02, or has no time zone.
            TypeError: it is the wall clock, or no moment.
        """
        await advance_to(self.engine, as_microseconds(when))

    async def run_until_idle(self) -> None:
        """Move the simulated clock until no timer is set and no process sleeps."""
        await run_until_idle(self.engine)

    async def sleep(
        self,
        duration: timedelta | str | None = None,
        *,
        days: float | None = None,
        hours: float | None = None,
        minutes: float | None = None,
        seconds: float | None = None,
    ) -> None:
        """Sleep in the time of the world: until somebody advances the clock so far, or it jumps or runs there.

        A sleep of no length lets a process go on behind all that are to wake at this moment already.

        Raises:
            ValueError: a text that is no duration, or it would end beyond 8995-05-02.
            TypeError: a number without a unit.
            RuntimeError: the task holds the time, or the simulation runs in another event loop.
        """
        engine = self.engine
        engine.require_here()
        if type(seconds) is int and duration is days is hours is minutes is None:
            length = seconds * SECOND  # the same, and quicker: processes may sleep millions of times
        else:
            length = microseconds(
                total_duration(duration, days=days, hours=hours, minutes=minutes, seconds=seconds or 0)
            )
        moment = engine.now + length
        if moment > LATEST:
            raise ValueError("time cannot run beyond 8995-05-02")
        await engine.clock.sleep_until(moment)

    def population(
        self,
        accounts: int | Iterable[str],
        process: Behaviour,
        *,
        first_account: str | None = None,
        over: timedelta | str | None = None,
        every: timedelta | str | None = None,
        name: str | None = None,
        retry: Retry | None = None,
    ) -> AbstractAsyncContextManager[Population]:
        """Start a process for each account; leaving the block lets time pass until all have returned.

        ::

            async def partner(me: Actor) -> None:
                await sim.sleep(days=me.random.uniform(0, 10))
                (invitation,) = (await me.list_handshakes_for_account()).handshakes
                await me.accept_handshake(handshake_id=invitation.id)

            async with sim.population(500, partner) as partners:
                for account in partners.accounts:
                    await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
                await sim.sleep(days=14)

        The body of the block is a process too: time stands still until it sleeps or ends. One process runs at a time;
        those that wake at the same moment run in the order of going to sleep. See ``orgsim.api.population``.

        Args:
            accounts: how many, which takes unused account numbers; or their ids.
            process: an async function of an ``Actor``, the client of an account.
            first_account: the lowest number to take, twelve digits; by default ``200000000000``.
            over: spread the starts evenly over this time: ``"14d"``, or a ``timedelta``.
            every: start one process after each such interval, likewise. By default all start at once.
            name: of the population, in messages and for random numbers; by default that of the function.
            retry: how the processes' clients call again what AWS refuses for a reason that passes; see ``client``.

        Raises:
            ValueError: an impossible number of accounts, not twelve digits, an account twice, or an impossible time.
            TypeError: over or every is a number, which has no unit, the process is no function, or retry no ``Retry``.
            Exception: on leaving, what a process has raised: it ends the block, and a note says whose process it was.
            Deadlock: on leaving: the processes wait for something that no timer and no sleeper will bring.
        """
        name, pace = name or process_name(process), read_pace(over, every)
        numbers = self._numbers.choose(accounts, self.engine.state, first_account)
        members = actors(self.engine, self.views, numbers, name, retry, self._pauses)
        return running_population(self.engine, name, members, process, delays(len(members), *pace))

    async def organization(
        self,
        accounts: int | Iterable[str] = 0,
        *,
        management_account: str = "111111111111",
        feature_set: str = "ALL",
        created: float = 0.0,
        units: Mapping[str, int] | None = None,
    ) -> StandingOrganization:
        """Have an organization with members be there, without a call for each of them.

        ::

            acme = await sim.organization(accounts=3_200, units={"Workloads/Prod": 200, "Sandbox": 40})
            await sim.advance(days=30)
            org = sim.client(acme.management_account)

        It is founded now and its members have joined now, in one event for each; no rate of AWS's holds for that. Let
        time pass where they are to be older: a created account may leave after four days.

        Args:
            accounts: how many members besides the management account, which takes unused account numbers; or their ids.
            management_account: twelve digits; in no organization.
            feature_set: ``ALL`` or ``CONSOLIDATED_BILLING``.
            created: the share of the members that the organization created; the others have joined by invitation.
            units: its OUs, paths of names from the root on, to the number of accounts directly in each; those above
                are made too. All other accounts are under the root.

        Raises:
            ValueError: impossible numbers or names, or more than the world's quotas allow.
            TypeError: accounts are neither a number nor a list.
            AlreadyInOrganizationException: the management account is in an organization.
        """
        engine, units, wanted = self.engine, units or {}, checked_members(accounts)
        engine.require_here()
        if not 0 <= created <= 1:
            raise ValueError(f"created is a share from 0 to 1, not {created!r}")
        founder, features = require_account(management_account), checked_features(feature_set)
        with engine.exclusive:
            require_possible(units, wanted, founder, engine.state)
            numbers = self._numbers.choose(wanted, engine.state, None)
            made = stand(engine, founder, numbers, units, feature_set=features, created=created)
            await engine.flush()
        return made

    def random(self, name: str) -> Random:
        """Make a generator of random numbers, determined by the world's seed and the name."""
        return Random(f"{self.engine.state.seed} {name}")

    def signal(self) -> Signal:
        """Make an event that processes can wait for: like ``anyio.Event``, but it wakes them in a fixed order."""
        clock = self.engine.clock
        # A signal orders its waiters by a simulated clock. Real time has no such order, so any such clock will do.
        return Signal(clock if isinstance(clock, SimulatedClock) else SimulatedClock())

    async def events(
        self, after: int = 0, limit: int | None = None, *, follow: bool = False
    ) -> AsyncGenerator[Envelope, None]:
        """The events in the log behind a position, up to the last that is durable when they have been read.

        With ``follow=True`` they do not end there: further ones come as they are made, until the simulation is closed.
        A process of a population does not wait for events: that would be a deadlock when all sleep.

        It costs what is taken: a few events of a long log are read as quickly as those of a short one. Whoever leaves
        the loop early on trio closes it: ``async with aclosing(sim.events()) as events``.

        Args:
            after: the position before the first; 0 for the beginning.
            limit: at most so many; all by default.
            follow: wait for further events.

        Raises:
            ValueError: a negative position or limit.
            EngineStopped: while following, the log could not be written.
            LogDamaged: a record is missing, or is not the one that was stored; with its position.
        """
        self.engine.require_here()
        if after < 0 or (limit is not None and limit < 0):
            raise ValueError(f"after and limit count events, from 0 on; not after={after}, limit={limit}")
        log = self.engine.log

        async def read(after: int, count: int) -> list[bytes]:
            with self.holding_time():
                return await log.read(after, count)

        engine = self.engine
        found = follow_envelopes(engine, after, limit, read) if follow else read_envelopes(log, after, limit, read)
        async with aclosing(found) as batches:
            async for envelopes in batches:
                for envelope in envelopes:
                    yield envelope

    async def describe_account(
        self,
        account: str,
        *,
        email: str | None = None,
        name: str | None = None,
        conditions: Iterable[str] = (),
    ) -> None:
        """Set facts about an account that AWS Organizations does not control: address, name, conditions.

        Args:
            account: twelve digits.
            email: its owner's address, by which it can be invited; an account has a derived one until then.
            name: its name.
            conditions: reasons for which AWS refuses its requests, such as ``PAYMENT_INSTRUMENT_MISSING``: values of
                ``orgsim.engine.events.Condition``. They replace those set before.

        Raises:
            Refused: the address belongs to another account, or a value is malformed.
        """
        members = {"account_id": account, "email": email, "name": name, "conditions": tuple(conditions)}
        await self.engine.perform(read_request(describe_account_outside.Request, members))

    async def fail_account_creation(self, request_id: str, reason: str) -> None:
        """Have an account creation that is in progress fail for a reason of AWS's list (docs/aws.md 4.1).

        With ``Settings(latency="instant")``, the default, no creation is ever in progress between two requests.

        Raises:
            Refused: no such creation is in progress, or AWS has no such reason.
        """
        members = {"request": request_id, "failure": reason}
        await self.engine.perform(read_request(finish_account_creation.Request, members))


async def forked(log: EventLog, position: int, into: str | os.PathLike[str] | None) -> Simulation:
    """Make a world, to be opened, of the records of a log up to a position: in memory, or in a new file.

    Raises:
        LogError: the file exists already or cannot be made, or the position is in the midst of a command.
        LogDamaged: a record cannot be read.
    """
    await require_between_commands(log, position)
    if into is None:
        return Simulation(await cut_into_memory(log, position))
    await cut_into_file(log, position, Path(into))
    return Simulation(into)
