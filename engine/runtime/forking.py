"""Fork a running world into memory: a second engine with the same past, which takes its own future."""

from typing import TypeVar

from ..log import READ_SIZE, EventLog, MemoryLog
from .clock import SimulatedClock
from .copying import copied
from .engine import Engine

V = TypeVar("V")


async def fork_of(engine: Engine, views: V) -> tuple[Engine, V]:
    """Copy an engine, with all that decides what it will answer, and the views that it feeds.

    The log is not replayed. The copy has a log in memory with the same records, and a simulated clock that stands at
    the same time; nobody sleeps in it. Throttling's buckets, writes under way and what lagging reads do not see yet
    are copied, so that the same calls get the same answers.

    Args:
        engine: any that is running.
        views: those among its listeners that answer questions.

    Raises:
        EngineStopped: the engine has been closed, or has stopped.
        LogDamaged: a record of the log cannot be read.
    """
    with engine.exclusive:
        engine.require_running()
        while engine.durable < engine.state.position:
            # Again and again, because others may post while this waits.
            await engine.flush()
        whole = copied((engine.state, engine.throttle, engine.conflicts, engine.listeners, views))
        clock, position = SimulatedClock(engine.now), engine.durable
        log = engine.log.copy() if type(engine.log) is MemoryLog else None
    state, throttle, conflicts, listeners, views = whole
    fork = Engine(log or await _read_into_memory(engine.log, position), clock, listeners)
    fork.state, fork.ids, fork.throttle, fork.conflicts = state, engine.ids, throttle, conflicts
    fork.durable, fork.watches_calls = position, state.settings.record != "changes"
    return fork, views


async def _read_into_memory(log: EventLog, last: int) -> MemoryLog:
    memory = MemoryLog()
    while memory.head < last:
        await memory.append(memory.head, await log.read(memory.head, min(READ_SIZE, last - memory.head)))
    return memory
