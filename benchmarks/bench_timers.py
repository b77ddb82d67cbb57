"""Virtual timers: invitations that expire, per second, against SimPy's timeouts.

Ours: invitations sent at distinct moments expire at distinct moments; the clock is advanced over all of them, and each
appends its HandshakeExpired to a log in memory; no views. Reference: as many SimPy timeouts at distinct moments, for
each of which a process waits, as is usual in SimPy; the process notes the moment and ends. The setting of the timers is
not timed: the processes have begun to wait before. Rounds alternate; the best of each counts. For information, SimPy's
timeouts with a plain callback and no process.

Also for information, tasks of the caller's that sleep in simulated time, against SimPy's processes: ours are tasks of
the event loop, all of which have to be blocked before the next one wakes, and every waking is recorded as quiet time.
"""

from collections.abc import Generator
from typing import Any

import anyio
import simpy
from measure import Result, at_least, information, timed, timing
from workload import MANAGEMENT, POSTS_PER_CHECKPOINT, START, check_invited, checked_records, create, invitations, world

from orgsim.engine.log import MemoryLog
from orgsim.engine.runtime import driver
from orgsim.engine.runtime.clock import SimulatedClock
from orgsim.engine.settings import INVITATION_LIFETIME, SECOND
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Action

BUDGET = 0.5
SLEEPERS = 500


async def _expire(timers: int) -> float:
    log = MemoryLog()
    async with world(log, timers) as engine:
        await create(engine)
        for number, (request, caller) in enumerate(invitations(timers), 1):
            await driver.jump_to(engine, START + number * SECOND)
            engine.post(request, caller or MANAGEMENT)
            if number % POSTS_PER_CHECKPOINT == 0:
                await engine.room()
        await engine.flush()
        check_invited(engine, timers)
        with timing() as watch:
            await driver.advance_to(engine, START + timers * SECOND + INVITATION_LIFETIME)
        states = [handshake.state for handshake in engine.state.handshakes.values()]
        assert states == [HandshakeState.EXPIRED] * timers
        assert all(handshake.requested.action is Action.INVITE for handshake in engine.state.handshakes.values())
        ends = [handshake.ended_at for handshake in engine.state.handshakes.values()]
        assert ends == [START + number * SECOND + INVITATION_LIFETIME for number in range(1, timers + 1)]
        assert len(await checked_records(log)) == 2 * timers + 3
    return watch.seconds


def _callbacks(timers: int) -> float:
    environment = simpy.Environment()
    fired: list[float] = []

    def fire(_: simpy.Event) -> None:
        fired.append(environment.now)

    for number in range(timers):
        callbacks = environment.timeout(number).callbacks
        assert callbacks is not None
        callbacks.append(fire)
    seconds = timed(environment.run)
    assert fired == list(range(timers))
    return seconds


def _processes(timers: int) -> float:
    environment = simpy.Environment()
    fired: list[float] = []

    def handshake(number: int) -> Generator[simpy.Event, Any, None]:
        yield environment.timeout(number)
        fired.append(environment.now)

    for number in range(timers):
        environment.process(handshake(number + 1))
    environment.run(until=1)
    seconds = timed(environment.run)
    assert fired == list(range(1, timers + 1))
    return seconds


async def _sleep(tasks: int) -> float:
    woken: list[int] = []
    log = MemoryLog()
    async with world(log, 0) as engine, anyio.create_task_group() as group:
        clock = engine.clock
        assert isinstance(clock, SimulatedClock)

        async def sleeper(number: int) -> None:
            await clock.sleep_until(START + number * SECOND)
            woken.append(engine.now)

        for number in range(1, tasks + 1):
            group.start_soon(sleeper, number)
        await driver.wait_all_blocked(engine, clock)
        with timing() as watch:
            await driver.run_until_idle(engine)
        assert woken == [START + number * SECOND for number in range(1, tasks + 1)]
    assert len(await checked_records(log)) == tasks + 1
    return watch.seconds


async def _measure(timers: int, rounds: int) -> list[Result]:
    ours, callbacks, processes = [], [], []
    sleeping = [await _sleep(SLEEPERS) for _ in range(rounds)]
    few = [_processes(SLEEPERS) for _ in range(rounds)]
    for _ in range(rounds):
        ours.append(await _expire(timers))
        callbacks.append(_callbacks(timers))
        processes.append(_processes(timers))
    rate = timers / min(ours)
    note = f"{timers:,} timers; reference: SimPy's processes"
    sleepers = f"{SLEEPERS:,} tasks; reference: SimPy's processes"
    return [
        at_least(BUDGET, "invitations expired", rate, timers / min(processes), "timers/s", note),
        information(
            "invitations expired, SimPy without processes",
            rate,
            timers / min(callbacks),
            "timers/s",
            "reference: SimPy's timeouts",
        ),
        information("tasks woken", SLEEPERS / min(sleeping), SLEEPERS / min(few), "tasks/s", sleepers),
    ]


def run(quick: bool) -> list[Result]:
    """Measure timers against timeouts with processes, against timeouts alone, and sleeping tasks against processes."""
    return anyio.run(_measure, *((20_000, 3) if quick else (200_000, 3)))
