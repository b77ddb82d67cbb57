"""``orgsim show LOG events``: a log's events from a position on, as a table or as JSON; reads only what it prints."""

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
from ...engine.log.sqlite import SqliteLog
from ...engine.shapes.base import moment_text
from ..events_json import event_as_dict, iso_time, members_of
from .terminal import out, print_rows

NAMES = ("position", "time", "operation", "caller", "event", "members")
LONGEST = 40
"""So many characters of a member are shown to people; ids are shorter."""

TELLING = 4
"""So many members are shown to people."""


async def show_events(path: Path, after: int, limit: int | None, as_json: bool, json_lines: bool) -> None:
    """Print the events behind a position.

    Args:
        path: of the log; nothing is read of it but what is printed, and its ends.
        after: a position; 0 for all.
        limit: at most so many; None for all.
        as_json: one document; otherwise a table.
        json_lines: or an event on each line.

    Raises:
        LogError: the log cannot be read, or does not go as far as ``after``.
    """
    log = await SqliteLog.open_for_reading(path)
    try:
        if after > log.head:
            raise LogError(f"{log.name}: --after {after} is beyond the end: the log ends at position {log.head}")
        beginning = await read_beginning(log)
        ids = IdSource(beginning.seed if beginning else 0)
        async with aclosing(read_envelopes(log, after, limit)) as batches:
            if json_lines:
                await _print_lines(batches, ids)
            elif as_json:
                await _print_document(log, after, batches, ids)
            else:
                await _print_table(log, after, batches)
    finally:
        await log.close()


Batches = AsyncGenerator[list[Envelope], None]


async def _print_lines(batches: Batches, ids: IdSource) -> None:
    async for envelopes in batches:
        for envelope in envelopes:
            typer.echo(json.dumps(event_as_dict(envelope, ids)))


async def _print_document(log: EventLog, after: int, batches: Batches, ids: IdSource) -> None:
    """One JSON object on one line, as for other subjects; printed batch by batch, for a log may be long."""
    head = {"position": log.head, "time": iso_time(await _end(log)), "total": log.head - after}
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
    end = moment_text(await _end(log), "%Y-%m-%d %H:%M")
    out.print(f"{total:,} events{behind}{more}; position {log.head:,}, {end} UTC", soft_wrap=True, highlight=False)


async def _end(log: EventLog) -> int:
    """When the last event of a log happened."""
    return decode_records(log, log.head - 1, await log.read(log.head - 1, 1))[0].time


def _cells(envelope: Envelope) -> tuple[str, ...]:
    time = moment_text(envelope.time, "%Y-%m-%d %H:%M:%S")
    caller = "/".join(part for part in (envelope.account, envelope.principal) if part)
    return str(envelope.position), time, envelope.operation, caller or "-", envelope.type, _in_one_line(envelope)


def _in_one_line(envelope: Envelope) -> str:
    """The first members that say something; of tables and long texts only the beginning."""
    members = members_of(envelope.event).items()
    telling = [f"{name}={_shortened(value)}" for name, value in members if value not in (None, "", [], False)]
    return " ".join(telling[:TELLING])


def _shortened(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
