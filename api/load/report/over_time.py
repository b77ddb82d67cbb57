"""Charts over simulated time: progress to all features, states of handshakes and accounts, calls."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ...plurals import counted
from .. import wording
from ..answer import set_up
from ..play.outcome import Outcome
from ..scenario.steps import CreateAccounts
from .chart import Chart, Series, axis_top, end_labels, label_margin, largest, line, short, stacked, summed, text
from .marks import draw_limits, draw_steps, last_day, limits, when_chart
from .style import BLUE, GREEN, SEA, SERIES, SKY, STATES
from .time_axis import TimeAxis

INVITE, APPROVE, ENABLE = "INVITE", "APPROVE_ALL_FEATURES", "ENABLE_ALL_FEATURES"
ROOM_FOR_LABELS = 0.8
"""Lines that end before this share of the axis have their labels on it, others beside it."""
FEWEST_THROTTLED = 10
"""Fewer throttled calls are no chart; the table has them."""


def time_charts(outcome: Outcome) -> Iterator[Chart]:
    """The charts of progress and states; those in which nothing changes after the first interval are left out."""
    axis = TimeAxis(outcome)
    timeline = outcome.timeline
    yield from _progress(outcome, axis)
    yield from when_chart(outcome, axis)
    for action, states in wording.sorted_by_action(timeline.handshakes):
        # A single handshake makes no area worth drawing; a migration's end is marked in the first chart anyway.
        if max(summed(list(states.values()), 0), default=0) > 1:
            name = wording.handshake(action)
            yield from _states(axis, f"handshakes-{action.lower()}", f"{name} by state", name.lower(), states)
    yield from _members(outcome, axis)
    if not set_up(outcome):
        yield from _states(axis, "creations", "Account creations by state", "account creations", timeline.creations)
    yield from _states(axis, "closures", "Account closures by state", "accounts", timeline.closures)


def call_charts(outcome: Outcome) -> Iterator[Chart]:
    """The charts of calls and throttled calls, where calls were throttled at all."""
    axis = TimeAxis(outcome)
    hidden = {CreateAccounts.operation} if set_up(outcome) else set[str]()
    for id_, title, all_calls in (
        ("calls", "Calls made", outcome.timeline.calls),
        ("throttled", "Calls throttled", outcome.timeline.throttled),
    ):
        calls = {name: values for name, values in all_calls.items() if name not in hidden}
        least = FEWEST_THROTTLED if id_ == "throttled" else 1
        if sum(map(sum, calls.values())) >= least:
            # An operation has the same colour in both charts: that of its rank among all calls.
            order = list(largest(outcome.timeline.calls, len(SERIES)))
            found = largest(calls, len(SERIES))
            colors = {name: SERIES[order.index(name) if name in order else -1] for name in found}
            about = f"By operation, within each {axis.interval}."
            if left_out := sum(sum(all_calls.get(name, ())) for name in hidden):
                about += f" Without {counted(left_out, 'call')} of CreateAccount that set the scene."
            drawn = [Series(name, colors[name], values) for name, values in found.items()]
            yield _bars(axis, id_, title, about, drawn)


def _bars(axis: TimeAxis, id_: str, title: str, about: str, all_series: Sequence[Series]) -> Chart:
    """A chart of stacked bars, one for each interval; without end labels, as the last bar is nothing special."""
    figure = axis.layout(f"calls per {axis.interval}", 24)
    figure["yaxis"]["range"] = [0, axis_top([series.values for series in all_series], is_stacked=True)]
    figure |= {"barmode": "stack", "bargap": 0}
    middles = [axis.at_day((begin + end) / 2) for begin, end in pairwise(axis.days)]
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
    keys = tuple(series.key for series in all_series)
    table = axis.table(all_series, per_interval=True)
    return Chart(id_, title, about, {"data": data, "layout": figure}, keys, labelled=False, **table)


def _happens(columns: Any) -> bool:
    """Tell whether series are worth a chart: they change after the first interval."""
    return any(max(column[1:]) != min(column[1:]) for column in columns if len(column) > 1)


def _states(axis: TimeAxis, id_: str, title: str, what: str, states: Mapping[str, Sequence[int]]) -> Iterator[Chart]:
    if not _happens(states.values()):
        return
    order = list(STATES)
    kinds = sorted((state for state in states if any(states[state])), key=lambda state: order.index(state.split()[0]))
    all_series = [Series(wording.words(state), STATES[state.split()[0]], states[state]) for state in kinds]
    yield _areas(axis, id_, title, f"At the end of each {axis.interval}.", what, all_series)


def _members(outcome: Outcome, axis: TimeAxis) -> Iterator[Chart]:
    members = outcome.timeline.members
    if not _happens(members.values()):
        return
    found = largest(members, len(SERIES))
    all_series = [Series(name, color, values) for (name, values), color in zip(found.items(), SERIES, strict=False)]
    about = f"Management accounts included, at the end of each {axis.interval}."
    yield _areas(axis, "members", "Members of organizations", about, "accounts", all_series)


def _areas(axis: TimeAxis, id_: str, title: str, about: str, what: str, all_series: Sequence[Series]) -> Chart:
    columns = [series.values for series in all_series]
    top = axis_top(columns, is_stacked=True)
    ends, below = list[tuple[str, str, float]](), 0.0
    for series in all_series:
        last = series.values[-1]
        ends.append((f"{short(series.name)} {last:,.0f}", series.color, below + last / 2))
        below += last
    figure = axis.layout(what, label_margin([end[0] for end in ends]))
    figure["yaxis"]["range"] = [0, top]
    figure["annotations"] += end_labels(ends, axis.end, top)
    data, keys = stacked(all_series, axis.points), tuple(series.key for series in all_series)
    return Chart(id_, title, about, {"data": data, "layout": figure}, keys, **axis.table(all_series))


def _progress(outcome: Outcome, axis: TimeAxis) -> Iterator[Chart]:
    """The chart of how many handshakes were sent and accepted, up to all features."""
    handshakes, length = outcome.timeline.handshakes, outcome.timeline.length
    found: list[Series] = []
    for action, asked, accepted, colors in (
        (INVITE, "invited", "joined", (SKY, BLUE)),
        (APPROVE, "asked for approval", "approved", (SEA, GREEN)),
    ):
        if states := handshakes.get(action):
            found.append(Series(asked, colors[0], summed(list(states.values()), length + 1)))
            found.append(Series(accepted, colors[1], states.get("ACCEPTED", (0,) * (length + 1))))
    if not _happens([series.values for series in found]):
        return
    ends = [(f"{short(series.name)} {series.values[-1]:,.0f}", series.color, series.values[-1]) for series in found]
    top, drawn_limits = axis_top([series.values for series in found]), limits(outcome, axis)
    last = last_day(axis, drawn_limits)
    # Behind the end of the lines there is room for their labels, unless the axis ends there too.
    has_room = axis.share(axis.last_day, last) < ROOM_FOR_LABELS
    margin = 24 if has_room else label_margin([end[0] for end in ends])
    figure = axis.layout("handshakes so far", margin, last)
    figure["yaxis"]["range"] = [0, top]
    figure["annotations"] += end_labels(ends, axis.end if has_room else axis.at_day(last), top)
    draw_steps(outcome, axis, figure, last)
    draw_limits(drawn_limits, axis, figure, rise=26)
    dashes = ("dash", "solid")
    data = [
        line(series, axis.points, line={"color": series.color, "width": 2, "dash": dashes[index % 2]})
        for index, series in enumerate(found)
    ]
    data += _finalized(outcome, axis, top)
    about = "How many handshakes had come how far. Dotted: the steps that began then. Dashed: what thresholds want."
    figures = {"data": data, "layout": figure}
    keys = tuple(series.key for series in found)
    title = "From invitation to all features" if APPROVE in handshakes else "From invitation to membership"
    yield Chart("way", title, about, figures, keys, wide=True, **axis.table(found))


def _finalized(outcome: Outcome, axis: TimeAxis, top: float) -> list[dict[str, Any]]:
    """A plotly trace with a mark at each time at which organizations got all features."""
    timeline = outcome.timeline
    levels = timeline.handshakes.get(ENABLE, {}).get("ACCEPTED", ())
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
