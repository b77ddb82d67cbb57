"""Resuming a run: do it again from the start, and write only what the log does not have yet.

A run is a function of its scenario and seed, so doing it again gives the same records. What the log holds already is
compared instead of written; the first difference shows that the log belongs to another run. The end is therefore that
of an uninterrupted run, byte for byte, wherever the first attempt was cut off.
"""

from collections.abc import Sequence

from .log import EventLog, LogError, require_head


class ResumedLog:
    """A log that pretends to be empty and accepts only a continuation of what it holds."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._head = 0

    @property
    def name(self) -> str:
        """Where the log lies."""
        return self._log.name

    @property
    def head(self) -> int:
        """How far the new run has come."""
        return self._head

    @property
    def digest(self) -> bytes:
        """The digest of the whole log; that of the new run once it has passed the old one's end."""
        return self._log.digest

    async def append(self, expected: int, records: Sequence[bytes]) -> None:
        """Compare what the log holds, append what it does not; raises LogError at the first difference."""
        require_head(self, expected)
        known = await self._log.read(expected, min(len(records), max(0, self._log.head - expected)))
        for index, record in enumerate(known):
            if record != records[index]:
                raise LogError(
                    f"{self.name}: cannot be resumed: the event at position {expected + index + 1} is not the one that "
                    "this run gives; the log was made with another scenario, seed, number of accounts or version"
                )
        if len(records) > len(known):
            await self._log.append(expected + len(known), records[len(known) :])
        self._head += len(records)

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Records that the new run has come to."""
        return await self._log.read(after, max(0, min(limit, self._head - after)))

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """The stored digests."""
        return await self._log.seals(after, last)

    async def first_changed(self, after: int, last: int) -> int | None:
        """As the log underneath says."""
        return await self._log.first_changed(after, last)

    async def close(self) -> None:
        """Close the log underneath."""
        await self._log.close()

    def require_caught_up(self) -> None:
        """The finished run has covered everything that the log holds.

        Raises:
            LogError: the log goes on beyond the end of the run.
        """
        if self._head < self._log.head:
            raise LogError(
                f"{self.name}: cannot be resumed: this run ends at position {self._head}, the log at {self._log.head}; "
                "it was made with another scenario, seed, number of accounts or version"
            )
