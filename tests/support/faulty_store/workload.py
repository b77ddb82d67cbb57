"""What is done to a log while its store fails: a short life of a world, the same every time.

A step is one command that is awaited, or a batch; after each its position and digest are told. The log is checkpointed
on the way, and on closing.
"""

from collections.abc import Callable
from pathlib import Path

from orgsim.api import Simulation
from orgsim.engine.log import sqlite_rows, verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside

HALF, WHOLE = 12, 24
"""So many steps has a life, and so many the part of it that other lives continue."""

CHECKPOINT_PAGES = 48

Acknowledge = Callable[[int, str], None]


async def live(path: Path, acknowledge: Acknowledge, *, first: int, last: int) -> None:
    """Open the world, go through some steps of its life, and close it."""
    # A batch of hundreds of events is several statements in one transaction, as one of a million is.
    sqlite_rows.ROWS_PER_STATEMENT = 2
    async with Simulation(path, seed=7) as sim:
        await _checkpoint_often(sim)
        _tell(sim, acknowledge)
        for step in range(first, last):
            await _step(sim, step)
            _tell(sim, acknowledge)


async def _checkpoint_often(sim: Simulation) -> None:
    log = sim.engine.log
    assert isinstance(log, SqliteLog)
    await log.query(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


def _tell(sim: Simulation, acknowledge: Acknowledge) -> None:
    log = sim.engine.log
    assert log.head == sim.engine.durable
    acknowledge(log.head, log.digest.hex())


async def _step(sim: Simulation, step: int) -> None:
    if step == 0:
        await sim.client("111111111111").create_organization()
    elif step == 1:
        await sim.client("111111111111").invite_account_to_organization(
            target={"Type": "ACCOUNT", "Id": "222222222222"}
        )
    elif step % 6 == 4:
        await _batch(sim, 900 if step == 16 else 70)
    elif step % 6 == 5:
        await sim.advance(hours=30)
    elif step % 12 == 8:
        await _visit(sim)
    else:
        await sim.describe_account(f"{step:012}", name=f"of step {step}")


async def _batch(sim: Simulation, size: int) -> None:
    for _ in range(size):
        number = sim.engine.state.position
        sim.engine.post(describe_account_outside.Request(f"{number:012}", name=f"number {number}"), SIMULATION)
    await sim.engine.flush()


async def _visit(sim: Simulation) -> None:
    """A reader comes, the world goes on, and the reader reads what was there when it came."""
    log = await SqliteLog.open_for_reading(sim.engine.log.name)
    try:
        head = log.head
        await sim.describe_account("333333333333", name="meanwhile")
        assert sum([len(batch) async for batch in verified_envelopes(log)]) == head
    finally:
        await log.close()
