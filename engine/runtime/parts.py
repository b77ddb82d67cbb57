"""How records stand in the rows of an SQLite log.

A row holds consecutive records that were appended together, up to the end of their segment at most: a row for each
record would cost three times as much. Beside the records, one behind the other, stand the length and the Adler-32 of
each, four bytes of each, and the digest at the last one. The digests prove a log; the checksums find the place,
whichever byte of a row was changed.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise, zip_longest
from struct import pack, unpack_from
from typing import NamedTuple
from zlib import adler32


class Part(NamedTuple):
    """A row."""

    last: int
    """The position of its last record."""
    records: bytes
    lengths: bytes
    checksums: bytes
    digest: bytes

    @property
    def before(self) -> int:
        """The position before its first record."""
        return self.last - len(self.lengths) // 4

    def unpacked(self) -> list[bytes]:
        """The records."""
        records = self.records
        return [records[start:end] for start, end in pairwise(accumulate(_numbers(self.lengths), initial=0))]

    def changed(self) -> Iterator[int]:
        """The positions of records that do not have their checksums."""
        pairs = zip_longest(map(adler32, self.unpacked()), _numbers(self.checksums))
        return (position for position, (found, stored) in enumerate(pairs, self.before + 1) if found != stored)


def parts_of(expected: int, records: Sequence[bytes], ends: Sequence[tuple[int, bytes]]) -> Iterator[Part]:
    """The records behind a position as rows.

    Args:
        expected: the position before the first of them.
        records: what to store.
        ends: the last position of each row, and the digest there.
    """
    taken = 0
    for last, digest in ends:
        part = records[taken : last - expected]
        lengths, checksums = _packed(map(len, part)), _packed(map(adler32, part))
        yield Part(last, b"".join(part), lengths, checksums, digest)
        taken += len(part)


def _packed(numbers: Iterator[int]) -> bytes:
    values = tuple(numbers)
    return pack(f"<{len(values)}I", *values)


def _numbers(packed: bytes) -> tuple[int, ...]:
    return unpack_from(f"<{len(packed) // 4}I", packed)
