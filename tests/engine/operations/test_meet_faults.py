from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, START, World

from orgsim.engine.events import FaultInjected, FaultPassedOver
from orgsim.engine.operations.meet_faults import Request
from orgsim.engine.operations.script_fault import Request as ScriptFault
from orgsim.engine.settings import SECOND


def script(world: World, fault: str = "throttle", operations: tuple[str, ...] = ("ListAccounts",), **rest: Any) -> str:
    """A scripted fault; returns its id."""
    return world.do(ScriptFault(fault=fault, operations=operations, **rest))[0].script


def met(world: World, operation: str = "ListAccounts", account: str = FOUNDER) -> list[str]:
    """The faults that hit a call."""
    return [event.script for event in world.do(Request(operation, account)) if isinstance(event, FaultInjected)]


def test_nothing_scripted() -> None:
    """Without faults nothing happens."""
    assert World().do(Request("ListAccounts", FOUNDER)) == []


def test_times() -> None:
    """A fault hits as many calls as it was to, and each is recorded with the call."""
    world = World()
    fault = script(world, times=2)
    assert world.do(Request("ListAccounts", FOUNDER)) == [FaultInjected(fault, "throttle", "ListAccounts", FOUNDER)]
    assert met(world) == [fault]
    assert world.do(Request("ListAccounts", FOUNDER)) == []
    assert (world.state.faults.scripts[fault].hits, world.state.faults.scripts[fault].left) == (2, 0)


def test_operation_and_account() -> None:
    """A fault hits only calls of its operations by its accounts."""
    world = World()
    fault = script(world, operations=("ListAccounts", "ListRoots"), accounts=(FOUNDER,))
    assert met(world, "ListRoots") == [fault]
    assert world.do(Request("ListParents", FOUNDER)) == []
    assert world.do(Request("ListRoots", MEMBER)) == []


def test_every_possible_operation() -> None:
    """A fault for all operations hits those that it is possible for."""
    world = World()
    fault = script(world, "finalizing", ("*",))
    assert met(world, "InviteAccountToOrganization") == [fault]
    assert world.do(Request("ListRoots", FOUNDER)) == []


def test_window() -> None:
    """A fault hits from the moment at which it begins, and not any more at the one at which it ends."""
    world = World()
    fault = script(world, begins_at=START + SECOND, ends_at=START + 2 * SECOND)
    found = [met(world)]
    for _ in range(3):
        world.advance(seconds=0.5)
        found.append(met(world))
    world.advance(seconds=0.5)
    found.append(met(world))
    assert found == [[], [], [fault], [fault], []]


def test_after_calls() -> None:
    """A fault lets as many calls pass as it was to, and records each of them."""
    world = World()
    fault = script(world, after_calls=2, times=1)
    for _ in range(2):
        assert world.do(Request("ListAccounts", FOUNDER)) == [FaultPassedOver(fault, "ListAccounts", FOUNDER)]
    assert met(world) == [fault]
    assert world.do(Request("ListAccounts", FOUNDER)) == []


def test_share() -> None:
    """A share is drawn from seed, fault and count: about as many are hit, in the same places with the same seed."""

    def hits(seed: int, faults: int = 1) -> list[bool]:
        world = World(seed)
        for _ in range(faults):
            fault = script(world, share=0.25)
        return [fault in met(world) for _ in range(400)]

    first = hits(7)
    assert 70 <= sum(first) <= 130
    assert hits(7) == first
    assert hits(8) != first
    assert hits(7, faults=2) != first


def test_in_order() -> None:
    """Several faults hit a call in the order of scripting, up to one that ends the call; the next sees it when that
    is spent."""
    world = World()
    first, second = script(world, "delay", duration=SECOND), script(world, times=1)
    third = script(world, "empty_page", after_calls=1)
    assert met(world) == [first, second]
    assert world.state.faults.scripts[third].calls == 0
    assert met(world) == [first]
    assert met(world) == [first, third]


@pytest.mark.parametrize("kind", ["fail_creation", "slow_creation"])
def test_what_a_creation_begins(kind: str) -> None:
    """Faults of what a call begins are not met before the call is accepted."""
    world = World()
    rest: dict[str, Any] = {"reason": "INTERNAL_FAILURE"} if kind == "fail_creation" else {"duration": SECOND}
    script(world, kind, ("*",), **rest)
    assert world.do(Request("CreateAccount", FOUNDER)) == []
