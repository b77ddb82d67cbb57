"""Worlds for tests of dumps, and dumps of them."""

import json
from pathlib import Path
from random import Random
from typing import Any

import anyio.to_thread

from orgsim.api import Simulation
from orgsim.api.past import open_recorded
from orgsim.api.timeline.twin.importing import Imported, import_dump
from orgsim.api.timeline.twin.normalize import Dump, normalize
from orgsim.api.timeline.twin.recorded import answers_of, write_folder
from orgsim.engine.events.envelope import encode_envelope
from orgsim.engine.log import MemoryLog
from orgsim.engine.words import FeatureSet
from support.given import FOUNDER, MEMBER, OTHER, RIVAL
from support.projection_world import WatchedWorld
from support.random_commands import DECIDED, play, random_script

HANDSHAKES = "list-handshakes-for-organization.json"


def random_world(seed: int, length: int = 60) -> WatchedWorld:
    """A world in which random commands were done, mostly in an organization with all features."""
    draw = Random(seed)
    world = WatchedWorld(latency=draw.choice(["instant", "realistic"]))
    world.founded(FOUNDER, draw.choice([FeatureSet.ALL, FeatureSet.ALL, FeatureSet.CONSOLIDATED_BILLING]))
    world.founded(RIVAL)
    for account in (MEMBER, OTHER):
        world.joined(account)
    for _ in play(random_script(seed, length), world, DECIDED):
        pass
    return world


async def log_of(world: WatchedWorld) -> MemoryLog:
    """The log of a world that has none."""
    log = MemoryLog()
    await log.append(0, [encode_envelope(envelope) for envelope in world.log])
    return log


async def dump_world(sim: Simulation, folder: Path, organization: str | None = None) -> None:
    """Write a dump of a world as it is."""
    answers, taken_at = await answers_of(sim.at(sim.engine.state.position), organization)
    await anyio.to_thread.run_sync(write_folder, folder, answers, taken_at)


async def dump_log(log: Path, folder: Path) -> None:
    """Write a dump of the end of a log."""
    async with open_recorded(log) as recorded:
        answers, taken_at = await answers_of(recorded.at(recorded.log.head), None)
    await anyio.to_thread.run_sync(write_folder, folder, answers, taken_at)


async def import_answers(answers: dict[Any, Any], taken_at: int, log: Path) -> Imported:
    """Bring answers into a log."""
    form, notes = normalize(answers)
    return await import_dump(Dump(form, taken_at, notes), "answers", log)


def contents(folder: Path) -> dict[str, Any]:
    """The files of a dump by name, byte for byte; of handshakes the live ones, without offers of transfers."""
    found: dict[str, Any] = {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.json"))
    }
    listed = json.loads(found[HANDSHAKES])["Handshakes"]
    live = [each for each in listed if each["State"] in ("OPEN", "REQUESTED")]
    found[HANDSHAKES] = [each for each in live if each["Action"] != "TRANSFER_RESPONSIBILITY"]
    return found
