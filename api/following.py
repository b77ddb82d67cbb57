"""Read events as they come: those that are there, then further ones as soon as they are durable."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..engine.events.envelope import Envelope
from ..engine.log import LogError, ReadRecords, read_envelopes
from ..engine.runtime.engine import Engine

Batches = AsyncGenerator[list[Envelope], None]


async def follow_envelopes(engine: Engine, after: int, limit: int | None, read: ReadRecords) -> Batches:
    """Read the events behind a position, then wait for further ones, until the engine is closed.

    Nothing is kept for a reader: it reads the log at its own pace, so a slow one holds up nobody.

    Args:
        engine: of a world.
        after: the position before the first event.
        limit: how many events at most; None for all that come.
        read: reads records of the log.

    Raises:
        EngineStopped: the log could not be written.
        LogDamaged: a record is missing, or is not the one that was stored.
    """
    while limit != 0 and await engine.further(after):
        try:
            async with aclosing(read_envelopes(engine.log, after, limit, read)) as batches:
                async for envelopes in batches:
                    yield envelopes
                    after = envelopes[-1].position
                    limit = None if limit is None else limit - len(envelopes)
        except (LogError, RuntimeError, ValueError):
            # The file was closed, together with the world, before all of it had been read.
            if engine.running:
                raise
            return
