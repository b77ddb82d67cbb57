"""What tasks wait for: made so that no event loop is needed as long as nobody waits, and so that any thread may wake.

A world in memory is used without an event loop, in one, and from several threads at once. anyio's own locks and events
need a loop even where nobody waits, and wake tasks of another thread's loop too late or never.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import RLock, get_ident
from typing import Protocol

import anyio
import anyio.lowlevel

from .forked import in_forked_child


class Settable(Protocol):
    """What somebody waits for."""

    def set(self) -> None:
        """Let whoever waits go on."""
        ...


class Wakeup:
    """An event for the tasks of one event loop, which any thread may set."""

    __slots__ = ("_is_set", "_waited_for")

    def __init__(self) -> None:
        self._is_set = False
        self._waited_for: _LoopEvent | None = None
        """Made by who waits first: for most nobody ever does."""

    def set(self) -> None:
        """Wake everyone who waits; later calls of ``wait`` return at once."""
        # In this order, and the other way round in ``wait``: one of two threads sees what the other did.
        self._is_set = True
        if self._waited_for is not None:
            self._waited_for.set()

    def is_set(self) -> bool:
        """Whether it has been set; there is no way back."""
        return self._is_set

    async def wait(self) -> None:
        """Wait until it is set."""
        if self._waited_for is None:
            self._waited_for = _LoopEvent()
        if self._is_set:
            self._waited_for.set()
        await self._waited_for.event.wait()


class _LoopEvent:
    """anyio's event for the tasks of the event loop that runs here, which any thread may set."""

    __slots__ = ("_call_soon", "_thread", "event")

    def __init__(self) -> None:
        self.event = anyio.Event()
        self._thread = get_ident()
        self._call_soon = _call_soon()

    def set(self) -> None:
        if self._call_soon is None or get_ident() == self._thread:
            self.event.set()
        else:
            with suppress(RuntimeError):  # that loop has ended, and with it whoever waited
                self._call_soon(self.event.set)


def _call_soon() -> Callable[[Callable[[], None]], object] | None:
    """Return the function by which another thread calls something in the running event loop; None without a loop."""
    try:
        loop = anyio.lowlevel.current_token().native_token
    except RuntimeError:  # anyio's NoEventLoopError is one
        return None
    # asyncio's loop has the one, trio's token the other; anyio gives either as an object of no known type.
    return getattr(loop, "call_soon_threadsafe", None) or getattr(loop, "run_sync_soon")  # noqa: B009  # for pyright


def in_event_loop() -> bool:
    """Whether the caller runs in an event loop."""
    try:
        anyio.lowlevel.current_token()
    except RuntimeError:  # anyio's NoEventLoopError is one
        return False
    return True


_guard = RLock()
"""Held while any fair lock changes hands, for a few instructions."""


def _guard_anew() -> None:
    global _guard
    _guard = RLock()


in_forked_child(_guard_anew)


class FairLock:
    """A lock for tasks, first come first served. Taking it does not suspend where it is free."""

    def __init__(self) -> None:
        self._locked = False
        self._queue: deque[Wakeup] = deque()

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._locked

    def take_if_free(self) -> bool:
        """Take the lock without waiting; returns whether it was free."""
        with _guard:
            was_free = not self._locked
            self._locked = True
            return was_free

    def release(self) -> None:
        """Hand the lock to the next in the queue."""
        with _guard:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._locked = False

    async def __aenter__(self) -> None:
        with _guard:
            if not self._locked:
                self._locked = True
                return
            turn = Wakeup()
            self._queue.append(turn)
        try:
            await turn.wait()
        except BaseException:
            self._give_up(turn)
            raise

    def _give_up(self, turn: Wakeup) -> None:
        with _guard:
            waiting = turn in self._queue
            if waiting:
                self._queue.remove(turn)
        if not waiting:  # the lock has been handed over meanwhile
            self.release()

    async def __aexit__(self, *exception: object) -> None:
        self.release()
