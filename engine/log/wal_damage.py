"""Telling damage in SQLite's write-ahead log from a transaction that was never finished.

SQLite reads the frames of a write-ahead log up to the first whose checksum does not fit, and takes that for the end.
That is right for what was being written when the process was killed or power was lost: such frames belong to the one
last transaction. It is wrong if a later transaction stands behind it, since that one was begun only when the one
before it was durable (with ``synchronous=FULL``; otherwise, unless power was lost). The format is SQLite's own
documentation's, "WAL-mode File Format".
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


class _Frame(NamedTuple):
    number: int
    salts: bytes
    commits: bool
    summed: bytes
    """What its checksum is computed over, beside the checksum before it."""
    stored: Sums


def damaged_frame(wal: Path) -> int | None:
    """Find damage behind which a transaction stands that was begun later.

    Args:
        wal: the write-ahead log; nobody is writing it.

    Returns:
        The number of the first damaged frame, from 1 on; None if there is no such damage, or no such file.
    """
    try:
        content = wal.read_bytes()
    except OSError:
        return None
    order = MAGICS.get(int.from_bytes(content[:4], "big"))
    if order is None or len(content) < HEADER or _sums(order, content[:24]) != unpack_from(">2I", content, 24):
        # Then SQLite takes nothing from it: it was being begun anew, or LOG-head tells that something is missing.
        return None
    salts, frames = content[16:24], _frames(content)
    sums: Sums = unpack_from(">2I", content, 24)
    for frame in frames:
        sums = _sums(order, frame.summed, sums)
        if frame.salts != salts or sums != frame.stored:
            return frame.number if _goes_on(order, frame, frames, salts) else None
    return None


def _goes_on(order: str, bad: _Frame, frames: Iterator[_Frame], salts: bytes) -> bool:
    """Whether, behind or at the bad frame, a transaction ends and another one continues it."""
    before = bad
    for frame in frames:
        follows = frame.salts == salts and _sums(order, frame.summed, before.stored) == frame.stored
        if follows and before.commits and before.salts == salts:
            return True
        before = frame
    return False


def _frames(content: bytes) -> Iterator[_Frame]:
    page_size = int.from_bytes(content[8:12], "big")
    size = FRAME_HEADER + page_size
    for number, start in enumerate(range(HEADER, len(content) - size + 1, size), 1):
        head = content[start : start + FRAME_HEADER]
        yield _Frame(
            number,
            salts=head[8:16],
            commits=head[4:8] != bytes(4),
            summed=head[:8] + content[start + FRAME_HEADER : start + size],
            stored=unpack_from(">2I", head, 16),
        )


def _sums(order: str, data: bytes, before: Sums = (0, 0)) -> Sums:
    """SQLite's checksum of whole pairs of words, continued from the one before."""
    first, second = before
    words = iter(unpack_from(f"{order}{len(data) // 4}I", data))
    for even, odd in zip(words, words, strict=True):
        first = (first + even + second) & WORD
        second = (second + odd + first) & WORD
    return first, second
