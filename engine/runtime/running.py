"""Start an engine on a log, with its writer task and the task that its clock needs, and stop them on leaving."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio

from ..log import EventLog
from ..log.cancellation import finish
from ..log.snapshots import Snapshots
from ..settings import Settings
from .clock import Clock, PacedClock, SimulatedClock
from .driver import move_time
from .engine import BUFFER_LIMIT, Engine, Listener


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
) -> AsyncGenerator[Engine, None]:
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
    engine = Engine(log, clock, listeners, buffer_limit)
    await engine.rebuild(snapshots)
    _set_clock(engine)
    failure: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.write)
        tasks.start_soon(move_time, engine)
        try:
            if not engine.durable:
                await engine.create(seed, settings or Settings())
            yield engine
        except BaseException as error:
            # Raised again below, outside the task group, which would wrap it in an exception group.
            failure = error
        try:
            await finish(engine.close)
        except BaseException as error:
            failure = failure or error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    if snapshots and engine.consistent:
        await snapshots.write_if_grown(log, engine.state)


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
