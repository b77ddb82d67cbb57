"""The share of delays within a time is all or nothing only where no single delay is an exception."""

from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from orgsim.api.delays import Delay, Fixed, Lognormal, OfficeHours, Uniform
from orgsim.api.load.plan.number import share_within
from orgsim.engine.settings import DAY

OFFICE = OfficeHours(median_hours=8, sigma=0.3, at_most_hours=40, utc_offset_hours=-3.5)
DELAYS: list[Delay] = [
    Fixed(days=5),
    Uniform(from_days=1, to_days=6),
    Lognormal(median_days=2, sigma=0.3, at_most_days=60),
    OFFICE,
]


class Extreme(Random):
    """Draws always the same number."""

    def __init__(self, value: float) -> None:
        super().__init__(0)
        self.value = value

    def random(self) -> float:
        return self.value


@given(
    st.sampled_from(DELAYS), st.floats(0, 70), st.integers(0, 14 * DAY), st.sampled_from([0.0, 1e-12, 0.5, 1 - 2**-53])
)
@example(DELAYS[1], 5.9999, 0, 1 - 2**-53)
@example(DELAYS[1], 1.0001, 0, 0.0)
@example(DELAYS[2], 15.0, 0, 1 - 2**-53)
@example(OFFICE, 6.9, 4 * DAY, 1 - 2**-53)
def test_none_is_an_exception(delay: Delay, days: float, start: int, number: float) -> None:
    """Where the share is 1 the longest delay is within the time, whenever it begins; where it is 0 none is."""
    share, drawn = share_within(delay, days, 0), delay.draw(Extreme(number), start)
    if share == 1:
        assert drawn < days * DAY
    if share == 0:
        assert drawn >= days * DAY
