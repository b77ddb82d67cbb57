"""The cron expressions of backup plans: their validation, and whether they are rare enough for archives.

The grammar is that of Quartz: fields for minute, hour, day of month, month, day of week and year; the year may be left
out, and anything behind it is ignored. AWS looks at the next two times from now. The core knows no current date, so
here years in the past are accepted, and the time between two backups is judged by the fields.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from msgspec import Struct

from .text import refuse, shown

DAYS_BETWEEN_ARCHIVES = 28
LONGEST_OFFSET = 30
"""Days before the last one of a month."""
MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

CRON = re.compile(r"cron\(([^()]{1,256})\)")
VALUES = re.compile(r"(?:\*|(?P<first>[0-9A-Z]{1,4})(?:-(?P<last>[0-9A-Z]{1,4}))?)(?:/(?P<step>[0-9]{1,4}))?")
FROM_LAST_DAY = re.compile(r"L(?:-([0-9]{1,2}))?W?")
NTH_WEEKDAY = re.compile(r"(.+)#[1-5]")


class Field(Struct, frozen=True):
    """The range and the names of one field of an expression."""

    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    """Names of its values, from the lowest on."""
    wraps: bool = True
    """Whether a range may end below its start."""


MINUTE, HOUR, DAY_OF_MONTH = Field(0, 59), Field(0, 23), Field(1, 31)
MONTH = Field(1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"))
DAY_OF_WEEK = Field(1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
YEAR = Field(1970, 2199, wraps=False)
ANY_DAY = frozenset(range(1, 32))
ONE_DAY = frozenset({1})


class Schedule(Struct, frozen=True):
    """The times of an expression, as far as the checks need them."""

    hours: frozenset[int]
    days: frozenset[int]
    """Days of the month. {1} stands for a day that depends on the month, as its last Friday; weekdays are all days."""
    months: frozenset[int]
    years: frozenset[int]

    @property
    def suits_archives(self) -> bool:
        """Tell whether its times are at least 28 days apart.

        Two such days of every month come too close at the turn of the month. If only some months are listed, AWS
        refuses that only when it is about to happen; here it is accepted.
        """
        is_far_apart = len(self.days) == 2 and max(self.days) - min(self.days) >= DAYS_BETWEEN_ARCHIVES
        some_months = len(self.months) < len(MONTH_LENGTHS)
        return len(self.hours) == 1 and (len(self.days) == 1 or (is_far_apart and some_months))


def cron(value: object) -> str:
    """Read a schedule expression."""
    expression = value if isinstance(value, str) else refuse(f"{shown(value)} must be a string")
    schedule(expression)
    return expression


@lru_cache(maxsize=1024)
def schedule(expression: str) -> Schedule:
    """Parse an expression.

    Raises:
        MalformedPolicyDocumentException: it breaks the grammar, has times less than an hour apart, or not two at all.
    """
    found = CRON.fullmatch(expression) or refuse(f"{shown(expression)} must have the form cron(…)")
    fields = found[1].upper().split()
    if len(fields) < 5:
        refuse(f"{shown(expression)} must have minute, hour, day, month, weekday and perhaps a year")
    minute, hour, day, month, weekday = fields[:5]
    if len(_values(MINUTE, minute)) > 1:
        refuse(f"{shown(expression)} must have one minute only, so that its times are an hour apart")
    read = Schedule(
        _values(HOUR, hour),
        _days(day, weekday),
        _values(MONTH, month),
        _values(YEAR, fields[5] if len(fields) > 5 else "*"),
    )
    if len(list(islice(_times(read), 2))) < 2:
        refuse(f"{shown(expression)} must have two times at least that exist")
    return read


def _times(read: Schedule) -> Iterator[tuple[int, int, int, int]]:
    for year in sorted(read.years):
        for month in read.months:
            for day in read.days:
                if _exists(year, month, day):
                    yield from ((year, month, day, hour) for hour in read.hours)


def _exists(year: int, month: int, day: int) -> bool:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= MONTH_LENGTHS[month - 1] and (month != 2 or day < 29 or is_leap)


def _days(day: str, weekday: str) -> frozenset[int]:
    """The days of the month; one of the two fields must be a question mark, and the other one decides."""
    if (day == "?") == (weekday == "?"):
        refuse("either the day or the weekday of a schedule must be ?")
    return _days_of_month(day) if weekday == "?" else _days_by_weekday(weekday)


def _days_of_month(field: str) -> frozenset[int]:
    last = FROM_LAST_DAY.fullmatch(field)
    if last:
        offset = int(last[1] or 0)
        # Some months are too short for it. Day `offset + 1` stands for it, since it exists in just the same months.
        return (
            frozenset({offset + 1})
            if offset <= LONGEST_OFFSET
            else refuse(f"{field} must be L-{LONGEST_OFFSET} at most")
        )
    items = field.split(",")
    days = frozenset[int]().union(*(_values(DAY_OF_MONTH, item.removesuffix("W")) for item in items))
    # With W, for the nearest weekday, only the first day counts; a W behind a range has no effect.
    nearest = any(item.endswith("W") and "-" not in item for item in items)
    return frozenset({min(days)}) if nearest else days


def _days_by_weekday(field: str) -> frozenset[int]:
    if field == "L":  # Every Saturday.
        return ANY_DAY
    if field.endswith("L") and "," not in field:
        _values(DAY_OF_WEEK, field.removesuffix("L"))
        return ANY_DAY if "-" in field else ONE_DAY
    if field.count("#") > 1:
        refuse(f"{field} may have one # only")
    for item in field.split(","):
        nth = NTH_WEEKDAY.fullmatch(item)
        _values(DAY_OF_WEEK, nth[1] if nth else item)
    return ONE_DAY if "#" in field else ANY_DAY


def _values(field: Field, listed: str) -> frozenset[int]:
    """Expand a list of values, ranges and steps."""
    return frozenset[int]().union(*(_values_of_item(field, item) for item in listed.split(",")))


def _values_of_item(field: Field, item: str) -> frozenset[int]:
    found = VALUES.fullmatch(item) or refuse(f"{shown(item)} must be a value, a range or a step of a schedule")
    first, last, step = found["first"], found["last"], int(found["step"] or 1)
    lowest = _value(field, first) if first else field.lowest
    # A value with a step goes on to the end of the field.
    otherwise = lowest if first and not found["step"] else field.highest
    highest = _value(field, last) if last else otherwise
    if not 1 <= step <= field.highest or (highest < lowest and not field.wraps):
        refuse(f"{shown(item)} must be an ascending range, with a step from 1 to {field.highest}")
    size = field.highest - field.lowest + 1
    run = range(lowest, highest + 1 if lowest <= highest else highest + size + 1, step)
    return frozenset(field.lowest + (value - field.lowest) % size for value in run)


def _value(field: Field, written: str) -> int:
    if written in field.names:
        return field.lowest + field.names.index(written)
    wanted = f"{shown(written)} must be from {field.lowest} to {field.highest} in a schedule"
    value = int(written) if written.isdecimal() else refuse(wanted)
    return value if field.lowest <= value <= field.highest else refuse(wanted)
