"""Timestamps in requests, and the calendar: what needs dates, which the rest of the core does without."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from .base import EPOCH, moment

END_OF_TIME = 253_402_300_799
"""The last second that has a date."""

Timestamp = Annotated[datetime, Meta(tz=True)] | Annotated[float, Meta(ge=0, le=END_OF_TIME)]
"""A member of a request: seconds since the epoch, as SDKs send them, or RFC 3339's text, or a ``datetime``."""


def microseconds(timestamp: Timestamp) -> int:
    """A timestamp as a time of the core."""
    if isinstance(timestamp, datetime):
        return (timestamp - EPOCH) // timedelta(microseconds=1)
    return round(timestamp * 1_000_000)


def month_start(time: int, ahead: int = 0) -> int:
    """The first moment, in UTC, of the month in which a time lies, or of the one so many months ahead."""
    when = moment(time)
    months = when.year * 12 + when.month - 1 + ahead
    return microseconds(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC))
