"""Many rows of one kind, stored column by column: small, quick to read, and what repeats is one object again.

What a snapshot stores of a million accounts is made of these. A struct of columns has the fields of the struct whose
rows it stores, in the same order.
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
    """The values of one field. Those that repeat are there once, with numbers that say which row has which."""

    values: list[T]
    numbers: bytes = b""
    """Of each row the number of its value; empty if there is one for each row."""


SAMPLE = 1_000


def column(values: list[T]) -> Column[T]:
    """A column of these values, one for each row; they can be hashed."""
    # To tell a million ids from each other takes long, and gives nothing.
    if len({*values[:SAMPLE]}) > min(len(values), SAMPLE) // 2:
        return Column(values)
    known = defaultdict[T, int](count().__next__)
    numbers = array("I", map(known.__getitem__, values))
    return Column(list(known), array(_width(known), numbers).tobytes())


def expand(stored: Column[T]) -> Iterable[T]:
    """The values of a column, one for each row."""
    if not stored.numbers:
        return stored.values
    return map(stored.values.__getitem__, memoryview(stored.numbers).cast(_width(stored.values)))


def _width(values: Collection[Any]) -> Literal["B", "I"]:
    """Code of the narrowest numbers that tell so many values apart."""
    return "B" if len(values) <= 256 else "I"


def to_columns(kind: type[C], rows: Sequence[Struct]) -> C:
    """These rows as a struct of columns of this kind."""
    return kind(*(column(list(map(attrgetter(name), rows))) for name in kind.__struct_fields__))


def from_columns(make: Callable[..., T], stored: Struct, *before: Iterable[Any]) -> Iterator[T]:
    """What ``make`` makes of each row of a struct of columns, whose values are its last arguments."""
    return map(make, *before, *(expand(getattr(stored, name)) for name in stored.__struct_fields__))


def pack(numbers: Iterable[int]) -> bytes:
    """Whole numbers, for example positions, as bytes; in the byte order of the machine."""
    return array("q", numbers).tobytes()


def unpack(data: bytes) -> Iterable[int]:
    """The numbers that ``pack`` was given."""
    return memoryview(data).cast("q")
