"""Timestamps in requests, and calendar months. The rest of the core counts microseconds and knows no dates."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from ..settings import SECOND
from .base import EPOCH, moment

END_OF_TIME = 253_402_300_799
"""The last second that has a date."""

_MICROSECOND = timedelta(microseconds=1)

Timestamp = Annotated[datetime, Meta(tz=True)] | Annotated[float, Meta(ge=0, le=END_OF_TIME)]
"""A member of a request: seconds since the epoch, as SDKs send them, or RFC 3339's text, or a ``datetime``."""


def microseconds(when: datetime | timedelta | float) -> int:
    """Convert a moment or a duration to the core's whole microseconds.

    Args:
        when: a moment with a time zone, a duration, or seconds (for a moment, since the epoch).
    """
    if isinstance(when, datetime):
        when -= EPOCH
    return when // _MICROSECOND if isinstance(when, timedelta) else round(when * SECOND)


def month_start(time: int, ahead: int = 0) -> int:
    """The first moment, in UTC, of the month in which a time lies, or of the one so many months ahead."""
    when = moment(time)
    months = when.year * 12 + when.month - 1 + ahead
    return microseconds(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC))
