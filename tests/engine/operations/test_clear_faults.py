import pytest
from support.given import World

from orgsim.engine.events import FaultCleared
from orgsim.engine.operations.clear_faults import Request, UnknownFault
from orgsim.engine.operations.script_fault import Request as ScriptFault


def scripted(world: World, operation: str) -> str:
    """A fault for an operation; returns its id."""
    return world.do(ScriptFault(fault="throttle", operations=(operation,)))[0].script


def test_one() -> None:
    """One fault is taken back, the others stay, and its id is not used again."""
    world = World()
    first, second = scripted(world, "ListRoots"), scripted(world, "ListAccounts")
    assert world.do(Request(second)) == [FaultCleared(second)]
    assert list(world.state.faults.scripts) == [first]
    assert scripted(world, "ListAccounts") == "fault-3"


def test_all() -> None:
    """All faults are taken back, and then there is nothing to take back."""
    world = World()
    there = [scripted(world, "ListRoots"), scripted(world, "ListAccounts")]
    assert world.do(Request()) == [FaultCleared(each) for each in there]
    assert world.do(Request()) == []


@pytest.mark.parametrize(("scripts", "there_are"), [(0, "none"), (1, "fault-1")])
def test_unknown(scripts: int, there_are: str) -> None:
    """A fault that is not there cannot be taken back; the message says which are."""
    world = World()
    for _ in range(scripts):
        scripted(world, "ListRoots")
    with pytest.raises(UnknownFault, match=f"No fault 'fault-9' is scripted; there are: {there_are}"):
        world.do(Request("fault-9"))
