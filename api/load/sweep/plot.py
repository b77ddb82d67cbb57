"""Plots the chance to finish of a sweep, as a self-contained HTML page."""

# Plotly has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from collections import defaultdict
from pathlib import Path
from typing import Any

import plotly.io

from ..scenario import Parameter
from ..scenario.parameters import written
from .summary import CombinationSummary, Summary

LOG_SCALE_RATIO = 50
"""If the greatest value is so many times the least or more, the axis is logarithmic."""


def write_plot(summary: Summary, path: Path) -> None:
    """Write the plot: the first varied parameter on the axis, a line for each combination of the others.

    Raises:
        OSError: it cannot be written.
    """
    page: str = plotly.io.to_html(figure(summary), div_id="chance", include_plotlyjs=True, full_html=True)
    path.write_text(page, "utf-8")


def figure(summary: Summary) -> dict[str, Any]:
    """The plot as a dict in the form of plotly's JSON."""
    names = list(summary.combinations[0].parameters)
    lines: defaultdict[str, list[CombinationSummary]] = defaultdict(list)
    for combination in summary.combinations:
        # None if all runs of a combination were lost.
        if combination.chance.share is not None:
            lines[_line(combination)].append(combination)
    subtitle = f"{summary.scenario}, {summary.runs_per_combination:,} runs each, intervals of 95 %"
    axis = names[0] if names else ""
    positions = [position for line in lines.values() for position in map(_position, line)]
    return {
        "data": [_trace(name, line) for name, line in lines.items()],
        "layout": {
            "title": {
                "text": f"Chance to finish: {summary.finished_means}",
                "subtitle": {"text": subtitle},
            },
            "template": "plotly_white",
            "xaxis": {"title": {"text": axis}, "type": _scale(positions)},
            "yaxis": {"title": {"text": "share of runs"}, "tickformat": ".0%", "range": [-0.02, 1.02]},
            "legend": {"title": {"text": ", ".join(names[1:])}},
            "showlegend": len(lines) > 1,
        },
    }


def _trace(name: str, line: list[CombinationSummary]) -> dict[str, Any]:
    chances = [(each.chance.share or 0.0, each.chance) for each in line]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [_position(each) for each in line],
        "y": [share for share, _ in chances],
        "error_y": {
            "type": "data",
            "array": [chance.high - share for share, chance in chances],
            "arrayminus": [share - chance.low for share, chance in chances],
        },
        "customdata": [f"{each.finished:,} of {each.runs:,}" for each in line],
        "hovertemplate": "%{x}: %{y:.1%} (%{customdata})",
    }


def _position(combination: CombinationSummary) -> float | str:
    value: Parameter = next(iter(combination.parameters.values()), "all runs")
    return written(value) if isinstance(value, bool) else value


def _line(combination: CombinationSummary) -> str:
    return ", ".join(f"{name}={written(value)}" for name, value in list(combination.parameters.items())[1:])


def _scale(positions: list[float | str]) -> str:
    numbers = [position for position in positions if not isinstance(position, str)]
    if len(numbers) < len(positions) or not numbers:
        return "category"
    return "log" if min(numbers) > 0 and max(numbers) / min(numbers) >= LOG_SCALE_RATIO else "linear"
