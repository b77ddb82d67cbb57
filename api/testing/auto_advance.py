"""``Simulation.auto_advance``: code that sleeps between two questions sleeps in simulated time.

While a block is open, ``time.sleep``, ``asyncio.sleep`` and ``trio.sleep`` ask whether they are called from within it,
under whatever name a module has imported them; botocore's waiters and ``anyio.sleep`` call them.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from .patches import Function, Patch, Patches, Scope, unpatched
from .waits import Waiting, Waits, real_sleep, waits_of

NAME = "sleep"

_sleeping: Scope[Waits] = Scope("orgsim auto_advance")


class AutoAdvance:
    """A block in which sleeping moves the clock of a simulation; made by ``Simulation.auto_advance``."""

    def __init__(self, sim: Waiting) -> None:
        self._sim = sim
        self._open: list[ExitStack] = []

    def __enter__(self) -> None:
        waits = waits_of(self._sim)
        with ExitStack() as stack:
            stack.enter_context(_PATCHES.applied())
            stack.enter_context(_sleeping.within(waits))
            self._open.append(stack.pop_all())

    def __exit__(self, *exception: object) -> None:
        self._open.pop().close()

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *exception: object) -> None:
        self.__exit__()


def _sleeping_now(original: Function) -> Function:
    def sleep(seconds: float, /) -> None:
        waits = _sleeping.current
        if waits is None or seconds <= 0:
            original(seconds)
        else:
            with _sleeping.without():
                waits.sleep_now(seconds)

    return sleep


def _awaiting(original: Function) -> Function:
    async def sleep(delay: float, result: Any = None) -> Any:
        waits = _sleeping.current
        if waits is None or delay <= 0:
            await original(delay)
        else:
            # Without, because looking whether other tasks are blocked sleeps too.
            with _sleeping.without():
                await waits.sleep(delay)
        return result

    return sleep


def _awaiting_on_trio(original: Function) -> Function:
    awaiting = _awaiting(original)

    async def sleep(seconds: float) -> None:
        await awaiting(seconds)

    return sleep


def _patches() -> Iterator[Patch]:
    """List where the functions are: in their modules, and in those that have imported them by name."""
    # Two, because somebody may have replaced the one in ``time`` before.
    now: set[Function] = {unpatched(time.sleep), real_sleep}
    replacements: list[tuple[Function, Function]] = [(each, _sleeping_now(each)) for each in now]
    awaited: Function = unpatched(asyncio.sleep)
    replacements.append((awaited, _awaiting(awaited)))
    if trio := sys.modules.get("trio"):
        awaited = unpatched(trio.sleep)
        replacements.append((awaited, _awaiting_on_trio(awaited)))
    for module in list(sys.modules.values()):
        found = unpatched(getattr(module, "__dict__", {}).get(NAME))
        for original, replacement in replacements:
            if found is original:
                yield module, NAME, lambda _, replacement=replacement: replacement


_PATCHES = Patches(_patches)
