"""What happened when, as marks on charts over time: steps by their names, reminders, deadlines and thresholds."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from .. import wording
from ..play.outcome import Outcome, StepOutcome
from ..scenario.figures import metric_of
from ..scenario.steps import EnableAllFeatures
from .chart import Chart, short, text
from .style import (
    AMBER,
    BLUE,
    BOTTOM,
    CHARACTER,
    GREEN,
    INK,
    LINE_HEIGHT,
    MUTED,
    PURPLE,
    TOP,
    VERMILION,
    layout,
    note,
    vertical_line,
)
from .time_axis import TimeAxis

MOST_ROWS = 40
"""With more steps, reminders and deadlines than that there is no chart of them; the tables have them all."""
ROW = 30
"""The height of a row, in pixels."""
DRAWN = 1_080
"""About the width of a wide chart, in pixels."""
MOST_LINES = 4
"""So many lines of names stand above a chart."""
FAR = 2
"""A limit that is so many times later than the end of the run is not drawn."""


class Limit(Struct, frozen=True):
    """A moment at which something should have been done, as a threshold says."""

    day: float
    said: str
    ok: bool

    @property
    def color(self) -> str:
        """Its colour."""
        return GREEN if self.ok else VERMILION


class Span(Struct, frozen=True):
    """Something that happened at a moment or during a time."""

    name: str
    kind: str
    first: float
    """The day on which it began."""
    last: float


COLORS = {"step": BLUE, "reminder": AMBER, "deadline": PURPLE}


def step_name(step: StepOutcome) -> str:
    """A step in words: ``enable all features, ours``."""
    action = step.action.replace("_", " ")
    where = f"{step.track}: " if step.track else ""
    return f"{where}{action}{f', {step.subject}' if step.subject else ''}"


def limits(outcome: Outcome, axis: TimeAxis) -> list[Limit]:
    """The moments by which thresholds want the run, or a migration, to be done, but those far behind its end."""
    found: list[Limit] = []
    for each in outcome.thresholds:
        began = _clock_of(outcome, each.metric)
        if began is None or not each.comparison.startswith("<"):
            continue
        day = began + each.limit / (24 if metric_of(each.metric) == "virtual_hours" else 1)
        if axis.days[0] < day <= axis.days[0] + FAR * (axis.last_day - axis.days[0]):
            said = f"{wording.mark(each)} {each.threshold}, {axis.said(day)}"
            found.append(Limit(day, said, each.ok))
    return found


def _clock_of(outcome: Outcome, figure: str) -> float | None:
    """The day from which on a figure counts its days; None if it counts none that can be drawn."""
    metric, part = metric_of(figure), figure.rpartition(".")[0]
    if metric in ("virtual_days", "virtual_hours") and not part:
        return wording.days_between(outcome.start, outcome.measured_since)
    if metric == "finalize_days":
        enabled = [step for step in outcome.steps if step.operation == EnableAllFeatures.operation]
        of = part.removeprefix("organizations.")
        begins = [step.began_days for step in enabled if not of or step.subject == of]
        return max(begins, default=None)
    return None


def last_day(axis: TimeAxis, found: Sequence[Limit]) -> float:
    """Where the axis ends: with the run, or a little behind its last limit."""
    length = axis.last_day - axis.days[0]
    return max(axis.last_day, *(each.day + length * 0.01 for each in found)) if found else axis.last_day


def draw_limits(found: Sequence[Limit], axis: TimeAxis, figure: dict[str, Any], rise: int = 4) -> None:
    """Draw limits as dashed lines over the full height, with what they are so many pixels above their feet."""
    end = last_day(axis, found)
    figure["shapes"] += [vertical_line(axis.at_day(each.day), each.color, "dash") for each in found]
    figure["annotations"] += [
        note(
            text(each.said),
            axis.at_day(each.day),
            0,
            yref="paper",
            yanchor="bottom",
            yshift=rise + LINE_HEIGHT * index,
            name="limit",
            font={"size": 12, "color": each.color},
            **_side(axis.share(each.day, end), each.said),
        )
        for index, each in enumerate(found)
    ]


def _side(share: float, said: str) -> dict[str, Any]:
    """On which side of a line its label stands: on the left, unless that has no room, on a page half as wide either."""
    if share * DRAWN / 2 < CHARACTER * len(said):
        return {"xanchor": "left", "xshift": 5}
    return {"xanchor": "right", "xshift": -5}


def draw_steps(outcome: Outcome, axis: TimeAxis, figure: dict[str, Any], end: float) -> None:
    """Draw a dotted line where steps began, with their names above the chart, for which it makes room."""
    groups = _groups(outcome, axis, end)
    lines = [0.0] * MOST_LINES
    notes: list[dict[str, Any]] = []
    used = 0
    for day, names in groups:
        said = short(names[0]) if len(names) == 1 else f"{short(names[0])}, +{len(names) - 1}"
        x, width = axis.share(day, end) * DRAWN, CHARACTER * len(said)
        left = x + width < DRAWN + 80
        begin, stop = (x, x + width) if left else (x - width, x)
        row = next((index for index, taken in enumerate(lines) if taken <= begin), None)
        if row is None:
            continue
        lines[row], used = stop + 14, max(used, row + 1)
        side = {"xanchor": "left", "xshift": -3} if left else {"xanchor": "right", "xshift": 3}
        notes.append(
            note(
                text(said),
                axis.at_day(day),
                1,
                yref="paper",
                yanchor="bottom",
                yshift=2 + LINE_HEIGHT * row,
                name="step",
                **side,
            )
        )
    figure["annotations"] += notes
    figure["shapes"] += [vertical_line(axis.at_day(day), MUTED) for day, _ in groups]
    room = LINE_HEIGHT * max(used - 1, 0)
    figure["margin"]["t"] += room
    figure["height"] += room
    figure["annotations"][0]["yshift"] += room
    # Where the names are left out, the page's script takes the room back.
    figure["meta"] = {"room": room}


def _groups(outcome: Outcome, axis: TimeAxis, end: float) -> list[tuple[float, list[str]]]:
    """The days on which steps began, with their names; those too near each other to be told apart are one."""
    groups: list[tuple[float, list[str]]] = []
    near = (end - axis.days[0]) * 0.006
    for step in sorted(outcome.steps, key=lambda each: each.began_days):
        if step.began_days < axis.days[0]:
            continue
        if groups and step.began_days - groups[-1][0] <= near:
            groups[-1][1].append(step_name(step))
        else:
            groups.append((step.began_days, [step_name(step)]))
    return groups


def spans(outcome: Outcome) -> list[Span]:
    """Steps, reminders and deadlines in the order in which they began."""
    found = [
        Span(f"{step.step} {step_name(step)}", "step", step.began_days, step.began_days + step.hours / 24)
        for step in outcome.steps
    ]
    found += [
        Span(wording.follow_up(each), each.kind, each.first_days, each.last_days)
        for each in outcome.follow_ups
        # Reminders that a step sends are among the steps.
        if each.first_days is not None and each.last_days is not None and not each.step
    ]
    return sorted(found, key=lambda each: each.first)


def when_chart(outcome: Outcome, axis: TimeAxis) -> Iterator[Chart]:
    """The chart of what happened when: a row for each step, reminder and deadline."""
    found, drawn_limits = spans(outcome), limits(outcome, axis)
    tells = len(found) > 1 or drawn_limits
    if not tells or len(found) > MOST_ROWS or axis.last_day == axis.days[0]:
        return
    end = last_day(axis, drawn_limits)
    figure = layout("", "", 24)
    figure |= axis.layout("", 24, end)
    rows = len(found)
    figure["height"] = TOP // 3 + BOTTOM + ROW * rows + LINE_HEIGHT * len(drawn_limits)
    figure["margin"]["t"] = TOP // 3
    figure["annotations"] = [_row_label(each, row, axis, end) for row, each in enumerate(found)]
    figure["yaxis"] |= {
        "range": [rows - 0.4 + LINE_HEIGHT * len(drawn_limits) / ROW, -0.9],
        "showticklabels": False,
        "showgrid": False,
        "rangemode": "normal",
    }
    figure["hovermode"] = "closest"
    draw_limits(drawn_limits, axis, figure)
    kinds = [kind for kind in COLORS if any(each.kind == kind for each in found)]
    data = [_bars(kind, [(row, each) for row, each in enumerate(found) if each.kind == kind], axis) for kind in kinds]
    yield Chart(
        "when",
        "What happened when",
        "Steps from beginning to end; reminders and deadlines from the first account that they met to the last.",
        {"data": data, "layout": figure},
        tuple((f"{kind}s", COLORS[kind]) for kind in kinds) if len(kinds) > 1 else (),
        labelled=False,
        wide=True,
        head=("What", "Begins", "Ends"),
        rows=tuple((each.name, axis.said(each.first), axis.said(each.last)) for each in found),
    )


def _row_label(span: Span, row: int, axis: TimeAxis, end: float) -> dict[str, Any]:
    late = axis.share(span.first, end) > 0.6
    side = {"xanchor": "right", "xshift": 4} if late else {"xanchor": "left", "xshift": -4}
    at = span.last if late else max(span.first, axis.days[0])
    return note(
        text(span.name),
        axis.share(at, end),
        row,
        # The page's script moves it to the left, and cuts it, if it has not the room.
        xref="paper",
        yanchor="bottom",
        yshift=3,
        name="row",
        font={"size": 12, "color": INK},
        **side,
    )


def _bars(kind: str, placed: Sequence[tuple[int, Span]], axis: TimeAxis) -> dict[str, Any]:
    """A plotly trace: thick lines from the beginning to the end of each, interrupted between them."""
    x: list[Any] = []
    y: list[Any] = []
    for row, span in placed:
        x += [axis.at_day(max(span.first, axis.days[0])), axis.at_day(span.last), None]
        y += [row, row, None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": text(f"{kind}s"),
        "x": x,
        "y": y,
        "text": [text(name) for _, span in placed for name in (span.name, span.name, "")],
        "hovertemplate": "%{text}<br>%{x}<extra></extra>",
        "line": {"color": COLORS[kind], "width": 6},
        "marker": {"color": COLORS[kind], "size": 8},
        "cliponaxis": False,
    }
