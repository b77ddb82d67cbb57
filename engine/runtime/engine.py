"""The one writer of a world: decide, evolve, commit, publish.

``post`` decides and evolves at once, in the order of the calls, and puts the events into a batch; the writer task
appends whatever has gathered in one transaction (group commit) while decisions for the next batch go on. An answer
leaves, and a view sees an event, only after it is durable. If an append fails, the engine stops for good: everything
waiting gets the error, nothing further is accepted, and reopening rebuilds the world from the log.
"""

from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any

import anyio
import anyio.lowlevel
from msgspec import Struct

from ..errors import Refused
from ..events.envelope import Envelope, encode_envelope
from ..evolve import EVOLVE, apply
from ..ids import IdSource
from ..log import EventLog, verified_envelopes
from ..log.sharing import Sharing
from ..log.snapshots import Snapshots
from ..operation import SIMULATION, Caller, Events, Stamp
from ..operations import INTERNAL_OPERATIONS, OPERATIONS, create_world, due_request
from ..settings import Settings
from ..state import State
from ..state.timers import NEVER
from ..throttling import Throttle, throttle_of
from .clock import Clock
from .own_loop import OwnLoop

BUFFER_LIMIT = 50_000
"""Events that may wait to be written; ``post`` refuses beyond, ``room`` waits from half of it on."""
CLOSED = "the simulation has been closed"

Listener = Callable[[Sequence[Envelope]], None]


class EngineStopped(Exception):
    """The engine accepts nothing any more: it was closed, or its log could not be written."""


class BufferFull(Exception):
    """Too much was posted without ``await engine.room()`` in between."""


class _Batch:
    """Events that go into one transaction, and whoever waits for it."""

    __slots__ = ("committed", "envelopes")

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.committed = anyio.Event()


_DECIDE: dict[type[Struct], tuple[str, Callable[[Any, State, Stamp], Events]]] = {
    operation.Request: (name, operation.decide) for name, operation in (OPERATIONS | INTERNAL_OPERATIONS).items()
}


class Engine:
    """A running world, made by ``running_engine``. ``listeners`` are called with each batch once it is durable."""

    def __init__(self, log: EventLog, clock: Clock, listeners: Sequence[Listener]) -> None:
        self.log = log
        self.clock = clock
        self.state = State()
        self.ids = IdSource(0)
        self.throttle: Throttle | None = None
        self.durable = 0
        """The position up to which everything is in the log, and seen by the views."""
        self._listeners = listeners
        self._batch = _Batch()
        self._writing: _Batch | None = None
        self._wake = anyio.Event()
        self.timer_changed = anyio.Event()
        self._stopped: str | None = None
        self._cause: BaseException | None = None
        self._closing = False
        self._told = False  # whether anybody has been told that it stopped
        self.advancing = anyio.Lock()
        """Held by whoever moves a simulated clock; see ``driver``."""
        self.own_loop = OwnLoop()

    @property
    def now(self) -> int:
        """The time of the world, in microseconds since the epoch; never before the last event."""
        now, latest = self.clock.now(), self.state.now
        return now if now > latest else latest

    def admit(self, operation: str, caller: Caller) -> None:
        """At the door, before anything is looked at: where calls are throttled, take the tokens for this one.

        Raises:
            TooManyRequestsException: there are none.
            EngineStopped: nothing is accepted any more.
        """
        if self.throttle is not None and caller.account is not None:
            self.require_running()
            organization = self.state.organization_of(caller.account)
            self.throttle.take(operation, caller.account, organization.id if organization else None, self.now)

    @property
    def sound(self) -> bool:
        """Whether all that was decided is in the log, and was taken in by the listeners."""
        return self._cause is None and self.durable == self.state.position

    def post(self, request: Struct, caller: Caller) -> Events:
        """Decide and evolve at once; the events become durable a little later.

        Args:
            request: the ``Request`` of an operation.
            caller: who asks.

        Returns:
            The events that became true.

        Raises:
            Refused: as the operation documents; nothing was appended.
            BufferFull: too much waits to be written; ``await engine.room()`` now and then.
            EngineStopped: nothing is accepted any more.
        """
        if self._stopped or self._closing:
            raise self._refusal() from self._cause
        if len(self._batch.envelopes) >= BUFFER_LIMIT:
            raise BufferFull(f"{BUFFER_LIMIT:,} events wait to be written; await engine.room() between posts")
        now = self.now
        if self.state.timers.next_due <= now:
            self.fire_due()
            now = self.now
        return self._execute(request, caller, now)

    async def submit(self, request: Struct, caller: Caller) -> Struct:
        """Post a request of one of AWS's operations, wait until it is durable, and give AWS's answer.

        Raises:
            Refused: as the operation documents.
            EngineStopped: nothing is accepted any more, or the log could not be written.
        """
        answer, _ = await self.submit_at(request, caller)
        return answer

    async def submit_at(self, request: Struct, caller: Caller) -> tuple[Struct, int]:
        """As ``submit``, with the position of the command's first event beside the answer; 0 if there was none."""
        self.own_loop.require()
        if self.crowded:
            await self.room()
        try:
            events = self.post(request, caller)
        except Refused:
            # Not before the facts that speak against it are durable.
            if self.durable < self.state.position:
                await self.flush()
            raise
        batch = self._batch
        first = self.state.position - len(events) + 1 if events else 0
        # The answer is about the state right after this command, not after those that gather behind it.
        try:
            answer: Struct | Refused = OPERATIONS[_DECIDE[type(request)][0]].reply(request, events, self.state)
        except Refused as refusal:
            answer = refusal
        if events:
            await self._durable(batch)
        if isinstance(answer, Refused):
            raise answer
        return answer, first

    async def perform(self, request: Struct) -> Events:
        """Post an internal operation in the name of the simulation and wait until it is durable."""
        self.own_loop.require()
        if self.crowded:
            await self.room()
        events = self.post(request, SIMULATION)
        await self.flush()
        return events

    @property
    def unwritten(self) -> bool:
        """Whether anything that was posted is not in the log yet."""
        return bool(self._batch.envelopes or self._writing)

    @property
    def crowded(self) -> bool:
        """Whether half the buffer or more is waiting to be written: time for ``room``."""
        return len(self._batch.envelopes) >= BUFFER_LIMIT // 2

    async def room(self) -> None:
        """Give the writer a turn, and wait while the buffer is crowded: for whoever posts in bulk."""
        await anyio.lowlevel.checkpoint()
        while self.crowded and not self._stopped:
            await (self._writing or self._batch).committed.wait()

    async def flush(self) -> None:
        """Wait until everything posted so far is durable and seen by the views.

        Raises:
            EngineStopped: the log could not be written.
        """
        if self._batch.envelopes:
            await self._durable(self._batch)
        elif self._writing:
            await self._durable(self._writing)
        elif self._stopped:
            raise self._refusal() from self._cause

    async def settle(self) -> None:
        """Before a question is answered: what is due now happens, and all that has happened is seen by the views."""
        self.require_running()
        if self.state.timers.next_due <= self.now:
            self.fire_due()
        if self.durable < self.state.position:
            await self.flush()

    def fire_due(self) -> None:
        """Let everything happen that is due by now, earliest first, each at its own moment."""
        self.require_running()
        timers, now = self.state.timers, self.now
        while timers.next_due <= now:
            self._fire_next()

    def _fire_next(self) -> None:
        state = self.state
        due, position = state.timers.next_due, state.position
        self._execute(due_request(state.timers), SIMULATION, max(due, state.now))
        assert state.position > position, "a timer that fires changes something"

    async def fire_due_with_room(self) -> None:
        """As ``fire_due``, for much that is due at once."""
        self.require_running()
        timers, now = self.state.timers, self.now
        while timers.next_due <= now:
            self._fire_next()
            if self.crowded:
                await self.room()

    def _execute(self, request: Struct, caller: Caller, now: int) -> Events:
        state = self.state
        name, decide = _DECIDE[type(request)]
        first = state.position + 1
        events = decide(request, state, Stamp(now, caller, first, self.ids))
        if not events:
            return events
        envelopes = self._batch.envelopes
        if not envelopes:
            self._wake.set()
        account, principal = caller.account, caller.principal
        before = len(envelopes)
        try:
            state.now = now
            for position, event in enumerate(events, first):
                state.position = position
                envelope = Envelope(position, now, event, name, account, principal, first)
                EVOLVE[type(event)](state, event)
                envelopes.append(envelope)
        except BaseException as error:
            # Not a refusal but a mistake of ours, or an interrupt: the state is half a command ahead.
            del envelopes[before:]
            self._stop(f"stopped in the middle of {name}, of which nothing is in the log: {error!r}", error)
            raise
        return events

    async def _durable(self, batch: _Batch) -> None:
        await batch.committed.wait()
        if self._stopped and self.durable < batch.envelopes[-1].position:
            raise self._refusal() from self._cause

    async def write(self) -> None:
        """The writer task: ends when the engine is closed or the log cannot be written, and by nothing else."""
        # One shield for all batches: to make one is a good part of what a lone command costs.
        with anyio.CancelScope(shield=True):
            await self._write_on()

    async def _write_on(self) -> None:
        while not self._stopped:
            if not self._batch.envelopes:
                self._wake = anyio.Event()
                await self._wake.wait()
                continue
            batch, self._batch = self._batch, _Batch()
            self._writing = batch
            try:
                await self.log.append(self.durable, map(encode_envelope, batch.envelopes))
                self.durable = batch.envelopes[-1].position
                for listener in self._listeners:
                    listener(batch.envelopes)
            except BaseException as error:
                self._stop(f"stopped at position {self.durable}, nothing after it is in the log: {error}", error)
                if not isinstance(error, Exception):
                    raise
            finally:
                self._writing = None
                batch.committed.set()
                del batch
            if self.state.timers.next_due != NEVER:
                self.timer_changed.set()

    def require_running(self) -> None:
        """Raise EngineStopped if nothing is accepted any more, RuntimeError in another event loop or thread."""
        self.own_loop.require()
        if self._stopped or self._closing:
            raise self._refusal() from self._cause

    def _refusal(self) -> EngineStopped:
        self._told = True
        return EngineStopped(self._stopped or CLOSED)

    def _stop(self, why: str, cause: BaseException | None = None) -> None:
        self._stopped, self._cause = why, cause
        self._wake.set()
        self._batch.committed.set()

    async def rebuild(self, snapshots: Snapshots | None = None) -> None:
        """Bring the state, and the listeners, up to date with the log, from a snapshot on if there is one.

        Raises:
            LogDamaged: a record does not match its digest, or is not the event that belongs there.
        """
        found = await snapshots.load(self.log) if snapshots else None
        self.state, begin = found or (self.state, None)
        state, sharing = self.state, Sharing()
        async with aclosing(verified_envelopes(self.log, begin)) as batches:
            async for envelopes in batches:
                sharing.share(envelopes)
                for envelope in envelopes:
                    apply(state, envelope)
                for listener in self._listeners:
                    listener(envelopes)
        self.ids = IdSource(state.seed)
        self.throttle = throttle_of(state.settings)
        self.durable = state.position

    async def create(self, seed: int, settings: Settings) -> None:
        """Record the first fact of a new world."""
        self.ids = IdSource(seed)
        self.throttle = throttle_of(settings)
        await self.perform(create_world.Request(seed, settings))

    async def close(self) -> None:
        """Write what was posted, and accept nothing more.

        Raises:
            EngineStopped: something that was posted could not be written, and nobody has been told so far.
        """
        self._closing = True
        told = self._told
        with suppress(EngineStopped):
            await self.flush()
        if self._cause and not told:
            raise self._refusal() from self._cause
        self._stop(self._stopped or CLOSED, self._cause)
