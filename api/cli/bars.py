"""Progress bars on a terminal; apart, because elsewhere no command needs them, and they take long to import."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from ..progress import Progress


class RateColumn(ProgressColumn):
    """A column of a progress bar: the rate and the time left, or the time taken; empty in the first second."""

    def render(self, task: Task) -> Text:
        """The text of the column for one bar."""
        elapsed = task.finished_time if task.finished else task.elapsed
        if elapsed is None or elapsed < 1:
            return Text("")
        speed = task.completed / elapsed if task.finished else task.speed or 0.0
        left = timedelta(seconds=round(task.time_remaining or 0))
        time = f"{timedelta(seconds=round(elapsed))}" if task.finished else f"{left} left"
        return Text(f"{speed:,.0f}/s {time}")


@contextmanager
def drawn_bar(console: Console) -> Generator[Progress, None, None]:
    """Draw a bar for each activity on a terminal; yields the function to call."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[day]}"),
        RateColumn(table_column=Column(no_wrap=True)),
    )
    with Bars(*columns, console=console) as bar:
        tasks: dict[str, TaskID] = {}
        latest: dict[str, int] = {}

        def report(what: str, done: int, total: int, day: str) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, day=day)
            elif done < latest[what]:
                # The same activity once more: start the bar, and with it the rate, anew.
                bar.reset(tasks[what], total=total, day=day)
            latest[what] = done
            bar.update(tasks[what], completed=done, total=total, day=day)

        yield report
