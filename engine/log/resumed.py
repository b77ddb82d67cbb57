"""Resume an interrupted run: repeat it from the start, and write only what the log does not have yet.

A run is a function of its scenario and seed, so repeating it gives the same records. Records that the log has already
are compared instead of written; the first difference shows that the log belongs to another run. The result is
therefore that of an uninterrupted run, byte for byte, wherever the first attempt was cut off.
"""

from collections.abc import Iterable

from . import CHANGED, EventLog, LogDamaged, LogError, require_head


class ResumedLog:
    """A log that appears empty, and accepts only the records that the log underneath has, then new ones."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._head = 0
        self.difference: LogError | None = None
        """How the log differs from the run, once that has shown."""

    @property
    def name(self) -> str:
        """How messages name the log underneath."""
        return self._log.name

    @property
    def head(self) -> int:
        """The position that the repeated run has reached."""
        return self._head

    @property
    def stored_head(self) -> int:
        """The position of the last record in the log underneath, which the run may not have reached again yet."""
        return self._log.stored_head

    @property
    def digest(self) -> bytes:
        """The digest of the log underneath; that of the repeated run once it has passed the old one's end."""
        return self._log.digest

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        """Compare records that the log has, append the others; raises LogError at the first difference."""
        require_head(self, expected)
        records = list(records)
        known = await self._log.read(expected, min(len(records), max(0, self._log.head - expected)))
        for position, (old, new) in enumerate(zip(known, records, strict=False), expected + 1):
            if old != new:
                self.difference = await self._difference(position)
                raise self.difference
        if len(records) > len(known):
            await self._log.append(expected + len(known), records[len(known) :])
        self._head += len(records)

    async def _difference(self, position: int) -> LogError:
        if await self._log.first_changed(position - 1, position):
            return LogDamaged(self.name, position, CHANGED)
        return LogError(
            f"{self.name}: cannot be resumed: the event at position {position} is not the one that this run gives; the "
            "log was made with another scenario, parameters, seed or version"
        )

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Read records, up to the position that the repeated run has reached."""
        return await self._log.read(after, max(0, min(limit, self._head - after)))

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """Return the stored digests of the log underneath."""
        return await self._log.seals(after, last)

    async def first_changed(self, after: int, last: int) -> int | None:
        """Return the first changed position of the log underneath."""
        return await self._log.first_changed(after, last)

    async def close(self) -> None:
        """Close the log underneath."""
        await self._log.close()

    def require_caught_up(self) -> None:
        """Check that the finished run has repeated everything that the log has.

        Raises:
            LogError: the log goes on beyond the end of the run.
        """
        if self._head < self._log.head:
            raise LogError(
                f"{self.name}: cannot be resumed: this run ends at position {self._head}, the log at {self._log.head}; "
                "it was made with another scenario, parameters, seed or version"
            )
