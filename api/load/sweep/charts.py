"""The charts of a sweep: how likely the plan is to pass, and how its thresholds' figures stand to their limits."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from ...plurals import counted
from .. import answer, wording
from ..play.outcome import Distribution, ThresholdOutcome
from ..report.chart import Chart, Series, end_labels, label_margin, line, text
from ..report.style import BLUE, CHARACTER, GRID, SERIES, VERMILION, layout, note, vertical_line
from ..scenario.parameters import written
from .axis import ValueAxis
from .summary import CombinationSummary, Summary, ThresholdSummary
from .verdict import FEW_RUNS, called, interval, median_and_range, passed

CHANCE = "chance"
"""The id of the chart of the chances."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
LONGEST_LABEL = 24
"""So many characters of a line's name have room beside a chart."""
RANGE_RUNS = 20
"""From so many runs on the 5th percentile is another run than the least."""
TOLD = (5, 10, 25, 50, 75, 90, 95, 100)
"""Percentiles of a figure over the runs that a table has."""
ROW_HEIGHT, MOST_HEIGHT, MOST_LABELLED = 26, 1_200, 300
"""Of a heat map: the height of a row and of all, in pixels; up to so many cells have texts."""
ALL_RUNS = "all runs"
"""The only value on the axis of a sweep in which nothing varies."""


class Point(Struct, frozen=True):
    """A value of a combination, and between what it lies."""

    combination: CombinationSummary
    y: float
    low: float
    high: float
    told: str
    """What stands in the box at the pointer."""
    is_sure: bool = True
    """Whether there are enough runs for its range to say something; otherwise it is a hollow mark without one."""


def charts(summary: Summary, values: Callable[[str], list[float]]) -> Iterator[Chart]:
    """A chart of the chances, and one for each threshold's figure.

    With many lines there is a heat map of the chances instead, with one combination how its figures are spread.

    Args:
        summary: of the sweep.
        values: the values that a figure has in the runs.
    """
    lines = _lines([each for each in summary.combinations if each.runs])
    if len(summary.combinations) == 1:
        for number, threshold in enumerate(summary.thresholds):
            yield from _spread(number, threshold, values(threshold.figure))
    elif len(lines) > len(SERIES):
        yield _heat_map(summary, lines)
    elif lines:
        yield _chances(summary, lines)
        for number, threshold in enumerate(summary.thresholds):
            yield from _figure_chart(summary, lines, number, threshold)


def axis_value(combination: CombinationSummary) -> Any:
    """The value of the first varied parameter."""
    return next(iter(combination.parameters.values()), ALL_RUNS)


def _lines(combinations: Sequence[CombinationSummary]) -> dict[str, list[CombinationSummary]]:
    """The combinations by what they have besides the first varied parameter."""
    lines: dict[str, list[CombinationSummary]] = {}
    for each in combinations:
        lines.setdefault(called(each, besides=1), []).append(each)
    return lines


def _chances(summary: Summary, lines: dict[str, list[CombinationSummary]]) -> Chart:
    chances = {name: [_chance(each) for each in line] for name, line in lines.items()}
    figure = _line_chart(summary, chances, f"% of {_each(summary)}", (0.0, 105.0))
    figure["layout"]["yaxis"] |= {"tickvals": [0, 25, 50, 75, 100], "hoverformat": "d"}
    title, about, keys = _title(summary), _about(summary), _keys(chances)
    return Chart(CHANCE, title, about, figure, keys, labelled=_has_labels(chances), wide=True)


def _spread(number: int, threshold: ThresholdSummary, values: list[float]) -> Iterator[Chart]:
    """The chart of a figure over the runs of the only combination: the share of them in which it is at most so much.

    None if all runs have the same value.
    """
    if len(set(values)) < 2:
        return
    limit, ordered = _limit(threshold), sorted(values)
    low, high = min(ordered[0], limit), max(ordered[-1], limit)
    room = (high - low) * 0.05
    figure = layout(_unit(threshold), f"% of {counted(len(values), 'run')}", 24)
    figure["xaxis"] |= {"range": [low - room, high + room], "hoverformat": ",.4~g"} | _number_format(threshold)
    figure["yaxis"] |= {"range": [0, 105], "tickvals": [0, 25, 50, 75, 100], "hoverformat": ".0f"}
    figure["shapes"].append(vertical_line(limit, VERMILION, "dash"))
    figure["annotations"].append(_limit_label(threshold))
    shares = [100 * rank / len(ordered) for rank in range(len(ordered) + 1)]
    steps = line(Series("% of runs with at most this", BLUE, shares), [ordered[0], *ordered])
    steps["line"] |= {"shape": "hv"}
    about = f"{_meaning(threshold)} The share of runs in which it is at most so much."
    distribution = Distribution.of(values)
    rows = tuple((f"{each} %", wording.figure(threshold.figure, distribution.percentiles[each])) for each in TOLD)
    drawn = {"data": [steps], "layout": figure}
    yield Chart(f"figure-{number}", threshold.threshold, about, drawn, head=("Of the runs", "at most"), rows=rows)


def _title(summary: Summary) -> str:
    return " by ".join(["Share of runs that passed", *list(summary.combinations[0].parameters)[:1]])


def _each(summary: Summary) -> str:
    return f"{counted(summary.runs_per_combination, 'run')}{' each' if len(summary.combinations) > 1 else ''}"


def _about(summary: Summary) -> str:
    about = f"The share of {_each(summary)} in which {summary.finished_means}."
    if any(each.runs >= FEW_RUNS for each in summary.combinations):
        about += " Upright bars: between what the chance lies, with 95 % confidence (Wilson's interval)."
    if any(each.runs < FEW_RUNS for each in summary.combinations):
        about += (
            f" Hollow points have fewer than {FEW_RUNS} runs, too few to draw between what the chance lies;"
            " the table below says it."
        )
    return about


def _chance(combination: CombinationSummary) -> Point:
    chance = combination.chance
    told = f"{passed(combination)} passed; with 95 % confidence {interval(combination)}"
    share = 100 * (chance.share or 0.0)
    return Point(combination, share, 100 * chance.low, 100 * chance.high, told, combination.runs >= FEW_RUNS)


def _figure_chart(
    summary: Summary, lines: dict[str, list[CombinationSummary]], number: int, threshold: ThresholdSummary
) -> Iterator[Chart]:
    """The chart of a threshold's figure; none if it has the same value everywhere, or never one."""
    points = {name: [*_medians(line, threshold.figure)] for name, line in lines.items()}
    points = {name: line for name, line in points.items() if line}
    ends = {end for line in points.values() for point in line for end in (point.low, point.high)}
    if len(ends) < 2:
        return
    # Without a limit if that is another in each combination.
    limits = [_limit(threshold)] if threshold.threshold != threshold.figure else []
    low, high = _span([*ends, *limits])
    if wording.is_share(threshold.figure):
        high = min(high, 1.03)
    figure = _line_chart(summary, points, _unit(threshold), (low, high))
    figure["layout"]["yaxis"] |= _number_format(threshold)
    for limit in limits:
        figure["layout"]["shapes"].append(_limit_line(limit))
        figure["layout"]["annotations"].append(_limit_label(threshold))
    several = summary.runs_per_combination >= RANGE_RUNS
    about = f"{_meaning(threshold)} The median of the runs; upright bars: " + (
        "nine of ten runs lie within." if several else "from the least run to the greatest."
    )
    failed = f" Not held in {threshold.failed:,} of {counted(summary.runs, 'run')}." if threshold.failed else ""
    yield Chart(
        f"figure-{number}", threshold.threshold, about + failed, figure, _keys(points), labelled=_has_labels(points)
    )


def _medians(line: Sequence[CombinationSummary], figure: str) -> Iterator[Point]:
    for each in line:
        low, median, high = (each.figures[figure][name] for name in ("p5", "median", "p95"))
        if low is not None and median is not None and high is not None:
            yield Point(each, median, low, high, median_and_range(each, figure))


def _span(drawn: Sequence[float]) -> tuple[float, float]:
    """From where to where the vertical axis goes: all that is drawn has room, and 0 is on it if that is near."""
    low, high = min(drawn), max(drawn)
    room = (high - low) * 0.1
    return (0.0 if 0 <= low < high / 2 else low - room), high + room


def _has_labels(lines: Iterable[str]) -> bool:
    """Whether lines have labels at their ends; long names have no room there, and stand above the chart."""
    return max(map(len, lines)) <= LONGEST_LABEL


def _keys(lines: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(lines, SERIES, strict=False)) if len(lines) > 1 else ()


def _line_chart(
    summary: Summary, lines: dict[str, list[Point]], y_title: str, span: tuple[float, float]
) -> dict[str, Any]:
    """A line for each of several, drawn slightly beside each other, with its own dash, marks and label."""
    names = list(summary.combinations[0].parameters)
    values = list(dict.fromkeys(map(axis_value, summary.combinations)))
    axis = ValueAxis(names[0] if names else "", values, len(lines))
    labels = [(name, color, lines[name][-1].y) for name, color in _keys(lines)] if _has_labels(lines) else []
    figure = layout(axis.title, y_title, label_margin([label[0] for label in labels]) if labels else 24)
    figure["xaxis"] |= axis.layout
    figure["yaxis"] |= {"range": list(span)}
    figure["hovermode"] = "closest"
    figure["annotations"] += end_labels(labels, axis.end, span[1], span[0])
    data = [_trace(axis, index, name, line) for index, (name, line) in enumerate(lines.items())]
    return {"data": data, "layout": figure}


def _trace(axis: ValueAxis, index: int, name: str, points: Sequence[Point]) -> dict[str, Any]:
    color = SERIES[index]
    opened = ["" if point.is_sure else "-open" for point in points]
    x = [axis.at(axis_value(point.combination), index) for point in points]
    return line(Series(name, color, [point.y for point in points]), x) | {
        "mode": "lines+markers" if axis.has_numbers else "markers",
        "cliponaxis": False,
        "line": {"color": color, "width": 1.5, "dash": DASHES[index]},
        "marker": {"color": color, "size": 9, "symbol": [f"{SYMBOLS[index]}{each}" for each in opened]},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "color": color,
            "thickness": 1.3,
            "width": 4,
            "array": [point.high - point.y if point.is_sure else 0 for point in points],
            "arrayminus": [point.y - point.low if point.is_sure else 0 for point in points],
        },
        "customdata": [text(f"{called(point.combination) or ALL_RUNS}: {point.told}") for point in points],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _limit_line(limit: float) -> dict[str, Any]:
    """A plotly shape: a horizontal line at a threshold's limit."""
    dashed = {"color": VERMILION, "width": 1.5, "dash": "dash"}
    return {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": limit, "y1": limit, "layer": "below"} | {
        "line": dashed
    }


def _meaning(threshold: ThresholdSummary) -> str:
    """What the figure of a threshold is, as a sentence; empty if it says itself."""
    said = answer.meaning(threshold.figure)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _unit(threshold: ThresholdSummary) -> str:
    """The title of an axis: the unit of its figure, or its name."""
    return wording.unit(threshold.figure) or text(threshold.figure)


def _number_format(threshold: ThresholdSummary) -> dict[str, Any]:
    """How an axis writes its numbers: shares in percent."""
    return {"tickformat": ".3~p", "hoverformat": ".3~p"} if wording.is_share(threshold.figure) else {}


def _limit(threshold: ThresholdSummary) -> float:
    return float(threshold.threshold.rpartition(" ")[2])


def _limit_label(threshold: ThresholdSummary) -> dict[str, Any]:
    """What the dashed line at a limit means; above the chart, where no point can be."""
    said = answer.wanted(ThresholdOutcome(threshold.threshold, None, ok=False))
    place = {"xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom", "yshift": 22}
    return note(text(f"- - {said}"), 1, 1, font={"size": 12, "color": VERMILION}, **place)


def _heat_map(summary: Summary, lines: dict[str, list[CombinationSummary]]) -> Chart:
    """The chances as coloured cells: a column for each value of the first varied parameter, a row for each line."""
    first = next(iter(summary.combinations[0].parameters))
    values = [written(each) for each in dict.fromkeys(map(axis_value, summary.combinations))]
    rows = [{written(axis_value(each)): each for each in line} for line in lines.values()]
    cells = [[row.get(value) for value in values] for row in rows]
    figure = layout(text(first), "", 24)
    figure["height"] = min(MOST_HEIGHT, 120 + ROW_HEIGHT * len(rows))
    figure["margin"]["l"] = min(300, label_margin(list(lines)) + CHARACTER)
    figure["xaxis"] |= {"type": "category", "rangemode": "normal"}
    figure["yaxis"] |= {"type": "category", "rangemode": "normal", "autorange": "reversed", "nticks": 0}
    figure["hovermode"] = "closest"
    trace = {
        "type": "heatmap",
        "x": [text(value) for value in values],
        "y": [text(name) for name in lines],
        "z": [[None if each is None else 100 * (each.chance.share or 0.0) for each in row] for row in cells],
        "zmin": 0,
        "zmax": 100,
        "colorscale": [[0, GRID], [1, BLUE]],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "customdata": [
            ["" if each is None else text(f"{called(each)}: {_chance(each).told}") for each in row] for row in cells
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    if len(values) * len(rows) <= MOST_LABELLED:
        trace["texttemplate"] = "%{z:.0f} %"
    about = f"The share of {_each(summary)} in which {summary.finished_means}: the stronger the colour, the likelier."
    return Chart(CHANCE, _title(summary), about, {"data": [trace], "layout": figure}, wide=True)
