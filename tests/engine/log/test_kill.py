"""A writer that is killed: what it reported as durable is there, whole, and the world goes on."""

import random
import sys
from pathlib import Path

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from support.campaign import examples

from orgsim.api import Simulation
from orgsim.engine.events import AccountDescribed
from orgsim.engine.log import verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

WRITER = """
import random, sys
import anyio
from orgsim.api import Simulation
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside

async def main():
    sizes = random.Random(int(sys.argv[3]))
    async with Simulation(sys.argv[1], durability=sys.argv[4]) as sim:
        while True:
            for _ in range(sizes.randint(1, 1_500)):
                number = sim.engine.state.position
                sim.engine.post(describe_account_outside.Request(f"{number:012}", name=f"number {number}"), SIMULATION)
            await sim.engine.flush()
            print(sim.engine.durable, flush=True)

anyio.run(main, backend=sys.argv[2])
"""

ROUNDS = examples(2)


async def killed_writer(path: Path, backend: str, seed: int, durability: str) -> int:
    """Let a process write until it has reported some times, kill it, and give the last position that it reported."""
    chance = random.Random(seed)
    command = [sys.executable, "-c", WRITER, str(path), backend, str(seed), durability]
    reported = b""
    async with await anyio.open_process(command) as writer:
        try:
            assert writer.stdout is not None
            lines = BufferedByteReceiveStream(writer.stdout)
            for _ in range(chance.randint(1, 12)):
                reported = await lines.receive_until(b"\n", 100)
            # Somewhere within the batches after that, wherever that is on this machine.
            await anyio.sleep(chance.random() * 0.02)
        finally:
            writer.kill()
    return int(reported)


@pytest.mark.parametrize("durability", ["full", "off"])
async def test_killed_writer_loses_nothing_it_reported(durability: str, tmp_path: Path, anyio_backend: str) -> None:
    """After each of several kills all that was reported is there and whole, and the world opens and goes on."""
    path = tmp_path / "world.db"
    for seed in range(ROUNDS):
        reported = await killed_writer(path, anyio_backend, seed, durability)
        log = await SqliteLog.open_for_reading(path)
        try:
            envelopes = [envelope async for batch in verified_envelopes(log) for envelope in batch]
        finally:
            await log.close()
        assert len(envelopes) >= reported
        for envelope in envelopes[1:]:
            assert isinstance(envelope.event, AccountDescribed)
            assert envelope.event.name in (f"number {envelope.position - 1}", "alive")
        async with Simulation(path) as sim:
            assert sim.engine.state.position == len(envelopes)
            await sim.describe_account("999999999999", name="alive")
            assert sim.engine.durable == len(envelopes) + 1
