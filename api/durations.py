"""Durations as people write them: ``15d``, ``1.5h``, ``1d12h``; one parser for Python, server and command line."""

import re
from datetime import timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([smhdw])")
TEXT = re.compile(rf"(?:{PART.pattern})+")
HOW = 'a duration such as "15d", "1.5h" or "1d12h"; its units are s, m, h, d and w'


def read_duration(text: str) -> timedelta:
    """Parse a duration such as ``15d``, ``1.5h`` or ``1d12h``; units are s, m, h, d and w.

    Raises:
        ValueError: it is none, or longer than the calendar.
    """
    if not TEXT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not {HOW}")
    try:
        return sum((timedelta(**{UNITS[unit]: float(number)}) for number, unit in PART.findall(text)), timedelta())
    except OverflowError:
        raise ValueError(f"{text[:40]!r} is longer than the calendar") from None


def total_duration(
    duration: timedelta | str | None,
    *,
    days: float | None = None,
    hours: float | None = None,
    minutes: float | None = None,
    seconds: float | None = None,
) -> timedelta:
    """Add up a duration and numbers of units.

    Raises:
        ValueError: a text that is no duration, or the sum is longer than the calendar.
        TypeError: nothing was given, or a duration of another type, such as a number without its unit.
    """
    units = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
    given = {unit: number for unit, number in units.items() if number is not None}
    if duration is None and not given:
        raise TypeError('say how long: days=15, hours=, minutes= or seconds=, a text such as "15d", or a timedelta')
    if isinstance(duration, str):
        duration = read_duration(duration)
    elif not isinstance(duration, timedelta | None):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f'{duration!r} has no unit: say days={duration!r}, a text such as "15d", or a timedelta')
    try:
        return (duration or timedelta()) + timedelta(**given)
    except OverflowError:
        raise ValueError("that is longer than the calendar") from None
