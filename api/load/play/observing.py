"""Who hears how a run goes on: a progress bar, or a display of the whole run."""

from collections.abc import Callable

from .so_far import RunSoFar

Progress = Callable[[str, int, int, str], None]
"""Receives the progress of a run: what is being done, how many are done, of how many, and the simulated day."""


def no_progress(what: str, done: int, total: int, day: str) -> None:
    """Ignore progress."""


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
            run: can be looked at whenever the observer is called, until the run has ended and after it.
        """

    def time_passes(self) -> None:
        """Time has passed, or passes slowly; called often, so it must cost little."""
