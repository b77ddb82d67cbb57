"""Cut logs: copies of the first records of a log, in memory or in a new file, from which a world goes on anew."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import anyio.to_thread

from . import (
    READ_SIZE,
    SEGMENT,
    Chain,
    EventLog,
    LogDamaged,
    LogError,
    MemoryLog,
    decode_records,
    read_envelopes,
)
from .sqlite_file import NewLog
from .sqlite_rows import pack_rows


async def require_between_commands(log: EventLog, position: int) -> None:
    """Check that a position is no place in the midst of a command, whose events belong together.

    Raises:
        LogError: it is; the message names the command and the positions around it.
    """
    for following in decode_records(log, position, await log.read(position, 1)):
        first = following.command
        if first <= position:
            last = await _end_of_command(log, first, position)
            raise LogError(
                f"{log.name}: position {position:,} is in the midst of {following.operation}, whose events {first:,} "
                f"to {last:,} belong together: fork at {first - 1:,} or at {last:,}"
            )


async def _end_of_command(log: EventLog, command: int, position: int) -> int:
    """The last position of a command, which begins at one position and goes on behind another."""
    async with aclosing(read_envelopes(log, position)) as batches:
        async for envelopes in batches:
            for envelope in envelopes:
                if envelope.command != command:
                    return envelope.position - 1
    return log.head


async def cut_into_memory(log: EventLog, position: int) -> MemoryLog:
    """Copy the records up to a position into a new log in memory.

    Raises:
        LogDamaged: a record is missing, or is not the one that was stored.
    """
    memory = MemoryLog()
    async with aclosing(_verified_records(log, position)) as batches:
        async for records in batches:
            await memory.append(memory.head, records)
    return memory


async def cut_into_file(log: EventLog, position: int, path: Path) -> None:
    """Copy the records up to a position into a new SQLite log, which appears under its name when it is complete.

    Raises:
        LogError: the file exists already, or (``LogUnwritable``) cannot be made.
        LogDamaged: a record is missing, or is not the one that was stored.
    """
    new = await anyio.to_thread.run_sync(NewLog, path)
    try:
        digests = Chain()
        async with aclosing(_verified_records(log, position)) as batches:
            async for records in batches:
                await anyio.to_thread.run_sync(new.add, [*pack_rows(digests, records)])
        use = await anyio.to_thread.run_sync(partial(new.publish, ()))
        await anyio.to_thread.run_sync(use.close)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(new.close)


async def _verified_records(log: EventLog, last: int) -> AsyncGenerator[list[bytes], None]:
    """Read the records up to a position in batches, and compare the digests of all complete segments among them."""
    chain = Chain()
    while chain.position < last:
        after = chain.position
        records = await log.read(after, min(READ_SIZE, last - after))
        if not records:
            raise LogDamaged(log.name, after + 1, "the record is missing")
        computed = dict(chain.extend(records))
        stored = await log.seals(after, chain.position)
        for position, digest in computed.items():
            if stored.get(position) != digest:
                first = position - SEGMENT + 1
                raise LogDamaged(
                    log.name, first, f"the records {first} to {position} do not have the digest that was stored"
                )
        yield records
