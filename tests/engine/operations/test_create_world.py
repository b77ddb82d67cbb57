from support.given import FOUNDER, START, World

from orgsim.engine.events import WorldCreated
from orgsim.engine.operations import create_world
from orgsim.engine.settings import Quotas, Settings


def test_first_fact() -> None:
    """A world begins with its seed and its settings, at the reading of its clock, in nobody's name."""
    settings = Settings(quotas=Quotas(accounts=10), latency="realistic")
    world = World(seed=-3, quotas=settings.quotas, latency=settings.latency)
    first = world.log[0]
    assert first.event == WorldCreated(-3, settings)
    assert (first.position, first.time, first.operation, first.account) == (1, START, "CreateWorld", None)
    assert first.organization is None


def test_state() -> None:
    """The state knows seed and settings, and nothing else has become true."""
    world = World(seed=11, fidelity="observed")
    state = world.state
    assert (state.seed, state.settings) == (11, Settings(fidelity="observed"))
    assert [state.accounts, state.organizations, state.handshakes, state.creations] == [{}, {}, {}, {}]


def test_never_refused() -> None:
    """There is nothing for which the first command of a log is refused."""
    world = World()
    assert world.do(create_world.Request(8, Settings())) == [WorldCreated(8, Settings())]


def test_seed_makes_the_ids() -> None:
    """The same commands in a world of the same seed give the same ids, with another seed others."""
    assert World(seed=1).founded(FOUNDER) == World(seed=1).founded(FOUNDER) != World(seed=2).founded(FOUNDER)
