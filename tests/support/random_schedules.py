"""Play a random schedule, drawn from a seed, of events around a simulation on a log in a file.

A game is several lives of one world. In each the world is opened, perhaps cancelled while it is; then come commands of
one client or of two, jumps of the clock, readers beside bulk appends, calls that are cancelled at a suspension, appends
that are slow or fail; and it is closed, perhaps cancelled while it is. After every step and between the lives
everything that must hold is looked at. What a campaign has met is counted, so that one that never met the rare things
fails.
"""

import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from orgsim.api import Settings, Simulation
from orgsim.api.cli.snapshot import take_snapshot
from orgsim.engine.errors import Refused
from orgsim.engine.log import LogError, verified_envelopes
from orgsim.engine.log.cancellation import on_asyncio
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operation import SIMULATION, Caller
from orgsim.engine.operations import describe_account_outside, record_call, take_record
from orgsim.engine.runtime.clock import SimulatedClock
from orgsim.engine.runtime.engine import Engine, EngineStopped
from orgsim.engine.state.image import dump_state
from orgsim.projections.rebuild import build_views
from support.cancellation import Ended, cancelled_at
from support.compare_state import whole
from support.patience import PATIENCE
from support.random_commands import COMMANDS, DURATIONS
from support.soundness import check_state

MET_BY_FEW = (
    "append that failed before it was written",
    "append that failed after it was written",
    "opened from a snapshot",
    "reader beside a checkpoint",
)
"""What a few games meet often."""

WANTED = (
    *MET_BY_FEW,
    "cancelled while opening",
    "cancelled while running",
    "cancelled while closing",
    "cancelled call that was written",
    "command while an append was under way",
    "reader beside an append",
    "time that fired timers",
    "log without a world",
)
"""What a campaign must have met to be worth anything."""


class DisturbedLog(SqliteLog):
    """An SQLite log whose appends can be delayed or made to fail."""

    turns = 0
    """How often everybody else goes on before, and again after, an append."""
    failure = ""
    """``before`` or ``after``: whether an append fails without or with its records in the file."""
    appending = False

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        """Append, slowly; or fail."""
        known = list(records)
        self.appending = True
        try:
            await self._pass()
            if self.failure == "before":
                raise LogError("the append fails, as the schedule has it")
            await super().append(expected, known)
            await self._pass()
            if self.failure == "after":
                raise LogError("the append fails afterwards, as the schedule has it")
        finally:
            self.appending = False

    async def _pass(self) -> None:
        for _ in range(self.turns):
            await anyio.lowlevel.checkpoint()


class Position:
    """State and time of a simulation, as ``random_commands`` needs them."""

    def __init__(self, sim: Simulation) -> None:
        self.state = sim.engine.state
        self.now = sim.engine.now
        self.advance = sim.engine.fire_due


class Game:
    """One world, its lives, and what must be true of it.

    Args:
        path: where its log lies.
        seed: of the schedule, and of the world.
        met: counts what was met.
    """

    def __init__(self, path: Path, seed: int, met: Counter[str]) -> None:
        self._path = path
        self._draw = Random(seed)
        self._met = met
        self._acknowledged = 0
        self._by_asyncio = False

    async def play(self, lives: int) -> None:
        """Open, use and close the simulation a number of times."""
        for _ in range(lives):
            # Not the same throughout, so that on asyncio both kinds are met.
            self._by_asyncio = on_asyncio() and self._draw.random() < 0.5
            with anyio.fail_after(PATIENCE):
                if self._draw.random() < 0.3:
                    await self._cancelled_life()
                else:
                    await self._live(await self._open())
                await self._check_closed()

    async def _open(self) -> DisturbedLog:
        exists = await anyio.Path(self._path).exists()
        return await (DisturbedLog.open if exists else DisturbedLog.create)(self._path, "normal")

    async def _cancelled_life(self) -> None:
        """Open, use and close the simulation once, cancelled somewhere, most often while it opens or closes."""
        stage = ["opening"]

        async def life() -> None:
            log = await self._open()
            try:
                stage[0] = "running"
                async with self._simulation(log) as sim:
                    await self._command(sim)
                    stage[0] = "closing"
            finally:
                await log.close()

        suspension = self._draw.randint(1, 14)
        until = suspension + self._draw.choice([0, 0, 1, 2])
        suspensions = set(range(suspension, until + 1))
        with suppress(EngineStopped):
            ended = await cancelled_at(life(), suspensions, by_asyncio=self._by_asyncio)
            if ended is Ended.CANCELLED:
                self._met[f"cancelled while {stage[0]}"] += 1

    def _simulation(self, log: DisturbedLog) -> Simulation:
        return Simulation(log, seed=7, settings=Settings(latency="realistic"))

    async def _live(self, log: DisturbedLog) -> None:
        try:
            with suppress(EngineStopped):
                async with self._simulation(log) as sim:
                    self._met["opened from a snapshot"] += await self._has_snapshot()
                    await self._check(sim)
                    for _ in range(self._draw.randint(1, 10)):
                        await self._draw.choice(STEPS)(self, sim, log)
                        await self._check(sim)
        finally:
            await log.close()

    async def _has_snapshot(self) -> bool:
        return await anyio.Path(f"{self._path}-snapshot").exists()

    # Steps.

    async def _command(self, sim: Simulation) -> None:
        request, caller = self._draw.choice(COMMANDS)(self._draw, Position(sim))  # type: ignore[arg-type]  # as much of a World as they look at
        with suppress(Refused):
            if caller is None:
                await sim.engine.perform(request)
            elif isinstance(request, record_call.Request | take_record.Request):  # has a caller, but is none of AWS's
                sim.engine.post(request, Caller(caller))
                await sim.engine.flush()
            else:
                await sim.engine.submit(request, Caller(caller))
        self._acknowledged = max(self._acknowledged, sim.engine.durable)

    async def _commands(self, sim: Simulation, log: DisturbedLog) -> None:
        for _ in range(self._draw.randint(1, 8)):
            await self._command(sim)

    async def _two_clients(self, sim: Simulation, log: DisturbedLog) -> None:
        log.turns = self._draw.randint(1, 6)

        async def client() -> None:
            for _ in range(3):
                self._met["command while an append was under way"] += log.appending
                await self._command(sim)
                for _ in range(self._draw.randint(0, 3)):
                    await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client)
            tasks.start_soon(client)

    async def _slow(self, sim: Simulation, log: DisturbedLog) -> None:
        log.turns = self._draw.randint(0, 6)

    async def _jump(self, sim: Simulation, log: DisturbedLog) -> None:
        before = sim.engine.state.position
        await sim.advance(timedelta(**self._draw.choice(DURATIONS)))
        self._acknowledged = sim.engine.durable
        # More than the passing of time itself.
        self._met["time that fired timers"] += sim.engine.durable > before + 1

    async def _cancelled_call(self, sim: Simulation, log: DisturbedLog) -> None:
        before = sim.engine.state.position
        suspensions = {self._draw.randint(1, 4)}
        ended = await cancelled_at(self._command(sim), suspensions, by_asyncio=self._by_asyncio)
        if ended is Ended.CANCELLED:
            await sim.engine.flush()
            self._met["cancelled call that was written"] += sim.engine.durable > before

    async def _failing_append(self, sim: Simulation, log: DisturbedLog) -> None:
        log.failure = self._draw.choice(["before", "after"])
        known = sim.engine.durable
        try:
            await sim.describe_account("999999999999", name=f"after {known}")
        except EngineStopped:
            self._met[f"append that failed {log.failure} it was written"] += 1
            assert sim.engine.durable == known
            raise
        raise AssertionError("an append that failed was acknowledged")

    async def _reader_beside(self, sim: Simulation, log: DisturbedLog) -> None:
        """Readers come while so much is written that there are checkpoints."""
        await self._small_checkpoints(log)
        written = anyio.Event()

        async def write() -> None:
            for _ in range(self._draw.randint(1, 6)):
                number = sim.engine.state.position
                for index in range(300):
                    request = describe_account_outside.Request(f"{number + index:012}", name="described in bulk")
                    sim.engine.post(request, SIMULATION)
                await sim.engine.flush()
                self._acknowledged = sim.engine.durable
            written.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            while not written.is_set():
                before = self._acknowledged
                appending = log.appending
                assert await self._read() >= before
                self._met["reader beside an append"] += appending or log.appending
        self._met["reader beside a checkpoint"] += await anyio.to_thread.run_sync(self._was_checkpointed)

    async def _small_checkpoints(self, log: DisturbedLog) -> None:
        await log.query("PRAGMA wal_autocheckpoint = 8")

    def _was_checkpointed(self) -> bool:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro&immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            (position,) = connection.execute("SELECT max(position) FROM head").fetchone()
        return position > 300

    # What must be true.

    async def _read(self) -> int:
        """Read and verify the log as a reader; returns its last position."""
        reader = await SqliteLog.open_for_reading(self._path)
        try:
            return sum([len(batch) async for batch in verified_envelopes(reader)])
        finally:
            await reader.close()

    async def _check(self, sim: Simulation) -> None:
        """State, views and log agree, and nothing acknowledged is missing."""
        await sim.engine.flush()
        assert sim.engine.durable >= self._acknowledged, "durable fell"
        self._acknowledged = sim.engine.durable
        check_state(sim.engine.state)
        state, views, head = await self._replayed()
        assert head == sim.engine.durable == sim.engine.state.position
        assert state == dump_state(sim.engine.state), "the state is not what the log leads to"
        assert views == whole(sim.views), "the views are not what the log leads to"
        rows, last = await anyio.to_thread.run_sync(self._rows)
        assert rows == last == head, "the head is not the sum of the rows"

    async def _replayed(self) -> tuple[bytes, Any, int]:
        reader = await SqliteLog.open_for_reading(self._path)
        try:
            engine = Engine(reader, SimulatedClock(0), [])
            await engine.rebuild()
            views = await build_views(reader)
            await reader.check()
        finally:
            await reader.close()
        return dump_state(engine.state), whole(views), reader.head

    def _rows(self) -> tuple[int, int]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT sum(length(lengths) / 4), max(last) FROM parts").fetchone()

    async def _check_closed(self) -> None:
        """Between two lives: the file alone, or none at all; nothing acknowledged is missing; anybody can open it."""
        names = await anyio.to_thread.run_sync(lambda: {path.name for path in self._path.parent.iterdir()})
        assert names <= {self._path.name, f"{self._path.name}-snapshot"}, f"left behind: {names}"
        if self._path.name not in names:
            assert not self._acknowledged, "the log is gone"
            self._met["log without a world"] += 1
            return
        found = await self._read()
        assert found >= self._acknowledged, f"{self._acknowledged} events were acknowledged, {found} are there"
        self._acknowledged = found
        if self._draw.random() < 0.3:
            await take_snapshot(self._path)


Step = Callable[[Game, Simulation, DisturbedLog], Awaitable[None]]

STEPS: tuple[Step, ...] = (
    Game._commands,
    Game._commands,
    Game._commands,
    Game._two_clients,
    Game._two_clients,
    Game._slow,
    Game._jump,
    Game._jump,
    Game._cancelled_call,
    Game._cancelled_call,
    Game._reader_beside,
    Game._failing_append,
)
