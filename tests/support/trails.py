"""Trails of worlds: the records that ``orgsim trail`` writes of them, as dicts."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from orgsim.api.timeline.trail_out.records import Delivered, Trail, commands_of
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.words import FeatureSet
from support.given import FOUNDER, RIVAL, World
from support.random_commands import DECIDED, play, random_script


def delivered(log: Iterable[Envelope], *, plain: bool = True) -> list[Delivered]:
    """The records of a log's events, with whose trails they stand in."""
    trail = Trail(plain=plain)
    return [each for command in commands_of(log) for each in trail.records_of(command)]


def records(log: Iterable[Envelope], *, plain: bool = True) -> list[dict[str, Any]]:
    """The records of a log's events."""
    return [json.loads(each.content) for each in delivered(log, plain=plain)]


def records_in(folder: Path) -> list[dict[str, Any]]:
    """All records of a folder of CloudTrail's files, in the order of their time, as far as that tells it."""
    files = sorted(folder.rglob("*.json.gz"))
    found = [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
    return sorted(found, key=lambda record: record["eventTime"])


def random_world(seed: int, length: int) -> World:
    """A world of two organizations in which random commands were done."""
    draw = Random(seed)
    world = World(latency=draw.choice(["instant", "realistic"]))
    world.founded(FOUNDER, draw.choice(list(FeatureSet)))
    world.founded(RIVAL)
    for _ in play(random_script(seed, length), world, DECIDED):
        pass
    return world
