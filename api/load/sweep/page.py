"""The page of a sweep: the answer in sentences, charts, tables with the same numbers, and how to do it again."""

import shlex
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ...plurals import counted
from .. import wording
from ..play.outcome import ThresholdOutcome
from ..report import html
from ..report.head import threshold_list, tile_row
from ..report.page import grid, render_page
from ..scenario.parameters import written
from .charts import CHANCE, charts
from .plan import Sweep
from .summary import MOST_FAILED, CombinationSummary, Summary, values
from .verdict import interval, median_and_range, passed, sentences

MOST_ROWS = 1_000
"""So many combinations stand in a table; ``summary.json`` has all."""


def write_page(sweep: Sweep, summary: Summary, table: Any, path: Path) -> None:
    """Write the page of a sweep.

    Raises:
        OSError: it cannot be written.
    """
    path.write_text(render_sweep(sweep, summary, partial(values, table)), "utf-8")


def render_sweep(sweep: Sweep, summary: Summary, values: Callable[[str], list[float]]) -> str:
    """Render the page of a sweep as HTML; it contains everything, plotly included, and loads nothing.

    Args:
        sweep: its definition.
        summary: its summary.
        values: the values that a figure has in the runs.
    """
    drawn = list(charts(summary, values))
    chance = [chart for chart in drawn if chart.id == CHANCE]
    return render_page(
        title=summary.description or summary.scenario,
        about=f"{summary.scenario} · {_size(summary)}",
        head=_head(summary),
        body=(
            tile_row(_tiles(summary)),
            html.section("chance", "Chance of passing", grid(html.figures(chance)), _chances(summary)),
            html.section(
                "figures", "The figures of the thresholds", grid(html.figures(drawn[len(chance) :])), _figures(summary)
            ),
            html.section("reminders", "Reminders and deadlines", _follow_ups(summary)),
            html.section("failed", "Runs that failed", _failed_runs(summary)),
            html.section("reproduce", "How to reproduce", _reproduce(sweep, summary)),
        ),
        charts=drawn,
    )


def _size(summary: Summary) -> str:
    combinations = counted(len(summary.combinations), "combination")
    seeds, runs = counted(summary.runs_per_combination, "seed"), counted(summary.total, "run")
    return f"{combinations} × {seeds} = {runs}"


def _head(summary: Summary) -> str:
    """The first sentence in large letters, the others below it, and the thresholds."""
    first, *others = sentences(summary)
    kind = "passed" if summary.finished == summary.runs else "failed" if not summary.finished else "warned"
    said = "".join(f"<p>{html.escape(each)}</p>" for each in others)
    return f'<p class="verdict {kind}">{html.escape(first)}</p>{said}{threshold_list(_thresholds(summary))}'


def _tiles(summary: Summary) -> Iterator[tuple[str, str]]:
    chances = [each.chance.share for each in summary.combinations if each.chance.share is not None]
    if summary.runs:
        yield "of all runs passed", wording.share(summary.finished / summary.runs)
    if len(chances) == 1:
        yield "is the chance, with 95 % confidence", interval(summary.combinations[0])
    if len(chances) > 1:
        yield "passed with the best combination", wording.share(max(chances))
        yield "passed with the worst combination", wording.share(min(chances))
    yield "runs that came to an end", f"{summary.runs:,}"


def _thresholds(summary: Summary) -> Iterator[tuple[ThresholdOutcome, str, str]]:
    """The thresholds, with how often each failed; those whose limits vary stand in the tables alone."""
    for each in summary.thresholds:
        if each.threshold == each.figure:
            continue
        kind = "passed" if not each.failed else "warned" if each.severity == "warn" else "failed"
        runs = counted(summary.runs, "run")
        found = f"failed in {each.failed:,} of {runs}" if each.failed else "always held"
        yield ThresholdOutcome(each.threshold, None, not each.failed, each.severity), kind, found


def _parameters(summary: Summary) -> list[str]:
    return list(summary.combinations[0].parameters)


def _given(combination: CombinationSummary) -> list[str]:
    return [written(value) for value in combination.parameters.values()]


def _table(summary: Summary, heads: list[str], rows: Iterator[list[str]], name: str) -> str:
    """A table with a row for each combination, up to ``MOST_ROWS``."""
    names = _parameters(summary)
    shown = [[*_given(each), *row] for each, row in zip(summary.combinations[:MOST_ROWS], rows, strict=False)]
    hidden = len(summary.combinations) - len(shown)
    more = f"<p>{hidden:,} more combinations stand in summary.json.</p>" if hidden else ""
    return html.table([*names, *heads], shown, texts=0, name=name) + more


def _chances(summary: Summary) -> str:
    # That a threshold never failed is said above the tables.
    limits = [(place, each) for place, each in enumerate(summary.thresholds) if each.failed]
    rare = [name for name in ("refused", "lost", "warned") if any(getattr(each, name) for each in summary.combinations)]
    rows = (
        [
            passed(each),
            "–" if each.chance.share is None else wording.share(each.chance.share),
            "–" if each.chance.share is None else interval(each),
            *(f"{getattr(each, name):,}" for name in rare),
            *(f"{each.thresholds[place].failed:,}" for place, _ in limits),
        ]
        for each in summary.combinations
    )
    rarely = map(str.capitalize, rare)
    heads = [
        "Runs passed",
        "Chance",
        "With 95 % confidence",
        *rarely,
        *(f"{each.threshold} failed" for _, each in limits),
    ]
    return _table(summary, heads, rows, "All combinations")


def _figures(summary: Summary) -> str:
    figures = {each.figure: each.threshold for each in summary.thresholds}
    rows = ([median_and_range(each, figure) or "–" for figure in figures] for each in summary.combinations)
    title = "Median of the runs (and from the 5th to the 95th percentile)"
    return _table(summary, list(figures.values()), rows, title) if figures else ""


def _follow_ups(summary: Summary) -> str:
    """For each reminder and deadline how many accounts it met, over the runs."""
    figures = [name for name in summary.combinations[0].figures if name.startswith("follow_ups.")]
    heads = [" ".join(name.split(".")[1:]).replace("_", " ") for name in figures]
    rows = ([median_and_range(each, figure) or "–" for figure in figures] for each in summary.combinations)
    return (
        _table(
            summary,
            heads,
            rows,
            "Accounts that had not answered then (reached), and that follow it; medians of the runs, with their ranges",
        )
        if figures
        else ""
    )


def _failed_runs(summary: Summary) -> str:
    """The first runs of each combination that failed, each with the command that does it alone."""
    rows = [
        [run.command, run.why, *_given(each), f"{run.seed}", f"{run.run}"]
        for each in summary.combinations
        for run in each.failed_runs
    ]
    if not rows:
        return ""
    heads = ["The same run again; with --report FILE its page", "Why it failed", *_parameters(summary), "Seed", "Run"]
    name = f"The first {MOST_FAILED} of each combination; runs.parquet has all"
    return html.table(heads, rows[:MOST_ROWS], texts=2, name=name)


def _reproduce(sweep: Sweep, summary: Summary) -> str:
    pairs = [
        ("Version", f"orgsim {summary.version}"),
        ("Seeds", f"{summary.seed} to {summary.seed + summary.runs_per_combination - 1}"),
        ("Scenario's SHA-256", summary.scenario_sha256),
    ]
    return (
        f"<pre><code>{html.escape(command(sweep))}</code></pre>"
        "<p>The same version, scenario, parameters and seed give the same table. Each of its rows has the command that"
        f" does this run alone.</p>{html.definitions(pairs)}"
    )


def command(sweep: Sweep) -> str:
    """The command that does a sweep again."""
    options = [f"--set={name}={written(value)}" for name, value in sweep.set.items()]
    options += [f"--vary={name}={','.join(map(written, values))}" for name, values in sweep.vary.items()]
    return shlex.join(
        ["orgsim", "sweep", sweep.scenario, *options, f"--runs={sweep.runs}", f"--seed={sweep.seed}", "--out=NEW"]
    )
