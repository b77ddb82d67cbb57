"""Processes whose steps are run by the driver itself, rather than by turns of the event loop.

Waking a task costs several turns of the loop: one in which it runs, and others until the driver knows that it sleeps
again. A process of a world in memory suspends only when it sleeps, or waits for a signal, of its world. So the driver
resumes its coroutine with ``send`` and gets it back asleep.

Each such process still has a task, which stays parked, and which is the current task while the driver runs the
process: cancel scopes, timeouts and task groups that it opens belong to that task. When the process awaits anything
else, such as an ``asyncio.Event`` or a socket, its task takes over and awaits that in its stead, until it sleeps again.

This is for asyncio, where a task may be made the current one (``asyncio._enter_task``, documented for makers of tasks).
Trio has no such door; there, and with a log in a file, processes are woken by turns of the loop, in the same order.
"""

import asyncio
from asyncio import tasks as asyncio_tasks
from asyncio.tasks import current_task
from collections.abc import Callable, Coroutine, Generator, Sized
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, cast

import anyio

from ..settings import LATEST
from .clock import Clock, SimulatedClock
from .engine import Engine
from .processes import ASLEEP, Process, Processes

enter_task = asyncio_tasks._enter_task  # pyright: ignore[reportPrivateUsage]
leave_task = asyncio_tasks._leave_task  # pyright: ignore[reportPrivateUsage]

BURST = 100
"""Processes that are resumed, at most, before the driver looks at everything else again."""

BEYOND = LATEST + 1
"""The first moment that is beyond the calendar."""


class DirectProcess:
    """The coroutine of a process, with the task that is parked for it.

    Args:
        clock: of the world.
        processes: of the world.
        process: which one it is; it counts as asleep.
        steps: its coroutine, which has not begun.
    """

    def __init__(
        self, clock: Clock, processes: Processes, process: Process, steps: Coroutine[Any, Any, object]
    ) -> None:
        self._clock = clock
        self._processes = processes
        self._process = process
        self._steps = steps
        self._send = steps.send
        self._context = copy_context()
        self._handed_over = anyio.Event()
        self._awaits: object = ASLEEP
        """What the process awaits; its task awaits that in its stead unless it is asleep in its world."""
        self._ended = False
        self._error: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None, "a process has a task"
        self._task = task

    async def run(self) -> None:
        """Run the process to its end; called in its task. Raises what the process raises."""
        self._process.task, self._process.resume, self._process.step = self._task, self._resume, self._step
        try:
            self._advance(self._send, None)
            while not self._ended:
                if self._awaits is ASLEEP:
                    await self._stay_parked()
                else:
                    await self._step_here()
        finally:
            self._process.resume = self._process.step = None
            self._steps.close()
        if self._error is not None:
            raise self._error

    def _resume(self) -> None:
        """Run the process until it sleeps again, in place of the current task; called by the driver."""
        with _stepped_aside(self._loop):
            self._step()

    def _step(self) -> None:
        """Run the process until it sleeps again, with its task as the current one, where there is none."""
        loop, task, processes = self._loop, self._task, self._processes
        processes.direct = self._process
        enter_task(loop, task)
        try:
            self._awaits = self._context.run(self._send, None)
        except StopIteration:
            self._ended = True
        except BaseException as error:
            self._ended, self._error = True, error
        finally:
            leave_task(loop, task)
            processes.direct = None
        if self._awaits is not ASLEEP or self._ended:
            processes.wake(self._process)
            self._handed_over.set()

    async def _stay_parked(self) -> None:
        """Wait in the task until the process ends or awaits something else; pass on a cancellation to it."""
        try:
            await self._handed_over.wait()
        except BaseException as error:
            awaits = cast("object | asyncio.Future[Any]", self._awaits)
            if isinstance(awaits, asyncio.Future):  # handed over, and cancelled in the same turn
                awaits.cancel()
            elif not self._ended:
                await self._wait_for_turn()
            if not self._ended:
                self._advance(self._steps.throw, error)
        self._handed_over = anyio.Event()

    async def _wait_for_turn(self) -> None:
        """Wait, still asleep, until the driver lets the process go on, whose sleep was cancelled."""
        clock, process = self._clock, self._process
        if not isinstance(clock, SimulatedClock):
            return
        process.resume = process.step = None
        try:
            await clock.turn_of_cancelled(process)
        finally:
            process.resume, process.step = self._resume, self._step

    async def _step_here(self) -> None:
        """Await in the task what the process awaits, and run the process with what comes of it."""
        try:
            value = await _Awaited(self._awaits)
        except BaseException as error:
            self._advance(self._steps.throw, error)
        else:
            self._advance(self._send, value)

    def _advance(self, step: Callable[[Any], object], argument: object) -> None:
        try:
            # In a context of its own, so that what a process sets in context variables stays its own.
            self._awaits = self._context.run(step, argument)
        except StopIteration:
            self._ended = True
        except BaseException as error:
            self._ended, self._error = True, error


class _Awaited:
    """Hands to the event loop what a process has handed to us."""

    def __init__(self, what: object) -> None:
        self._what = what

    def __await__(self) -> Generator[object, Any, Any]:
        return (yield self._what)


def resume_in_turn(engine: Engine, clock: SimulatedClock, ready: Sized) -> bool:
    """Resume one process after the other, each at its moment, while there is nothing else to do; at most ``BURST``.

    That is what the driver's steps do, without looking each time for what may have to be awaited.

    Args:
        engine: of a world in memory, with room for ``BURST`` events.
        clock: its clock; no process is awake.
        ready: the callbacks that are ready in the event loop.

    Returns:
        Whether a process was resumed.
    """
    with _stepped_aside(asyncio.get_running_loop()):
        return _resume_in_turn(engine, clock, ready)


def _resume_in_turn(engine: Engine, clock: SimulatedClock, ready: Sized) -> bool:
    timers, state, processes, waiting = engine.state.timers, engine.state, clock.processes, clock.processes.waiting
    for resumed in range(BURST):
        due = timers.next_due
        process = clock.pop_resumable(due if due < BEYOND else BEYOND)
        if process is None:
            return resumed > 0
        if clock.now() > state.changed_at:
            with engine.exclusive:
                # Durable before the process is answered anything: the engine writes what was posted before it answers.
                engine.pass_time(clock.now())
        if process in waiting:
            del waiting[process]
        assert process.step
        process.step()
        if processes.awake or processes.holders or ready:
            break
    return True


@contextmanager
def _stepped_aside(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Let the current task, the driver, not be the current one while the block runs others."""
    driver = cast("asyncio.Task[Any]", current_task(loop))
    leave_task(loop, driver)
    try:
        yield
    finally:
        enter_task(loop, driver)
