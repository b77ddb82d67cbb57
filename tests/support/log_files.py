"""Reading a log in a file from its first event to its last."""

from pathlib import Path

from orgsim.engine.log import verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog


async def verified(log: Path) -> int:
    """How many events a reader finds."""
    reader = await SqliteLog.open_for_reading(log)
    try:
        number = sum([len(batch) async for batch in verified_envelopes(reader)])
        await reader.check()
    finally:
        await reader.close()
    return number
