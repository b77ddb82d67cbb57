"""LOG-head: the highest durable position and its digest, noted outside SQLite's files while a log is open for writing.

What was acknowledged last stands only in the write-ahead log, and SQLite takes damage there for a transaction that was
never finished: it drops what is behind it without a word. The note shows that there was more.

It is written to the page cache and not synced: that costs a microsecond, and survives the process however that ends.
After a loss of power it may be older than the log, never newer than what was made durable before it was written. There
are two slots that are written in turn, each with its checksum, so that a note that was being written when the process
was killed leaves the one before.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from struct import Struct
from zlib import crc32

from . import EventLog, LogDamaged, LogUnwritable, chain_at

ADVICE = "docs/reliability.md says what helps"
CONTENT = Struct("<q32s")
SLOT = Struct("<q32sI")
SIZE = 2 * SLOT.size

Noted = tuple[int, bytes]
"""A position, and the digest there."""


def note_path(log: str) -> Path:
    """The note beside a log."""
    return Path(f"{log}-head")


def read_note(log: str) -> Noted | None:
    """Read the note beside a log; None if there is none, or none that is whole."""
    try:
        content = note_path(log).read_bytes()
    except OSError:
        return None
    return max(_whole_slots(content[:SIZE]), default=None)


def _whole_slots(content: bytes) -> list[Noted]:
    slots: list[Noted] = []
    for start in range(0, len(content) - SLOT.size + 1, SLOT.size):
        position, digest, checksum = SLOT.unpack_from(content, start)
        if position > 0 and crc32(content[start : start + CONTENT.size]) == checksum:
            slots.append((position, digest))
    return slots


async def require_noted(log: EventLog, noted: Noted | None, note: Path) -> None:
    """See that a log goes as far as was noted outside of it, and is the one of which that was noted.

    Args:
        log: the log.
        noted: what was noted before the log was opened; None if nothing was.
        note: the file that tells it.

    Raises:
        LogDamaged: it does not.
    """
    if noted is None:
        return
    position, digest = noted
    if log.head < position:
        what = f"the log ends at position {log.head}, but {note} tells that {position} events were acknowledged"
        raise LogDamaged(log.name, log.head + 1, f"{what}; {ADVICE}")
    found = await chain_at(log, position)
    if found is None or found.digest != digest:
        raise LogDamaged(log.name, position, f"the log does not have the digest there that {note} tells")


class HeadNote:
    """The note of a log that is open for writing.

    Args:
        log: the log's path.
        name: as messages name the log.

    Raises:
        LogUnwritable: it cannot be made.
    """

    def __init__(self, log: str, name: str) -> None:
        self.path = note_path(log)
        self._name = name
        self._start = 0
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, position: int, digest: bytes) -> None:
        """Note that the log is durable up to a position.

        Raises:
            LogUnwritable: it cannot be written.
        """
        content = CONTENT.pack(position, digest)
        try:
            written = os.pwrite(self._descriptor, content + crc32(content).to_bytes(4, "little"), self._start)
        except OSError as error:
            raise self._unwritable(error) from error
        if written != SLOT.size:
            raise self._unwritable(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._start = SLOT.size - self._start

    def _unwritable(self, error: OSError) -> LogUnwritable:
        return LogUnwritable(f"{self._name}: {self.path}: cannot be written: {error.strerror}")

    def close(self, *, remove: bool) -> None:
        """Let go of the note; remove it if everything stands in the log's main file."""
        os.close(self._descriptor)
        if remove:
            # What stays says nothing that is not true.
            with suppress(OSError):
                self.path.unlink()
