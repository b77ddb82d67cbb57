"""What all of AWS's answers share: the base of their shapes, and how moments look in them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec import Struct

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1_024)  # while the clock stands still, many answers speak of the same few moments
def moment(microseconds: int) -> datetime:
    """A time of the core as a datetime in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def moment_text(microseconds: int, form: str) -> str:
    """A time of the core for messages, which must not fail because of it: clocks can run beyond the calendar.

    Args:
        microseconds: since the epoch.
        form: as for ``strftime``.
    """
    try:
        return moment(microseconds).strftime(form)
    except OverflowError:
        return "a moment beyond the calendar"


class Shape(Struct, frozen=True, gc=False, rename="pascal", omit_defaults=True):
    """A structure of AWS's answers."""


class EmptyReply(Shape, frozen=True):
    """The answer of an operation that has nothing to say."""
