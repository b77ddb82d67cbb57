"""The rows in which an SQLite log stores its records: packing, unpacking, checksums.

A row holds consecutive records that were appended together, up to the end of their segment at most: a row for each
record would cost three times as much. In the table ``parts`` a row has the records, one behind the other; the length
and the Adler-32 of each, four bytes each; and the digest at the last one. The digests prove that a log is unchanged;
the checksums find the record, whichever byte of a row was changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice, pairwise, zip_longest
from struct import pack, unpack_from
from typing import NamedTuple
from zlib import adler32

from . import Chain

# A changed byte may have changed the type of a value: whatever is stored, it is read as bytes.
_VALUES = ", ".join(f"coalesce(CAST({name} AS BLOB), x'')" for name in ("records", "lengths", "checksums", "digest"))
SELECT_ROWS = f"SELECT last, {_VALUES} FROM parts WHERE last > ? AND last <= ? ORDER BY last"
PLACEHOLDERS = "(?,?,?,?,?)"
CHECK_IN_PLACE = "files_in_place"
"""A function of the connection that takes a position and returns it, or raises if a file of the log is gone."""

ROWS_PER_STATEMENT = 128
"""More than thirty thousand records; a longer statement would have all its records in memory a second time."""


class Row(NamedTuple):
    """A row of the table ``parts``."""

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

    def unpack(self) -> list[bytes]:
        """Return the records, without comparing their checksums."""
        records = self.records
        return [records[start:end] for start, end in pairwise(accumulate(_numbers(self.lengths), initial=0))]

    def changed(self, records: Sequence[bytes]) -> Iterator[int]:
        """Yield the positions of records that do not have their checksums.

        Args:
            records: as ``unpack`` returned them.
        """
        found = _packed(map(adler32, records))
        if found == self.checksums and len(self.lengths) == len(found):
            return iter(())
        pairs = zip_longest(_numbers(found), _numbers(self.checksums))
        changed = [position for position, (new, old) in enumerate(pairs, self.before + 1) if new != old]
        return iter(changed or [self.last])


def pack_rows(digests: Chain, records: Iterable[bytes]) -> Iterator[Row]:
    """Pack further records of a log into rows; ``digests`` is extended by the records of each row."""
    left = iter(records)
    while taken := digests.take(left):
        lengths, checksums = _packed(map(len, taken)), _packed(map(adler32, taken))
        yield Row(digests.position, b"".join(taken), lengths, checksums, digests.digest)


def insert_statements(rows: Iterator[Row]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield the SQL statements that insert all the rows, mostly one, with their parameters."""
    # The check needs Python's lock, for which SQLite's thread waits long while events are made: so once a statement.
    # A SELECT, because of VALUES with one row the function would be called twice, for the triggers too.
    first = f"SELECT {CHECK_IN_PLACE}(?),?,?,?,?"
    while some := list(islice(rows, ROWS_PER_STATEMENT)):
        others = f" UNION ALL VALUES {','.join([PLACEHOLDERS] * (len(some) - 1))}" if len(some) > 1 else ""
        yield f"INSERT INTO parts {first}{others}", tuple(chain.from_iterable(some))


def _packed(numbers: Iterator[int]) -> bytes:
    values = tuple(numbers)
    return pack(f"<{len(values)}I", *values)


def _numbers(packed: bytes) -> tuple[int, ...]:
    return unpack_from(f"<{len(packed) // 4}I", packed)
