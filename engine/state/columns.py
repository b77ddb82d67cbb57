"""Columnar storage for snapshots: many structs of one kind as one list of values per field, dictionary-encoded.

A snapshot stores a million accounts this way: it is smaller and faster to read than a million structs, and values that
repeat are one shared object after loading, as they were before. A struct of columns has the same fields as the struct
whose rows it stores, in the same order.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import count
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

T = TypeVar("T")
C = TypeVar("C", bound=Struct)


class Column(Struct, Generic[T], frozen=True, array_like=True):
    """The values of one field. If values repeat, each is stored once, with an index for each row."""

    values: list[T]
    numbers: bytes = b""
    """For each row the index of its value, one or four bytes each; empty if ``values`` has one for each row."""


SAMPLE = 1_000
"""Values looked at to tell whether a column repeats itself."""


def column(values: list[T]) -> Column[T]:
    """Encode the values of one field, one for each row; they must be hashable."""
    # Numbering a million different ids takes long and saves nothing.
    if len({*values[:SAMPLE]}) > min(len(values), SAMPLE) // 2:
        return Column(values)
    known = defaultdict[T, int](count().__next__)
    numbers = array("I", map(known.__getitem__, values))
    return Column(list(known), array(_width(known), numbers).tobytes())


def expand(stored: Column[T]) -> Iterable[T]:
    """Decode a column: its values, one for each row."""
    if not stored.numbers:
        return stored.values
    return map(stored.values.__getitem__, memoryview(stored.numbers).cast(_width(stored.values)))


def _width(values: Collection[Any]) -> Literal["B", "I"]:
    """Type code of the narrowest integers that can index so many values."""
    return "B" if len(values) <= 256 else "I"


def to_columns(kind: type[C], rows: Sequence[Struct]) -> C:
    """Encode structs as a struct of columns of this kind."""
    return kind(*(column(list(map(attrgetter(name), rows))) for name in kind.__struct_fields__))


def from_columns(make: Callable[..., T], stored: Struct, *before: Iterable[Any]) -> Iterator[T]:
    """Decode a struct of columns: call ``make`` for each row, with that row of ``before``, then its values."""
    return map(make, *before, *(expand(getattr(stored, name)) for name in stored.__struct_fields__))


def pack(numbers: Iterable[int]) -> bytes:
    """Encode integers, for example positions, as eight bytes each in the byte order of the machine."""
    return array("q", numbers).tobytes()


def unpack(data: bytes) -> Iterable[int]:
    """Decode what ``pack`` encoded."""
    return memoryview(data).cast("q")
