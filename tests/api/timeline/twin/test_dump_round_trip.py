"""Dump, import, dump: the same bytes; and the same once more after the world has gone on."""

from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from support.campaign import examples
from support.dumps import contents, dump_log, dump_world, log_of, random_world
from support.given import FOUNDER
from support.projection_world import WatchedWorld
from support.random_commands import DECIDED, play, random_script
from support.soundness import check_state

from orgsim.api import Simulation
from orgsim.api.timeline.twin.importing import Imported, import_dump
from orgsim.api.timeline.twin.reading import of_folder
from orgsim.engine.events import AccountDeparted

pytestmark = [pytest.mark.slow, pytest.mark.campaign]


async def dumped(world: WatchedWorld, folder: Path) -> bool:
    """Write a dump of the founder's organization; returns whether there is one."""
    organization = world.state.organization_of(FOUNDER)
    if organization is None or organization.management_account != FOUNDER:
        return False
    async with Simulation(await log_of(world)) as sim:
        await dump_world(sim, folder, organization.id)
    return True


async def brought_in(folder: Path, log: Path) -> Imported:
    """Import a dump; the state of the twin is sound afterwards, and the same dump again changes nothing."""
    dump = await anyio.to_thread.run_sync(of_folder, folder, None)
    done = await import_dump(dump, "a dump", log)
    async with Simulation(log) as sim:
        check_state(sim.engine.state)
    assert (await import_dump(dump, "a dump", log)).events == 0
    return done


async def round_trip(seed: int, folder: Path) -> None:
    """Dump a world, import it, and dump the twin; then let the world go on, and do so again into the same log."""
    world, log, twins = random_world(seed), folder / "twin.db", 0
    for turn in ("first", "second"):
        original, twin = folder / turn, folder / f"{turn} of the twin"
        if not await dumped(world, original) or _is_another(original, folder / "first"):
            return
        done = await brought_in(original, log)
        await dump_log(log, twin)
        if await joined_again(log):
            return
        # Approvals that cannot be seen any more are the one thing of a live handshake that is lost.
        if not any("cannot be seen" in note for note in done.notes):
            assert contents(twin) == contents(original), (seed, turn)
            twins += 1
        # What happens within a minute of a dump may be what the dump told already: two sources differ by seconds.
        world.advance(minutes=2)
        for _ in play(random_script(seed + 1, 25), world, DECIDED):
            pass


async def joined_again(log: Path) -> bool:
    """Whether an account joined again that the twin had taken for closed for good: AWS's support has reopened it."""
    async with Simulation(log) as sim:
        departed = [each.event async for each in sim.events() if each.operation == "CleanClosedAccount"]
        cleaned = [event.account for event in departed if isinstance(event, AccountDeparted)]
        return any(sim.engine.state.organization_of(account) for account in cleaned)


def _is_another(folder: Path, first: Path) -> bool:
    """Whether the founder has founded another organization since."""
    name = "describe-organization.json"
    return (folder / name).read_bytes()[:60] != (first / name).read_bytes()[:60]


def test_dump_import_dump() -> None:
    """The twin of a random world is dumped as the world was, byte for byte, and so is what a later dump makes of it."""
    for seed in range(examples(20)):
        with TemporaryDirectory() as folder:
            anyio.run(round_trip, seed, Path(folder))
