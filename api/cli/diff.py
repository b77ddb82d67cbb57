"""The command ``orgsim diff``: what differs between two moments of a log, or between the ends of two logs."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..places import PLACES
from ..timeline.difference import Pair, difference_of, name_of, pairs_of_logs, pairs_of_moments
from ..timeline.groups import Groups
from ..timeline.history import History
from ..timeline.moments import position_at, range_of
from .asking import InMemory, history_for
from .difference_tree import DifferenceTree
from .drift import drift_of
from .terminal import print_line
from .twin_options import DumpFolder, EndpointUrl, Profile

DEFAULT_LIMIT = 100
"""The number of things that are shown to people unless they say how many."""


def diff(
    log: Annotated[Path, typer.Argument(help="A log.")],
    other: Annotated[
        Path | None, typer.Argument(help="Another log, such as a fork: its end is compared with that of the first.")
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", metavar="MOMENT", help=f"The earlier one: {PLACES}.")] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="MOMENT", help="The later one; by default the end of the log.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many things; for people 100 by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if anything differs.")] = False,
    in_memory: InMemory = False,
    live: Annotated[
        bool, typer.Option("--live", help="Compare with an organization as it is now: --profile or --endpoint-url.")
    ] = False,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    dump: DumpFolder = None,
) -> None:
    """Show what differs between moments of a log, or two logs. Accounts, OUs, policies, handshakes, …

    With --live or --dump what differs between the end of a log and a real organization: drift. A date is the whole day:
    --from means its beginning, --to its end.
    """
    if live or profile or endpoint_url or dump:
        _require_drift(other or begin or end, live, dump)
        with drift_of(log, profile, endpoint_url, dump) as found:
            differs = _print_moments(found.history, found.first, found.last, limit, as_json)
        if exit_code and differs:
            raise typer.Exit(1)
        return
    if other is None and begin is None:
        raise typer.BadParameter("say --from MOMENT, or a second log", param_hint="'--from'")
    if other is not None and (begin or end):
        raise typer.BadParameter("moments are of one log; of two logs the ends are compared", param_hint="'--from'")
    with ExitStack() as stack:
        history = stack.enter_context(history_for(log, in_memory))
        if other is not None:
            second = stack.enter_context(history_for(other, in_memory))
            places = (history, history.position), (second, second.position)
            differs = _print(pairs_of_logs(history, second), limit, places, as_json)
        else:
            first = position_at(begin or "0", history, begin_of_day=True)
            last = position_at(end, history) if end else history.position
            differs = _print_moments(history, first, last, limit, as_json)
    if exit_code and differs:
        raise typer.Exit(1)


Places = tuple[tuple[History, int], tuple[History, int]]


def _require_drift(moments: object, live: bool, dump: Path | None) -> None:
    if moments:
        raise typer.BadParameter("drift is of the end of one log", param_hint="'--live'")
    if not live and dump is None:
        raise typer.BadParameter("say --live too, for an organization as it is now", param_hint="'--live'")


def _print_moments(history: History, first: int, last: int, limit: int | None, as_json: bool) -> bool:
    places = (history, first), (history, last)
    return _print(pairs_of_moments(history, first, last), limit, places, as_json)


def _print(pairs: Iterator[Pair], limit: int | None, places: Places, as_json: bool) -> bool:
    """Print what differs; returns whether anything does."""
    return _print_json(pairs, limit, places) if as_json else _print_tree(pairs, limit or DEFAULT_LIMIT, places)


def _print_json(pairs: Iterator[Pair], limit: int | None, places: Places) -> bool:
    """Print one JSON object, a line for each thing as it is found: there may be a million."""
    groups = Groups(0)
    (_, first), (_, last) = places
    typer.echo(f'{{"from": {first}, "to": {last}, "differences": [', nl=False)
    for pair in pairs:
        groups.take([pair])
        found = difference_of(pair) if limit is None or groups.total <= limit else None
        if found is not None:
            comma = "," if groups.total > 1 else ""
            typer.echo(f"{comma}\n{json.dumps(found.as_dict(name_of(found, *places)))}", nl=False)
    typer.echo(f'], "groups": {json.dumps([group.as_dict() for group in groups.all()])}}}')
    return bool(groups.total)


def _print_tree(pairs: Iterator[Pair], limit: int, places: Places) -> bool:
    groups, tree = Groups(limit), DifferenceTree(*places)
    groups.take(pairs)
    shown = groups.shown()
    for each in shown:
        tree.add(each)
    tree.print()
    _print_counts(groups, hidden=groups.total - len(shown))
    if not groups.total:
        (history, first), (_, last) = places
        print_line(f"Nothing differs between {first} and {last}; {range_of(history)}")
    return bool(groups.total)


def _print_counts(groups: Groups, hidden: int) -> None:
    """How many things of each kind differ, and, if not all are shown, in which ways."""
    found = groups.all()
    for kind in dict.fromkeys(group.kind for group in found):
        alike = [group for group in found if group.kind == kind]
        counts = {mark: sum(group.count for group in alike if group.mark == mark) for mark in "+-~"}
        print_line(f"{kind}: {' '.join(f'{mark}{count:,}' for mark, count in counts.items() if count)}")
        for group in alike if hidden else ():
            if group.changes:
                print_line(f"{group.mark}{group.count:,} {', '.join(group.changes)}", 2)
    if hidden:
        print_line(f"{hidden:,} more with --limit or --json")
