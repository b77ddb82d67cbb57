"""The engine: takes commands, decides, applies the events to the state, and alone writes them to the log.

``post`` decides and evolves at once, in the order of the calls, and gathers the events; ``flush`` appends what has
gathered. An answer leaves, and a view sees an event, only after it is durable. If an append fails, the engine stops for
good: everything waiting gets the error, nothing further is accepted, and reopening rebuilds the state from the log.

``Engine`` is for a log in memory. Its appends never suspend, so nothing does: no event loop, task or thread is needed,
and threads take turns by a lock. ``group_commit.GroupCommitEngine`` is for any other log.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, suppress
from threading import RLock
from typing import Any

from msgspec import Struct

from ..errors import Refused
from ..errors.connection import ConnectionDropped
from ..events.envelope import Envelope, encode_envelope
from ..evolve import EVOLVE, apply
from ..ids import IdSource
from ..log import EventLog, verified_envelopes
from ..log.sharing import Sharing
from ..log.snapshots import Snapshots
from ..operation import SIMULATION, Caller, Events, Stamp
from ..operations import OPERATIONS, advance_time, create_world, due_request, take_record
from ..settings import Settings
from ..state import State
from ..state.timers import NEVER
from ..throttling import Throttle, throttle_of
from ..write_conflicts import WriteConflicts, write_conflicts_of
from .clock import Clock
from .deciding import DECIDE, RECORD_CALL, TAKE_RECORD
from .forked import live
from .not_copied import NotCopied
from .waiting import FairLock, Wakeup

BUFFER_LIMIT = 50_000
"""Default for the number of events that may wait to be written."""

CLOSED = "the simulation has been closed"
ADVANCE = advance_time.Request()

Listener = Callable[[Sequence[Envelope]], None]
"""Called with the events of a batch once they are durable."""

CallListener = Callable[[int, Caller, str, Mapping[str, Any], Struct | Refused | ConnectionDropped], None]
"""Called when a call of a client is answered: with the time, the caller, the operation, its members, the answer."""


class EngineStopped(Exception):
    """The engine accepts nothing any more: it was closed, or its log could not be written."""


class BufferFull(Exception):
    """Too many events wait to be written; call ``await engine.room()`` between posts."""


class Engine(NotCopied):
    """A running simulation whose log is in memory; made by ``begin_inline``.

    Args:
        log: where the events are written; its ``append`` must not suspend.
        clock: what time it is.
        listeners: called with each batch once it is durable.
        buffer_limit: how many events may wait to be written; ``post`` refuses more, ``room`` waits from half of it on.
    """

    def __init__(
        self, log: EventLog, clock: Clock, listeners: Sequence[Listener] = (), buffer_limit: int = BUFFER_LIMIT
    ) -> None:
        self.log = log
        self.clock = clock
        self.state = State()
        self.ids = IdSource(0)
        self.throttle: Throttle | None = None
        self.conflicts: WriteConflicts | None = None
        self.durable = 0
        """The position up to which all events are in the log; the listeners have had them or are having them now."""
        self.listeners = listeners
        self.call_listener: CallListener | None = None
        """Told of the calls through clients, if somebody asks for them; see ``api.client.record``."""
        self.watches_calls = False
        """Whether calls through clients are told to ``call_listener``, or recorded in the log (``Settings.record``)."""
        self.called = False
        """Whether a client has made a call, listened to or not."""
        self._latest_change = 0
        """The position of the last event of this run that is no recorded call."""
        self._followers: set[Wakeup] = set()
        """Set when further events are durable, or the engine stops."""
        self._buffer_limit = buffer_limit
        self._gathered: list[Envelope] = []
        """The events that are to be written next."""
        self.timer_changed = Wakeup()
        """Set when an earlier timer may have been set; the driver replaces it."""
        self._stopped: str | None = None
        """Why the engine has stopped."""
        self._cause: BaseException | None = None
        self._closing = False
        self._stop_reported = False
        """Whether any caller has got an EngineStopped."""
        self.clock_lock = FairLock()
        """Held by the task that moves a simulated clock; see ``driver``."""
        self.driving = FairLock()
        """Held by the task that lets time pass by itself; see ``driver.move_time``."""
        self.exclusive: AbstractContextManager[object] = RLock()
        """Held during each call, so that threads take turns; never while anything is awaited that may suspend."""
        live.add(self)

    @property
    def now(self) -> int:
        """The simulation's time, in microseconds since the epoch; never before the last event."""
        now, latest = self.clock.now(), self.state.now
        return now if now > latest else latest

    def admit(self, operation: str, caller: Caller) -> None:
        """Take the rate-limit tokens for a call, and look for a write of its kind that is under way.

        That comes before anything else about a call is checked. Neither is done unless the settings say so.

        Raises:
            TooManyRequestsException: there are not enough tokens.
            ConcurrentModificationException: a write of the same kind is under way in the organization.
            EngineStopped: nothing is accepted any more.
        """
        if (self.throttle is None and self.conflicts is None) or caller.account is None:
            return
        self.require_running()
        if self.throttle is not None:
            organization = self.state.organization_of(caller.account)
            self.throttle.take(operation, caller.account, organization.id if organization else None, self.now)
        if self.conflicts is not None:
            self.conflicts.check(operation, caller.account, self.now, self.state)

    inline = True
    """Whether no call ever suspends."""

    @property
    def consistent(self) -> bool:
        """Whether the log has every event that the state has, and no listener has failed."""
        return self._cause is None and self.durable == self.state.position

    def post(self, request: Struct, caller: Caller) -> Events:
        """Decide a request and apply its events to the state at once; they become durable a little later.

        Args:
            request: the ``Request`` of an operation.
            caller: whose request it is.

        Returns:
            The new events.

        Raises:
            Refused: as the operation documents; nothing was appended.
            BufferFull: too many events wait to be written; call ``await engine.room()`` between posts.
            EngineStopped: nothing is accepted any more.
        """
        if self._stopped or self._closing:
            raise self._refusal() from self._cause
        if len(self._gathered) >= self._buffer_limit:
            raise BufferFull(f"{self._buffer_limit:,} events wait to be written; await engine.room() between posts")
        now = self.now
        if self.state.timers.next_due <= now:
            self.fire_due()
            now = self.now
        return self._execute(request, caller, now)

    async def submit(self, request: Struct, caller: Caller) -> Struct:
        """Post a request of one of AWS's operations, wait until its events are durable, and return AWS's answer.

        Raises:
            Refused: as the operation documents.
            EngineStopped: nothing is accepted any more, or the log could not be written.
        """
        answer, _ = await self.submit_at(request, caller)
        return answer

    async def submit_at(self, request: Struct, caller: Caller) -> tuple[Struct, int]:
        """Do what ``submit`` does; returns the answer and the position of the first new event, 0 if there is none."""
        self.require_here()
        with self.exclusive:
            if self.crowded:
                await self.room()
            try:
                events = self.post(request, caller)
            except Refused:
                # A refusal is an answer too: it must not tell of events that are not durable yet.
                if self.durable < self.state.position:
                    await self.flush()
                raise
            first = self.state.position - len(events) + 1 if events else 0
            # Before waiting: the answer describes the state right after this command, not after those that follow it.
            try:
                answer: Struct | Refused = OPERATIONS[DECIDE[type(request)][0]].reply(request, events, self.state)
            except Refused as refusal:
                answer = refusal
            if events:
                await self.flush()
        if isinstance(answer, Refused):
            raise answer
        return answer, first

    async def perform(self, request: Struct) -> Events:
        """Post an internal operation as the simulation itself, and wait until its events are durable."""
        self.require_here()
        with self.exclusive:
            if self.crowded:
                await self.room()
            events = self.post(request, SIMULATION)
            await self.flush()
            return events

    @property
    def unwritten(self) -> bool:
        """Whether events that were posted are not in the log yet."""
        return bool(self._gathered)

    @property
    def crowded(self) -> bool:
        """Whether half the buffer or more waits to be written, so that ``room`` has something to do."""
        return len(self._gathered) >= self._buffer_limit // 2

    async def room(self) -> None:
        """Make room in the buffer if it is crowded; for callers that post in bulk."""
        if self.crowded:
            await self.flush()

    async def flush(self) -> None:
        """Wait until everything posted so far is durable and the views have it.

        Raises:
            EngineStopped: the log could not be written.
        """
        await self.write_soon()
        if self._stopped:
            raise self._refusal() from self._cause

    async def write_soon(self) -> None:
        """Have everything posted so far written, for a caller that gets no error if that fails."""
        if self._gathered and not self._stopped:
            envelopes, self._gathered = self._gathered, []
            await self._append(envelopes)

    async def _append(self, envelopes: list[Envelope]) -> None:
        """Append events to the log, then tell the listeners; if that fails, the engine stops."""
        try:
            await self.log.append(self.durable, map(encode_envelope, envelopes))
            self.durable = envelopes[-1].position
            for listener in self.listeners:
                listener(envelopes)
        except BaseException as error:
            end = max(self.durable, self.log.stored_head)
            self._stop(f"stopped at position {end}, nothing after it is in the log: {error}", error)
            if not isinstance(error, Exception):
                raise
        self._wake_followers()
        if self.state.timers.next_due != NEVER:
            self.timer_changed.set()

    async def further(self, position: int) -> bool:
        """Wait until there are durable events behind a position.

        Returns:
            Whether there are; otherwise the engine was closed.

        Raises:
            EngineStopped: the log could not be written.
        """
        while self.durable <= position and not self._stopped:
            wakeup = Wakeup()
            self._followers.add(wakeup)
            try:
                # Once more, because another thread may have appended before it could see us.
                if self.durable <= position and not self._stopped:
                    await wakeup.wait()
            finally:
                self._followers.discard(wakeup)
        if self.durable <= position and self._cause:
            raise self._refusal() from self._cause
        return self.durable > position

    def _wake_followers(self) -> None:
        if self._followers:
            for follower in tuple(self._followers):
                follower.set()

    @property
    def running(self) -> bool:
        """Whether it has not been closed, and its log could be written."""
        return self._stopped is None

    async def settle(self) -> None:
        """Bring the views up to date before a read: fire the timers that are due, then flush."""
        self.require_running()
        if self.state.timers.next_due <= self.now:
            self.fire_due()
        # What the views do not show, a question need not wait for.
        if self.durable < self._latest_change:
            await self.flush()

    def fire_due(self) -> None:
        """Fire all timers that are due by now, earliest first, each at its own moment."""
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
        """Fire all timers that are due by now, waiting for room in the buffer if there are many."""
        self.require_running()
        timers, now = self.state.timers, self.now
        half = self._buffer_limit // 2
        while timers.next_due <= now:
            self._fire_next()
            if len(self._gathered) >= half:
                await self.room()

    def _execute(self, request: Struct, caller: Caller, now: int, known: Events | None = None) -> Events:
        """Decide a request, unless its events are known; apply them to the state, and gather them to be written."""
        state = self.state
        name, decide = DECIDE[type(request)]
        first = state.position + 1
        number = first - state.recorded_calls
        events = known if known is not None else decide(request, state, Stamp(now, caller, number, self.ids))
        if not events:
            return events
        if self.conflicts is not None:
            self.conflicts.begin(name, caller.account, number, now, state)
        if name == TAKE_RECORD:
            assert isinstance(request, take_record.Request)
            name = request.event_name  # The log names the call that the record is about.
        envelopes = self._gathered
        if not envelopes:
            self._begin_to_gather()
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
            # Not a refusal, which ``decide`` raises, but a bug or an interrupt: the state has half of the command.
            del envelopes[before:]
            self._stop(f"stopped in the middle of {name}, of which nothing is in the log: {error!r}", error)
            raise
        if name != RECORD_CALL:
            self._latest_change, state.changed_at = state.position, now
        return events

    def pass_time(self, now: int) -> None:
        """Post ``AdvanceTime`` at a moment behind the last event, before each of many wake-ups: its decision is known.

        Raises:
            EngineStopped: nothing is accepted any more.
        """
        if self._stopped or self._closing:
            raise self._refusal() from self._cause
        self._execute(ADVANCE, SIMULATION, now, advance_time.TIME_HAS_PASSED)

    def _begin_to_gather(self) -> None:
        """Called before the first event of a batch; nobody has to be told here."""

    def require_running(self) -> None:
        """Check that calls are accepted.

        Raises:
            EngineStopped: nothing is accepted any more.
            RuntimeError: the caller runs in another event loop or thread than the engine has to be used in.
        """
        self.require_here()
        if self._stopped or self._closing:
            raise self._refusal() from self._cause

    def require_here(self) -> None:
        """Check that the engine may be used here; this one may be used anywhere."""

    def _refusal(self) -> EngineStopped:
        self._stop_reported = True
        return EngineStopped(self._stopped or CLOSED)

    def _stop(self, why: str, cause: BaseException | None = None) -> None:
        self._stopped, self._cause = why, cause
        self._wake_followers()

    def abandon(self, why: str) -> None:
        """Accept nothing more, in a forked process: whoever follows belongs to the parent."""
        self._followers.clear()
        self._stop(why)

    async def rebuild(self, snapshots: Snapshots | None = None) -> None:
        """Rebuild the state, and feed the listeners, from the log: all of it, or what follows a usable snapshot.

        Raises:
            LogDamaged: a record does not match its digest, or is not the event of its position.
        """
        found = await snapshots.load(self.log) if snapshots else None
        self.state, begin = found or (self.state, None)
        state, sharing = self.state, Sharing()
        async with aclosing(verified_envelopes(self.log, begin)) as batches:
            async for envelopes in batches:
                sharing.share(envelopes)
                for envelope in envelopes:
                    if state.settings.write_conflict_seconds:
                        self._remember_write(envelope)
                    apply(state, envelope)
                for listener in self.listeners:
                    listener(envelopes)
        self._begin_world(state.seed, state.settings)
        self.durable = state.position

    async def create(self, seed: int, settings: Settings) -> None:
        """Begin a new world: append its first event."""
        self._begin_world(seed, settings)
        await self.perform(create_world.Request(seed, settings))

    def _begin_world(self, seed: int, settings: Settings) -> None:
        self.ids = IdSource(seed)
        self.throttle = throttle_of(settings)
        self.watches_calls |= settings.record != "changes"
        self.conflicts = self.conflicts or write_conflicts_of(settings, self.ids)

    def _remember_write(self, envelope: Envelope) -> None:
        self.conflicts = self.conflicts or write_conflicts_of(self.state.settings, IdSource(self.state.seed))
        if self.conflicts is not None:
            self.conflicts.remember(envelope, self.state)

    async def close(self) -> None:
        """Write what was posted, and accept nothing more.

        Raises:
            EngineStopped: posted events could not be written, and no caller has been told so yet.
        """
        with self.exclusive:
            self._closing = True
            reported = self._stop_reported
            with suppress(EngineStopped):
                await self.flush()
            if self._cause and not reported:
                raise self._refusal() from self._cause
            self._stop(self._stopped or CLOSED, self._cause)
