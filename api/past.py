"""Worlds as they were: ``sim.at("2026-03-03T00:00:00Z")`` answers every reading operation as of that moment.

A place is a position in the log, or a moment: then everything counts that happened up to it, inclusive. What the world
adds to answers on purpose does not apply to the past: reads do not lag, nothing is throttled, scripted faults hit
nobody, and what is in progress with stepwise latency is not ended by being seen.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from msgspec import Struct

from ..engine.log import EventLog, LogError
from ..engine.log.place import Span, position_at, span_of
from ..engine.log.sqlite import SqliteLog
from ..engine.operation import Caller, read_request, require_encodable
from ..engine.words import Partition
from ..projections.as_of import PastViews
from ..projections.reads.answering import answer
from ..projections.views import Views
from .client import Client
from .client.calls import Members, reading_operation
from .client.synchronous import Run, SyncClient
from .places import At, Place, read_place
from .population import require_account

MOST_MOMENTS = 1_000
"""Of how many moments the positions are kept: a client asks about one again and again, by its endpoint's URL."""


class ReadOnly(Exception):
    """A writing operation was called in a world as it was, which cannot be changed.

    Args:
        operation: AWS's name.
        place: the place, in words.
    """

    def __init__(self, operation: str, place: str) -> None:
        self.operation, self.place = operation, place
        super().__init__(
            f"{operation} would change the world, which is shown as it was at {place}, and so is read-only; "
            "sim.fork(at=…) makes a world that begins there and can be changed"
        )


class Past:
    """A world as it was at a place: read-only; made by ``Simulation.at`` and ``Recorded.at``."""

    def __init__(self, recorded: "Recorded", place: Place, last: int) -> None:
        self.place = place
        """Where it is, as it was asked for; as a text for people with ``str``."""
        self._recorded = recorded
        self._last = last
        self._position = None if place.is_moment else place.value

    def client(self, account: str, principal: str | None = None, partition: Partition | None = None) -> Client:
        """Make the client of an account, which answers all reading operations as they were answered then.

        Args:
            account: twelve digits.
            principal: the user or role in it that asks.
            partition: where it calls from.

        Raises:
            ValueError: not twelve digits.
        """
        require_encodable(principal or "")
        return PastClient(self, Caller(require_account(account), principal, partition))

    async def position(self) -> int:
        """Return the position of the last event that counts."""
        async with self._recorded.entered():
            return await self._found_position()

    async def time(self) -> int:
        """Return the time there, in microseconds since the epoch: the moment, or that of the event at the position."""
        return self.place.value if self.place.is_moment else (await self.views()).now

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[tuple[EventLog, int], None]:
        """Give the log while it can be read, and the position of the last event that counts."""
        async with self._recorded.entered():
            yield self._recorded.log, await self._found_position()

    async def _found_position(self) -> int:
        if self._position is None:
            self._position = await self._recorded.position_at(self.place.value, self._last)
        return self._position

    async def views(self) -> Views:
        """Return the views as they were, which answer questions and must not be changed.

        Raises:
            LogDamaged: the log cannot be read.
            EngineStopped: the simulation was closed.
        """
        async with self._recorded.entered():
            return await self._recorded.views.at(await self._found_position())

    async def answer(self, operation: str, members: Members, caller: Caller) -> Struct:
        """Answer a reading operation; see ``PastClient``."""
        read = reading_operation(operation)
        if read is None:
            raise ReadOnly(operation, str(self.place))
        question = read_request(read.request, members)
        async with self._recorded.entered():
            views = await self._recorded.views.at(await self._found_position())
            return answer(operation, question, views, caller, views.now)


class PastClient(Client):
    """The client of an account in a world as it was.

    It has every method of ``Client``. Reading operations are answered as of its place, others raise ``ReadOnly``.
    """

    def __init__(self, past: Past, caller: Caller) -> None:
        self._past = past
        self._caller = caller

    async def call_at(
        self, operation: str, members: Members, *, admitted: bool = False, watched: bool = False
    ) -> tuple[Struct, int]:
        """Answer a reading operation; the position is always 0, because nothing is appended.

        Raises:
            Refused: the operation refuses the request, as it would have then.
            ReadOnly: the operation writes.
            LookupError: orgsim does not answer this operation.
        """
        return await self._past.answer(operation, members, self._caller), 0


class SyncPast:
    """A world as it was, for code without ``await``; made by ``sim.sync.at``."""

    def __init__(self, past: Past, run: Run) -> None:
        self.place = past.place
        """Where it is, as it was asked for."""
        self._past = past
        self._run = run

    def client(self, account: str, principal: str | None = None, partition: Partition | None = None) -> SyncClient:
        """Make the client of an account; see ``Past.client``."""
        return SyncClient(self._past.client(account, principal, partition), self._run)

    def position(self) -> int:
        """Return the position of the last event that counts."""
        return self._run(self._past.position())


class Recorded:
    """A log, and the world as it was at any place of it.

    Args:
        log: is only read.
        span: tells what the log covers now.
        entered: surrounds whatever reads the log.
    """

    def __init__(
        self,
        log: EventLog,
        span: Callable[[], Span],
        entered: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
    ) -> None:
        self.log = log
        self.views = PastViews(log)
        self.entered = entered
        self._span = span
        self._positions: dict[int, int] = {}
        """Moments that were asked about and are over, with their positions."""

    def at(self, at: At) -> Past:
        """Return the world as it was at a place.

        Raises:
            ValueError: there is no such place in the log; the message says what it covers.
            TypeError: it is no place.
        """
        span = self._span()
        return Past(self, read_place(at).within(span), span.last)

    def at_or_end(self, at: At | None) -> Past:
        """Return the world as it was at a place that a user has named, or at the end of the log.

        Raises:
            LogError: there is no such place; the message names the log, and says what it covers.
        """
        try:
            return self.at(self.log.head if at is None else at)
        except ValueError as error:
            raise LogError(f"{self.log.name}: {error}") from None

    async def position_at(self, moment: int, last: int) -> int:
        """Find the position of the last event up to a moment, among those up to a position; 0 if all are later."""
        found = self._positions.get(moment)
        if found is None:
            found = await position_at(self.log, moment, last)
            # The next event is later, so that no further one can belong to the moment.
            if found < last:
                if len(self._positions) >= MOST_MOMENTS:
                    self._positions.clear()
                self._positions[moment] = found
        return found


@asynccontextmanager
async def open_recorded(path: Path) -> AsyncGenerator[Recorded, None]:
    """Open a log for reading, also while it is being written; only what is in it on opening is seen.

    ::

        async with open_recorded(Path("world.db")) as recorded:
            members = await recorded.at("2026-03-03T00:00:00Z").client("111111111111").list_accounts()

    Args:
        path: of the log; snapshots along it may be written beside it.

    Raises:
        LogError: there is no such file, or it is no log of a known format.
        LogDamaged: events that were acknowledged are missing.
    """
    log = await SqliteLog.open_for_reading(path)
    try:
        span = await span_of(log)
        yield Recorded(log, lambda: span)
    finally:
        await log.close()
