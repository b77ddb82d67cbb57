"""The pace at which a step sends its calls: at a rate, evenly over a time, or in ramps."""

import math
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from ....engine.settings import DAY, HOUR, SECOND
from .contradictions import Contradiction, Table

LEAST = 1e-6
Rate = Annotated[float, Meta(ge=LEAST, le=1e9)]


class Stage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A stage of a ramp: over ``days`` the rate changes linearly to ``to_per_day``."""

    days: Annotated[float, Meta(gt=0, le=36_500)]
    to_per_day: Annotated[float, Meta(ge=0, le=1e9)]


class Pace(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The moments at which calls are sent; exactly one of the five fields is set. The first call is sent at once.

    A ramp (``stages``) begins at a rate of 0; after its last stage the rate stays as it is.
    """

    per_second: Rate | None = None
    per_hour: Rate | None = None
    per_day: Rate | None = None
    over_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    stages: Annotated[tuple[Stage, ...], Meta(min_length=1)] | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        given = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if len(given) != 1:
            choices = self.__struct_fields__
            message = f"a pace is exactly one of {', '.join(choices)}, not {' and '.join(given) or 'nothing'}"
            yield Contradiction(message, lacking=() if given else choices)
        if self.stages and self.stages[-1].to_per_day < LEAST:
            ends = f"{self.stages[-1].to_per_day:g}"
            yield Contradiction(f"the last stage ends at {ends} per day: what is left would never be sent", ("stages",))

    def offsets(self, number: int) -> Iterator[int]:
        """For each of ``number`` calls the time after the first at which it is sent, in microseconds, ascending."""
        if self.stages:
            return _ramp(self.stages, number)
        if self.over_days:
            length = self.over_days * DAY
            return (round(length * index / number) for index in range(number))
        rates = ((self.per_second, SECOND), (self.per_hour, HOUR), (self.per_day, DAY))
        interval = next(unit / rate for rate, unit in rates if rate)
        return (round(interval * index) for index in range(number))

    def most_in_a_day(self, number: int) -> int:
        """The greatest number of calls within a day, of so many; of a ramp as many as at its greatest rate."""
        if self.stages:
            rate = max(stage.to_per_day for stage in self.stages)
        elif self.over_days:
            rate = number / max(self.over_days, 1.0)
        else:
            rates = ((self.per_second, 86_400), (self.per_hour, 24), (self.per_day, 1))
            rate = next(rate * a_day for rate, a_day in rates if rate)
        return min(number, math.ceil(rate))

    def least_days(self, number: int) -> float:
        """The days from the first of ``number`` calls to the last."""
        if number < 2:
            return 0.0
        if self.stages:
            return _days_to_call(self.stages, number - 1)
        if self.over_days:
            return self.over_days * (number - 1) / number
        rates = ((self.per_second, 86_400), (self.per_hour, 24), (self.per_day, 1))
        return next((number - 1) / (rate * a_day) for rate, a_day in rates if rate)


def _ramp(stages: tuple[Stage, ...], number: int) -> Iterator[int]:
    """Yield when the area under the rate reaches 0, 1, 2, …: then the first, second, third call is due."""
    index, began, sent, rate = 0, 0.0, 0.0, 0.0
    for stage in stages:
        slope = (stage.to_per_day - rate) / stage.days
        area = (rate + stage.to_per_day) / 2 * stage.days
        while index < number and index <= sent + area:
            yield round((began + _days_to_area(index - sent, rate, slope)) * DAY)
            index += 1
        began, sent, rate = began + stage.days, sent + area, stage.to_per_day
    while index < number:
        yield round((began + (index - sent) / rate) * DAY)
        index += 1


def _days_to_call(stages: tuple[Stage, ...], index: int) -> float:
    """The days until one call is due, counted from 0, without the others."""
    began, sent, rate = 0.0, 0.0, 0.0
    for stage in stages:
        area = (rate + stage.to_per_day) / 2 * stage.days
        if index <= sent + area:
            return began + _days_to_area(index - sent, rate, (stage.to_per_day - rate) / stage.days)
        began, sent, rate = began + stage.days, sent + area, stage.to_per_day
    return began + (index - sent) / rate


def _days_to_area(area: float, rate: float, slope: float) -> float:
    """The days until the area under a linearly changing rate, in calls per day, reaches ``area``."""
    if area <= 0:
        return 0.0
    # The numerically stable root of rate * t + slope / 2 * t² = area; it holds for a slope of 0 too.
    return 2 * area / (rate + math.sqrt(max(rate * rate + 2 * slope * area, 0.0)))
