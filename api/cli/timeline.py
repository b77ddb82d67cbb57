"""The command ``orgsim timeline``: what happened to a thing, or to everything, and which calls made it so."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, get_args

import typer

from ...engine.operations import INTERNAL_OPERATIONS, OPERATIONS
from ...engine.records.table import RECORDS
from ...projections.history.changes import Kind
from ..choices import choose
from ..places import PLACES
from ..plurals import counted
from ..timeline.entries import Entry, name_at
from ..timeline.history import History
from ..timeline.moments import position_at, position_before, range_of
from ..timeline.timeline import Wanted, first, timeline
from ..timeline.wording import INFERRED, change_text
from .asking import InMemory, history_for, print_call, utf8
from .terminal import print_line

DEFAULT_LIMIT = 50
"""The number of calls that are shown to people unless they say how many."""

MOST_CHANGES = 100
"""Of one call, for people."""

KINDS: dict[str, Kind] = {kind.replace(" ", "-").replace("organizational-unit", "ou"): kind for kind in get_args(Kind)}
"""The kinds of things, as an option has them."""


def _one_of(values: list[str] | None, choices: Collection[str], option: str) -> list[str]:
    for value in values or ():
        if value not in choices:
            raise typer.BadParameter(f"there is no {value!r}{choose(value, choices)}", param_hint=f"'{option}'")
    return values or []


def show_timeline(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    thing: Annotated[
        str | None,
        typer.Argument(
            callback=utf8,
            help="The id of an account, OU, policy, handshake, …; or an OU's or policy's name, or an OU's path A/B.",
            metavar="THING",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help=f"Only changes of this kind of thing: {', '.join(KINDS)}; can be repeated."),
    ] = None,
    operation: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only calls of this operation, such as MoveAccount; can be repeated."),
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", metavar="MOMENT", help=f"From this on: {PLACES}.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="MOMENT", help="Up to this, a date included.")] = None,
    by: Annotated[
        str | None,
        typer.Option(
            callback=utf8, metavar="CALLER", help="Only calls by an account, a principal, or ACCOUNT/PRINCIPAL."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many calls; for people 50 by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each call as JSON on a line of its own.")] = False,
    in_memory: InMemory = False,
) -> None:
    """Tell what happened to a thing, or to everything. Which call changed what, when, and who called."""
    kinds: list[Kind] = [KINDS[name] for name in _one_of(kind, KINDS, "--kind")]
    operations = _one_of(operation, (*OPERATIONS, *INTERNAL_OPERATIONS, *RECORDS), "--operation")
    with history_for(log, in_memory) as history:
        after = position_before(begin, history) if begin else 0
        last = position_at(end, history) if end else history.position
        most = None if as_json else MOST_CHANGES
        entries = timeline(history, after, last, Wanted(thing, kinds, operations, by, most))
        if as_json:
            found, _ = first(entries, limit) if limit else (entries, False)
            for entry in found:
                typer.echo(json.dumps(entry.as_dict()))
            return
        shown, more = first(entries, limit or DEFAULT_LIMIT)
        for entry in shown:
            print_call(entry.call, _told(history, entry))
        ends = f"; more with --limit, or --from {shown[-1].last + 1}" if more else ""
        print_line(f"{counted(len(shown), 'call')}{ends}; {range_of(history)}")


def _told(history: History, entry: Entry) -> Iterator[tuple[str, str]]:
    """Each thing that a call changed, with its name, and what changed about it."""
    for change in entry.changes:
        thing = f"{change.subject} {name_at(history, change.subject, change.position) or ''}".rstrip()
        text = change_text(change.attribute, change.key, change.before, change.after)
        yield thing, text + INFERRED * entry.call.infers(change.position)
    if entry.more:
        yield "…", f"{entry.more:,} more changes of this call; all with --json"
