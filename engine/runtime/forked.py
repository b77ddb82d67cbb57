"""What ``os.fork`` leaves behind: a process with one thread, and with the locks that other threads held.

A lock that another thread held is held for ever there. So locks are made anew, with what they protect if that may be
half changed. A world in which another thread was at work is given up.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any, Protocol
from weakref import WeakSet

WHY = (
    "this process was forked while another thread was in a call of this world, which is half done here; begin another "
    "world, or start processes anew (multiprocessing's method spawn)"
)


class Lockable(Protocol):
    """What is used of an ``Engine``."""

    exclusive: AbstractContextManager[object]

    def abandon(self, why: str) -> None: ...


live: WeakSet[Lockable] = WeakSet()
"""The engines of this process, whose locks are looked at after a fork."""


def in_forked_child(begin_anew: Callable[[], object]) -> None:
    """Call a function in every process that is forked off this one, before anything else happens there."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin_anew)


def _look_at_locks() -> None:
    for engine in list(live):
        lock: Any = engine.exclusive
        if hasattr(lock, "acquire"):
            if lock.acquire(blocking=False):
                lock.release()
            else:
                engine.exclusive = RLock()
                engine.abandon(WHY)


in_forked_child(_look_at_locks)
