"""How long somebody takes: drawn as the distribution says, and on a clock that stands still outside office hours."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.api.delays import Delay, Fixed, Lognormal, OfficeHours, Uniform
from orgsim.engine.settings import DAY, HOUR
from orgsim.engine.shapes.base import moment

NINE_TO_FIVE = OfficeHours(8, 0.8, 80)
ANY = [Fixed(3), Uniform(1, 2), Lognormal(4, 0.8, 40), NINE_TO_FIVE]


class Given(Random):
    """A generator that gives the numbers it was given."""

    def __init__(self, *numbers: float) -> None:
        super().__init__()
        self.numbers = list(numbers)

    def random(self) -> float:
        return self.numbers.pop(0)


def at(text: str) -> int:
    """A moment in UTC, in microseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_fixed() -> None:
    """Everybody takes the same time."""
    assert {Fixed(1.5).draw(Random(seed), 0) for seed in range(9)} == {36 * HOUR}


@pytest.mark.parametrize(("number", "days"), [(0, 2), (0.25, 3), (0.5, 4), (0.75, 5)])
def test_uniform(number: float, days: float) -> None:
    """Equal shares of the numbers lead to equal stretches between the bounds."""
    assert Uniform(2, 6).draw(Given(number), 0) == days * DAY


def test_half_are_within_the_median() -> None:
    """The lognormal delay of the number in the middle is the median; one standard deviation is a factor of e^sigma."""
    delay = Lognormal(4, 0.5, 1_000)
    assert delay.draw(Given(0.5), 0) == 4 * DAY
    # 0.8413… of the normal distribution lie below one standard deviation; e to the 0.5 is 1.6487….
    assert delay.draw(Given(0.841344746068543), 0) == pytest.approx(4 * 1.6487212707 * DAY, rel=1e-9)
    assert delay.draw(Given(1 - 0.841344746068543), 0) == pytest.approx(4 / 1.6487212707 * DAY, rel=1e-9)


def test_lognormal_is_cut_off() -> None:
    """No lognormal delay is longer than the most, and the least number is none at all."""
    delay = Lognormal(4, 3, 10)
    assert delay.draw(Given(0.999999), 0) == 10 * DAY
    assert delay.draw(Given(0.0), 0) == 0
    drawn = [delay.draw(Random(seed), 0) for seed in range(2_000)]
    assert max(drawn) == 10 * DAY
    assert 3 * DAY < median(drawn) < 5 * DAY


def test_without_spread() -> None:
    """With a sigma of 0 everybody takes the median."""
    assert {Lognormal(4, 0, 10).draw(Given(number), 0) for number in (1e-9, 0.3, 0.999)} == {4 * DAY}


@pytest.mark.parametrize("delay", ANY, ids=lambda delay: type(delay).__name__)
def test_each_draw_uses_one_number(delay: Delay) -> None:
    """Whatever the distribution, a delay uses up one number, so that what is drawn behind it stays the same."""
    random, other = Random(1), Random(1)
    delay.draw(random, at("2026-01-02"))
    other.random()
    assert random.random() == other.random()


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        # 2 January 2026 is a Friday.
        ("2026-01-02T16:00", 2, "2026-01-05T10:00"),
        ("2026-01-02T16:00", 1, "2026-01-02T17:00"),
        ("2026-01-02T16:00", 0, "2026-01-02T16:00"),
        ("2026-01-02T17:00", 1, "2026-01-05T10:00"),
        ("2026-01-02T17:00", 0, "2026-01-05T09:00"),
        ("2026-01-02T20:00", 0.5, "2026-01-05T09:30"),
        ("2026-01-03T12:00", 0, "2026-01-05T09:00"),
        ("2026-01-03T12:00", 8, "2026-01-05T17:00"),
        ("2026-01-04T23:59", 9, "2026-01-06T10:00"),
        ("2026-01-05T03:00", 3, "2026-01-05T12:00"),
        ("2026-01-05T09:00", 8, "2026-01-05T17:00"),
        ("2026-01-05T16:59", 0.5, "2026-01-06T09:29"),
        # A whole week of work, from Wednesday noon to Wednesday noon; and four of them.
        ("2026-01-07T12:00", 40, "2026-01-14T12:00"),
        ("2026-01-07T12:00", 160, "2026-02-04T12:00"),
        # From a Monday morning it ends on Friday evening.
        ("2026-01-05T09:00", 40, "2026-01-09T17:00"),
        ("2026-01-05T08:00", 41, "2026-01-12T10:00"),
    ],
)
def test_calendar(begins: str, hours: float, ends: str) -> None:
    """So many working hours later it is that moment, counted by hand on a calendar."""
    assert moment(NINE_TO_FIVE.after(round(hours * HOUR), at(begins))) == moment(at(ends))


@pytest.mark.parametrize(
    ("office", "begins", "hours", "ends"),
    [
        # New York: from nine to five is 14:00 to 22:00 in UTC.
        (OfficeHours(8, 1, 80, utc_offset_hours=-5), "2026-01-02T21:00", 2, "2026-01-05T15:00"),
        # Auckland opens on Monday at 20:00 UTC of the Sunday before.
        (OfficeHours(8, 1, 80, utc_offset_hours=13), "2026-01-02T12:00", 1, "2026-01-04T21:00"),
        (OfficeHours(8, 1, 80, utc_offset_hours=5.5), "2026-01-05T03:30", 1, "2026-01-05T04:30"),
        # Round the clock, but not on weekends.
        (OfficeHours(8, 1, 80, opens=0, closes=24), "2026-01-02T23:00", 2, "2026-01-05T01:00"),
        (OfficeHours(8, 1, 80, opens=0, closes=24), "2026-01-01T00:00", 24, "2026-01-02T00:00"),
        (OfficeHours(8, 1, 80, opens=12, closes=13), "2026-01-01T12:30", 1, "2026-01-02T12:30"),
    ],
)
def test_other_offices(office: OfficeHours, begins: str, hours: float, ends: str) -> None:
    """Other hours and other zones shift the office, and its weekend with it."""
    assert moment(office.after(round(hours * HOUR), at(begins))) == moment(at(ends))


def test_half_of_them_within_a_working_day() -> None:
    """Who is asked on a Friday evening and takes the median of eight hours answers on Monday evening."""
    begins = at("2026-01-02T18:00")
    assert begins + NINE_TO_FIVE.draw(Given(0.5), begins) == at("2026-01-05T17:00")


OFFICES = st.builds(
    lambda opens, length, offset: OfficeHours(
        8, 1, 80, opens=opens, closes=min(24, opens + length), utc_offset_hours=offset
    ),
    st.integers(0, 23),
    st.integers(1, 24),
    st.sampled_from([-12.0, -5.5, 0.0, 1.0, 5.75, 14.0]),
)
MOMENTS = st.integers(DAY, 10_000 * DAY)
WORK = st.one_of(st.integers(0, 2_000 * HOUR), st.integers(0, 2_000).map(lambda hours: hours * HOUR))


@given(office=OFFICES, work=WORK, now=MOMENTS)
def test_nobody_answers_outside_office_hours(office: OfficeHours, work: int, now: int) -> None:
    """Whatever is asked whenever, the answer comes between opening and closing on a working day, and not before now."""
    ends = office.after(work, now)
    local = moment(ends + round(office.utc_offset_hours * HOUR))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = local - midnight
    hours = passed.total_seconds() / 3600
    # Midnight is the end of the day before, where the office closes then.
    at_midnight = office.closes == 24 and hours == 0
    assert ends >= now + work
    assert at_midnight or (local.weekday() < 5 and office.opens <= hours <= office.closes)


@given(office=OFFICES, parts=st.lists(st.integers(1, 100 * HOUR), min_size=2, max_size=5), now=MOMENTS)
def test_work_adds_up(office: OfficeHours, parts: list[int], now: int) -> None:
    """One piece of work after the other ends when all of it as one would have."""
    then = now
    for part in parts:
        then = office.after(part, then)
    assert then == office.after(sum(parts), now)


@given(office=OFFICES, works=st.lists(WORK, min_size=2, max_size=5), now=MOMENTS, later=st.integers(0, 10 * DAY))
def test_more_work_takes_longer(office: OfficeHours, works: list[int], now: int, later: int) -> None:
    """More work never ends earlier, and neither does work that begins later."""
    ends = [office.after(work, now) for work in sorted(works)]
    assert all(before <= after for before, after in pairwise(ends))
    assert office.after(works[0], now + later) >= office.after(works[0], now)


@given(delay=st.sampled_from(ANY), numbers=st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=5))
def test_greater_numbers_take_longer(delay: Any, numbers: list[float]) -> None:
    """Every delay is drawn by its quantile: a greater number is never a shorter delay, and none is negative."""
    drawn = [delay.draw(Given(number), 0) for number in sorted(numbers)]
    assert all(0 <= before <= after for before, after in pairwise(drawn))
