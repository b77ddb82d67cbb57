"""Opening and closing a world: its log, engine and views, with an event loop or without one."""

import os
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Any, Self, TypeVar, get_args

import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import msgspec
from anyio.from_thread import BlockingPortal, start_blocking_portal
from anyio.lowlevel import EventLoopToken

from ..engine.events import WorldCreated
from ..engine.log import EventLog, MemoryLog
from ..engine.log.beginning import read_beginning
from ..engine.log.place import Span, time_at
from ..engine.log.snapshots import Snapshots
from ..engine.log.sqlite import Durability, SqliteLog
from ..engine.runtime.clock import Clock, SimulatedClock
from ..engine.runtime.engine import CLOSED, Engine, EngineStopped, Listener
from ..engine.runtime.forking import fork_of
from ..engine.runtime.inline import NeedsEventLoop, run_inline
from ..engine.runtime.not_copied import NotCopied
from ..engine.runtime.running import begin_inline, running_engine, running_inline
from ..engine.settings import Quotas, Settings
from ..projections.lagging import lag_reads
from ..projections.views import Views
from .durations import as_microseconds
from .past import Past, Recorded
from .places import At
from .same_world import by_name, require_same_world

T = TypeVar("T")

START = datetime(2026, 1, 1, tzinfo=UTC)
"""Where a simulated clock begins by default: a fixed moment, so that runs repeat."""

DURABILITIES = get_args(Durability)


# Seed and settings are checked before they are recorded: a log that begins with invalid ones could never be opened.
def _checked_seed(seed: object) -> int:
    if isinstance(seed, int) and not isinstance(seed, bool) and -(2**63) <= seed < 2**63:
        return seed
    raise ValueError(f"the seed is a whole number of 64 bits, not {seed!r}")


def _checked_settings(settings: object, quotas: object) -> Settings:
    if settings is None and quotas is None:
        return Settings()
    settings = settings or Settings()
    if not isinstance(settings, Settings):
        raise TypeError(f"settings are a Settings, not {settings!r}")
    if not isinstance(quotas, Quotas | None):
        raise TypeError(f"quotas are a Quotas, not {quotas!r}")
    if quotas:
        settings = msgspec.structs.replace(settings, quotas=quotas)
    try:
        return msgspec.convert(msgspec.to_builtins(settings), Settings)
    except msgspec.ValidationError:
        raise ValueError(f"impossible settings: {_what_is_wrong(settings)}") from None


def _what_is_wrong(settings: Settings) -> str:
    """What cannot be, and what can, in the words in which a file of settings is refused."""
    # Only here, because it is seldom needed and takes time to import.
    from .load.scenario.conversion import salvage
    from .load.scenario.problems import Problems

    problems = Problems()
    salvage(msgspec.to_builtins(settings), Settings, (), problems)
    return "; ".join(map(str, problems))


def _checked_durability(durability: Durability) -> Durability:
    if durability not in DURABILITIES:
        raise ValueError(f"durability is one of {', '.join(DURABILITIES)}, not {durability!r}")
    return durability


def _require_log(log: object) -> None:
    if log is not None and not isinstance(log, str | os.PathLike) and not hasattr(log, "stored_head"):
        raise TypeError(f"the log is a path, an EventLog such as MemoryLog(), or None for one in memory, not {log!r}")


def _wanted(seed: int | None, quotas: Quotas | None, settings: Settings | None) -> dict[str, Any]:
    """Collect, by name, the arguments that were given rather than left at their defaults."""
    wanted: dict[str, Any] = {} if seed is None else {"seed": seed}
    if quotas:
        wanted |= by_name({"quotas": quotas})
    return wanted | by_name(settings) if settings else wanted


class _InThread:
    """The run of a world in a thread of its own, which does not keep the world: whoever drops it is warned.

    Args:
        begin: begins the run.
    """

    def __init__(self, begin: Callable[[], Awaitable[AsyncExitStack]]) -> None:
        self._begin: Callable[[], Awaitable[AsyncExitStack]] | None = begin
        self._stack = AsyncExitStack()
        self.thread: ExitStack | None = None
        """What ends the thread; kept here, because a world that is dropped does not wait for that."""

    async def __aenter__(self) -> None:
        assert self._begin
        begin, self._begin = self._begin, None
        self._stack = await begin()

    async def __aexit__(self, *exception: Any) -> bool | None:
        return await self._stack.__aexit__(*exception)


class World(NotCopied):
    """A simulated world while it is open: its log, its engine and its views; base class of ``Simulation``.

    The arguments are described there.
    """

    # Here, because what the constructor refuses is deleted, too.
    _engine: Engine | None = None
    _prepared: Engine | None = None
    """The engine of a fork until that is opened."""

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
        if clock is not None and not hasattr(clock, "now"):
            raise TypeError(f"the clock is a SimulatedClock, a PacedClock or a WallClock, not {clock!r}")
        if clock is not None and start is not None:
            raise ValueError("a clock has its own start: give either start= or clock=, such as SimulatedClock(start)")
        self._settings = _checked_settings(settings, quotas)
        _require_log(log)
        self._log = log
        self._seed = _checked_seed(0 if seed is None else seed)
        self._wanted = _wanted(seed, quotas, settings and self._settings)
        self._clock = clock or SimulatedClock(as_microseconds(start or START))
        self._start = start
        self._durability: Durability = _checked_durability(durability)
        self._stack = AsyncExitStack()
        self._closed = False
        self._thread = ExitStack()
        self._portal: BlockingPortal | None = None
        self._recorded: Recorded | None = None
        self._began = 0
        """The time of the world's first event, in microseconds since the epoch."""
        self._home: tuple[int, EventLoopToken] | None = None
        """The thread and the event loop in which a world with a log runs."""
        self._process = 0
        """The process of that thread."""
        self.kept: dict[str, Any] = {}
        """What refers to this world and is made once for it, by name; let go when the world is closed, so that nothing
        is left for the garbage collector."""
        self.views: Views
        """The views that clients read. They contain only what is durable in the log."""

    async def __aenter__(self) -> Self:
        self._require_new()
        self._stack = await self._begin()
        return self

    async def _begin(self) -> AsyncExitStack:
        """Begin in the event loop that runs here; returns what ends it there."""
        async with AsyncExitStack() as stack:
            if self._in_memory:
                engine = running_inline(await self._begin_in_memory())
            else:
                engine = await self._prepare(stack)
                self._home, self._process = (get_ident(), anyio.lowlevel.current_token()), os.getpid()
            self._engine = await stack.enter_async_context(engine)
            self._began = self._began or self._engine.state.now
            return stack.pop_all()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        self._set_closed()
        return await self._stack.__aexit__(kind, error, traceback)

    def open(self) -> Self:
        """Begin without an event loop; ``close`` ends it, or the block of ``with Simulation() as sim``.

        A world in memory needs no event loop at all, so that it serves plain functions, and tasks of any loop. One with
        an SQLite log runs in the loop of a thread of its own: call it through ``sync`` then.

        Raises:
            RuntimeError: it has been opened before; or its clock jumps by itself, which needs an event loop.
        """
        self._require_new()
        if isinstance(self._clock, SimulatedClock) and self._clock.autojump:
            raise NeedsEventLoop("a clock with autojump watches the tasks of an event loop: async with Simulation(…)")
        if self._in_memory:
            self._engine = run_inline(self._begin_in_memory())
            self._began = self._began or self._engine.state.now
        else:
            self._open_in_thread()
        return self

    def _open_in_thread(self) -> None:
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal())
            run = _InThread(self._begin)
            stack.enter_context(portal.wrap_async_context_manager(run))
            self._portal, self._thread = portal, stack.pop_all()
            run.thread = self._thread

    def close(self) -> None:
        """End what ``open`` has begun. What was called is in the log; nothing more is accepted."""
        engine = self.engine
        self._set_closed()
        if self._portal:
            if self._process == os.getpid():
                self._thread.close()
        else:
            run_inline(engine.close())

    def _set_closed(self) -> None:
        self._closed = True
        self.kept.clear()

    @property
    def portal(self) -> BlockingPortal | None:
        """The way into the event loop of the world's own thread; None if it has none."""
        return self._portal

    @property
    def in_thread(self) -> bool:
        """Whether the world runs in the event loop of a thread of its own."""
        return self._portal is not None

    @property
    def in_own_loop(self) -> bool:
        """Whether the caller runs in the event loop in which a world with a log runs."""
        return self._home is not None and get_ident() == self._home[0]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of this world to its end, without ``await``: ``sim.run(sim.engine.flush())``.

        A world with a log that was entered by ``async with`` is called from another thread than that of its loop.

        Raises:
            NeedsEventLoop: it waits for other tasks, or it would block the loop in which the world runs.
            Exception: what it raises.
        """
        if self._closed:
            coroutine.close()
            raise EngineStopped(CLOSED)
        if self._home is None:
            return run_inline(coroutine)
        _, loop = self._home
        if self._process != os.getpid():
            coroutine.close()
            raise EngineStopped(
                f"{self.engine.log.name}: this process was forked off the one in which its world runs; start processes "
                "anew (multiprocessing's method spawn)"
            )
        if self.in_own_loop:
            coroutine.close()
            raise NeedsEventLoop(
                "a world with a log runs in this event loop, which a call without await would block; await it, call it "
                "in a thread (anyio.to_thread.run_sync), or keep the world in memory: Simulation()"
            )
        return anyio.from_thread.run(lambda: coroutine, token=loop)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self._engine is not None and not self._closed:
            message = "a Simulation was not closed; use it in (async) with, or call close()"
            warnings.warn(message, ResourceWarning, source=self, stacklevel=2)

    def _require_new(self) -> None:
        if self._closed:
            where = "; its world was in memory and is gone" if self._in_memory else " and cannot be opened again"
            raise RuntimeError(f"this Simulation has been closed{where}: make a new one")
        if self._engine is not None:
            raise RuntimeError("this Simulation is open already")

    @property
    def _in_memory(self) -> bool:
        # Not a subclass, whose append may suspend.
        return self._log is None or type(self._log) is MemoryLog

    async def begin_as_fork(self, other: "World") -> None:
        """Take a copy of the engine and the views of an open world, for a world in memory that has not been opened."""
        self._prepared, self.views = await fork_of(other.engine, other.views)
        self._began = other._began

    async def _begin_in_memory(self) -> Engine:
        if self._prepared:
            return self._prepared
        log = self._log if isinstance(self._log, MemoryLog) else MemoryLog()
        listeners, _ = await self._listeners(log)
        clock, seed, settings = self._clock, self._seed, self._settings
        return await begin_inline(log, clock=clock, seed=seed, settings=settings, listeners=listeners)

    async def _prepare(self, stack: AsyncExitStack) -> AbstractAsyncContextManager[Engine]:
        log = await self._open_log(stack)
        listeners, began = await self._listeners(log)
        return running_engine(
            log,
            clock=self._clock,
            seed=self._seed,
            settings=self._settings,
            listeners=listeners,
            snapshots=self._snapshots(log, began.settings),
        )

    async def _listeners(self, log: EventLog) -> tuple[list[Listener], WorldCreated]:
        """Make the views, and return what has to be fed with the world's events, with the first of them."""
        began = await read_beginning(log)
        if began:
            require_same_world(log.name, began, self._wanted)
            if self._start is not None:
                raise ValueError(f"{log.name}: this world has begun and goes on where it stood; leave start= out")
            self._began = await time_at(log, 1)
        began = began or WorldCreated(self._seed, self._settings)
        self.views = Views()
        return [self.views.feed, *lag_reads(self.views, began)], began

    async def _open_log(self, stack: AsyncExitStack) -> EventLog:
        if self._log is None:
            return MemoryLog()
        if not isinstance(self._log, str | os.PathLike):
            return self._log
        path = Path(self._log)
        exists = await anyio.to_thread.run_sync(os.path.lexists, path)
        log = await (SqliteLog.open if exists else SqliteLog.create)(path, self._durability)
        stack.push_async_callback(log.close)
        return log

    def _snapshots(self, log: EventLog, settings: Settings) -> Snapshots | None:
        # What reads do not see yet, and which writes are under way, is in no snapshot: the whole log tells it.
        if settings.read_lag_seconds or settings.write_conflict_seconds or not isinstance(log, SqliteLog):
            return None
        return Snapshots(log.path, self.views)

    def at(self, at: At) -> Past:
        """Return this world as it was: a read-only one, whose clients answer all reading operations.

        ::

            past = sim.at("2026-03-03T00:00:00Z")
            members = await past.client("111111111111").list_accounts()

        Args:
            at: a position in the log; or a moment, up to which everything counts, inclusive. What happens later at the
                same moment is not seen.

        Raises:
            ValueError: there is no such position or moment in the log; the message says what it covers.
            TypeError: it is no place.
            RuntimeError: this world has not been opened.
            EngineStopped: it has been closed, or its log could not be written.
        """
        if self._recorded is None:
            self._recorded = Recorded(self.engine.log, self._span, self._reading_log)
        return self._recorded.at(at)

    def _span(self) -> Span:
        # What is due by now has happened, though nobody may have asked yet.
        with self.engine.exclusive:
            self.engine.fire_due()
            return Span(self._began, self.engine.now, self.engine.state.position)

    @asynccontextmanager
    async def _reading_log(self) -> AsyncGenerator[None, None]:
        """Surround whatever reads the log for questions about the past: everything posted is in it."""
        engine = self.engine
        engine.require_running()
        with engine.exclusive:
            while engine.durable < engine.state.position:
                await engine.flush()
            with self.holding_time():
                yield

    @contextmanager
    def holding_time(self) -> Generator[None]:
        """Stop the simulated time while the block waits for something outside the simulation: a thread, a socket.

        Calls that advance the clock wait until the block is left; the task inside cannot sleep or advance.

        ::

            with sim.holding_time():
                await anyio.to_thread.run_sync(boto3_client.describe_organization)
        """
        if not isinstance(self.engine.clock, SimulatedClock):
            yield
            return
        with self.engine.clock.processes.holding():
            yield

    @property
    def engine(self) -> Engine:
        """The engine, whose ``post`` and ``submit`` skip the client's checks, for load."""
        if self._engine is None:
            raise RuntimeError(
                "the simulation has not begun: with Simulation() as sim, or async with in code that awaits"
            )
        return self._engine
