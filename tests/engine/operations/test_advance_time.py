from support.given import START, World

from orgsim.engine.events import TimeAdvanced
from orgsim.engine.operations import advance_time
from orgsim.engine.settings import DAY


def test_quiet_time_is_a_fact() -> None:
    """Time in which nothing happened is recorded with the clock's reading, and the state knows it."""
    world = World()
    assert world.advance(days=3) == []
    assert world.log[-1].event == TimeAdvanced()
    assert (world.log[-1].time, world.log[-1].account, world.log[-1].organization) == (START + 3 * DAY, None, None)
    assert world.state.now == START + 3 * DAY


def test_nothing_to_record() -> None:
    """At the very moment of the last event there is nothing to add."""
    world = World()
    assert world.do(advance_time.Request()) == []


def test_after_a_timer() -> None:
    """A timer that fired at the very reading has recorded it already."""
    world = World()
    world.founded()
    world.invited("222222222222")
    world.advance(days=15)
    assert not any(isinstance(envelope.event, TimeAdvanced) for envelope in world.log)
    assert world.state.now == START + 15 * DAY
