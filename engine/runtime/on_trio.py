"""A wait on trio that learns of its cancellation at once, and ends only when it is let go on.

Trio runs the tasks that are ready together in random order. A task whose wait was cancelled would be one of them; here
it stays blocked until its turn comes.
"""

from collections.abc import Callable
from typing import Any

from .waiting import Settable


class OnTrio:
    """What a process waits for on trio.

    Args:
        in_turn: called when the wait is cancelled, with what lets it go on; returns None if it may go on at once.
    """

    def __init__(self, in_turn: Callable[[Settable], object]) -> None:
        self._in_turn = in_turn
        self._task: Any = None
        self._cancelled: Callable[[], Any] | None = None

    async def wait(self) -> None:
        """Wait until it is set; raises the cancellation, if there was one, only then."""
        import trio.lowlevel  # a world on asyncio does without trio

        self._task = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._abort)

    def _abort(self, raise_cancel: Callable[[], Any]) -> Any:
        import trio.lowlevel

        self._cancelled = raise_cancel
        return trio.lowlevel.Abort.SUCCEEDED if self._in_turn(self) is None else trio.lowlevel.Abort.FAILED

    def set(self) -> None:
        """Let the task go on."""
        import outcome
        import trio.lowlevel

        task, self._task = self._task, None
        if task:
            how = outcome.capture(self._cancelled) if self._cancelled else outcome.Value(None)
            trio.lowlevel.reschedule(task, how)
