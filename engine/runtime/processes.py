"""Which tasks are processes, and which of them are awake: what time that passes by itself has to know.

A process is a task whose work is part of the simulation. While one is awake, simulated time stands still; when all of
them sleep, it leaps to whoever wakes next. Who sleeps is known exactly, so that nobody has to look at every task there
is to find out. A process that is blocked by anything else, such as an ``anyio.Event``, is awake as far as is known
here; the engine then has to look.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio

Failed = Callable[[BaseException], None]
"""Told when time cannot pass any more, and why."""


class Deadlock(Exception):
    """Processes wait for something that no timer and no sleeper will bring."""


class Process:
    """A task of the simulation; ``name`` is for messages."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Processes:
    """All processes of one world."""

    def __init__(self) -> None:
        self.awake: dict[Process, None] = {}
        """Those that run, or are blocked by something that is not known here."""
        self.waiting: dict[Process, None] = {}
        """Those that wait for a signal."""
        self.blocks: list[Failed] = []
        """One for each block that is open: within one, time passes by itself."""
        self.holders: list[int] = []
        """Tasks that hold the time."""
        self.released = anyio.Event()
        self.stirred = anyio.Event()
        """Set when anybody goes to sleep or ends, and when a block opens or closes."""
        self._of_task: dict[int, Process] = {}

    @property
    def busy(self) -> bool:
        """Whether time has to stand still, as far as is known here."""
        return bool(self.awake or self.holders)

    def current(self) -> Process | None:
        """The process that is running; None in any other task."""
        return self._of_task.get(anyio.get_current_task().id) if self._of_task else None

    def fall_asleep(self, process: Process | None, *, waits: bool = False) -> None:
        """The process goes to sleep, or waits for a signal; nothing changes for a task that is none."""
        if process:
            self.awake.pop(process, None)
            if waits:
                self.waiting[process] = None
        self.stirred.set()

    def wake(self, process: Process | None) -> None:
        """The process is awake from now on, even before its task runs."""
        if process:
            self.waiting.pop(process, None)
            self.awake[process] = None

    @contextmanager
    def running(self, process: Process) -> Generator[None]:
        """The current task is this process."""
        task = anyio.get_current_task().id
        self._of_task[task] = process
        try:
            yield
        finally:
            del self._of_task[task]
            self.fall_asleep(process)

    @contextmanager
    def block(self, name: str, failed: Failed) -> Generator[Process]:
        """A block within which time passes by itself; its body is a process too, if it is not one already."""
        outer = self.current()
        body = outer or Process(name)
        self.blocks.append(failed)
        self.wake(body)
        self.stirred.set()
        try:
            if outer:
                yield body
            else:
                with self.running(body):
                    yield body
        finally:
            self.blocks.remove(failed)
            self.stirred.set()

    @contextmanager
    def resting(self) -> Generator[None]:
        """The current task lets time pass for others: while it advances the clock it is not awake."""
        self.require_free()
        process = self.current()
        self.fall_asleep(process)
        try:
            yield
        finally:
            self.wake(process)

    @contextmanager
    def holding(self) -> Generator[None]:
        """Time stands still, whatever the current task waits for."""
        task = anyio.get_current_task().id
        self.holders.append(task)
        try:
            yield
        finally:
            self.holders.remove(task)
            if not self.holders:
                self.released.set()
                self.released = anyio.Event()

    def require_free(self) -> None:
        """Raises RuntimeError if the current task holds the time: it would wait for ever."""
        if self.holders and anyio.get_current_task().id in self.holders:
            raise RuntimeError("who holds the time cannot wait for it to pass; leave holding_time first")

    def fail(self, error: BaseException) -> None:
        """End all blocks, because time cannot pass any more."""
        for failed in list(self.blocks):
            failed(error)
