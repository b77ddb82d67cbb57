"""LOG-head: the highest durable position and its digest, noted outside SQLite's files while a log is open for writing.

What was acknowledged last stands only in the write-ahead log, and SQLite takes damage there for a transaction that was
never finished: it drops what is behind it without a word. The note shows that there was more.

It is a shared mapping of 88 bytes: to write it is to write memory, no system call, and it survives the process however
that ends. After a loss of power it may be older than the log, never newer than what was made durable before it was
written. There are two slots that are written in turn, each with its checksum, so that a note that was being written
when the process was killed leaves the one before.
"""

import errno
import mmap
import os
from contextlib import suppress
from pathlib import Path
from struct import Struct
from zlib import crc32

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
    return max(_whole_slots(content), default=None)


def _whole_slots(content: bytes) -> list[Noted]:
    slots: list[Noted] = []
    for start in range(0, len(content) - SLOT.size + 1, SLOT.size):
        position, digest, checksum = SLOT.unpack_from(content, start)
        if position > 0 and crc32(content[start : start + CONTENT.size]) == checksum:
            slots.append((position, digest))
    return slots


class HeadNote:
    """The note of a log that is open for writing.

    Args:
        log: the log's path.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, log: str) -> None:
        self.path = note_path(log)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if os.fstat(descriptor).st_size != SIZE:
                # Written, not only made longer: a page that has no place on the disk could not be written later.
                os.ftruncate(descriptor, 0)
                if os.write(descriptor, bytes(SIZE)) != SIZE:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.path)
            self._mapping = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self._start = 0

    def write(self, position: int, digest: bytes) -> None:
        """Note that the log is durable up to a position."""
        content = CONTENT.pack(position, digest)
        self._mapping[self._start : self._start + SLOT.size] = content + crc32(content).to_bytes(4, "little")
        self._start = SLOT.size - self._start

    def close(self, *, remove: bool) -> None:
        """Let go of the note; remove it if everything stands in the log's main file."""
        self._mapping.close()
        if remove:
            # What stays says nothing that is not true.
            with suppress(OSError):
                self.path.unlink()
