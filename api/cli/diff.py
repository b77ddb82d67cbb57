"""The command ``orgsim diff``: what differs between two moments of a log, or between the ends of two logs."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from ..timeline.difference import Difference, between_logs, between_moments, name_of
from ..timeline.history import History
from ..timeline.moments import position_at, range_of
from .asking import FORMS, InMemory, history_for
from .difference_tree import DifferenceTree
from .terminal import out, print_json

MOST_COUNTED = 200_000
"""How many things that are not shown are counted, so that the difference of a long log does not take minutes."""

DEFAULT_LIMIT = 100
"""The number of things that are shown to people unless they say how many."""


def diff(
    log: Annotated[Path, typer.Argument(help="A log.")],
    other: Annotated[
        Path | None, typer.Argument(help="Another log, such as a fork: its end is compared with that of the first.")
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", metavar="MOMENT", help=f"The earlier one: {FORMS}.")] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="MOMENT", help="The later one; by default the end of the log.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many things; for people 100 by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if anything differs.")] = False,
    in_memory: InMemory = False,
) -> None:
    """Show what differs between two moments of a log, or between two logs: accounts, OUs, policies, handshakes, …

    A date is the whole day: --from means its beginning, --to its end.
    """
    if other is None and begin is None:
        raise typer.BadParameter("say --from MOMENT, or a second log", param_hint="'--from'")
    if other is not None and (begin or end):
        raise typer.BadParameter("moments are of one log; of two logs the ends are compared", param_hint="'--from'")
    with ExitStack() as stack:
        history = stack.enter_context(history_for(log, in_memory))
        if other is not None:
            second = stack.enter_context(history_for(other, in_memory))
            places = (history, history.position), (second, second.position)
            found = between_logs(history, second)
        else:
            first = position_at(begin or "0", history, begin_of_day=True)
            last = position_at(end, history) if end else history.position
            places = (history, first), (history, last)
            found = between_moments(history, first, last)
        differs = _print_json(found, limit, places) if as_json else _print_tree(found, limit or DEFAULT_LIMIT, places)
    if exit_code and differs:
        raise typer.Exit(1)


Places = tuple[tuple[History, int], tuple[History, int]]


def _print_json(found: Iterator[Difference], limit: int | None, places: Places) -> bool:
    things = [each.as_dict(name_of(each, *places)) for each in islice(found, limit)]
    (_, first), (_, last) = places
    print_json({"from": first, "to": last, "differences": things})
    return bool(things)


def _print_tree(found: Iterator[Difference], limit: int, places: Places) -> bool:
    tree = DifferenceTree(*places)
    for each in islice(found, limit):
        tree.add(each)
    counts = _counted(found, tree.counts)
    tree.print()
    for kind in sorted({kind for kind, _ in counts}):
        marks = (f"{mark}{counts[kind, mark]:,}" for mark in "+-~" if counts[kind, mark])
        out.print(f"{kind}: {' '.join(marks)}", highlight=False)
    hidden = sum(counts.values()) - limit
    if hidden > 0:
        least = "at least " if hidden >= MOST_COUNTED else ""
        out.print(f"{least}{hidden:,} more with --limit", highlight=False)
    if not counts:
        (history, first), (_, last) = places
        out.print(f"Nothing differs between {first} and {last}; {range_of(history)}", soft_wrap=True, highlight=False)
    return bool(counts)


def _counted(left: Iterable[Difference], shown: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How many things differ, by kind and mark: those that are shown, and of the others the first many."""
    counts = shown.copy()
    counts.update((each.kind, each.mark) for each in islice(left, MOST_COUNTED))
    return counts
