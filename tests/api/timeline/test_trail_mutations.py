"""Records with single members that are wrong: each is taken or told, and the state stays sound."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.campaign import examples
from support.sixty_records import ADA, HOME, LAB, ROOT, lines, sixty_records
from support.soundness import check_state

from orgsim.api.timeline.trail_in.files import files_of
from orgsim.api.timeline.trail_in.replaying import replay
from orgsim.engine.settings import LATEST

ODD: list[Any] = [
    *(None, "", 0, -1, 1.5, True, [], {}, [None], [[]], [{}], {"a": None}, 10**30, 1e308, "x" * 5_000),
    *("****", "null", "{", "[]", "\u0000", "1234567890１２", "2026-13-45T00:00:00Z", "0001-01-01T00:00:00Z", "a=b"),
    *(ADA, LAB, "999999999999", HOME, ROOT, "ou-a1b2-11111111", "p-FullAWSAccess", "p-examplepolicyid111"),
    *("h-1ab0000001", "ALL", "DECLINED", "ACCOUNT", "EMAIL", "SERVICE_CONTROL_POLICY", "TAG_POLICY"),
]
"""Values of other types, and of the right type in the wrong place."""


def places(value: Any, within: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in a record."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*within, name)
        yield from places(member, (*within, name))


def mutated(record: dict[str, Any], others: list[dict[str, Any]], draw: Random) -> dict[str, Any]:
    """A record with one member removed, replaced by something odd, by its text, or by another record's."""
    record = deepcopy(record)
    *path, name = draw.choice([place for place in places(record) if place[0] != "eventSource"])
    holder: Any = record
    for each in path:
        holder = holder[each]
    ways = [draw.choice(ODD), json.dumps(holder[name]), draw.choice(others).get(name), draw.choice(ODD)]
    if draw.random() < 0.2:
        del holder[name]
    else:
        holder[name] = draw.choice(ways)
    return record


SEEDS = [*range(12), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, examples(80)))]


@pytest.mark.campaign
@pytest.mark.parametrize("seed", SEEDS)
async def test_mutated_records(seed: int, tmp_path: Path) -> None:
    """Whatever is wrong with some of sixty records, each is taken or told in a line, and the state is sound."""
    draw, records = Random(seed), sixty_records()
    for _ in range(draw.choice([1, 3, 8])):
        index = draw.randrange(len(records))
        records[index] = mutated(records[index], sixty_records(), draw)
    file = tmp_path / "t.jsonl"
    file.write_text(lines(records))
    replayed = await replay(files_of([str(file)]), tmp_path / "w.db", LATEST, lambda *_: None)
    summary = replayed.summary
    assert summary.read == 60
    assert summary.taken + summary.known + sum(summary.problems.values()) == 60
    assert all(each.where and len(each.why) < 400 and "\n" not in each.why for each in summary.named)
    assert replayed.state is not None
    check_state(replayed.state)
