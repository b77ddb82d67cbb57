"""Pagination at the cost of a page: ordered rows with cheap removal, and tokens that continue where a page ended.

A token carries a position in the log, so pages stay right while rows come and go between them. It is bound to the
operation, the caller and the filter; AWS calls any other token invalid (docs/aws.md 10.2).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import filterfalse, islice
from operator import attrgetter
from typing import Annotated, Generic, Protocol, TypeVar

from msgspec import Meta

from ..engine.errors import InvalidInputException

MaxResults = Annotated[int, Meta(ge=1, le=20)]
NextToken = Annotated[str, Meta(max_length=100_000)]

PAGE_SIZE = 20
"""AWS's maximum, and the default for requests without a size (AWS's own default is not documented)."""

SWEEP_SHARE = 8
"""Rows marked as gone are removed from a list once they are one in so many, so that a page never skips many of them."""


class Row(Protocol):
    """A row that can be in an ``OrderedRows``."""

    @property
    def position(self) -> int:
        """The position of the event that made the row; rows are ordered by it."""
        ...


R = TypeVar("R", bound=Row)


class OrderedRows(Generic[R]):
    """Rows in the order of their positions, in which those that are gone are skipped rather than searched for.

    Iteration skips rows that are gone. At the old end, where most removals happen, they are skipped at once; elsewhere
    they are swept out now and then. A row is gone when its member ``gone`` says so. Of rows that are in several lists,
    or never change, ``is_gone`` tells whether one is gone from this list.
    """

    __slots__ = ("_first", "_gone", "_is_gone", "_rows")

    def __init__(self, is_gone: Callable[[R], bool] = attrgetter("gone"), rows: Iterable[R] = ()) -> None:
        """Start with rows that are already in order, none of them gone."""
        self._rows = list(rows)
        self._is_gone = is_gone
        self._first = 0
        """Index of the first row that is not gone."""
        self._gone = 0

    def __len__(self) -> int:
        return len(self._rows) - self._gone

    def __iter__(self) -> Iterator[R]:
        return self.after(0)

    def append(self, row: R) -> None:
        """Add a row whose position is higher than all others."""
        self._rows.append(row)

    def insert(self, row: R) -> None:
        """Add a row at its position; cheap near the end, where most are added."""
        if not self._rows or self._rows[-1].position < row.position:
            self._rows.append(row)
        else:
            insort(self._rows, row, self._first, key=_position)

    def count_gone(self) -> None:
        """Count a row that has just been marked as gone; must be called once for each."""
        rows = self._rows
        self._gone += 1
        while self._first < len(rows) and self._is_gone(rows[self._first]):
            self._first += 1
        if self._gone * SWEEP_SHARE > len(rows) + 64:
            self._rows = list(filterfalse(self._is_gone, rows))
            self._first = self._gone = 0

    def after(self, position: int) -> Iterator[R]:
        """Iterate over the rows after a position, oldest first."""
        rows = self._rows
        start = bisect_right(rows, position, self._first, key=_position) if position else self._first
        return filterfalse(self._is_gone, map(rows.__getitem__, range(start, len(rows))))

    def before(self, position: int | None) -> Iterator[R]:
        """Iterate over the rows before a position (None: all), newest first."""
        rows = self._rows
        stop = len(rows) if position is None else bisect_left(rows, position, key=_position)
        return filterfalse(self._is_gone, map(rows.__getitem__, range(stop - 1, self._first - 1, -1)))


def _position(row: Row) -> int:
    return row.position


def read_token(token: str | None, scope: str) -> int | None:
    """Read the position from a token; None without a token.

    Raises:
        InvalidInputException: ``INVALID_NEXT_TOKEN`` for anything but a token that this scope has given out.
    """
    if token is None:
        return None
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        raw = b""
    position = int.from_bytes(raw[:8], "big")
    if write_token(position, scope) != token:
        raise InvalidInputException(
            "INVALID_NEXT_TOKEN",
            explanation="the token was not given out by a page of the same question of this account; "
            "without a token the first page comes",
        )
    return position


def write_token(position: int, scope: str) -> str:
    """Make the token of a page that continues after the row at a position."""
    place = position.to_bytes(8, "big")
    return urlsafe_b64encode(place + blake2b(place + scope.encode(), digest_size=13).digest()).decode("ascii")


def cut_page(rows: Iterable[R], size: int | None, scope: str) -> tuple[list[R], str | None]:
    """Take a page from an ordered sequence; return its rows, and the token of the next page or None."""
    wanted = size or PAGE_SIZE
    page = list(islice(rows, wanted + 1))
    if len(page) <= wanted:
        return page, None
    page.pop()
    return page, write_token(page[-1].position, scope)
