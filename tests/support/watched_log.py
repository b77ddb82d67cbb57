"""A log for tests that records what is appended to it, and that can be made slow or broken."""

from collections.abc import Iterable

import anyio

from orgsim.engine.log import EventLog, MemoryLog
from support.patience import PATIENCE


class WatchedLog:
    """A wrapper of another log: ``gate``, unless set, holds appends up; ``failure``, if set, makes them fail."""

    name = "watched"

    def __init__(self, inner: EventLog | None = None) -> None:
        self.inner = inner or MemoryLog()
        self.batches: list[int] = []
        """The number of records of each append."""
        self.failure: Exception | None = None
        self.gate = anyio.Event()
        self.gate.set()

    def shut(self) -> None:
        """Make appends wait until ``gate`` is set."""
        self.gate = anyio.Event()

    @property
    def head(self) -> int:
        return self.inner.head

    @property
    def stored_head(self) -> int:
        return self.inner.stored_head

    @property
    def digest(self) -> bytes:
        return self.inner.digest

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        # A test that failed before it opened the gate must end all the same.
        with anyio.fail_after(PATIENCE):
            await self.gate.wait()
        if self.failure:
            raise self.failure
        known = list(records)
        await self.inner.append(expected, known)
        self.batches.append(len(known))

    async def read(self, after: int, limit: int) -> list[bytes]:
        return await self.inner.read(after, limit)

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        return await self.inner.seals(after, last)

    async def first_changed(self, after: int, last: int) -> int | None:
        return await self.inner.first_changed(after, last)

    async def close(self) -> None:
        await self.inner.close()
