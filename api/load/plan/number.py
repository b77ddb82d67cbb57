"""A number that chance has a part in: its least, expected and greatest value."""

import math
from bisect import bisect_left
from fractions import Fraction
from functools import lru_cache
from random import Random

from msgspec import Struct

from ....engine.settings import DAY, HOUR
from ...delays import Delay, OfficeHours
from ..scenario.populations import portion_of

STRATA = 500
"""So many evenly spaced draws stand for the distribution of a delay."""
WEEK = 7 * DAY
NEARLY = 1e-9
RARELY = 1e-6
"""A share that makes no difference to what is expected, but one to what is certain."""
GOLDEN = (math.sqrt(5) - 1) / 2


class Number(Struct, frozen=True):
    """How many of something; the three are the same where no chance is involved."""

    least: float = 0.0
    expected: float = 0.0
    most: float = 0.0

    @classmethod
    def exactly(cls, number: float) -> "Number":
        """A number without chance."""
        return cls(number, number, number)

    def __add__(self, other: "Number") -> "Number":
        """The sum."""
        return Number(self.least + other.least, self.expected + other.expected, self.most + other.most)

    def __sub__(self, other: "Number") -> "Number":
        """What is left, at least nothing; the two may depend on each other or not."""
        return Number(
            max(0.0, self.least - other.most),
            max(0.0, self.expected - other.expected),
            max(0.0, self.most - other.least),
        )

    def at_most(self, other: "Number") -> "Number":
        """The same, but none of the three is greater than those of another number."""
        return Number(min(self.least, other.least), min(self.expected, other.expected), min(self.most, other.most))

    def chance(self, share: float, *, certain: bool = True) -> "Number":
        """So many of them, each with this chance.

        Args:
            share: the chance, 0 to 1.
            certain: False: whether it comes to that at all is not known, for instance because the run may end before.
        """
        if share <= NEARLY:
            return NOTHING
        if share >= 1 - NEARLY:
            return self if certain else Number(0.0, self.expected, self.most)
        return Number(0.0, self.expected * share, self.most)

    def portion(self, share: float, skip: float = 0.0) -> "Number":
        """A share of them that is counted off, after those that are skipped."""
        least, expected, most = (
            portion_of(each, skip + share) - portion_of(each, skip) for each in (self.least, self.expected, self.most)
        )
        if skip and self.least != self.most:
            # Both ends of it are rounded, so of more accounts it may be one fewer.
            least = max(0, math.ceil(self.least * share) - 1)
            most = min(math.ceil(self.most), math.floor(self.most * share) + 1)
        return Number(least, expected, most)

    @property
    def whole(self) -> tuple[int, int, int]:
        """Least, expected and greatest as whole numbers."""
        return math.floor(self.least), round(self.expected), math.ceil(self.most)


NOTHING = Number()


class ExactSum:
    """A sum of numbers of which one may be replaced by another: without rounding, however often that happens."""

    def __init__(self) -> None:
        self._parts = [Fraction(), Fraction(), Fraction()]

    @property
    def number(self) -> Number:
        """The sum."""
        return Number(*map(float, self._parts))

    def replace(self, old: Number, new: Number) -> None:
        """Subtract a number that is in the sum, and add another."""
        if old != new:
            before, after = (map(Fraction, (each.least, each.expected, each.most)) for each in (old, new))
            self._parts = [part - one + other for part, one, other in zip(self._parts, before, after, strict=True)]


def among(counted: Number, part: Number, whole: Number) -> Number:
    """How many of those that are counted off a whole belong to a part of it, if they are no others than the rest."""
    share = min(1.0, part.expected / whole.expected) if whole.expected else 0.0
    others = max(0.0, whole.most - part.least)
    return Number(max(0.0, counted.least - others), counted.expected * share, min(counted.most, part.most))


class _Evenly(Random):
    """Stands for a generator: its next number is set from outside."""

    value = 0.0

    def random(self) -> float:
        return self.value


def share_within(delay: Delay, days: float, start: int, spread: int = 0) -> float:
    """The share of delays that are shorter than so many days.

    Args:
        delay: their distribution.
        days: may be negative: then none is.
        start: when the first begins, in microseconds since the epoch: office hours depend on the weekday.
        spread: they begin evenly over so many microseconds.
    """
    # Only office hours depend on when they begin, and only on the time of the week.
    start, spread = (start % WEEK, spread) if isinstance(delay, OfficeHours) else (0, 0)
    limit = days * DAY
    share = bisect_left(_delays(delay, start, spread), limit) / STRATA
    shortest, longest = _bounds(delay)
    if share == 0 and shortest < limit:
        return RARELY
    return 1 - RARELY if share == 1 and longest >= limit else share


@lru_cache(maxsize=1_000)
def _delays(delay: Delay, start: int, spread: int) -> tuple[int, ...]:
    """Delays that stand for a distribution, in microseconds, ascending; kept, because they are asked for again."""
    evenly, found = _Evenly(), list[int]()
    for index in range(STRATA):
        evenly.value = (index + 0.5) / STRATA
        # Multiples of the golden ratio are spread evenly, and every kind of delay begins early and late.
        found.append(delay.draw(evenly, start + round(spread * (index * GOLDEN % 1))))
    return tuple(sorted(found))


@lru_cache(maxsize=1_000)
def _bounds(delay: Delay) -> tuple[int, int]:
    """The shortest and the longest delay of a distribution, in microseconds, whenever it begins."""
    evenly, found = _Evenly(), list[int]()
    # The longest of office hours is one that begins when they end.
    starts = range(0, WEEK, HOUR) if isinstance(delay, OfficeHours) else [0]
    offset = round(delay.utc_offset_hours * HOUR) if isinstance(delay, OfficeHours) else 0
    for evenly.value in (0.0, math.nextafter(1.0, 0.0)):
        found += [delay.draw(evenly, start - offset) for start in starts]
    return min(found), max(found)
