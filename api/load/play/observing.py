"""Who hears how a run goes on: a progress bar, or a display of the whole run."""

from ....engine.runtime.engine import Engine
from ...progress import Progress, no_progress
from .so_far import RunSoFar


class Observer:
    """Hears how a run goes on, and changes nothing of it; this one passes the progress on and ignores the rest.

    Args:
        progress: called now and then.
    """

    def __init__(self, progress: Progress = no_progress) -> None:
        self._progress = progress

    def progress(self, what: str, done: int, total: int, day: str) -> None:
        """Something that takes long goes on; see ``Progress``."""
        self._progress(what, done, total, day)

    def begins(self, run: RunSoFar) -> None:
        """The run begins.

        Args:
            run: can be looked at here and in ``look``, while the run goes on, and after it has ended.
        """

    def wants_to_look(self) -> bool:
        """Whether ``look`` is to be called now; asked whenever time has passed, so it must cost little."""
        return False

    def look(self) -> None:
        """Look at the run; all that has happened is durable."""


async def let_look(observer: Observer, engine: Engine) -> None:
    """Let an observer look at the run if it wants to, when all that has happened is durable."""
    if observer.wants_to_look():
        await engine.flush()
        observer.look()
