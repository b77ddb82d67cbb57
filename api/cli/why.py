"""The command ``orgsim why``: the calls that put a thing where it is, and gave it what it has."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import typer

from ..places import PLACES
from ..timeline.causes import Cause, Why, why
from ..timeline.moments import position_at, range_of
from ..timeline.timeline import find_thing
from ..timeline.wording import INFERRED, change_text
from .asking import InMemory, history_for, print_call, utf8
from .terminal import AsJson, print_json, print_line


def show_why(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    thing: Annotated[
        str,
        typer.Argument(
            callback=utf8, help="The id of an account, OU, policy, …; a name, or an OU's path A/B.", metavar="THING"
        ),
    ],
    at: Annotated[str | None, typer.Option(metavar="MOMENT", help=f"Then: {PLACES}; by default at the end.")] = None,
    as_json: AsJson = False,
    in_memory: InMemory = False,
) -> None:
    """Tell why a thing is where it is and has what it has. Each fact, and the call that made it so."""
    with history_for(log, in_memory) as history:
        thing = find_thing(thing, history)
        position = position_at(at, history) if at else history.position
        found = why(history, thing, position)
        if as_json:
            print_json(found.as_dict())
            return
        for title, indent, causes in _sections(found):
            print_line(title, indent)
            for call, together in groupby(causes, key=attrgetter("call")):
                print_call(call, map(_told, together), request_id=True, indent=indent + 2)
        called = f"{found.kind} {thing} {found.name or ''}".rstrip()
        none = "" if found.own or found.lost else "nothing is true of "
        print_line(f"{none}{called} at position {position:,}; {range_of(history)}")


def _sections(found: Why) -> Iterator[tuple[str, int, list[Cause]]]:
    """What is told, with its title and how far it is indented, but for what there is nothing to say about."""
    sections = [("the thing itself", 0, found.own), ("what it lost", 0, found.lost), ("how it came", 0, found.offered)]
    for depth, causes in enumerate(found.path):
        sections.append(("its parent" if depth else "its root", 2 * depth, causes))
    sections.append(("AWS's policies", 0, found.defaults))
    sections += [("a policy it has", 0, causes) for causes in found.policies]
    return (section for section in sections if section[2])


def _told(cause: Cause) -> tuple[str, str]:
    before, after = (cause.value, None) if cause.ended else (None, cause.value)
    text = change_text(cause.attribute, cause.key, before, after)
    return cause.subject, text + INFERRED * cause.inferred
