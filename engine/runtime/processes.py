"""Bookkeeping of processes: which tasks belong to the simulation, and which of them are awake.

A process is a task whose work is part of the simulation. While one is awake, simulated time stands still; when all of
them sleep, time jumps to the next wake-up. Going to sleep and waking are counted here, so the driver need not look at
every task of the event loop. A process that is blocked by anything else, such as an ``anyio.Event``, still counts as
awake; the driver then has to look at all tasks.
"""

import sys
from asyncio import Task, current_task
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from itertools import count
from threading import get_ident
from typing import Any

import anyio

from ..log.cancellation import on_asyncio
from .on_trio import OnTrio
from .waiting import Settable, Wakeup

_numbers = count()

EAGER = sys.version_info >= (3, 12)
"""Whether asyncio has eager tasks, which begin within a step of another."""

OnFailure = Callable[[BaseException], None]
"""Called with the reason when time cannot pass any more."""


def _task_id() -> int:
    """Return a number that identifies the current task, or the thread that runs no event loop."""
    try:
        return anyio.get_current_task().id
    except RuntimeError:  # no event loop
        return -get_ident()


class Deadlock(Exception):
    """Processes wait for something that no timer and no sleeper will bring."""


ASLEEP = object()
"""What a process that the driver resumes hands to it when it goes to sleep."""


class _Asleep:
    """Suspends a process until the driver resumes it."""

    def __await__(self) -> Generator[object, None, None]:
        yield ASLEEP


UNTIL_RESUMED = _Asleep()


class Process:
    """A task of the simulation; ``name`` is for messages."""

    __slots__ = ("name", "number", "resume", "sleep", "step", "task")

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = next(_numbers)
        """Later processes have higher ones; those cancelled at one moment go on in this order."""
        self.task: Task[Any] | None = None
        """The task that is parked for a process that the driver resumes; see ``direct``."""
        self.resume: Callable[[], None] | None = None
        """Runs the process until it sleeps again, if that needs no turn of the event loop; see ``direct``."""
        self.step: Callable[[], None] | None = None
        """The same, for a caller that is no task at that moment."""
        self.sleep: DirectSleep | None = None
        """How it sleeps while the driver resumes it; the clock keeps it for the next time."""


InTurn = Callable[[Process, Settable], object]
"""Queues a process whose sleep is cancelled; returns None if it may go on at once."""


class Sleeper:
    """One task's sleep, until it is woken; ``process`` is None for tasks that are no process."""

    __slots__ = ("cancelled", "process", "wakeup", "woken")

    def __init__(self, process: Process | None) -> None:
        self.process = process
        self.woken = False
        self.cancelled = False
        self.wakeup: Wakeup | OnTrio | None = None if process and process.resume else Wakeup()
        """What its task waits for; None if the driver resumes it."""

    def wake(self) -> None:
        """Let it go on."""
        self.woken = True
        process = self.process
        if process is not None and process.resume is not None:
            process.resume()
        elif self.wakeup is not None:
            self.wakeup.set()

    async def wait(self, in_turn: InTurn) -> None:
        """Wait until it is woken.

        Args:
            in_turn: puts a process that is cancelled in the queue of those that go on one after the other.
        """
        if self.process and self.process.resume:
            if not self.woken:
                await UNTIL_RESUMED
        elif self.process and not self.woken and not on_asyncio():
            self.wakeup = OnTrio(partial(in_turn, self.process))
            await self.wakeup.wait()
        elif self.wakeup:
            await self.wakeup.wait()


class Turn(Sleeper):
    """The turn of a process whose sleep was cancelled: it is asleep until then."""

    __slots__ = ("_go_on",)

    def __init__(self, process: Process, go_on: Settable) -> None:
        super().__init__(process)
        self._go_on = go_on

    def wake(self) -> None:
        """Let it go on."""
        self.woken = True
        self._go_on.set()


class DirectSleep(Sleeper):
    """The sleeps of a process that the driver resumes itself, one after the other."""

    __slots__ = ("_cancel",)

    def __init__(self, process: Process, cancel: Callable[[Sleeper], None]) -> None:
        super().__init__(process)
        self._cancel = cancel

    def __await__(self) -> Generator[object, None, None]:
        try:
            yield ASLEEP
        except BaseException:
            if not self.woken:
                self._cancel(self)
            raise


class Processes:
    """The processes of one simulation."""

    def __init__(self) -> None:
        self.awake: dict[Process, None] = {}
        """Those that run, or are blocked by something that is not tracked here."""
        self.waiting: dict[Process, None] = {}
        """Those that wait for a ``Signal``."""
        self.blocks: list[OnFailure] = []
        """The failure callbacks of all open blocks; while there is one, time passes by itself."""
        self.holders: list[int] = []
        """Ids of tasks within ``holding``."""
        self.released = Wakeup()
        """Set when the last holder leaves ``holding``; who waits for that replaces it first."""
        self.changed = Wakeup()
        """Set when a task goes to sleep or ends, and when a block opens or closes; the driver replaces it."""
        self.direct: Process | None = None
        """The process that the driver is running itself."""
        self.driven = False
        """Whether there is a driver, which lets those whose sleep was cancelled go on in turn."""
        self.failing = 0
        """How many populations end by an error or a cancellation; meanwhile who is cancelled goes on at once."""
        self._by_task: dict[int, Process] = {}
        self._thread = 0
        """The thread in which the blocks are."""

    @property
    def busy(self) -> bool:
        """Whether time has to stand still, as far as is tracked here."""
        return bool(self.awake or self.holders or self.direct)

    @property
    def empty(self) -> bool:
        """Whether no process, block or holder is left."""
        return not (self.awake or self.waiting or self.blocks or self.holders or self._by_task)

    def current(self) -> Process | None:
        """The process that the current task is; None if it is no process."""
        direct = self.direct
        if direct is not None and self.runs_here(direct):
            return direct
        return self._by_task.get(_task_id()) if self._by_task else None

    def runs_here(self, direct: Process) -> bool:
        """Whether it is the caller that the driver is running, and not another thread or a task."""
        # A process may begin another task at once from 3.12 on (eager ones), where the current one is quickly found.
        return get_ident() == self._thread and (not EAGER or current_task() is direct.task)

    def require_here(self) -> None:
        """Check that no population runs in the event loop of another thread, whose processes cannot be woken from here.

        Raises:
            RuntimeError: one does.
        """
        if self.blocks and get_ident() != self._thread:
            raise RuntimeError(
                "a population runs in the event loop of another thread; move the clock, and begin others, in that loop"
            )

    def fall_asleep(self, process: Process | None, *, waits: bool = False) -> None:
        """Count a process as asleep.

        Args:
            process: None for a task that is no process.
            waits: for a ``Signal`` rather than for a moment.
        """
        if process is not None and process is self.direct:
            # The driver is running it, and sees that it sleeps.
            if waits:
                self.waiting[process] = None
            return
        if process:
            self.awake.pop(process, None)
            if waits:
                self.waiting[process] = None
        self.changed.set()

    def wake(self, process: Process | None) -> None:
        """Count a process as awake, from now on, even before the event loop runs its task."""
        if process:
            self.waiting.pop(process, None)
            self.awake[process] = None

    @contextmanager
    def running(self, process: Process) -> Generator[None]:
        """Make the current task this process."""
        task = _task_id()
        self._by_task[task] = process
        try:
            yield
        finally:
            del self._by_task[task]
            self.fall_asleep(process)

    @contextmanager
    def block(self, name: str, on_failure: OnFailure) -> Generator[Process]:
        """Open a block within which time passes by itself; its body is a process too, if it is not one already."""
        self.require_here()
        self._thread = get_ident()
        outer = self.current()
        body = outer or Process(name)
        self.blocks.append(on_failure)
        self.wake(body)
        self.changed.set()
        try:
            if outer:
                yield body
            else:
                with self.running(body):
                    yield body
        finally:
            self.blocks.remove(on_failure)
            self.changed.set()

    @contextmanager
    def counted_asleep(self) -> Generator[None]:
        """Count the current task as asleep while it advances the clock: it waits for the other processes.

        Raises:
            RuntimeError: the task holds the time.
        """
        self.require_free()
        process = self.current()
        self.fall_asleep(process)
        try:
            yield
        finally:
            self.wake(process)

    @contextmanager
    def holding(self) -> Generator[None]:
        """Keep time standing still, whatever the current task waits for."""
        task = _task_id()
        self.holders.append(task)
        try:
            yield
        finally:
            self.holders.remove(task)
            if not self.holders:
                self.released.set()

    def require_free(self) -> None:
        """Check that the current task does not hold the time; waiting for time to pass, it would wait for ever.

        Raises:
            RuntimeError: it does.
        """
        if self.holders and _task_id() in self.holders:
            raise RuntimeError("who holds the time cannot wait for it to pass; leave holding_time first")

    def fail(self, error: BaseException) -> None:
        """End all blocks, because time cannot pass any more."""
        for on_failure in list(self.blocks):
            on_failure(error)
