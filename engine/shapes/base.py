"""The base of all response shapes, and the conversion of times."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec import Struct

Moment = datetime
"""A moment with its time zone, for modules that count microseconds themselves."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1_024)  # while the clock stands still, many answers contain the same few times
def moment(microseconds: int) -> datetime:
    """Convert microseconds since the epoch to a datetime in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def moment_text(microseconds: int, form: str) -> str:
    """Format a time for a message. Never fails, though a clock can run beyond the last datetime.

    Args:
        microseconds: since the epoch.
        form: as for ``strftime``.
    """
    try:
        return moment(microseconds).strftime(form)
    except OverflowError:
        return "a moment beyond the calendar"


class Shape(Struct, frozen=True, gc=False, rename="pascal", omit_defaults=True):
    """Base of the structures in AWS's answers."""


class EmptyReply(Shape, frozen=True):
    """The answer of an operation that returns nothing."""
