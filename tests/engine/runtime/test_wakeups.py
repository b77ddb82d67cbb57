"""What tasks wait for: set before, during and after a wait, by their own thread and by others."""

import anyio
import anyio.to_thread
import pytest
from support.patience import PATIENCE

from orgsim.engine.runtime.waiting import Wakeup

pytestmark = pytest.mark.anyio


async def test_a_thread_wakes_all_who_wait() -> None:
    """A thread that sets a wakeup wakes every task that waits for it."""
    wakeup, woken = Wakeup(), list[int]()

    async def wait(number: int) -> None:
        await wakeup.wait()
        woken.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(wait, number)
            await anyio.wait_all_tasks_blocked()
        await anyio.to_thread.run_sync(wakeup.set)
    assert sorted(woken) == [0, 1, 2]


async def test_a_wakeup_that_was_set_is_not_waited_for() -> None:
    """Who waits for what a thread has set already goes on, also if somebody waited for it before."""
    wakeup = Wakeup()
    await anyio.to_thread.run_sync(wakeup.set)
    assert wakeup.is_set()
    with anyio.fail_after(PATIENCE):
        await wakeup.wait()
        await wakeup.wait()


def test_a_wakeup_needs_no_event_loop_until_somebody_waits() -> None:
    """A wakeup that is made and set without an event loop lets a task of a later loop go on."""
    wakeup = Wakeup()
    wakeup.set()
    assert anyio.run(_waited, wakeup)


async def _waited(wakeup: Wakeup) -> bool:
    with anyio.move_on_after(PATIENCE):
        await wakeup.wait()
        return True
    return False
