"""How long somebody takes: the distributions of delays that a scenario can name.

A delay is drawn from one number in [0, 1) and the moment at which it begins, so that each draw uses up exactly one
number of its generator, whatever the distribution.
"""

import math
from random import Random
from statistics import NormalDist
from typing import Annotated

from msgspec import Meta, Struct

from ....engine.settings import DAY, HOUR

Days = Annotated[float, Meta(ge=0, le=36_500)]
HourOfDay = Annotated[int, Meta(ge=0, le=24)]
WORKDAYS = 5
THURSDAY = 3
"""The weekday of 1 January 1970, counted from Monday."""

_NORMAL = NormalDist()


class Fixed(Struct, frozen=True, tag="fixed", tag_field="distribution", forbid_unknown_fields=True):
    """Everybody after the same time."""

    days: Days

    def draw(self, random: Random, now: int) -> int:
        """A delay that begins now; both in microseconds."""
        random.random()
        return round(self.days * DAY)


class Uniform(Struct, frozen=True, tag="uniform", tag_field="distribution", forbid_unknown_fields=True):
    """Any time between two bounds, all equally likely."""

    from_days: Days
    to_days: Days

    def __post_init__(self) -> None:
        if not self.from_days <= self.to_days:
            raise ValueError(f"from_days = {self.from_days} is later than to_days = {self.to_days}")

    def draw(self, random: Random, now: int) -> int:
        """A delay that begins now; both in microseconds."""
        return round((self.from_days + (self.to_days - self.from_days) * random.random()) * DAY)


class Lognormal(Struct, frozen=True, tag="lognormal", tag_field="distribution", forbid_unknown_fields=True):
    """Most soon, some late: half of them within the median; ``sigma`` says how far the rest spreads."""

    median_days: Annotated[float, Meta(gt=0, le=36_500)]
    sigma: Annotated[float, Meta(ge=0, le=10)]
    at_most_days: Days

    def draw(self, random: Random, now: int) -> int:
        """A delay that begins now; both in microseconds."""
        return round(min(self.median_days * _spread(random, self.sigma), self.at_most_days) * DAY)


class OfficeHours(Struct, frozen=True, tag="office_hours", tag_field="distribution", forbid_unknown_fields=True):
    """So many working hours, Monday to Friday: a lognormal delay on a clock that stands still outside office hours.

    ``median_hours = 8`` with the usual hours is an answer within one working day for half of them; whoever is asked on
    a Friday evening begins on Monday.
    """

    median_hours: Annotated[float, Meta(gt=0, le=100_000)]
    sigma: Annotated[float, Meta(ge=0, le=10)]
    at_most_hours: Annotated[float, Meta(ge=0, le=100_000)]
    opens: HourOfDay = 9
    closes: HourOfDay = 17
    utc_offset_hours: Annotated[float, Meta(ge=-12, le=14)] = 0

    def __post_init__(self) -> None:
        if not self.opens < self.closes:
            raise ValueError(f"opens = {self.opens} is not before closes = {self.closes}")

    def draw(self, random: Random, now: int) -> int:
        """A delay that begins now; both in microseconds."""
        work = round(min(self.median_hours * _spread(random, self.sigma), self.at_most_hours) * HOUR)
        return self.after(work, now) - now

    def after(self, work: int, now: int) -> int:
        """The moment at which so much working time has passed since now; all in microseconds."""
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
            # A working day's last moment is its end, not the beginning of the next.
            days, rest = days - 1, length
        weeks, weekday_then = divmod(weekday + days, WORKDAYS)
        day += weeks * 7 + weekday_then - weekday
        return day * DAY + opens + rest - offset


def _spread(random: Random, sigma: float) -> float:
    """A lognormal factor whose median is 1."""
    # 1 - random() is never 0, for which there is no quantile; nor is it above what inv_cdf takes.
    share = 1.0 - random.random()
    return math.exp(-sigma * _NORMAL.inv_cdf(share)) if share < 1.0 else 0.0


Delay = Fixed | Uniform | Lognormal | OfficeHours
