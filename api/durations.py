"""Durations and moments as people write them, such as ``15d``, ``1d12h``; one parser for all ways into a world."""

import re
from datetime import datetime, timedelta

from ..engine.runtime.clock import FASTEST
from ..engine.shapes import timestamps

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


def read_rate(text: str) -> float:
    """Read how fast the time of a run passes, as ``read_factor`` does, but no slower than real time: it is to end.

    Raises:
        ValueError: it is no such rate.
    """
    return read_factor(text, slowest=1)


def read_factor(text: str, slowest: float = 0.001) -> float:
    """Read how fast simulated time passes: a duration per second of real time, ``1h``, or the factor itself, ``3600``.

    Args:
        text: the duration or the factor.
        slowest: the smallest factor that is possible.

    Raises:
        ValueError: it is neither, or smaller than is possible, or more than a paced clock can do.
    """
    try:
        factor = float(text)
    except ValueError:
        try:
            factor = read_duration(text).total_seconds()
        except ValueError:
            factor = 0.0
    if not slowest <= factor <= FASTEST:
        raise ValueError(
            f"{text[:40]!r} is no rate: say how much simulated time passes in a second, such as 1h or 1d, or the "
            f"factor, such as 3600, from {slowest:g}{', which is real time,' if slowest == 1 else ''} to a billion"
        )
    return factor


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
        TypeError: nothing was given, a duration of another type, such as a number without its unit, or a unit's number
            that is none.
    """
    if duration is None:
        if days is None and hours is None and minutes is None and seconds is None:
            raise TypeError('say how long: days=15, hours=, minutes= or seconds=, a text such as "15d", or a timedelta')
    elif isinstance(duration, str):
        duration = read_duration(duration)
    elif isinstance(duration, int | float):
        raise TypeError(f'{duration!r} has no unit: say days={duration!r}, a text such as "15d", or a timedelta')
    else:
        duration = named_duration("duration", duration)
    try:
        length = timedelta(days or 0, seconds or 0, 0, 0, minutes or 0, hours or 0)
        return length if duration is None else duration + length
    except OverflowError:
        raise ValueError("that is longer than the calendar") from None
    except (TypeError, ValueError) as error:
        units = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
        given = ", ".join(f"{unit}={number!r}" for unit, number in units.items() if number)
        raise type(error)(f"days, hours, minutes and seconds are numbers, such as days=1.5, not {given}") from None


def named_duration(name: str, duration: object) -> timedelta:
    """Read a duration that a parameter was given: a text such as ``15d``, or a ``timedelta``.

    Args:
        name: of the parameter, which messages begin with.
        duration: what it was given.

    Raises:
        ValueError: a text that is no duration, or one longer than the calendar.
        TypeError: something else, such as a number, which has no unit.
    """
    if isinstance(duration, timedelta):
        return duration
    if not isinstance(duration, str):
        raise TypeError(f"{name} is {HOW}; or a timedelta; not {duration!r}")
    try:
        return read_duration(duration)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def as_microseconds(when: object) -> int:
    """Convert a moment (also as a text, in ISO 8601), or a duration, to the engine's microseconds.

    Raises:
        ValueError: a moment without a time zone, or a text that is none.
        TypeError: it is something else.
    """
    text = when
    if isinstance(when, str):
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            raise ValueError(f"{when!r} is no moment; write it as 2026-03-01T00:00:00Z") from None
    if not isinstance(when, datetime | timedelta):
        raise TypeError(
            f"a moment is a datetime with a time zone, or a text such as 2026-03-01T00:00:00Z, not {when!r}"
        )
    if isinstance(when, datetime) and when.tzinfo is None:
        advice = "say which, for example tzinfo=UTC"
        if isinstance(text, str):
            advice = f"write it as {when.isoformat()}Z, which is UTC"
        raise ValueError(f"{text if isinstance(text, str) else when.isoformat()} has no time zone; {advice}")
    return timestamps.microseconds(when)
