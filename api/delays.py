"""The distributions of delays: how long people take to answer. Scenario files name them, processes sleep by them.

A delay is computed from one random number in [0, 1) and the moment at which it begins. Each draw uses up exactly one
number of its generator, whatever the distribution, so that changing one delay leaves all other draws as they are.

The name of each number ends with its unit: ``median_hours=8`` are eight hours, ``at_most_days=0.5`` are twelve.
"""

import math
from numbers import Integral, Real
from random import Random
from statistics import NormalDist
from typing import Annotated, Any

from msgspec import Meta, Struct

from ..engine.settings import DAY, HOUR
from ..engine.spelling import Spelt

MOST_DAYS, MOST_HOURS, MOST_SIGMA = 36_500, 100_000, 10
WESTERNMOST, EASTERNMOST = -12, 14
"""Offsets of time zones from UTC, in hours."""

Days = Annotated[float, Meta(ge=0, le=MOST_DAYS)]
HourOfDay = Annotated[int, Meta(ge=0, le=24)]
WORKDAYS = 5
"""Working days in a week, from Monday."""
THURSDAY = 3
"""The weekday of 1 January 1970, the first day of the epoch, counted from Monday as 0."""

_NORMAL = NormalDist()


class _Distribution(Struct, metaclass=Spelt, frozen=True, tag_field="distribution", forbid_unknown_fields=True):
    """What all distributions have in common."""


class Fixed(_Distribution, frozen=True, tag="fixed"):
    """Always the same delay."""

    days: Days

    def __post_init__(self) -> None:
        require_number("days", self.days, MOST_DAYS)

    def draw(self, random: Random, now: int) -> int:
        """Draw a delay that begins at ``now``; both in microseconds."""
        random.random()
        return round(self.days * DAY)


class Uniform(_Distribution, frozen=True, tag="uniform"):
    """A delay between two bounds, all equally likely."""

    from_days: Days
    to_days: Days

    def __post_init__(self) -> None:
        require_number("from_days", self.from_days, MOST_DAYS)
        require_number("to_days", self.to_days, MOST_DAYS)
        if not self.from_days <= self.to_days:
            raise ValueError(f"from_days = {self.from_days} is later than to_days = {self.to_days}")

    def draw(self, random: Random, now: int) -> int:
        """Draw a delay that begins at ``now``; both in microseconds."""
        return round((self.from_days + (self.to_days - self.from_days) * random.random()) * DAY)


class Lognormal(_Distribution, frozen=True, tag="lognormal"):
    """A lognormal delay, cut off at ``at_most_days``; ``sigma`` is the standard deviation of its logarithm."""

    median_days: Annotated[float, Meta(gt=0, le=MOST_DAYS)]
    sigma: Annotated[float, Meta(ge=0, le=MOST_SIGMA)]
    at_most_days: Days

    def __post_init__(self) -> None:
        require_number("median_days", self.median_days, MOST_DAYS)
        require_number("sigma", self.sigma, MOST_SIGMA)
        require_number("at_most_days", self.at_most_days, MOST_DAYS)
        if not self.median_days <= self.at_most_days:
            raise ValueError(f"median_days = {self.median_days:g} is later than at_most_days = {self.at_most_days:g}")

    def draw(self, random: Random, now: int) -> int:
        """Draw a delay that begins at ``now``; both in microseconds."""
        return round(min(self.median_days * _lognormal_factor(random, self.sigma), self.at_most_days) * DAY)


class OfficeHours(_Distribution, frozen=True, tag="office_hours"):
    """A lognormal delay that counts working hours only, Monday to Friday.

    ``opens`` and ``closes`` are whole hours of the day, 0 to 24, in the time zone that is ``utc_offset_hours`` ahead of
    UTC. With ``median_hours = 8`` and the default hours, half of the accounts answer within one working day; an account
    that is asked on a Friday evening begins on Monday.
    """

    median_hours: Annotated[float, Meta(gt=0, le=MOST_HOURS)]
    sigma: Annotated[float, Meta(ge=0, le=MOST_SIGMA)]
    at_most_hours: Annotated[float, Meta(ge=0, le=MOST_HOURS)]
    opens: HourOfDay = 9
    closes: HourOfDay = 17
    utc_offset_hours: Annotated[float, Meta(ge=WESTERNMOST, le=EASTERNMOST)] = 0

    def __post_init__(self) -> None:
        require_number("median_hours", self.median_hours, MOST_HOURS)
        require_number("sigma", self.sigma, MOST_SIGMA)
        require_number("at_most_hours", self.at_most_hours, MOST_HOURS)
        if not self.median_hours <= self.at_most_hours:
            raise ValueError(
                f"median_hours = {self.median_hours:g} is later than at_most_hours = {self.at_most_hours:g}"
            )
        require_number("opens", self.opens, 24, kind=Integral)
        require_number("closes", self.closes, 24, kind=Integral)
        require_number("utc_offset_hours", self.utc_offset_hours, EASTERNMOST, WESTERNMOST)
        if not self.opens < self.closes:
            raise ValueError(f"opens = {self.opens} is not before closes = {self.closes}")

    def draw(self, random: Random, now: int) -> int:
        """Draw a delay that begins at ``now``; both in microseconds."""
        work = round(min(self.median_hours * _lognormal_factor(random, self.sigma), self.at_most_hours) * HOUR)
        return self.after(work, now) - now

    def after(self, work: int, now: int) -> int:
        """The moment at which ``work`` of working time has passed since ``now``; all in microseconds."""
        offset = round(self.utc_offset_hours * HOUR)
        opens, length = self.opens * HOUR, (self.closes - self.opens) * HOUR
        day, time = divmod(now + offset, DAY)
        passed = max(time - opens, 0)
        if passed >= length:
            day, passed = day + 1, 0
        weekday = (day + THURSDAY) % 7
        if weekday >= WORKDAYS:
            day, weekday, passed = day + 7 - weekday, 0, 0
        days, rest = divmod(passed + work, length)
        if work and not rest:
            # Work that ends with a working day ends on its evening, not on the next morning.
            days, rest = days - 1, length
        weeks, weekday_then = divmod(weekday + days, WORKDAYS)
        day += weeks * 7 + weekday_then - weekday
        return day * DAY + opens + rest - offset


def require_number(name: str, value: Any, most: int, least: int = 0, kind: type = Real) -> None:
    """Check a number that a program gives; files are checked when they are read, down to the last limit."""
    number = "whole number" if kind is Integral else "number"
    possible = f"{name} is a {number} from {least} to {most:,}, not {value!r}"
    if not isinstance(value, kind):
        raise TypeError(possible)
    if not least <= value <= most:
        raise ValueError(possible)


def _lognormal_factor(random: Random, sigma: float) -> float:
    """Draw a lognormal factor with median 1."""
    # 1 - random() is in (0, 1]: inv_cdf takes no 0, and 1 is handled below.
    share = 1.0 - random.random()
    return math.exp(-sigma * _NORMAL.inv_cdf(share)) if share < 1.0 else 0.0


Delay = Fixed | Uniform | Lognormal | OfficeHours
