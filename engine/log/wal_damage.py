"""Tell damage in SQLite's write-ahead log from a last transaction that was never finished.

A write-ahead log is a header and a sequence of frames. A frame is a changed page with the salts of the header, a mark
if it ends a transaction, and a checksum over all frames so far. SQLite reads up to the first frame whose checksum
does not match, takes that for the end of the log, and silently drops what follows.

That is right if the process was killed or power was lost during a write: the bad frames belong to the one last
transaction, which nobody was told of. It is wrong if a later transaction follows the bad frame: that one was begun only
when the one before was durable (with ``synchronous=FULL``; otherwise, unless power was lost), so what is bad now was
whole once, and was acknowledged.

How a later transaction is recognized, though the checksums build on each other: a frame continues the frame before it
if its checksum can be computed from the one that is *stored* there, whether or not that one itself is right. A frame
that ends a transaction and is continued in this way was complete when the next one was begun. Frames of an earlier
use of the same file, which SQLite writes over from the start, have other salts and do not count.

The format is described in SQLite's documentation, "WAL-mode File Format".
"""

from collections.abc import Iterator
from pathlib import Path
from struct import unpack_from
from typing import NamedTuple

HEADER = 32
FRAME_HEADER = 24
MAGICS = {0x377F0682: "<", 0x377F0683: ">"}
"""The byte order in which checksums are computed, by the first four bytes of the file."""

WORD = 0xFFFFFFFF
Sums = tuple[int, int]
"""A checksum: two words of 32 bits."""


class _Frame(NamedTuple):
    number: int
    salts: bytes
    commits: bool
    """Whether it is the last frame of a transaction."""
    content: bytes
    """The bytes over which the checksum is computed, continued from the checksum of the frame before."""
    stored: Sums
    """The checksum as it is stored."""


def damaged_frame(wal: Path) -> int | None:
    """Find the first damaged frame that is followed by a later transaction.

    Args:
        wal: the write-ahead log; nobody is writing it.

    Returns:
        The frame's number, from 1 on; None if there is no such damage, or no such file.
    """
    try:
        content = wal.read_bytes()
    except OSError:
        return None
    order = MAGICS.get(int.from_bytes(content[:4], "big"))
    if order is None or len(content) < HEADER or _sums(order, content[:24]) != unpack_from(">2I", content, 24):
        # No valid header, so SQLite reads nothing from the file: either it was just being begun anew, when all that it
        # held is in the main file, or events are missing, which LOG-head tells.
        return None
    salts, frames = content[16:24], _frames(content)
    sums: Sums = unpack_from(">2I", content, 24)
    for frame in frames:
        sums = _sums(order, frame.content, sums)
        if frame.salts != salts or sums != frame.stored:
            return frame.number if _is_followed(order, frame, frames, salts) else None
    return None


def _is_followed(order: str, bad: _Frame, frames: Iterator[_Frame], salts: bytes) -> bool:
    """Whether a transaction ends at the bad frame or behind it and another one follows it.

    Args:
        order: the byte order of checksums.
        bad: the first frame whose checksum does not match.
        frames: those behind it.
        salts: those of the header.
    """
    before = bad
    for frame in frames:
        follows = frame.salts == salts and _sums(order, frame.content, before.stored) == frame.stored
        if follows and before.commits and before.salts == salts:
            return True
        before = frame
    return False


def _frames(content: bytes) -> Iterator[_Frame]:
    """Yield the complete frames of a write-ahead log."""
    page_size = int.from_bytes(content[8:12], "big")
    size = FRAME_HEADER + page_size
    for number, start in enumerate(range(HEADER, len(content) - size + 1, size), 1):
        head = content[start : start + FRAME_HEADER]
        yield _Frame(
            number,
            salts=head[8:16],
            commits=head[4:8] != bytes(4),
            content=head[:8] + content[start + FRAME_HEADER : start + size],
            stored=unpack_from(">2I", head, 16),
        )


def _sums(order: str, data: bytes, before: Sums = (0, 0)) -> Sums:
    """Compute SQLite's checksum of data, a whole number of pairs of words, continued from the checksum before."""
    first, second = before
    words = iter(unpack_from(f"{order}{len(data) // 4}I", data))
    for even, odd in zip(words, words, strict=True):
        first = (first + even + second) & WORD
        second = (second + odd + first) & WORD
    return first, second
