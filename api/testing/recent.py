"""Which worlds were made or called lately: the report of a failed test tells of those that the test has called."""

from collections import deque
from itertools import count
from typing import Any
from weakref import WeakSet

_ticks = count(1)
_made: WeakSet[Any] = WeakSet()
_left: deque[Any] = deque(maxlen=1)
"""The world of the block that an exception has left last: nobody else may have it any more."""


def tick() -> int:
    """Return a number that is higher than all before."""
    return next(_ticks)


def made(world: Any) -> int:
    """Remember a world, as long as somebody has it, and return when it was made."""
    _made.add(world)
    return tick()


def forget(world: Any) -> None:
    """Leave a world out from now on, as it belongs to no test."""
    _made.discard(world)


def keep(world: Any) -> None:
    """Keep a world until the next one, or until ``let_go``."""
    _left.append(world)


def let_go() -> None:
    """Let the kept world go: its test has ended."""
    _left.clear()


def called_since(tick: int) -> list[Any]:
    """Return the worlds that were called since then, in the order of their making."""
    return sorted((world for world in list(_made) if world.latest_call > tick), key=lambda world: world.made)
