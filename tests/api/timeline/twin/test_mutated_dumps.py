"""Whatever is wrong with the content of a dump: it is imported, or refused in one line."""

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from support.campaign import examples
from support.dumps import dump_world, log_of, random_world
from support.given import FOUNDER
from support.soundness import check_state

from orgsim.api import Simulation
from orgsim.api.timeline.twin.errors import DumpError
from orgsim.api.timeline.twin.importing import import_dump
from orgsim.api.timeline.twin.reading import of_folder

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

JUNK = [
    None,
    0,
    -1,
    1e300,
    True,
    "",
    "x",
    "<account-id>",
    "r-zzzz",
    "ou-none-00000000",
    "222222222222",
    [],
    {},
    [[]],
    [{}],
]

CUT = "{"
"""What is left of a file that was cut."""


def places(value: Any) -> list[tuple[Any, Any]]:
    """All places in a JSON value: containers with a key or an index."""
    keys = range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else []
    return [found for key in keys for found in [(value, key), *places(value[key])]]


def mutate(folder: Path, draw: Random) -> str:
    """Put something wrong into a file, or take something out; returns what was done."""
    path = draw.choice(sorted(folder.rglob("*.json")))
    text = path.read_text("utf-8")
    content = json.loads(text) if text != CUT else {}
    there = places(content)
    if not there:
        path.unlink()
        return f"{path.name} removed"
    container, key = draw.choice(there)
    done = f"{path.name}: {key!r} of {str(container)[:200]}"
    if draw.randrange(3):
        container[key] = draw.choice([*JUNK, draw.choice(there)[0]])
    elif isinstance(container, list) and draw.randrange(2):
        container.append(container[key])
    else:
        del container[key]
    try:
        path.write_text(json.dumps(content), "utf-8")
    except ValueError:
        path.write_text(CUT, "utf-8")
    return done


async def refusal(folder: Path, log: Path) -> str | None:
    """Import a dump; returns why it is none. What is imported is sound."""
    try:
        await import_dump(await anyio.to_thread.run_sync(of_folder, folder, None), "a dump", log)
    except DumpError as error:
        return str(error)
    async with Simulation(log) as sim:
        check_state(sim.engine.state)
    return None


async def try_one(seed: int, folder: Path) -> bool:
    """Dump a random world, do some things to the dump, and import it; returns whether it was refused."""
    draw, world = Random(seed), random_world(seed % 20, 40)
    organization = world.state.organization_of(FOUNDER)
    if organization is None:
        return False
    async with Simulation(await log_of(world)) as sim:
        await dump_world(sim, folder / "dump", organization.id)
    changes = [mutate(folder / "dump", draw) for _ in range(draw.choice([1, 1, 2, 5]))]
    try:
        refused = await refusal(folder / "dump", folder / "twin.db")
    except Exception as error:
        raise AssertionError(f"seed {seed}: {changes}") from error
    assert refused is None or refused.isprintable()
    return refused is not None


def test_mutated_dumps() -> None:
    """A dump in which things are wrong, missing or doubled is imported soundly, or refused and leaves no log."""
    refused = 0
    seeds = examples(30)
    for seed in range(seeds):
        with TemporaryDirectory() as folder:
            was_refused = anyio.run(try_one, seed, Path(folder))
            assert not (was_refused and (Path(folder) / "twin.db").exists())
            refused += was_refused
    assert 0.15 * seeds < refused < 0.95 * seeds, "some are refused, and some are not"
