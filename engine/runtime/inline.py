"""Run the coroutines of a world in memory without an event loop: they never suspend."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from anyio import NoEventLoopError

try:
    # anyio 4.11 lets the error of sniffio through, which it finds event loops with.
    from sniffio import (  # pyright: ignore[reportMissingImports]
        AsyncLibraryNotFoundError,  # pyright: ignore[reportUnknownVariableType]
    )
except ImportError:
    AsyncLibraryNotFoundError = NoEventLoopError

T = TypeVar("T")


class NeedsEventLoop(RuntimeError):
    """Something has to wait for another task, which only an event loop can run."""


def run_inline(coroutine: Coroutine[Any, Any, T], advice: str = "") -> T:
    """Run a coroutine that does not suspend to its end, in an event loop or without one.

    Args:
        coroutine: what to run.
        advice: the end of the message, if it does suspend.

    Raises:
        NeedsEventLoop: it would wait for another task; it has been closed.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    except (NoEventLoopError, AsyncLibraryNotFoundError):
        pass
    finally:
        coroutine.close()
    raise NeedsEventLoop(f"this waits for other tasks, which only an event loop can run; {advice or 'await it there'}")
