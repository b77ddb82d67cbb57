"""Run the coroutines of a world in memory without an event loop: they never suspend."""

from collections.abc import Coroutine
from typing import Any, TypeVar

try:
    from anyio import NoEventLoopError
except ImportError:  # older ones
    from sniffio import (  # pyright: ignore[reportMissingImports]
        AsyncLibraryNotFoundError as NoEventLoopError,  # pyright: ignore[reportUnknownVariableType]
    )

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
    except NoEventLoopError:
        pass
    finally:
        coroutine.close()
    raise NeedsEventLoop(f"this waits for other tasks, which only an event loop can run; {advice or 'await it there'}")
