"""Shows a run while it goes on: the clock, the steps, the thresholds as they stand, and what became of the accounts."""

from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import perf_counter

import typer

from ...engine.settings import HOUR
from ..load.play.observing import Observer
from ..load.play.so_far import RunSoFar
from .terminal import err, printable, progress_bar
from .watch_picture import line, picture

EVERY = 0.2
"""Seconds of real time between two pictures on a terminal, at least."""

EVERY_LINE = 5.0
"""Seconds of real time between two lines where there is no terminal, at least."""

REST = 25
"""After each picture the run is left alone for this many times as long as the picture took: it is hardly slower."""

Show = Callable[[RunSoFar, float], None]
"""Shows a run; also takes its speed, in simulated hours per second of real time."""


class Display(Observer):
    """Shows a run now and then.

    Args:
        show: shows it.
        every: seconds of real time between two times, at least.
    """

    def __init__(self, show: Show, every: float) -> None:
        super().__init__()
        self._show = show
        self._every = every
        self._run: RunSoFar | None = None
        self._next = 0.0
        self._moments: deque[tuple[float, int]] = deque(maxlen=10)
        """When it was shown lately, in seconds of real time, and the simulated time then."""

    def begins(self, run: RunSoFar) -> None:
        """Show the run before its first step."""
        self._run = run
        self._show_now(run)

    def wants_to_look(self) -> bool:
        """Whether it is time to show the run."""
        return self._run is not None and perf_counter() >= self._next

    def look(self) -> None:
        """Show the run."""
        if self._run:
            self._show_now(self._run)

    def _show_now(self, run: RunSoFar) -> None:
        began = perf_counter()
        self._moments.append((began, run.now))
        then, time = self._moments[0]
        try:
            self._show(run, (run.now - time) / HOUR / (began - then) if began > then else 0.0)
        except OSError:
            # Whoever read it is gone; the run goes on.
            self._run = None
        ended = perf_counter()
        self._next = ended + max(self._every, (ended - began) * REST)


@contextmanager
def watching(watch: bool) -> Generator[Observer, None, None]:
    """Show how a run goes on, on stderr; yields whom to tell.

    Args:
        watch: show the whole run: on a terminal a picture that changes, elsewhere a line now and then. Otherwise a bar
            for what takes long, on a terminal.
    """
    if not watch:
        with progress_bar() as progress:
            yield Observer(progress)
        return
    if not err.is_interactive:
        watcher = Display(_print_line, EVERY_LINE)
        yield watcher
        watcher.look()
        return
    from rich.live import Live

    with Live(console=err, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        watcher = Display(lambda run, speed: live.update(picture(run, speed, err), refresh=True), EVERY)
        yield watcher
        # Not after an error or an interruption: then the last picture stays.
        watcher.look()


def _print_line(run: RunSoFar, speed: float) -> None:
    typer.echo(f"orgsim: {printable(line(run, speed))}", err=True)
