"""Charts over simulated time: progress to all features, states of handshakes and accounts, calls."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from .. import wording
from ..play import Outcome
from .chart import Chart, Series, axis_top, end_labels, label_margin, largest, line, stacked, summed, text
from .style import BLUE, GREEN, MUTED, SEA, SERIES, SKY, STATES, layout, note, vertical_line

INVITE, APPROVE, ENABLE = "INVITE", "APPROVE_ALL_FEATURES", "ENABLE_ALL_FEATURES"
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class TimeAxis:
    """The horizontal axis of a run's charts, in a unit that suits the length of the run."""

    def __init__(self, outcome: Outcome) -> None:
        timeline = outcome.timeline
        hours = outcome.metrics["virtual_hours"] or 0.0
        self.unit, self.seconds = next(
            (name, seconds)
            for least, name, seconds in ((72, "days", 86_400), (2, "hours", 3_600), (0, "minutes", 60))
            if hours >= least
        )
        """Seconds per unit."""
        self.end = hours * 3_600 / self.seconds
        """The length of the run, in the unit."""
        self.points = [
            0.0,
            *(
                round(min((index + 1) * timeline.step_seconds / self.seconds, self.end), 4)
                for index in range(timeline.length)
            ),
        ]
        """The start of the run and the end of each interval of the timeline, in the unit."""
        self.title = f"{self.unit} from the start, {timeline.start:%Y-%m-%d %H:%M} UTC"
        self._first_day = (outcome.measured_since - outcome.start) / timedelta(days=1)
        self.interval = _interval_text(timeline.step_seconds)
        """The length of an interval of the timeline, as text."""

    def at_day(self, days: float) -> float:
        """Convert days after the start to the unit of the axis."""
        return (days - self._first_day) * 86_400 / self.seconds


def _interval_text(seconds: int) -> str:
    """A length in the largest unit that divides it, such as ``6 hours`` or ``day``."""
    size, name = next(each for each in UNITS if seconds % each[0] == 0)
    number = seconds // size
    return f"{number} {name}s" if number > 1 else name


def time_charts(outcome: Outcome) -> Iterator[Chart]:
    """The charts of progress and states; those in which nothing changes after the first interval are left out."""
    axis = TimeAxis(outcome)
    timeline = outcome.timeline
    yield from _progress(outcome, axis)
    for action, states in wording.sorted_by_action(timeline.handshakes):
        # A single handshake makes no area worth drawing; a migration's end is marked in the first chart anyway.
        if max(summed(list(states.values()), 0), default=0) > 1:
            name = wording.handshake(action)
            yield from _states(axis, f"handshakes-{action.lower()}", f"{name} by state", name.lower(), states)
    yield from _members(outcome, axis)
    yield from _states(axis, "creations", "Account creations by state", "account creations", timeline.creations)
    yield from _states(axis, "closures", "Account closures by state", "accounts", timeline.closures)


def call_charts(outcome: Outcome) -> Iterator[Chart]:
    """The charts of calls and throttled calls, where calls were throttled at all."""
    axis = TimeAxis(outcome)
    for id_, title, calls in (
        ("calls", "Calls made", outcome.timeline.calls),
        ("throttled", "Calls throttled", outcome.timeline.throttled),
    ):
        if _happens(calls.values(), level=False):
            # An operation has the same colour in both charts: that of its rank among all calls.
            order = list(largest(outcome.timeline.calls, len(SERIES)))
            found = largest(calls, len(SERIES))
            colors = {name: SERIES[order.index(name) if name in order else -1] for name in found}
            yield _bars(axis, id_, title, [Series(name, colors[name], values) for name, values in found.items()])


def _bars(axis: TimeAxis, id_: str, title: str, all_series: Sequence[Series]) -> Chart:
    """A chart of stacked bars, one for each interval; without end labels, as the last bar is nothing special."""
    figure = layout(axis.title, f"calls per {axis.interval}", 24)
    figure["yaxis"]["range"] = [0, axis_top([series.values for series in all_series], is_stacked=True)]
    figure["xaxis"]["range"] = [0, axis.end]
    figure |= {"barmode": "stack", "bargap": 0}
    middles = [round((begin + end) / 2, 4) for begin, end in pairwise(axis.points)]
    data = [
        {
            "type": "bar",
            "name": text(series.name),
            "x": middles,
            "y": list(series.values),
            "marker": {"color": series.color, "line": {"width": 0}},
        }
        for series in all_series
    ]
    about = f"By operation, within each {axis.interval}."
    keys = tuple(series.key for series in all_series)
    return Chart(id_, title, about, {"data": data, "layout": figure}, keys, labelled=False)


def _happens(columns: Any, *, level: bool = True) -> bool:
    """Tell whether series are worth a chart: levels that change after the first interval, or counts not all 0."""
    values = [column for column in columns if len(column) > 1]
    return any(max(column) != min(column) for column in values) if level else any(map(any, values))


def _states(axis: TimeAxis, id_: str, title: str, what: str, states: Mapping[str, Sequence[int]]) -> Iterator[Chart]:
    if not _happens(states.values()):
        return
    order = list(STATES)
    kinds = sorted((state for state in states if any(states[state])), key=lambda state: order.index(state.split()[0]))
    all_series = [Series(wording.words(state), STATES[state.split()[0]], [0, *states[state]]) for state in kinds]
    yield _areas(axis, id_, title, f"At the end of each {axis.interval}.", what, all_series)


def _members(outcome: Outcome, axis: TimeAxis) -> Iterator[Chart]:
    members = outcome.timeline.members
    if not _happens(members.values()):
        return
    found = largest(members, len(SERIES))
    all_series = [
        Series(name, color, [0, *values]) for (name, values), color in zip(found.items(), SERIES, strict=False)
    ]
    about = f"Management accounts included, at the end of each {axis.interval}."
    yield _areas(axis, "members", "Members of organizations", about, "accounts", all_series)


def _areas(axis: TimeAxis, id_: str, title: str, about: str, what: str, all_series: Sequence[Series]) -> Chart:
    columns = [series.values for series in all_series]
    top = axis_top(columns, is_stacked=True)
    ends, below = list[tuple[str, str, float]](), 0.0
    for series in all_series:
        last = series.values[-1]
        ends.append((f"{series.name} {last:,.0f}", series.color, below + last / 2))
        below += last
    figure = layout(axis.title, what, label_margin([end[0] for end in ends]))
    figure["yaxis"]["range"] = [0, top]
    figure["xaxis"]["range"] = [0, axis.end]
    figure["annotations"] += end_labels(ends, axis.end, top)
    data = stacked(all_series, axis.points)
    return Chart(id_, title, about, {"data": data, "layout": figure}, tuple(series.key for series in all_series))


def _progress(outcome: Outcome, axis: TimeAxis) -> Iterator[Chart]:
    """The chart of how many handshakes were sent and accepted, up to all features."""
    handshakes, length = outcome.timeline.handshakes, outcome.timeline.length
    found: list[Series] = []
    for action, asked, accepted, colors in (
        (INVITE, "invited", "joined", (SKY, BLUE)),
        (APPROVE, "asked for approval", "approved", (SEA, GREEN)),
    ):
        if states := handshakes.get(action):
            found.append(Series(asked, colors[0], [0, *summed(list(states.values()), length)]))
            found.append(Series(accepted, colors[1], [0, *states.get("ACCEPTED", (0,) * length)]))
    if not _happens([series.values[1:] for series in found]):
        return
    ends = [(f"{series.name} {series.values[-1]:,.0f}", series.color, series.values[-1]) for series in found]
    top = axis_top([series.values for series in found])
    figure = layout(axis.title, "handshakes so far", label_margin([end[0] for end in ends]))
    figure["yaxis"]["range"] = [0, top]
    figure["xaxis"]["range"] = [0, axis.end]
    figure["annotations"] += end_labels(ends, axis.end, top) + _step_numbers(outcome, axis, figure)
    dashes = ("dash", "solid")
    data = [
        line(series, axis.points, line={"color": series.color, "width": 2, "dash": dashes[index % 2]})
        for index, series in enumerate(found)
    ]
    data += _finalized(outcome, axis, top)
    about = "How many handshakes had come how far. Dotted: the steps that began then, by their numbers below."
    keys = tuple(series.key for series in found)
    yield Chart("way", "From invitation to all features", about, {"data": data, "layout": figure}, keys, wide=True)


def _step_numbers(outcome: Outcome, axis: TimeAxis, figure: dict[str, Any]) -> list[dict[str, Any]]:
    """Labels with the numbers of the steps, where they began; adds dotted lines to the figure.

    Steps too near each other for two labels share one.
    """
    groups: list[tuple[float, list[str]]] = []
    for step in outcome.steps:
        x, label = axis.at_day(step.began_days), text(f"{step.track} {step.step}".lstrip())
        if groups and x - groups[-1][0] < axis.end * 0.05:
            groups[-1][1].append(label)
        else:
            groups.append((x, [label]))
    figure["shapes"] += [vertical_line(x, MUTED) for x, _ in groups if x > 0]
    return [
        note(_span(numbers), x, 1, yref="paper", yanchor="bottom", xanchor="center") for x, numbers in groups if x > 0
    ]


def _span(labels: Sequence[str]) -> str:
    if len(labels) == 1:
        return labels[0]
    in_one_track = all(label.isdecimal() for label in labels)
    return f"{labels[0]}–{labels[-1]}" if in_one_track else f"{labels[0]} +{len(labels) - 1}"


def _finalized(outcome: Outcome, axis: TimeAxis, top: float) -> list[dict[str, Any]]:
    """A plotly trace with a mark at each time at which organizations got all features."""
    timeline = outcome.timeline
    levels = (0, *timeline.handshakes.get(ENABLE, {}).get("ACCEPTED", ()))
    at = [index for index in range(1, len(levels)) if levels[index] > levels[index - 1]]
    if not at:
        return []
    numbers = [levels[index] - levels[index - 1] for index in at]
    return [
        {
            "type": "scatter",
            "mode": "markers+text",
            "name": text("finalized"),
            "x": [axis.points[index] for index in at],
            "y": [0.0] * len(at),
            "text": ["finalized" if number == 1 else f"{number} finalized" for number in numbers],
            "textposition": "top left",
            "textfont": {"color": GREEN, "size": 12},
            "hovertemplate": "%{text}<extra></extra>",
            "cliponaxis": False,
            "marker": {"color": GREEN, "size": 9, "symbol": "diamond"},
        }
    ]
