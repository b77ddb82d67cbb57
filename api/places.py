"""Places in a log as people call them: a position, a moment, or a date; one reader for all who ask about the past."""

from datetime import UTC, date, datetime

from msgspec import Struct

from ..engine.log.place import Span, iso_text
from ..engine.settings import DAY
from ..engine.shapes.timestamps import microseconds
from .durations import as_microseconds

At = int | datetime | str
"""A place: a position; or a moment, as a ``datetime`` with a time zone or a text, a time such as
``2026-03-01T09:00:00Z``; or a date, which means its end."""

PLACES = "a position such as 120, a time such as 2026-03-01T09:00:00Z, or a date such as 2026-03-01"
"""What a place in a log may be called."""


class Place(Struct, frozen=True):
    """A place in a log, as it was asked for."""

    value: int
    """A position, or a moment in microseconds since the epoch; of a date the last one."""
    is_moment: bool
    begin: int | None = None
    """The first moment of a date."""

    def __str__(self) -> str:
        return iso_text(self.value) if self.is_moment else f"position {self.value:,}"

    @property
    def before(self) -> int:
        """The position or the moment right before it; of a date what is before its beginning."""
        return (self.value if self.begin is None else self.begin) - 1

    def within(self, span: Span) -> "Place":
        """The place in a log; of a date that has not ended, as far as the world has come.

        Raises:
            ValueError: there is no such place in the log; the message says what it covers.
        """
        if self.begin is not None and self.begin <= span.now and span.began <= self.value:
            return Place(min(self.value, span.now), True, self.begin)
        span.require(self.value if self.begin is None else self.begin, is_moment=self.is_moment)
        return self


def read_place(at: At) -> Place:
    """Read a place; a text of digits is a position too.

    Raises:
        ValueError: a ``datetime`` without a time zone, or a text that is neither.
        TypeError: it is something else.
    """
    if isinstance(at, int) and not isinstance(at, bool):
        return Place(at, is_moment=False)
    if isinstance(at, str) and at.isascii() and at.isdigit():
        # What is longer than any position need not be computed, which for a very long text would fail.
        return Place(int(at[:20]), is_moment=False)
    if isinstance(at, datetime):
        return Place(as_microseconds(at), is_moment=True)
    if not isinstance(at, str):
        raise TypeError(f"a place is {PLACES}, not {at!r}")
    begin, end = _span_of(at)
    return Place(end, is_moment=True, begin=begin if begin < end else None)


def _span_of(text: str) -> tuple[int, int]:
    """Read the name of a moment in a log: a time in ISO 8601, which is UTC unless it says otherwise, or a date in UTC.

    Returns:
        Its first and its last microsecond, which differ for a date.

    Raises:
        ValueError: it is neither.
    """
    try:
        if len(text) == len("2026-03-01"):
            begin = microseconds(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC))
            return begin, begin + DAY - 1
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no moment; say {PLACES}") from None
    time = microseconds(when if when.tzinfo else when.replace(tzinfo=UTC))
    return time, time
