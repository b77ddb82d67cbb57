"""What an account of a population waits for: a delay that is drawn, and reminders of its own."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from orgsim.api import Actor, Simulation
from orgsim.api.delays import Delay, Fixed, Lognormal, OfficeHours, Uniform
from orgsim.engine.settings import DAY

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


async def test_delays_are_those_of_scenario_files() -> None:
    """An account sleeps for what its own generator draws from the distribution, at the moment at which it begins."""
    seen: list[tuple[timedelta, timedelta]] = []
    delays: list[Delay] = [
        Fixed(days=2.5),
        Uniform(from_days=1, to_days=3),
        Lognormal(median_days=4, sigma=1, at_most_days=40),
        OfficeHours(median_hours=8, sigma=1, at_most_hours=80),
    ]
    async with Simulation(start=MONDAY) as sim:

        async def process(me: Actor) -> None:
            state = me.random.getstate()
            for delay in delays:
                began, at = sim.now, sim.engine.now
                await me.sleep(delay)
                me.random.setstate(state)
                seen.append((sim.now - began, timedelta(microseconds=delay.draw(me.random, at))))
                state = me.random.getstate()

        async with sim.population(5, process):
            pass
    assert len(seen) == 20
    assert [slept for slept, _ in seen] == [drawn for _, drawn in seen]
    assert len({slept for slept, _ in seen}) > 10


async def test_reminders_count_from_each_one() -> None:
    """Each account follows the reminder that it is to follow, so many days after it began to wait."""
    days: Counter[tuple[float, bool]] = Counter()
    async with Simulation(seed=3) as sim:

        async def process(me: Actor) -> None:
            began = sim.now
            follows = await me.wait_for_reminder({7: 0.6, 12: 0.5})
            days[(sim.now - began) / timedelta(days=1), follows] += 1

        async with sim.population(1_000, process, over=timedelta(days=14)):
            pass
    assert set(days) == {(7, True), (12, True), (12, False)}
    assert 550 < days[7, True] < 650
    assert 160 < days[12, True] < 240


async def test_nobody_is_reminded() -> None:
    """Without reminders nobody follows one, at once; with a chance of 1 everybody follows the first."""
    async with Simulation() as sim:
        began = sim.now

        async def process(me: Actor) -> None:
            assert not await me.wait_for_reminder({})
            assert sim.now == began
            assert await me.wait_for_reminder({1: 1, 2: 1})

        async with sim.population(3, process):
            pass
        assert sim.now - began == timedelta(days=1)


@pytest.mark.parametrize("reminders", [{0: 0.5}, {-1: 0.5}, {7: 0.5, 6: 0.5}, {7: 1.5}, {7: -0.1}, {40_000: 1}])
async def test_impossible_reminders(reminders: dict[float, float]) -> None:
    """Days that do not rise and chances that are none are refused before anybody waits."""
    async with Simulation() as sim:

        async def process(me: Actor) -> None:
            with pytest.raises(ValueError, match=r"reminders\[.*\] (is the chance that|comes at a time)"):
                await me.wait_for_reminder(reminders)

        async with sim.population(1, process):
            pass


async def test_a_duration_is_no_distribution() -> None:
    """Whoever gives a duration where a distribution is drawn from learns where durations go."""
    async with Simulation() as sim:

        async def process(me: Actor) -> None:
            with pytest.raises(TypeError, match=r"not 3; sim\.sleep takes durations"):
                await me.sleep(cast("Any", 3))

        async with sim.population(1, process):
            pass


async def test_the_calendar_ends() -> None:
    """A delay that would end beyond the calendar is an error of the process."""
    async with Simulation(start=datetime(8994, 1, 1, tzinfo=UTC)) as sim:

        async def process(me: Actor) -> None:
            await me.sleep(Fixed(days=36_500))

        with pytest.raises(ValueError, match="time cannot run beyond 8995"):
            async with sim.population(1, process):
                pass


@given(some.floats(), some.floats(), some.floats())
def test_distributions_are_checked(one: float, two: float, three: float) -> None:
    """A distribution that a program makes is refused where a file's would be, so that every delay can be slept."""
    makers: list[Callable[[], Delay]] = [
        lambda: Fixed(one),
        lambda: Uniform(one, two),
        lambda: Lognormal(one, two, three),
        lambda: OfficeHours(one, two, three),
    ]
    for make in makers:
        try:
            delay = make()
        except ValueError:
            continue
        assert 0 <= delay.draw(Random(1), 0) <= 1_000_000 * DAY


def test_impossible_distributions() -> None:
    """What is wrong with a distribution is told with the name of the number."""
    with pytest.raises(ValueError, match="days is a number from 0 to 36,500, not -1"):
        Fixed(-1)
    with pytest.raises(ValueError, match="sigma is a number from 0 to 10, not 11"):
        OfficeHours(8, sigma=11, at_most_hours=80)
    with pytest.raises(ValueError, match="at_most_days is a number from 0 to 36,500, not nan"):
        Lognormal(8, 1, float("nan"))
