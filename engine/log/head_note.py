"""LOG-head: a small file with the highest durable position and its digest, kept while a log is open for writing.

Events acknowledged last exist only in SQLite's write-ahead log. SQLite takes damage there for a transaction that was
never finished, and silently drops everything behind it. This note, outside of SQLite's files, shows that there was
more.

It is written to the page cache and not synced: that costs a microsecond, and survives the process however that ends.
After a loss of power it may be older than the log, but never newer than what was durable before it was written. It
has two slots that are written in turn, each with its checksum, so that a write cut off by a kill leaves the other one
whole.
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
"""A position and the digest there."""


def note_path(log: str) -> Path:
    """Return the path of the note of a log."""
    return Path(f"{log}-head")


def read_note(log: str) -> Noted | None:
    """Read the note of a log; None if there is none, or no slot is whole."""
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
    """Check that a log reaches the noted position and has the noted digest there.

    Args:
        log: the log.
        noted: the note as it was before the log was opened; None if there was none.
        note: its file, for messages.

    Raises:
        LogDamaged: events are missing, or are not those of the note.
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
        name: how messages name the log.

    Raises:
        LogUnwritable: the file cannot be made.
    """

    def __init__(self, log: str, name: str) -> None:
        self.path = note_path(log)
        self._name = name
        self._offset = 0
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
            written = os.pwrite(self._descriptor, content + crc32(content).to_bytes(4, "little"), self._offset)
        except OSError as error:
            raise self._unwritable(error) from error
        if written != SLOT.size:
            raise self._unwritable(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._offset = SLOT.size - self._offset

    def _unwritable(self, error: OSError) -> LogUnwritable:
        return LogUnwritable(f"{self._name}: {self.path}: cannot be written: {error.strerror}")

    def close(self, *, remove: bool) -> None:
        """Close the note; ``remove`` it if the log's main file has everything."""
        os.close(self._descriptor)
        if remove:
            # If it stays it does no harm: what it says is true.
            with suppress(OSError):
                self.path.unlink()
