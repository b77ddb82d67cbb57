"""Start an engine on a log, with the tasks that it needs, and stop them on leaving."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import anyio

from ..log import EventLog, MemoryLog
from ..log.cancellation import finish
from ..log.snapshots import Snapshots
from ..settings import Settings
from .clock import Clock, PacedClock, SimulatedClock
from .driver import move_time
from .engine import BUFFER_LIMIT, Engine, Listener
from .group_commit import GroupCommitEngine


async def begin_inline(
    log: MemoryLog,
    *,
    clock: Clock,
    seed: int = 0,
    settings: Settings | None = None,
    listeners: Sequence[Listener] = (),
) -> Engine:
    """Start an engine that needs no event loop, on a log in memory; see ``running_engine``. It does not suspend.

    Without a task for its clock, timers under a paced or wall clock fire when somebody next calls, and an automatically
    jumping one stands still; ``running_inline`` runs that task.
    """
    engine = Engine(log, clock, listeners)
    if log.head:
        await engine.rebuild()
    _set_clock(engine)
    if not log.head:
        await engine.create(seed, settings or Settings())
    return engine


@asynccontextmanager
async def running_inline(engine: Engine) -> AsyncGenerator[Engine, None]:
    """Run the task that the clock of an engine of ``begin_inline`` needs, if any; close the engine on leaving."""
    clock = engine.clock
    async with AsyncExitStack() as stack:
        if not isinstance(clock, SimulatedClock) or clock.autojump:
            await stack.enter_async_context(beside(partial(move_time, engine)))
        await stack.enter_async_context(_closing(engine))
        yield engine


@asynccontextmanager
async def running_engine(
    log: EventLog,
    *,
    clock: Clock,
    seed: int = 0,
    settings: Settings | None = None,
    listeners: Sequence[Listener] = (),
    snapshots: Snapshots | None = None,
    buffer_limit: int = BUFFER_LIMIT,
) -> AsyncGenerator[GroupCommitEngine, None]:
    """Run an engine on a log: a new world if the log is empty, otherwise the old one exactly where it stopped.

    Args:
        log: any ``EventLog``; it stays open on leaving.
        clock: a new world begins at its time; for an old world a simulated or paced one is set to the latest moment.
        seed: of a new world; an old one keeps its own.
        settings: of a new world; an old one keeps its own.
        listeners: called with all old events first, then with each batch of new ones once it is durable.
        snapshots: loaded instead of reading the log from its beginning, and written on leaving if the log has grown
            enough. The views in it must then be the only listener: others would miss the events before the snapshot.
        buffer_limit: how many events may wait to be written; see ``Engine``.

    Raises:
        LogDamaged: the log does not match its digests.
        ValueError: the wall clock is behind an old world's latest moment.
    """
    engine = GroupCommitEngine(log, clock, listeners, buffer_limit)
    await engine.rebuild(snapshots)
    _set_clock(engine)
    async with beside(engine.write, partial(move_time, engine)), _closing(engine):
        if not engine.durable:
            await engine.create(seed, settings or Settings())
        yield engine
    if snapshots and engine.consistent:
        await snapshots.write_if_grown(log, engine.state)


@asynccontextmanager
async def beside(*functions: Callable[[], Coroutine[Any, Any, None]]) -> AsyncGenerator[None, None]:
    """Run tasks while the block runs, and cancel them on leaving.

    Not before: when the block is cancelled, what it does to clean up may still need them.
    """
    failure: BaseException | None = None
    lives = [anyio.CancelScope(shield=True) for _ in functions]

    async def run(scope: anyio.CancelScope, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with scope:
            await function()

    async with anyio.create_task_group() as tasks:
        for scope, function in zip(lives, functions, strict=True):
            tasks.start_soon(run, scope, function)
        try:
            yield
        except BaseException as error:
            # Raised again below, outside the task group, which would wrap it in an exception group.
            failure = error
        for scope in lives:
            scope.cancel()
    if failure is not None:
        raise failure


@asynccontextmanager
async def _closing(engine: Engine) -> AsyncGenerator[None, None]:
    """Close an engine on leaving, whatever comes; an error of the block comes before one of closing."""
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:
        failure = error
    try:
        await finish(engine.close)
    except BaseException as error:
        failure = failure or error
    if failure is not None:
        raise failure


def _set_clock(engine: Engine) -> None:
    """Set a clock that can be set to the world's latest moment; a paced one starts running."""
    clock, now = engine.clock, engine.state.now
    if engine.durable and isinstance(clock, SimulatedClock | PacedClock):
        clock.begin(now)
    elif isinstance(clock, PacedClock):
        clock.begin()
    elif clock.now() < now:
        name = engine.log.name
        raise ValueError(f"{name}: the world stands at a later time than its clock shows; give it a simulated one")
