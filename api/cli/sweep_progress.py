"""Shows a sweep on the terminal: its progress, and at the end what it has shown."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.console import Console
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
from ..load.sweep.plan import Run, SweepPlan
from ..load.sweep.summary import CombinationSummary, Summary
from ..load.sweep.verdict import failures, interval, median_and_range, passed, sentences
from ..load.wording import share
from ..plurals import counted
from .terminal import markup_safe, out, print_line, print_table

MOST_ROWS = 200
"""So many combinations are printed."""
MOST_COMMANDS = 3
"""So many runs that failed are printed with their commands: the first of so many combinations."""


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
        self._bar.console.print(f"orgsim: {markup_safe(message)}", soft_wrap=True, highlight=False)


@contextmanager
def watching(plan: SweepPlan) -> Generator[Bar, None, None]:
    """Print how many runs there are, and show their progress; all on stderr."""
    err = Console(stderr=True, emoji=False)
    combinations, runs = len(plan.combinations), plan.sweep.runs
    what = f"{counted(combinations, 'combination')} x {counted(runs, 'seed')} = {counted(plan.total, 'run')}"
    err.print(f"orgsim: {markup_safe(what)}", soft_wrap=True, highlight=False)
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
    """Print what the sweep has shown: in sentences, and a row for each combination of parameters in two tables."""
    print_line(" ".join((summary.description or summary.scenario).split()))
    out.print()
    for sentence in sentences(summary):
        # Folded at the terminal's width, unlike lines that somebody copies.
        out.print(markup_safe(sentence), highlight=False)
    combinations, names = summary.combinations[:MOST_ROWS], list(summary.combinations[0].parameters)
    parameters = [[written(value) for value in each.parameters.values()] for each in combinations]
    heads, rows = _chances(combinations)
    _print_rows([*names, *heads], [[*given, *row] for given, row in zip(parameters, rows, strict=True)])
    figures = _figures(summary)
    out.print("Of each figure the median over the runs (and from the 5th to the 95th percentile):", highlight=False)
    _print_rows(
        [*names, *figures.values()],
        [
            [*given, *(median_and_range(each, figure) or "-" for figure in figures)]
            for given, each in zip(parameters, combinations, strict=True)
        ],
    )
    if hidden := len(summary.combinations) - len(combinations):
        out.print(f"{counted(hidden, 'more combination')} in summary.json", highlight=False)
    _print_failed(summary)


def _print_failed(summary: Summary) -> None:
    """Print the commands that do runs again that failed; whole lines, as somebody copies them."""
    firsts = [each.failed_runs[0] for each in summary.combinations if each.failed_runs]
    if firsts:
        out.print("To look at a run that failed, do it again, with --report FILE for its page:", highlight=False)
    for each in firsts[:MOST_COMMANDS]:
        print_line(each.command)


def _print_rows(heads: list[str], rows: list[list[str]]) -> None:
    table = Table(*(Column(markup_safe(head), justify="right") for head in heads), box=SIMPLE)
    for row in rows:
        table.add_row(*map(markup_safe, row))
    print_table(table)


def _chances(combinations: list[CombinationSummary]) -> tuple[list[str], list[list[str]]]:
    """The columns of how likely each combination passes, and what failed how often."""
    heads = ["passed", "chance", "with 95 % confidence"]
    rows = [_chance(each) for each in combinations]
    # Lost and refused runs are rare; their columns are left out if there are none.
    for head in ("refused", "lost", "warned"):
        counts = [getattr(each, head) for each in combinations]
        if any(counts):
            heads.append(head)
            rows = [[*row, f"{number:,}"] for row, number in zip(rows, counts, strict=True)]
    failed = [", ".join(f"{threshold} in {number:,}" for threshold, number in failures(each)) for each in combinations]
    if any(failed):
        heads.append("what failed")
        rows = [[*row, each] for row, each in zip(rows, failed, strict=True)]
    return heads, rows


def _chance(combination: CombinationSummary) -> list[str]:
    chance = combination.chance.share
    return [
        passed(combination),
        "-" if chance is None else share(chance),
        "-" if chance is None else interval(combination),
    ]


def _figures(summary: Summary) -> dict[str, str]:
    """The figures of the thresholds, or else those that say most, to what stands above their columns."""
    found = {each.figure: each.threshold for each in summary.thresholds}
    return found or {name: name for name in ("finalize_days", "migration_days.p95", "expired_share")}
