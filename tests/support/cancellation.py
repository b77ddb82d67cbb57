"""Cancel a task at a chosen one of its suspensions, by anyio or by asyncio itself."""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from enum import Enum
from typing import Any

import anyio


@types.coroutine
def at_suspension(
    coroutine: Coroutine[Any, Any, object], suspensions: set[int], act: Callable[[], object]
) -> Generator[Any, Any, bool]:
    """Run a coroutine, and do something at some of its suspensions, which are counted from 1 on.

    Returns:
        Whether it got as far as the first of them.
    """
    number, answer, error = 0, None, None
    while True:
        try:
            waits_for = coroutine.send(answer) if error is None else coroutine.throw(error)
        except StopIteration:
            return number >= min(suspensions)
        number += 1
        if number in suspensions:
            act()
        try:
            answer, error = (yield waits_for), None
        except BaseException as thrown:
            answer, error = None, thrown


class Ended(Enum):
    """How a coroutine ended that was to be cancelled."""

    CANCELLED = "by the cancellation"
    OTHERWISE = "by itself, in spite of it"
    BEFORE = "before it came to that suspension"


async def cancelled_at(coroutine: Coroutine[Any, Any, object], suspensions: set[int], *, by_asyncio: bool) -> Ended:
    """Run a coroutine and cancel it at some of its suspensions; returns how it ended.

    Args:
        coroutine: what to run.
        suspensions: at which, counted from 1 on.
        by_asyncio: by ``task.cancel()``, which goes through anyio's shields, or by a scope of anyio's.
    """
    reached = False
    if not by_asyncio:
        with anyio.CancelScope() as scope:
            reached = await at_suspension(coroutine, suspensions, scope.cancel)
        cancelled = scope.cancelled_caught
    else:
        task: asyncio.Task[bool]

        async def run() -> bool:
            return await at_suspension(coroutine, suspensions, task.cancel)

        task = asyncio.ensure_future(run())
        await asyncio.wait([task])
        cancelled = task.cancelled()
        reached = not cancelled and task.result()
    if cancelled:
        return Ended.CANCELLED
    return Ended.OTHERWISE if reached else Ended.BEFORE
