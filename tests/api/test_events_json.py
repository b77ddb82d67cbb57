"""An event as JSON: every event with all its fields, under the names that AWS has for them, as the page says."""

# botocore's cached properties have no types.
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportOperatorIssue=false

import json
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec import structs
from support.botocore_model import MODEL
from support.repository import ROOT

from orgsim.api import PacedClock, Simulation
from orgsim.api.events_json import event_as_dict, iso_time, member_name
from orgsim.engine.events import AnyEvent, Event
from orgsim.engine.events.envelope import Envelope, decode_envelope
from orgsim.engine.ids import IdSource
from orgsim.engine.log import FIRST_READ, READ_SIZE, MemoryLog
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside
from orgsim.engine.settings import SECOND

TYPES = get_args(AnyEvent)
GOLDEN: dict[str, str] = json.loads((ROOT / "tests" / "engine" / "golden_events.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "events.md").read_text("utf-8")
IDS = IdSource(7)
AWS_MEMBERS = set(chain.from_iterable(getattr(MODEL.shape_for(name), "members", {}) for name in MODEL.shape_names))


def sample(tag: str) -> Envelope:
    """The stored sample of an event."""
    return decode_envelope(bytes.fromhex(GOLDEN[tag]))


def member_names(event: type[Event]) -> list[str]:
    """The members of an event's JSON, in order."""
    return [member_name(event, field.name) for field in structs.fields(event) if field.name != "organization"]


def leaves(value: Any) -> list[Any]:
    """The values in a value that hold no others."""
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


@pytest.mark.parametrize("tag", GOLDEN)
def test_every_event(tag: str) -> None:
    """The JSON of every event's stored sample has all its fields, in order, and is the same after a round trip."""
    envelope = sample(tag)
    found = event_as_dict(envelope, IDS)
    assert json.loads(json.dumps(found)) == found
    members = found.pop("members")
    assert list(members) == member_names(type(envelope.event))
    assert found == {
        "position": 300,
        "time": "2026-01-01T00:00:00Z",
        "operation": "AcceptHandshake",
        "caller": {"account": "111111111111", "principal": "user/diego"},
        # What CloudTrail says has AWS's own.
        "request_id": getattr(envelope.event, "request_id", IDS.request(299)),
        "type": tag,
        "organization": envelope.organization,
    }
    fields = structs.asdict(envelope.event)
    fields.pop("organization", None)
    for (name, value), shown in zip(fields.items(), members.values(), strict=True):
        expected = [iso_time(value)] if name.endswith("_at") else leaves(msgspec.to_builtins(value))
        assert leaves(shown) == expected


@pytest.mark.parametrize("event", TYPES, ids=lambda event: event.__name__)
def test_names(event: type[Event]) -> None:
    """A member has AWS's name or stands on the page as one of orgsim's, and no event has two of the same name."""
    names = member_names(event)
    assert len(set(names)) == len(names)
    own = PAGE.partition("one of orgsim's:")[2].partition("## Types")[0]
    assert [name for name in names if name not in AWS_MEMBERS and f"`{name}`" not in own] == []


@pytest.mark.parametrize("event", TYPES, ids=lambda event: event.__name__)
def test_the_page(event: type[Event]) -> None:
    """The page has a line for every event, with its members."""
    names = " ".join(f"`{name}`" for name in member_names(event))
    assert f"\n| `{event.__name__}` | {names or 'none'} |\n" in PAGE


def test_the_keys_of_the_page() -> None:
    """The page describes every key of an event."""
    assert [key for key in event_as_dict(sample("WorldCreated"), IDS) if f"\n| `{key}` |" not in PAGE] == []


def test_whole_numbers_are_moments_by_their_names() -> None:
    """A field that holds a moment ends in ``_at``, and no other whole number does."""
    whole = (int, int | None)
    numbers = {field.name for event in TYPES for field in structs.fields(event) if field.type in whole}
    others = {"seed", "times", "after_calls", "duration", "inferred"}
    assert {name for name in numbers if not name.endswith("_at")} == others
    ending = {field.name for event in TYPES for field in structs.fields(event) if field.name.endswith("_at")}
    assert ending <= numbers


async def test_nobody_called() -> None:
    """What the simulation did has no caller and no request id, also at a moment that has no date."""
    async with Simulation(clock=PacedClock(1, start=400_000_000_000 * SECOND)) as sim:
        (first,) = [event_as_dict(envelope, sim.engine.ids) async for envelope in sim.events()]
    assert (first["caller"], first["request_id"], first["organization"]) == (None, None, None)
    assert first["time"] >= 400_000_000_000 * SECOND


class CountedLog(MemoryLog):
    """A log in memory that counts the records that are read of it."""

    def __init__(self) -> None:
        super().__init__()
        self.read_records: list[int] = []

    async def read(self, after: int, limit: int) -> list[bytes]:
        records = await super().read(after, limit)
        self.read_records.append(len(records))
        return records


async def test_a_page_costs_what_it_returns() -> None:
    """A page is read by as many records as it has events, and whoever stops early has not read the log."""
    log = CountedLog()
    async with Simulation(log) as sim:
        for number in range(2 * FIRST_READ):
            sim.engine.post(describe_account_outside.Request(f"{number:012}", name="n"), SIMULATION)
        await sim.engine.flush()
        log.read_records.clear()
        assert [envelope.position async for envelope in sim.events(after=300, limit=2)] == [301, 302]
        assert log.read_records == [2]
        log.read_records.clear()
        events = sim.events()
        assert (await anext(events)).position == 1
        await events.aclose()
        assert log.read_records == [FIRST_READ]
        assert FIRST_READ < READ_SIZE
        whole = [envelope.position async for envelope in sim.events()]
        assert whole == list(range(1, log.head + 1))
        assert [envelope async for envelope in sim.events(after=10, limit=0)] == []


@pytest.mark.parametrize(("after", "limit"), [(-1, None), (0, -1)])
async def test_impossible_pages(after: int, limit: int | None) -> None:
    """Positions and numbers of events are not negative."""
    async with Simulation() as sim:
        with pytest.raises(ValueError, match="from 0 on"):
            await anext(sim.events(after, limit))


async def test_pages_of_a_log_in_a_file(tmp_path: Path) -> None:
    """Pages of a log in a file, which is being written, add up to the whole."""
    async with Simulation(tmp_path / "w.db") as sim:
        for number in range(600):
            sim.engine.post(describe_account_outside.Request(f"{number:012}", name="n"), SIMULATION)
        await sim.engine.flush()
        whole = [envelope async for envelope in sim.events()]
        pages: list[Envelope] = []
        while page := [envelope async for envelope in sim.events(after=len(pages), limit=77)]:
            pages += page
        assert pages == whole
        assert len(whole) == 601
