"""The synchronous face of a simulation, ``sim.sync``: for plain functions, scripts, notebooks and worker threads.

A world in memory is called directly: nothing in it suspends, and threads take turns. A world with an SQLite log runs in
the event loop of a thread of its own, and each call waits for that loop.
"""

import os
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from ..engine.events.envelope import Envelope
from ..engine.runtime.clock import SimulatedClock
from ..engine.runtime.engine import Engine
from ..engine.runtime.inline import NeedsEventLoop
from ..engine.state.timers import NEVER
from ..engine.words import Partition
from .client import Client
from .client.synchronous import SyncClient
from .past import Past, SyncPast
from .places import At
from .standing import StandingOrganization

T = TypeVar("T")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class Awaited(Protocol[S_co]):
    """What is used of a ``Simulation``, whose methods are described there."""

    @property
    def engine(self) -> Engine: ...
    @property
    def now(self) -> datetime: ...
    @property
    def in_thread(self) -> bool: ...
    def run(self, coroutine: Coroutine[Any, Any, T]) -> T: ...
    def client(self, account: str, principal: str | None, partition: Partition | None) -> Client: ...
    def at(self, at: At) -> Past: ...
    def fork(self, *, at: At | None, log: str | os.PathLike[str] | None) -> Coroutine[Any, Any, S_co]: ...
    def advance(self, *arguments: Any, **keywords: Any) -> Coroutine[Any, Any, None]: ...
    def advance_to(self, when: datetime | str) -> Coroutine[Any, Any, None]: ...
    def run_until_idle(self) -> Coroutine[Any, Any, None]: ...
    def events(self, after: int, limit: int | None) -> AsyncIterator[Envelope]: ...
    def describe_account(self, *arguments: Any, **facts: Any) -> Coroutine[Any, Any, None]: ...
    def fail_account_creation(self, request_id: str, reason: str) -> Coroutine[Any, Any, None]: ...
    def organization(self, *arguments: Any, **facts: Any) -> Coroutine[Any, Any, StandingOrganization]: ...


class SyncSimulation(Generic[S]):
    """What ``Simulation`` does, without ``await``: ``sim.sync.advance(days=15)``.

    Raises:
        NeedsEventLoop: a call would have to wait for tasks: those that sleep in the world while time is moved, or
            processes of a population. Await it in their event loop then.
    """

    def __init__(self, sim: Awaited[S]) -> None:
        self._sim = sim

    def client(self, account: str, principal: str | None = None, partition: Partition | None = None) -> SyncClient:
        """Make the client of an account; see ``Simulation.client``.

        It has no ``retry``: the pauses would wait for the world's time, which goes on only when ``advance`` moves it.
        Catch the refusal, advance, and call again.
        """
        return SyncClient(self._sim.client(account, principal, partition), self._sim.run)

    @property
    def now(self) -> datetime:
        """The time in the simulated world, in UTC."""
        return self._sim.now

    def advance(
        self,
        duration: timedelta | str | None = None,
        *,
        days: float | None = None,
        hours: float | None = None,
        minutes: float | None = None,
        seconds: float | None = None,
    ) -> None:
        """Move the simulated clock; everything due on the way happens, each at its moment. See ``Simulation``."""
        self._require_no_sleepers()
        self._sim.run(self._sim.advance(duration, days=days, hours=hours, minutes=minutes, seconds=seconds))

    def advance_to(self, when: datetime | str) -> None:
        """Move the simulated clock to a moment; everything due on the way happens. See ``Simulation``."""
        self._require_no_sleepers()
        self._sim.run(self._sim.advance_to(when))

    def run_until_idle(self) -> None:
        """Move the simulated clock until no timer is set."""
        self._require_no_sleepers()
        self._sim.run(self._sim.run_until_idle())

    def _require_no_sleepers(self) -> None:
        """Check that moving the clock wakes nobody: half-way there would be no way to wait for who was woken."""
        clock = self._sim.engine.clock
        if self._sim.in_thread or not isinstance(clock, SimulatedClock):
            return
        if clock.next_sleeper != NEVER or clock.processes.busy:
            raise NeedsEventLoop(
                "tasks of an event loop sleep or run in this world and must be waited for: await sim.advance(…) there"
            )

    def at(self, at: At) -> SyncPast:
        """Return the world as it was at a position or a moment; see ``Simulation.at``."""

        async def found() -> Past:
            return self._sim.at(at)

        return SyncPast(self._sim.run(found()), self._sim.run)

    def fork(self, *, at: At | None = None, log: str | os.PathLike[str] | None = None) -> S:
        """Make a world in memory that shares this one's past: ``with sim.sync.fork() as fork``; see ``Simulation``."""
        return self._sim.run(self._sim.fork(at=at, log=log))

    def events(self, after: int = 0, limit: int | None = None) -> list[Envelope]:
        """Return the events in the log behind a position, at most ``limit`` of them; see ``Simulation.events``."""

        async def collect() -> list[Envelope]:
            return [envelope async for envelope in self._sim.events(after, limit)]

        return self._sim.run(collect())

    def describe_account(
        self, account: str, *, email: str | None = None, name: str | None = None, conditions: Iterable[str] = ()
    ) -> None:
        """Set facts about an account that AWS Organizations does not control; see ``Simulation.describe_account``."""
        self._sim.run(self._sim.describe_account(account, email=email, name=name, conditions=conditions))

    def organization(
        self,
        accounts: int | Iterable[str] = 0,
        *,
        management_account: str = "111111111111",
        feature_set: str = "ALL",
        created: float = 0.0,
        units: Mapping[str, int] | None = None,
    ) -> StandingOrganization:
        """Have an organization with members be there; see ``Simulation.organization``."""
        asked = {"management_account": management_account, "feature_set": feature_set, "created": created}
        return self._sim.run(self._sim.organization(accounts, units=units, **asked))

    def fail_account_creation(self, request_id: str, reason: str) -> None:
        """Have an account creation that is in progress fail; see ``Simulation.fail_account_creation``."""
        self._sim.run(self._sim.fail_account_creation(request_id, reason))
