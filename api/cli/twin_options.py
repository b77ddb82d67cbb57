"""The options and the steps that commands about dumps share: where a dump is, and reading it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ...engine.log import LogDamaged, LogError, LogUnwritable
from ...engine.runtime.engine import EngineStopped
from ..durations import as_microseconds
from ..timeline.twin import reading
from ..timeline.twin.errors import DumpError
from ..timeline.twin.live import Source
from ..timeline.twin.normalize import Dump
from .terminal import complain, failure, progress_bar

T = TypeVar("T")

Profile = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Read AWS, by reading calls only, with a profile of the AWS configuration."),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="Read what answers as AWS there, such as orgsim serve; credentials as of any SDK."
    ),
]
DumpFolder = Annotated[
    Path | None,
    typer.Option("--dump", metavar="FOLDER", help="Read a folder of JSON that the AWS CLI or orgsim dump has written."),
]
TakenAt = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help="When a folder or a state was taken, such as 2026-03-01T09:00:00Z."),
]
ENDING = "-dump"
"""The folder ``LOG-dump`` keeps what was read of AWS until it is in the log."""


def one_of(given: dict[str, object]) -> None:
    """Require exactly one of the options that say where a dump is; a profile and an endpoint are one together."""
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1 and sorted(names) != ["--endpoint-url", "--profile"]:
        raise typer.BadParameter(f"say one of {', '.join(given)}", param_hint="'--dump'")


def read_moment(text: str | None) -> int | None:
    """Read the moment of a dump, in microseconds since the epoch."""
    if text is None:
        return None
    try:
        return as_microseconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--taken-at'") from None


def failing(function: Callable[[], T]) -> T:
    """Call a function; what goes wrong with a dump or a log is one line and an exit code."""
    try:
        return function()
    except (LogDamaged, LogUnwritable, EngineStopped) as error:
        raise failure(error, 1) from None
    except (DumpError, LogError) as error:
        raise failure(error, 2) from None
    except KeyboardInterrupt:
        raise failure("interrupted", 130) from None


def read_live(profile: str | None, endpoint_url: str | None, folder: Path) -> Dump:
    """Read a dump of AWS, showing how far it has come and how long it takes at AWS's rates."""
    source = Source(profile, endpoint_url)
    with progress_bar() as progress:

        def report(done: int, waiting: int, seconds: float) -> None:
            left = f"{timedelta(seconds=round(seconds))} at AWS's rates" if source.paced else ""
            progress(f"Reading {source}", done, done + waiting, left)

        return reading.of_live(source, folder, report)


def tell(notes: list[str]) -> None:
    """Say on stderr what is missing, and what that means."""
    for note in notes:
        complain(note)
