"""Times in records of CloudTrail: the text forms of AWS, and numbers.

``eventTime`` is RFC 3339 in whole seconds. Inside responses and details a time is text as well: ``Jan 18, 2017
9:41:16 PM``, and in newer events ``Jul 17, 2025, 2:53:40 PM``, with one more comma (docs/aws.md 11.2). Exports of other
programs have further forms: ``2025-01-20 15:59:33.000``, and seconds or milliseconds since the epoch.
"""

import re
from datetime import UTC, datetime, timedelta

from ..settings import LATEST, SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Between the seconds and AM or PM newer Javas print a narrow no-break space.
_TEXT = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)[\s\u202f]?([AP])M")

_NUMBER = re.compile(r"[0-9]{9,}(\.[0-9]*)?")
"""Since the epoch; of fewer digits it is a date, such as ``20260105``, or nothing."""


def event_time(time: int) -> str:
    """Format microseconds since the epoch as ``eventTime``: ``2022-03-18T18:17:06Z``; parts of a second are cut."""
    return f"{_second(time):%Y-%m-%dT%H:%M:%SZ}"


def text_time(time: int, *, comma: bool = False) -> str:
    """Format microseconds since the epoch as times are inside records: ``Jan 18, 2017 9:41:16 PM``, in UTC.

    Args:
        time: microseconds since the epoch; parts of a second are cut.
        comma: whether a comma follows the year, as in events of 2025.
    """
    when = _second(time)
    after_year = "," if comma else ""
    clock = f"{when.hour % 12 or 12}:{when:%M:%S} {'AP'[when.hour >= 12]}M"  # noon
    return f"{_MONTHS[when.month - 1]} {when.day}, {when.year}{after_year} {clock}"


def read_time(value: object) -> int | None:
    """Read a time in any of the forms that trails have.

    Args:
        value: text, or a number of seconds or milliseconds since the epoch; without a time zone it is UTC.

    Returns:
        Microseconds since the epoch; None if it is no time, or beyond the calendar.
    """
    if isinstance(value, str):
        when = _of_text(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        when = _of_number(value)
    else:
        return None
    return when if when is not None and 0 <= when <= LATEST else None


def _second(time: int) -> datetime:
    return _EPOCH + timedelta(seconds=time // SECOND)


def _of_text(text: str) -> int | None:
    found = _TEXT.fullmatch(text)
    try:
        if found:
            return _of_groups(*found.groups())
        if _NUMBER.fullmatch(text):
            return _of_number(float(text))
        when = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(microseconds=1)


def _of_groups(month: str, day: str, year: str, hour: str, minute: str, second: str, half: str) -> int:
    number = _MONTHS.index(month) + 1
    hours = int(hour) % 12 + 12 * (half == "P")
    when = datetime(int(year), number, int(day), hours, int(minute), int(second), tzinfo=UTC)
    return (when - _EPOCH) // timedelta(microseconds=1)


_FIRST_IN_MILLISECONDS = 100_000_000_000
"""Numbers from here on count milliseconds: as seconds they would be in the year 5138."""

_FIRST_IN_SECONDS = 100_000_000
"""Numbers below this, of 1973, are no times; ``20260105`` would be one of 1970."""


def _of_number(number: float) -> int | None:
    if abs(number) < _FIRST_IN_SECONDS:
        return None
    try:
        return round(number * (SECOND // 1000 if abs(number) >= _FIRST_IN_MILLISECONDS else SECOND))
    except (ValueError, OverflowError):
        return None
