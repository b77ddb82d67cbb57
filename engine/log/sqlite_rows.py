"""How records stand in the rows of an SQLite log.

A row holds consecutive records that were appended together, up to the end of their segment at most: a row for each
record would cost three times as much. Beside the records, one behind the other, stand the length and the Adler-32 of
each, four bytes of each, and the digest at the last one. The digests prove a log; the checksums find the place,
whichever byte of a row was changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise, zip_longest
from struct import pack, unpack_from
from typing import NamedTuple
from zlib import adler32

from . import Chain


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
        """The records, whether they are as they were stored or not."""
        records = self.records
        return [records[start:end] for start, end in pairwise(accumulate(_numbers(self.lengths), initial=0))]

    def changed(self, records: Sequence[bytes]) -> Iterator[int]:
        """The positions of records that do not have their checksums.

        Args:
            records: as they were unpacked.
        """
        found = _packed(map(adler32, records))
        if found == self.checksums and len(self.lengths) == len(found):
            return iter(())
        pairs = zip_longest(_numbers(found), _numbers(self.checksums))
        changed = [position for position, (new, old) in enumerate(pairs, self.before + 1) if new != old]
        return iter(changed or [self.last])


def parts_of(chain: Chain, records: Iterable[bytes]) -> Iterator[Part]:
    """Further records of a log as rows, which the chain takes in on the way."""
    left = iter(records)
    while part := chain.take(left):
        lengths, checksums = _packed(map(len, part)), _packed(map(adler32, part))
        yield Part(chain.position, b"".join(part), lengths, checksums, chain.digest)


def _packed(numbers: Iterator[int]) -> bytes:
    values = tuple(numbers)
    return pack(f"<{len(values)}I", *values)


def _numbers(packed: bytes) -> tuple[int, ...]:
    return unpack_from(f"<{len(packed) // 4}I", packed)
