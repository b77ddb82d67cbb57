"""``orgsim show LOG events``: prints a log's events from a position on, as a table or as JSON."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import typer

from ...engine.events.envelope import Envelope
from ...engine.ids import IdSource
from ...engine.log import EventLog, LogError, decode_records, read_envelopes
from ...engine.log.beginning import read_beginning
from ...engine.log.place import position_at
from ...engine.log.sqlite import SqliteLog
from ...engine.shapes.base import moment_text
from ..events_json import RequestIds, event_as_dict, iso_time, members_of
from ..places import read_place
from ..plurals import counted
from .terminal import print_line, print_rows

NAMES = ("position", "time", "operation", "caller", "event", "members")
MAX_VALUE_LENGTH = 40
"""The characters of a member's value that the table shows; ids are shorter."""

MAX_MEMBERS = 4
"""The members of an event that the table shows."""


async def place_of(log: EventLog, after: str | None) -> int:
    """The position that a place in a log means: itself, or of the last event at a moment; None is the beginning.

    Raises:
        LogError: the position is beyond the end.
    """
    place = read_place(after or 0)
    if place.is_moment:
        return await position_at(log, place.value, log.head)
    if place.value > log.head:
        raise LogError(f"{log.name}: --after {after} is beyond the end: the log ends at position {log.head}")
    return place.value


async def show_events(path: Path, after: str | None, limit: int | None, as_json: bool, json_lines: bool) -> None:
    """Print the events after a place; only those, the first and the last event are read.

    Args:
        path: the path of the log.
        after: a position, or a moment in ISO 8601; None for all events.
        limit: the most events to print; None for all.
        as_json: print one JSON document instead of a table.
        json_lines: print an event as JSON on each line instead.

    Raises:
        LogError: the log cannot be read, or ends before ``after``.
    """
    log = await SqliteLog.open_for_reading(path)
    try:
        place = await place_of(log, after)
        beginning = await read_beginning(log)
        ids = RequestIds(IdSource(beginning.seed if beginning else 0))
        async with aclosing(read_envelopes(log, place, limit)) as batches:
            if json_lines:
                await _print_lines(batches, ids)
            elif as_json:
                await _print_document(log, place, batches, ids)
            else:
                await _print_table(log, place, batches)
    finally:
        await log.close()


Batches = AsyncGenerator[list[Envelope], None]


async def _print_lines(batches: Batches, ids: RequestIds) -> None:
    async for envelopes in batches:
        for envelope in envelopes:
            typer.echo(json.dumps(event_as_dict(envelope, ids)))


async def _print_document(log: EventLog, after: int, batches: Batches, ids: RequestIds) -> None:
    """Print one JSON object on one line, as for other subjects; batch by batch, because a log may be long."""
    head = {"position": log.head, "time": iso_time(await end_of(log)), "total": log.head - after}
    typer.echo(json.dumps(head)[:-1] + ', "events": [', nl=False)
    between = ""
    async for envelopes in batches:
        typer.echo(between + ", ".join(json.dumps(event_as_dict(envelope, ids)) for envelope in envelopes), nl=False)
        between = ", "
    typer.echo("]}")


async def _print_table(log: EventLog, after: int, batches: Batches) -> None:
    shown = [envelope async for envelopes in batches for envelope in envelopes]
    print_rows(NAMES, map(_cells, shown))
    total, last = log.head - after, after + len(shown)
    behind = f" behind position {after:,}" if after else ""
    more = f", {log.head - last:,} more with --after {last} or --limit" if last < log.head else ""
    end = moment_text(await end_of(log), "%Y-%m-%d %H:%M")
    print_line(f"{counted(total, 'event')}{behind}{more}; position {log.head:,}, {end} UTC")


async def end_of(log: EventLog) -> int:
    """Return the time of a log's last event, in microseconds since the epoch."""
    return decode_records(log, log.head - 1, await log.read(log.head - 1, 1))[0].time


def _cells(envelope: Envelope) -> tuple[str, ...]:
    time = moment_text(envelope.time, "%Y-%m-%d %H:%M:%S")
    caller = "/".join(part for part in (envelope.account, envelope.principal) if part)
    return str(envelope.position), time, envelope.operation, caller or "-", envelope.type, _in_one_line(envelope)


def _in_one_line(envelope: Envelope) -> str:
    """The first members that are not empty, on one line; long values are cut."""
    members = members_of(envelope.event).items()
    filled = [f"{name}={shortened(value)}" for name, value in members if value not in (None, "", [], False)]
    return " ".join(filled[:MAX_MEMBERS])


def shortened(value: Any) -> str:
    """Write a value on one line, cut to ``MAX_VALUE_LENGTH`` characters."""
    text = value if isinstance(value, str) else json.dumps(value)
    text = " ".join(text.split())
    return text if len(text) <= MAX_VALUE_LENGTH else text[: MAX_VALUE_LENGTH - 1] + "…"
