"""Starting a world on a log, and leaving it: the engine, its writer, and the tasks that its clock needs."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import anyio

from ..log import EventLog
from ..log.cancellation import finish
from ..log.snapshots import Snapshots
from ..settings import Settings
from .clock import Clock, PacedClock, SimulatedClock
from .driver import drive, fire_timers
from .engine import Engine, Listener


@asynccontextmanager
async def running_engine(
    log: EventLog,
    *,
    clock: Clock,
    seed: int = 0,
    settings: Settings | None = None,
    listeners: Sequence[Listener] = (),
    snapshots: Snapshots | None = None,
) -> AsyncGenerator[Engine, None]:
    """A world on a log: begun if the log is empty, otherwise continued exactly where it stood.

    Args:
        log: any ``EventLog``; stays open on leaving.
        clock: a new world begins at its reading, and a paced one begins to run then; a simulated or paced one is set to
            where an old world stands.
        seed: of a new world; an old one keeps its own.
        settings: of a new world; an old one keeps its own.
        listeners: called with each batch of events once it is durable, and with all old ones first.
        snapshots: where to begin instead, and what to write on leaving; what is in it is then the only listener.

    Raises:
        LogDamaged: the log does not match its digests.
        ValueError: the clock cannot be set, and is behind the world's time.
    """
    engine = Engine(log, clock, listeners)
    await engine.rebuild(snapshots)
    _set_clock(engine)
    failure: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.write)
        if not isinstance(clock, SimulatedClock):
            tasks.start_soon(fire_timers, engine)
        else:
            tasks.start_soon(drive, engine, clock)
        try:
            if not engine.durable:
                await engine.create(seed, settings or Settings())
            yield engine
        except BaseException as error:
            # Raised again below, so that it does not arrive wrapped in the task group's exception group.
            failure = error
        try:
            await finish(engine.close)
        except BaseException as error:
            failure = failure or error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    if snapshots and engine.sound:
        await snapshots.write_if_grown(log, engine.state)


def _set_clock(engine: Engine) -> None:
    clock, now = engine.clock, engine.state.now
    if engine.durable and isinstance(clock, SimulatedClock | PacedClock):
        clock.begin(now)
    elif isinstance(clock, PacedClock):
        clock.begin()
    elif clock.now() < now:
        name = engine.log.name
        raise ValueError(f"{name}: the world stands at a later time than its clock shows; give it a simulated one")
