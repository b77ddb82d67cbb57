"""What the commands about the past share: opening the history of a log, their options, and their errors."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ...engine.log import LogDamaged, LogError
from ...engine.shapes.base import moment_text
from ..timeline.catching_up import caught_up_history
from ..timeline.entries import Call
from ..timeline.history import History
from ..timeline.moments import MomentError
from ..timeline.timeline import UnknownThing
from .terminal import failure, print_line, reading_bar, run

InMemory = Annotated[
    bool, typer.Option("--in-memory", help="Keep the history in memory: LOG-history is neither read nor written.")
]


def utf8(text: str | None) -> str | None:
    """Check that an argument is text that a history could have, in UTF-8; raises typer.BadParameter."""
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(f"{text!r} is no text in UTF-8") from None
    return text


@contextmanager
def history_for(log: Path, in_memory: bool) -> Generator[History, None, None]:
    """Open the history of a log, caught up with it; what goes wrong meanwhile is one line and an exit code."""
    history = run(partial(caught_up_history, log, reading_bar, in_memory=in_memory))
    try:
        yield history
    except LogDamaged as error:
        raise failure(error, 1) from None
    except (LogError, MomentError, UnknownThing) as error:
        raise failure(error, 2) from None
    except KeyboardInterrupt:
        raise failure("interrupted", 130) from None
    finally:
        history.close()


def print_call(call: Call, told: Iterable[tuple[str, str]], *, request_id: bool = False, indent: int = 0) -> None:
    """Print a call on a line, and under it what it made so. No line is folded, so that ids stay whole.

    Args:
        call: the call, or the timer.
        told: things, each with what is said of it.
        request_id: whether the call's request id stands there too.
        indent: spaces in front of each line.
    """
    words = [str(call.position), moment_text(call.time, "%Y-%m-%d %H:%M:%S"), call.operation, call.caller]
    if request_id and call.request_id:
        words.append(call.request_id)
    if call.source:
        words.append(f"from {call.source}")
    print_line("  ".join(words), indent, "bold")
    for thing, what in told:
        print_line(f"{thing}  {what}", indent + 4)
