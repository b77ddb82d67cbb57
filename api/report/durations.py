"""Charts of how long things took: what share of them had happened after which time."""

from collections.abc import Iterator
from typing import Any

from .. import wording
from ..play import Outcome
from ..play.outcome import Distribution, ThresholdOutcome
from ..scenario.metrics import DISTRIBUTIONS
from .chart import Chart, Series, line
from .style import BLUE, GREEN, INK, LINE_HEIGHT, VERMILION, layout, note, upright

TITLES = {
    "joining_days": "Time to join",
    "migration_days": "Time to approve",
    "creation_seconds": "Time to create an account",
    "closing_seconds": "Time to close an account",
    "held_back_seconds": "Time held back",
}
SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
LEAST = {"days": 3 * 86_400, "hours": 3 * 3_600, "minutes": 300, "seconds": 0}
"""Unit to the least time, in seconds, that is told in it."""
TOLD = {"median": 50, "p95": 95}
HOLDS = 0.62
"""The part of an axis behind which a label has room on its right."""


def duration_charts(outcome: Outcome) -> Iterator[Chart]:
    """A chart for each distribution whose values differ."""
    for name, distribution in outcome.distributions.items():
        percentiles = distribution.percentiles
        if percentiles and percentiles[0] != percentiles[-1]:
            yield _chart(name, distribution, [each for each in outcome.thresholds if _is_line(each, name)])


def _is_line(threshold: ThresholdOutcome, name: str) -> bool:
    """Whether a threshold is about a time that can be drawn: not about how many there are."""
    metric, _, statistic = threshold.threshold.partition(" ")[0].partition(".")
    return metric == name and statistic != "count"


def _chart(name: str, distribution: Distribution, thresholds: list[ThresholdOutcome]) -> Chart:
    unit, factor = _unit(name, distribution.percentiles[-1])
    times = [time * factor for time in distribution.percentiles]
    limits = [float(each.threshold.rpartition(" ")[2]) * factor for each in thresholds]
    end = max(times[-1], *limits, 0.0) * 1.04
    figure = layout(unit, f"% of {distribution.count:,}", 24)
    figure["xaxis"] |= {"range": [0, end], "hoverformat": ",.4~g"}
    figure["yaxis"] |= {"range": [0, 105], "tickvals": [0, 25, 50, 75, 100], "hoverformat": "d"}
    figure["shapes"] += [upright(limit, _color(each), "dash") for each, limit in zip(thresholds, limits, strict=True)]
    figure["annotations"] += _limits(thresholds, limits, end) + _told(times, unit, end)
    series = Series("% within this time", BLUE, range(101))
    data = [line(series, times), _points(times)]
    return Chart(
        f"duration-{name}",
        TITLES[name],
        f"{DISTRIBUTIONS[name][0].upper()}{DISTRIBUTIONS[name][1:]}: the share that took at most so long.",
        {"data": data, "layout": figure},
    )


def _unit(name: str, longest: float) -> tuple[str, float]:
    """The unit that suits the longest time, and how many of it are one of the figure's own."""
    own = wording.unit(name)
    seconds = longest * SECONDS[own]
    unit = next(unit for unit, least in LEAST.items() if seconds >= least)
    return unit, SECONDS[own] / SECONDS[unit]


def _color(threshold: ThresholdOutcome) -> str:
    return GREEN if threshold.ok else VERMILION


def _limits(thresholds: list[ThresholdOutcome], limits: list[float], end: float) -> list[dict[str, Any]]:
    return [
        note(
            f"{'✓' if each.ok else '✗'} {each.threshold.partition('.')[2]} {wording.unit(each.threshold)}".replace(
                "<", "&lt;"
            ).replace(">", "&gt;"),
            limit,
            0,
            xanchor="right" if limit > end / 2 else "left",
            xshift=-5 if limit > end / 2 else 5,
            yshift=LINE_HEIGHT * (0.6 + index),
            font={"size": 12, "color": _color(each)},
        )
        for index, (each, limit) in enumerate(zip(thresholds, limits, strict=True))
    ]


def _points(times: list[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "told",
        "hoverinfo": "skip",
        "x": [times[percentile] for percentile in TOLD.values()],
        "y": list(TOLD.values()),
        "marker": {"color": BLUE, "size": 7},
    }


def _told(times: list[float], unit: str, end: float) -> list[dict[str, Any]]:
    """The median and the 95th percentile, beside their points: below on the right, or on the left if that is full."""
    notes: list[dict[str, Any]] = []
    for name, percentile in TOLD.items():
        x = times[percentile]
        full = x > end * HOLDS
        side = (
            {"xanchor": "right", "xshift": -8, "yshift": 8} if full else {"xanchor": "left", "xshift": 8, "yshift": -8}
        )
        said = f"{name} {wording.long(x * SECONDS[unit] / 3_600)}"
        notes.append(note(said, x, percentile, font={"size": 12, "color": INK}, **side))
    return notes
