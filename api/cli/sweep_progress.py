"""Shows a sweep on the terminal: its progress, and at the end a table of the combinations."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from ..load.scenario.parameters import written
from ..load.sweep.plan import Plan, Run
from ..load.sweep.summary import CombinationSummary, Summary
from .terminal import print_table


class _RunRateColumn(ProgressColumn):
    """A column of the progress bar: runs per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f}/s" if task.speed else "")


class Bar:
    """Shows the progress of a sweep as a bar, if stderr is a terminal, and its incidents as lines in any case."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("Runs", total=None)

    def begins(self, done: int, total: int) -> None:
        """The sweep begins; ``done`` of ``total`` runs were finished before."""
        self._bar.update(self._task, completed=done, total=total)
        if done:
            self._say(f"{done:,} of {total:,} runs are done already")

    def no_workers(self) -> None:
        """The cluster has a scheduler, but no worker yet."""
        self._say("the scheduler has no workers yet; waiting for the first")

    def done(self) -> None:
        """A run is done."""
        self._bar.advance(self._task)

    def lost(self, run: Run, error: str) -> None:
        """A run was given up."""
        self._say(f"given up: the run with {run}: {error}")

    def worker_died(self) -> None:
        """A worker died."""
        self._say("a worker died; its runs are done again")

    def _say(self, message: str) -> None:
        self._bar.console.print(f"orgsim: {escape(message)}", soft_wrap=True, highlight=False)


@contextmanager
def watching(plan: Plan) -> Generator[Bar, None, None]:
    """Print how many runs there are, and show their progress; all on stderr."""
    err = Console(stderr=True)
    combinations, runs = len(plan.combinations), plan.sweep.runs
    what = f"{combinations:,} combination{'s' * (combinations > 1)} x {runs:,} seeds = {plan.total:,} runs"
    err.print(f"orgsim: {what}", soft_wrap=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RunRateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        yield Bar(bar)


def print_summary(summary: Summary) -> None:
    """Print a table with a row for each combination of parameters, on stdout."""
    names = list(summary.combinations[0].parameters)
    figures = ("finalize_days", "migration_days.p95", "expired_share")
    heads = [*names, "finished", "chance", "from", "to", *(f"{name} median (p5 to p95)" for name in figures)]
    rows = [_cells(each, figures) for each in summary.combinations]
    # Lost and refused runs are rare; their columns are left out if there are none.
    for head in ("refused", "lost"):
        counts = [getattr(each, head) for each in summary.combinations]
        if any(counts):
            heads.append(head)
            rows = [[*row, f"{number:,}"] for row, number in zip(rows, counts, strict=True)]
    table = Table(*(Column(head, justify="right") for head in heads), box=SIMPLE)
    for row in rows:
        table.add_row(*map(escape, row))
    print_table(table)


def _cells(combination: CombinationSummary, figures: tuple[str, ...]) -> list[str]:
    chance = combination.chance
    return [
        *(written(value) for value in combination.parameters.values()),
        f"{combination.finished:,} of {combination.runs:,}",
        "-" if chance.share is None else f"{chance.share:.1%}",
        f"{chance.low:.1%}",
        f"{chance.high:.1%}",
        *(_median_and_range(combination.figures[name], 4 if name.endswith("_share") else 1) for name in figures),
    ]


def _median_and_range(quantiles: dict[str, float | None], digits: int) -> str:
    low, middle, high = (quantiles[name] for name in ("p5", "median", "p95"))
    if low is None or middle is None or high is None:
        return "-"
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"
