"""How fast something is sent: rates, evenly over a time, and ramps, of which the area says how much was sent."""

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.api.load.scenario.pace import Pace, Stage
from orgsim.engine.settings import DAY, HOUR, SECOND


def offsets(pace: Pace, number: int) -> list[int]:
    """All offsets of so many calls."""
    return list(pace.offsets(number))


def ramp(*stages: tuple[float, float]) -> Pace:
    """A ramp of stages of so many days to so much a day."""
    return Pace(stages=tuple(Stage(days=days, to_per_day=to) for days, to in stages))


def test_rates() -> None:
    """At a rate the calls are equally far apart, and the first is sent at once."""
    assert offsets(Pace(per_second=0.1), 4) == [0, 10 * SECOND, 20 * SECOND, 30 * SECOND]
    assert offsets(Pace(per_hour=4), 3) == [0, HOUR // 4, HOUR // 2]
    assert offsets(Pace(per_day=0.5), 3) == [0, 2 * DAY, 4 * DAY]
    assert offsets(Pace(per_second=3), 4) == [0, 333_333, 666_667, 1_000_000]


def test_over_days() -> None:
    """Evenly over a time: its last part is the pause behind the last call."""
    assert offsets(Pace(over_days=2), 4) == [0, DAY // 2, DAY, 3 * DAY // 2]
    assert offsets(Pace(over_days=2), 1) == [0]


@pytest.mark.parametrize(
    "pace", [Pace(per_second=1), Pace(over_days=1), ramp((1, 1))], ids=["rate", "over a time", "ramp"]
)
def test_nothing_to_send(pace: Pace) -> None:
    """Nothing is sent at any pace."""
    assert offsets(pace, 0) == []


def test_a_ramp_up() -> None:
    """From nothing to 8 a day in 4 days, t² calls have been sent after t days; then 8 a day."""
    sent = [offset / DAY for offset in offsets(ramp((4, 8)), 16 + 1 + 8)]
    assert sent[:17:] == pytest.approx([number**0.5 for number in range(17)])
    assert sent[16:] == pytest.approx([4 + number / 8 for number in range(9)])


def test_a_ramp_with_a_plateau_and_an_end() -> None:
    """Up to 10 a day in 2 days (10 calls), 10 a day for 3 days (30), down to 4 in 2 days (14), then 4 a day."""
    sent = [offset / DAY for offset in offsets(ramp((2, 10), (3, 10), (2, 4)), 59)]
    assert sent[10] == pytest.approx(2)
    assert sent[25] == pytest.approx(3.5)
    assert sent[40] == pytest.approx(5)
    # 10 t - 1.5 t² = 7 calls after 0.7973 days: (10 - √(100 - 42)) / 3.
    assert sent[47] == pytest.approx(5 + (10 - 58**0.5) / 3)
    assert sent[54:] == pytest.approx([7 + number / 4 for number in range(5)])


def test_a_ramp_that_pauses() -> None:
    """A stage that ends at nothing is a pause, if another one follows."""
    sent = [offset / DAY for offset in offsets(ramp((1, 4), (1, 0), (5, 0), (1, 4)), 7)]
    # Two calls up, two down; then five days without, and two more on the way up to 4 a day.
    assert sent == pytest.approx([0, 0.5**0.5, 1, 1 + (1 - 0.5**0.5), 2, 7 + 0.5**0.5, 8])


def test_a_ramp_that_begins_with_a_pause() -> None:
    """The first call is sent at once even where a ramp begins with nothing."""
    assert [offset / DAY for offset in offsets(ramp((3, 0), (1, 2)), 3)] == pytest.approx([0, 4, 4.5])


STAGES = st.lists(st.tuples(st.floats(0.01, 30), st.sampled_from([0.0, 0.5, 1.0, 10.0, 1e4])), min_size=1, max_size=5)


def area(stages: list[tuple[float, float]], days: float) -> float:
    """The area under a ramp up to a time."""
    began = rate = sent = 0.0
    for length, to in stages:
        part = min(max(days - began, 0.0), length)
        sent += rate * part + (to - rate) / length * part * part / 2
        began, rate = began + length, to
    return sent + max(days - began, 0.0) * rate


@given(stages=STAGES, last=st.floats(0.1, 1e4))
def test_the_area_says_how_much_was_sent(stages: list[tuple[float, float]], last: float) -> None:
    """When the n-th call behind the first is sent, the area under the ramp is n; and no call is before another."""
    whole = [*stages, (1.0, last)]
    sent = list(islice(ramp(*whole).offsets(300), 300))
    assert all(before <= after for before, after in pairwise(sent))
    for number, offset in enumerate(sent):
        # A microsecond at the steepest is this much of a call, and a sum of floats is not exact.
        assert area(whole, offset / DAY) == pytest.approx(number, rel=1e-6, abs=1e-6)


@given(
    pace=st.one_of(
        st.floats(1e-6, 1e9).map(lambda rate: Pace(per_second=rate)),
        st.floats(1e-6, 1e9).map(lambda rate: Pace(per_day=rate)),
        st.floats(1e-3, 36_500).map(lambda days: Pace(over_days=days)),
        st.floats(1e-6, 1e9).map(lambda rate: ramp((36_500, rate))),
    ),
    number=st.integers(1, 50),
)
def test_every_pace_sends_everything(pace: Pace, number: int) -> None:
    """Any pace that can be written sends all calls, each at a whole microsecond, the first at once."""
    sent = offsets(pace, number)
    assert len(sent) == number
    assert sent[0] == 0
    assert all(before <= after for before, after in pairwise(sent))
    assert pace.least_days(number) * DAY == pytest.approx(sent[-1], rel=1e-9, abs=1)


@given(stages=STAGES, last=st.floats(0.1, 1e4), number=st.integers(1, 300))
def test_the_last_call_of_a_ramp(stages: list[tuple[float, float]], last: float, number: int) -> None:
    """How long a ramp takes is known without its calls: it is when the last of them is sent."""
    pace = ramp(*stages, (1.0, last))
    assert pace.least_days(number) * DAY == pytest.approx(offsets(pace, number)[-1], rel=1e-9, abs=1)


@given(
    pace=st.one_of(
        st.floats(0.01, 100).map(lambda rate: Pace(per_hour=rate)),
        st.floats(0.1, 30).map(lambda days: Pace(over_days=days)),
        st.floats(5e-324, 1e-300).map(lambda days: Pace(over_days=days)),
        STAGES.map(lambda stages: ramp(*stages, (1.0, 5.0))),
    ),
    number=st.integers(1, 200),
)
def test_the_busiest_day(pace: Pace, number: int) -> None:
    """On no day are more calls sent than is said, and where the rate does not change one less at the least."""
    sent = offsets(pace, number)
    busiest = max(sum(began <= each < began + DAY for each in sent) for began in sent)
    assert busiest <= pace.most_in_a_day(number) + 1  # moments are rounded
    assert pace.stages or pace.most_in_a_day(number) - 1 <= busiest
