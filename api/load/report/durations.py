"""Charts of durations: which share of accounts or calls had finished after which time."""

from collections.abc import Iterator
from typing import Any

from .. import wording
from ..answer import set_up
from ..play.outcome import Distribution, Outcome, ThresholdOutcome
from ..scenario.metrics import DISTRIBUTIONS
from .chart import Chart, Series, line, text
from .style import BLUE, GREEN, INK, LINE_HEIGHT, VERMILION, layout, note, vertical_line

SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
LEAST = {"days": 3 * 86_400, "hours": 3 * 3_600, "minutes": 300, "seconds": 0}
"""Unit to the shortest time, in seconds, for which an axis has it."""
FEWEST = 5
"""Fewer values are no curve; the table has them."""
IN_TABLE = (0, 5, 10, 25, 50, 75, 90, 95, 99, 100)
"""The percentiles of a chart that its table has."""
LABELLED = {"median": 50, "p95": 95}
OUTLIER_FACTOR = 4
"""A value so many times greater than the others is not drawn to their scale."""
LABEL_FITS_BELOW = 0.62
"""Up to this fraction of the axis a label has room to the right of its point."""


def duration_charts(outcome: Outcome) -> Iterator[Chart]:
    """A chart for each distribution that has different values."""
    for name, distribution in outcome.distributions.items():
        percentiles, limits = distribution.percentiles, [each for each in outcome.thresholds if _is_line(each, name)]
        differ = bool(percentiles) and percentiles[0] != percentiles[-1]
        if differ and (distribution.count >= FEWEST or limits) and not (name == "creation_seconds" and set_up(outcome)):
            yield _chart(name, distribution, limits)


def _is_line(threshold: ThresholdOutcome, name: str) -> bool:
    """Tell whether a threshold limits this figure's time, not the number of values, and so can be drawn as a line."""
    metric, _, statistic = threshold.metric.partition(".")
    return metric == name and statistic != "count"


def _chart(name: str, distribution: Distribution, thresholds: list[ThresholdOutcome]) -> Chart:
    percentiles = distribution.percentiles
    # A few outliers would press all other values against the axis: it ends at p99 then.
    outliers = percentiles[-1] > OUTLIER_FACTOR * percentiles[99] > 0
    longest = percentiles[99 if outliers else 100]
    unit, factor = _unit(name, longest)
    times = [time * factor for time in percentiles]
    limits = [each.limit * factor for each in thresholds]
    near = [limit for limit in limits if 0 <= limit <= OUTLIER_FACTOR * longest * factor]
    end = max(longest * factor, *near, 0.0) * 1.04
    figure = layout(unit, f"% of {distribution.count:,}", 24)
    figure["xaxis"] |= {"range": [0, end], "hoverformat": ",.4~g"}
    figure["yaxis"] |= {"range": [0, 105], "tickvals": [0, 25, 50, 75, 100], "hoverformat": "d"}
    drawn = zip(thresholds, limits, strict=True)
    figure["shapes"] += [vertical_line(limit, _color(each), "dash") for each, limit in drawn if limit in near]
    figure["annotations"] += _threshold_labels(thresholds, limits, end) + _percentile_labels(times, unit, end)
    about = f"{DISTRIBUTIONS[name][0].upper()}{DISTRIBUTIONS[name][1:]}: the share that took at most so long."
    if outliers:
        about += f" The axis ends behind p99; the longest took {_said(times[-1], unit)}."
    data = [line(Series("% within this time", BLUE, range(101)), times), _points(times)]
    rows = tuple((f"{percentile} %", _said(times[percentile], unit)) for percentile in IN_TABLE)
    head = ("Share of those that finished", "Within")
    return Chart(
        f"duration-{name}", wording.TITLES[name], about, {"data": data, "layout": figure}, head=head, rows=rows
    )


def _said(time: float, unit: str) -> str:
    """A time of an axis as text, in a unit that suits it."""
    return wording.long_duration(time * SECONDS[unit] / 3_600)


def _unit(name: str, longest: float) -> tuple[str, float]:
    """The unit of the axis for the longest time, and the factor from the figure's own unit to it."""
    own = wording.unit(name)
    seconds = longest * SECONDS[own]
    unit = next(unit for unit, least in LEAST.items() if seconds >= least)
    return unit, SECONDS[own] / SECONDS[unit]


def _color(threshold: ThresholdOutcome) -> str:
    return GREEN if threshold.ok else VERMILION


def _threshold_labels(thresholds: list[ThresholdOutcome], limits: list[float], end: float) -> list[dict[str, Any]]:
    """The labels of threshold lines; of one beyond the end of the axis, the label has an arrow instead of a line."""
    notes: list[dict[str, Any]] = []
    for index, (each, limit) in enumerate(zip(thresholds, limits, strict=True)):
        said = f"{'✓' if each.ok else '✗'} {each.threshold.partition('.')[2]} {wording.unit(each.metric)}"
        full = limit > end / 2
        side = {"xanchor": "right", "xshift": -5} if full else {"xanchor": "left", "xshift": 5}
        notes.append(
            note(
                text(said + (" →" if limit > end else "")),
                min(max(limit, 0.0), end),
                0,
                yshift=LINE_HEIGHT * (0.6 + index),
                font={"size": 12, "color": _color(each)},
                **side,
            )
        )
    return notes


def _points(times: list[float]) -> dict[str, Any]:
    """A plotly trace with the points that have labels."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "told",
        "hoverinfo": "skip",
        "x": [times[percentile] for percentile in LABELLED.values()],
        "y": list(LABELLED.values()),
        "marker": {"color": BLUE, "size": 7},
    }


def _percentile_labels(times: list[float], unit: str, end: float) -> list[dict[str, Any]]:
    """Labels for the median and the 95th percentile: right below their points, or left above near the axis' end."""
    notes: list[dict[str, Any]] = []
    for name, percentile in LABELLED.items():
        x = times[percentile]
        full = x > end * LABEL_FITS_BELOW
        side = (
            {"xanchor": "right", "xshift": -8, "yshift": 8} if full else {"xanchor": "left", "xshift": 8, "yshift": -8}
        )
        said = f"{name} {_said(x, unit)}"
        notes.append(note(said, x, percentile, font={"size": 12, "color": INK}, **side))
    return notes
