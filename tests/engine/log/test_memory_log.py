"""The log in memory: the contract of all logs, and that it outlives the worlds on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.event_log_contract import EventLogContract, records_up_to

from orgsim.engine.log import EventLog, MemoryLog


class TestMemoryLog(EventLogContract):
    """The contract of all logs."""

    @asynccontextmanager
    async def fresh_log(self, path: Path) -> AsyncIterator[EventLog]:
        """A new log."""
        yield MemoryLog()


async def test_closed_log_keeps_its_records() -> None:
    """Closing lets go of nothing: a world can be taken up again on the same object."""
    log = MemoryLog()
    await log.append(0, records_up_to(300))
    digest = log.digest
    await log.close()
    assert await log.read(0, 1_000) == records_up_to(300)
    await log.append(300, records_up_to(600, after=300))
    assert log.digest != digest
