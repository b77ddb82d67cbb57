"""Drift: what differs between the end of a log and a dump, as if the dump were brought into a fork of the log."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio.to_thread import run_sync
from msgspec import Struct

from ....engine.operation import SIMULATION
from ....engine.operations.import_organization import ImpossibleDump, Request
from ....engine.runtime.driver import jump_to
from ...past import open_recorded
from ...simulation import Simulation, forked
from ..catching_up import Progress, catch_up
from ..history import History
from .errors import DumpError
from .normalize import Dump


class Drift(Struct):
    """A fork of a log into which a dump was brought."""

    history: History
    first: int
    """The last position before the dump: everything that the log has led to by the moment of the dump."""
    last: int
    """The last position."""


@asynccontextmanager
async def _fork(log: Path) -> AsyncGenerator[Simulation, None]:
    async with open_recorded(log) as recorded:
        fork = await forked(recorded.log, recorded.log.head, None)
    async with fork:
        yield fork


async def drift(log: Path, dump: Dump, source: str, progress: Progress) -> Drift:
    """Bring a dump into a fork of a log, in memory; the log is only read.

    Time goes on in the fork up to the moment of the dump, so that what is due by then is no difference.

    Args:
        log: its path; it may be written meanwhile.
        dump: in its normalized form.
        source: where it came from, in words.
        progress: shown while the history of the fork is made.

    Raises:
        DumpError: the dump contradicts itself or the log, or the log has no such organization.
        LogError: the log cannot be read.
    """
    async with _fork(log) as fork:
        engine = fork.engine
        if dump.form.organization not in engine.state.organizations:
            there = ", ".join(engine.state.organizations) or "none"
            raise DumpError(f"{source}: {dump.form.organization} is not in {log}; organizations there: {there}")
        await jump_to(engine, max(dump.taken_at, engine.now))
        first = engine.state.position
        try:
            engine.post(Request(form=dump.form, source=source, taken_at=engine.now), SIMULATION)
        except ImpossibleDump as error:
            raise DumpError(f"{source}: {error.message}") from None
        await engine.flush()
        history = await run_sync(History.open, None)
        with progress(engine.log, "Comparing") as listener:
            await catch_up(history, engine.log, listener)
        return Drift(history, first, engine.state.position)
