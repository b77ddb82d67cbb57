"""Run a coroutine function to its end even if the caller is cancelled meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


def on_asyncio() -> bool:
    """Whether the running event loop is asyncio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def finish(function: Callable[[], Awaitable[T]], undo: Callable[[T], Awaitable[object]] | None = None) -> T:
    """Run a coroutine function to its end, and only then raise a cancellation that came meanwhile.

    anyio's shield holds back anyio's cancellations, but not ``task.cancel()`` of asyncio, which is what
    ``asyncio.wait_for``, ``asyncio.run`` on Ctrl-C and test runners use. So on asyncio it runs in a task of its own.

    Args:
        function: what to run; it must not take long.
        undo: called with the result if, because of a cancellation, that cannot be returned.
    """
    if on_asyncio():
        return await _finish_on_asyncio(function, undo)
    results: list[T] = []
    with anyio.CancelScope(shield=True):
        results.append(await function())
    return results[0]


async def _finish_on_asyncio(function: Callable[[], Awaitable[T]], undo: Callable[[T], Awaitable[object]] | None) -> T:
    task = asyncio.ensure_future(_run(function))
    with anyio.CancelScope(shield=True):
        cancellation = await _wait(task)
        if cancellation is not None:
            if task.exception() is None and undo is not None:
                await _wait(asyncio.ensure_future(_run(lambda: undo(task.result()))))
            raise cancellation
    return task.result()


async def _run(function: Callable[[], Awaitable[T]]) -> T:
    return await function()


async def _wait(task: "asyncio.Task[T]") -> asyncio.CancelledError | None:
    """Wait until a task has ended; returns the last cancellation that the waiting task got meanwhile."""
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    return cancellation
