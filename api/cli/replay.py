"""The command ``orgsim replay``: take the records of a CloudTrail into a log."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from time import time
from typing import Annotated

import typer

from ...engine.settings import LATEST, SECOND
from ...engine.shapes.base import moment_text
from ...engine.shapes.timestamps import microseconds
from ..durations import read_duration
from ..plurals import counted
from ..timeline.trail_in.files import files_of
from ..timeline.trail_in.replaying import Replayed, replay
from ..timeline.trail_in.summary import MOST_NAMED, gaps
from .terminal import AsJson, failure, print_json, print_line, progress_bar, run

SHOWN = 20
"""How many problems are shown to people."""


def _window(text: str) -> int:
    try:
        duration: timedelta = read_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--window'") from None
    return microseconds(duration)


def replay_trail(
    paths: Annotated[
        list[str],
        typer.Argument(help="Files and folders of a trail, packed or not; - for the standard input.", metavar="PATH"),
    ],
    log: Annotated[Path, typer.Option(metavar="FILE", help="The log; made if there is none, or else continued.")],
    window: Annotated[
        str, typer.Option(metavar="DURATION", help="Leave what is this close to the latest record for a later run.")
    ] = "0s",
    future: Annotated[
        bool, typer.Option("--future", help="Take records of the future, too, as simulated worlds make them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take the records of a CloudTrail into a log.

    Each record of AWS Organizations becomes what it did, with AWS's ids and times. The same records again change
    nothing, and later ones continue the log.
    """
    try:
        files = files_of(paths)
    except OSError as error:
        raise failure(str(error), 2) from None
    kept = _window(window)
    with progress_bar() as progress:
        replayed = run(partial(replay, files, log, LATEST if future else int(time()) * SECOND, progress, kept))
    if as_json:
        print_json(replayed.summary.as_dict(str(log), replayed.state))
    else:
        _print(replayed, log)
    if replayed.summary.problems or replayed.state is None:
        raise typer.Exit(1)


def _print(replayed: Replayed, log: Path) -> None:
    summary = replayed.summary
    lines = [
        f"{counted(summary.read, 'record')} in {counted(summary.files, 'file')}: "
        f"{summary.of_others:,} of other services, {summary.known:,} known already",
        f"{summary.taken:,} taken: {summary.changed:,} changed something, {summary.refused:,} were refused, "
        f"{summary.asked:,} only asked",
    ]
    if summary.left:
        lines.append(f"{summary.left:,} left for a later run, which must be given these files again")
    if summary.begins_at is not None and summary.ends_at is not None:
        first, last = (moment_text(time, "%Y-%m-%d %H:%M:%S") for time in (summary.begins_at, summary.ends_at))
        lines.append(f"from {first} to {last} UTC")
    if summary.inferred:
        inferred = ", ".join(f"{name} {number:,}" for name, number in summary.inferred.most_common())
        lines.append(f"inferred, because the trail does not say it: {inferred}")
    if replayed.state is None:
        kept = "is as it was" if log.exists() else "was not made"
        lines.append(f"no record of AWS Organizations was found; {log} {kept}")
    else:
        lines += (f"gap: {gap}" for gap in gaps(replayed.state))
        lines += _organizations(replayed)
    lines += _problems(replayed)
    for line in lines:
        print_line(line)


def _organizations(replayed: Replayed) -> list[str]:
    assert replayed.state is not None
    found = list(replayed.state.organizations.values())
    told = [
        f"{each.id} of {each.management_account}: "
        + (
            "deleted"
            if each.deleted
            else f"{counted(len(each.members), 'account')}, {counted(len(each.units.by_id) - 1, 'OU')}"
        )
        for each in found
    ]
    return [f"{len(found)} organizations in one trail:", *told] if len(found) > 1 else told


def _problems(replayed: Replayed) -> list[str]:
    summary = replayed.summary
    named = [f"{each.kind}: {each.where}: {each.why}" for each in summary.named[:SHOWN]]
    more = sum(summary.problems.values()) - len(named)
    hint = "" if more <= 0 else f"and {more:,} more problems; --json names the first {MOST_NAMED:,}"
    return [*named, *([hint] if hint else [])]
