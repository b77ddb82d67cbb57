"""What people call a moment of a log: a position, a time in ISO 8601, or a date; read against the log's history."""

from bisect import bisect_right

from msgspec import Struct

from ..durations import moment_span
from ..events_json import iso_time
from .entries import call_at
from .history import History


class MomentError(ValueError):
    """A text is no moment of the log; the message says what it could be."""


class Range(Struct, frozen=True):
    """How far a log reaches."""

    first: int
    """The time of its first event, in microseconds since the epoch."""
    head: int
    """Its last position."""
    last: int
    """The time there."""

    def __str__(self) -> str:
        return f"the log reaches from position 1 ({iso_time(self.first)}) to {self.head} ({iso_time(self.last)})"


def range_of(history: History) -> Range:
    """How far the log of a history reaches."""
    return Range(call_at(history, 1).time, history.position, call_at(history, history.position).time)


def position_at(text: str, history: History, *, begin_of_day: bool = False) -> int:
    """The last position of a log at a moment: of everything that had happened by then, at that very time included.

    Args:
        text: a position, a time in ISO 8601 (UTC unless it says otherwise), or a date in UTC.
        history: of the log.
        begin_of_day: whether a date means what was before it; otherwise its end.

    Raises:
        MomentError: it is none of these, or not within the log.
    """
    reach = range_of(history)
    if text.isascii() and text.isdigit():
        # What is longer than any position need not be computed, which for a very long text would fail.
        position = int(text[:20])
        if position > reach.head:
            raise MomentError(f"position {position} is beyond the end: {reach}")
        return position
    begin, end = span_of_text(text)
    if end < reach.first or begin > reach.last:
        raise MomentError(f"{text} is {'before the beginning' if end < reach.first else 'beyond the end'}: {reach}")
    return _last_position(history, begin - 1 if begin_of_day and begin < end else end)


def position_before(text: str, history: History) -> int:
    """The last position before a moment begins, so that what happens at it follows; raises as ``position_at``."""
    position = position_at(text, history, begin_of_day=True)
    if text.isascii() and text.isdigit():
        return max(position - 1, 0)
    begin, _ = span_of_text(text)
    return _last_position(history, begin - 1)


def _last_position(history: History, time: int) -> int:
    """The last position whose event is not later than a time; time never goes back."""
    return bisect_right(range(1, history.position + 1), time, key=lambda position: call_at(history, position).time)


def span_of_text(text: str) -> tuple[int, int]:
    """The first and the last microsecond of a time or a date; raises MomentError for any other text."""
    try:
        return moment_span(text)
    except ValueError as error:
        raise MomentError(str(error)) from None
