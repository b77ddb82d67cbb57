"""``orgsim show LOG calls``: prints the calls in a log, all or those that are asked for, as a table or as JSON."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import typer

from ...engine.events import CallRecorded
from ...engine.ids import IdSource
from ...engine.log import EventLog, read_envelopes
from ...engine.log.beginning import read_beginning
from ...engine.log.sqlite import SqliteLog
from ...engine.shapes.base import moment_text
from ..calls_json import CallFilter, LoggedCall, call_as_dict, call_filter, outcome_of
from ..events_json import RequestIds, iso_time
from ..plurals import counted
from .show_events import MAX_VALUE_LENGTH, end_of, place_of, shortened
from .terminal import print_json, print_line

Refused = Annotated[bool, typer.Option("--refused", help="Of calls: only refused ones.")]
ByCaller = Annotated[
    str | None,
    typer.Option("--caller", metavar="ACCOUNT[/PRINCIPAL]", help="Of calls: only theirs.", show_default=False),
]
OfOperation = Annotated[
    str | None,
    typer.Option("--operation", metavar="NAME", help="Of calls: only of this operation.", show_default=False),
]


def wanted_calls(refused: bool, caller: str | None, operation: str | None) -> CallFilter:
    """Read which calls are wanted from the options; raises typer.BadParameter."""
    try:
        return call_filter(refused, caller, operation)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


async def show_calls(
    path: Path, after: str | None, limit: int | None, wanted: CallFilter, as_json: bool, json_lines: bool
) -> None:
    """Print the calls after a place; the log is read from there on until there are enough.

    Args:
        path: the path of the log.
        after: a position, or a moment in ISO 8601; None for the beginning.
        limit: the most calls to print; None for all.
        wanted: which calls.
        as_json: print one JSON document instead of a table.
        json_lines: print a call as JSON on each line instead.

    Raises:
        LogError: the log cannot be read, or ends before ``after``.
    """
    log = await SqliteLog.open_for_reading(path)
    try:
        beginning = await read_beginning(log)
        assert beginning, "a log that opens has a first event"
        place, ids = await place_of(log, after), RequestIds(IdSource(beginning.seed))
        async with aclosing(_calls(log, place, wanted, ids)) as calls:
            if json_lines:
                await _print_lines(calls, limit)
                return
            found, more = await _first(calls, limit)
        if as_json:
            end = {"position": log.head, "time": iso_time(await end_of(log)), "more": more}
            print_json({**end, "calls": [*map(call_as_dict, found)]})
            return
        for call in found:
            _print_call(call)
        rest = f", more with --after {found[-1].told.position} or --limit" if more else ""
        unrecorded = (
            "; this world records only calls that changed something" if beginning.settings.record == "changes" else ""
        )
        print_line(f"{counted(len(found), 'call')}{rest}{unrecorded}")
    finally:
        await log.close()


Calls = AsyncGenerator[LoggedCall, None]


async def _print_lines(calls: Calls, limit: int | None) -> None:
    shown = 0
    async for call in calls:
        if shown == limit:
            return
        typer.echo(json.dumps(call_as_dict(call)))
        shown += 1


async def _first(calls: Calls, limit: int | None) -> tuple[list[LoggedCall], bool]:
    """The first calls, at most so many, and whether there are more."""
    found: list[LoggedCall] = []
    async for call in calls:
        if len(found) == limit:
            return found, True
        found.append(call)
    return found, False


async def _calls(log: EventLog, after: int, wanted: CallFilter, ids: RequestIds) -> Calls:
    async with aclosing(read_envelopes(log, after)) as batches:
        async for envelopes in batches:
            for call in wanted.select(envelopes, ids):
                yield call


def _print_call(call: LoggedCall) -> None:
    """Print a call on a line, and below it why it was refused, or what was asked."""
    envelope = call.told
    time = moment_text(envelope.time, "%Y-%m-%d %H:%M:%S")
    caller = "/".join(part for part in (envelope.account, envelope.principal) if part)
    words = [str(envelope.command), time, envelope.called, caller, outcome_of(envelope), call.request_id or "-"]
    print_line("  ".join(words), style="bold")
    why = _why(envelope.event)
    if why:
        print_line(why, 4)


def _why(event: Any) -> str:
    """Of a refused call the exception and why; of another one what was asked."""
    if not isinstance(event, CallRecorded):
        return ""
    if event.code is None:
        return " ".join(f"{name}={shortened(value)}" for name, value in event.members.items())[: 2 * MAX_VALUE_LENGTH]
    reason = f" ({event.reason})" if event.reason else ""
    return f"{event.code}{reason}: {event.explanation or event.message}"
