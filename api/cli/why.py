"""The command ``orgsim why``: the calls that put a thing where it is, and gave it what it has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ..durations import PLACES
from ..timeline.causes import Cause, Why, why
from ..timeline.moments import position_at, range_of
from ..timeline.timeline import require_thing
from ..timeline.wording import change_text
from .asking import InMemory, call_cells, history_for, utf8
from .terminal import AsJson, markup_safe, out, print_json, print_rows

NAMES = ("because of", "thing", "what", "position", "time", "operation", "caller", "request id")

Row = tuple[str, ...]


def show_why(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    thing: Annotated[
        str, typer.Argument(callback=utf8, help="The id of an account, OU, policy, handshake, …", metavar="THING")
    ],
    at: Annotated[str | None, typer.Option(metavar="MOMENT", help=f"Then: {PLACES}; by default at the end.")] = None,
    as_json: AsJson = False,
    in_memory: InMemory = False,
) -> None:
    """Tell why a thing is where it is and has what it has: each fact, and the call that made it so."""
    with history_for(log, in_memory) as history:
        require_thing(thing, history)
        position = position_at(at, history) if at else history.position
        found = why(history, thing, position)
        if as_json:
            print_json(found.as_dict())
            return
        if not found.own:
            out.print(f"Nothing is true of {thing} at position {position}; {range_of(history)}", soft_wrap=True)
            return
        print_rows(NAMES, _rows(found))
        called = markup_safe(f"{found.kind} {thing} {found.name or ''}".rstrip())
        out.print(f"{called} at position {position:,}; {range_of(history)}", soft_wrap=True, highlight=False)


def _rows(found: Why) -> Iterator[Row]:
    yield from _section("the thing itself", found.own)
    yield from _section("how it came", found.offered)
    for depth, causes in enumerate(found.path):
        yield from _section("  " * depth + ("its root" if depth == 0 else "its parent"), causes)
    yield from _section("AWS's policies", found.defaults)
    for causes in found.policies:
        yield from _section("a policy it has", causes)


def _section(title: str, causes: list[Cause]) -> Iterator[Row]:
    for cause in causes:
        call = cause.call
        what = change_text(cause.attribute, cause.key, None, cause.value)
        yield title, cause.subject, what, *call_cells(call), call.request_id or "-"
        title = ""
