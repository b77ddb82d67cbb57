"""Charts and their building blocks: lines, stacked areas, and labels at the ends of lines.

A figure is a plain dict in the form of plotly's JSON; the page's script draws it.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from msgspec import Struct

from .style import BOTTOM, CHARACTER, HEIGHT, LINE_HEIGHT, TOP, Coordinate, note

LONGEST = 40
"""So many characters of a name stand in a label."""


class Chart(Struct, frozen=True):
    """A chart with its title, its description and its legend."""

    id: str
    title: str
    about: str
    """One sentence that describes the chart."""
    figure: dict[str, Any]
    """In the form of plotly's JSON."""
    key: tuple[tuple[str, str], ...] = ()
    """The legend: name and colour of each series."""
    labelled: bool = True
    """Whether the lines have labels too, so that the legend is needed on narrow pages only."""
    wide: bool = False
    """Whether it takes the full width of the page."""
    head: tuple[str, ...] = ()
    """The titles of the columns of a table with the same numbers, for those who do not see the chart."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The rows of that table."""


class Series(Struct, frozen=True):
    """A named series of values over time."""

    name: str
    color: str
    values: Sequence[float]

    @property
    def key(self) -> tuple[str, str]:
        """The series' entry in the legend: name and colour."""
        return self.name, self.color


def short(name: str) -> str:
    """The beginning of a name that is too long for a label; the tables have all of it."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def text(name: str) -> str:
    """Escape a text for plotly, which renders some tags as markup."""
    return escape(name, quote=False)


def line(series: Series, x: Sequence[Coordinate], **more: Any) -> dict[str, Any]:
    """A plotly trace: a line through the values of a series; ``more`` overrides its members."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": text(series.name),
        "x": list(x),
        "y": list(series.values),
        "line": {"color": series.color, "width": 2},
    } | more


def stacked(all_series: Sequence[Series], x: Sequence[Coordinate]) -> list[dict[str, Any]]:
    """Plotly traces: areas stacked on top of each other, the first at the bottom."""
    return [line(series, x, stackgroup="all", line={"color": series.color, "width": 1}) for series in all_series]


def label_margin(labels: Sequence[str]) -> int:
    """The right margin that labels at the ends of lines need, in pixels."""
    return 16 + CHARACTER * max(map(len, labels), default=0)


def end_labels(
    ends: Sequence[tuple[str, str, float]], x: Coordinate, highest: float, lowest: float = 0.0
) -> list[dict[str, Any]]:
    """Labels at the right ends of lines, moved apart so that they do not overlap.

    Args:
        ends: for each line the label's text, its colour, and the line's last value.
        x: the last point on the horizontal axis.
        highest: the top of the vertical axis.
        lowest: its bottom.
    """
    drawn, span = HEIGHT - TOP - BOTTOM, highest - lowest
    wanted = [(end[2] - lowest) / span * drawn if span else 0.0 for end in ends]
    placed = _apart(wanted, drawn)
    return [
        note(
            text(name),
            x,
            y,
            name="label",
            xanchor="left",
            xshift=6,
            yshift=round(at - want, 1),
            font={"size": 12, "color": color},
        )
        for (name, color, y), want, at in zip(ends, wanted, placed, strict=True)
    ]


def _apart(wanted: Sequence[float], top: float) -> list[float]:
    """Heights at least a text line apart, as near as possible to the wanted ones; the first of equal ones is on top.

    A pass upwards pushes each label above the one below it; a pass downwards pushes back what went over the top.
    """
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], -index))
    placed = list(wanted)
    floor = 0.0
    for index in order:
        placed[index] = floor = max(wanted[index], floor)
        floor += LINE_HEIGHT
    ceiling = top - LINE_HEIGHT / 2
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - LINE_HEIGHT
    return placed


def axis_top(columns: Sequence[Sequence[float]], *, is_stacked: bool = False) -> float:
    """The top of an axis that has room for several series, stacked or not, with 5 % above."""
    if is_stacked:
        return max((sum(values) for values in zip(*columns, strict=True)), default=0.0) * 1.05
    return max((max(values) for values in columns if values), default=0.0) * 1.05


def summed(columns: Sequence[Sequence[int]], length: int) -> tuple[int, ...]:
    """Add several series value by value; ``length`` zeros if there are none."""
    return tuple(map(sum, zip(*columns, strict=True))) if columns else (0,) * length


def largest(columns: Mapping[str, Sequence[int]], most: int) -> dict[str, Sequence[int]]:
    """Keep the series with the largest values, at most ``most``; the rest is summed into one, ``N others``."""
    order = sorted(columns, key=lambda name: -max(columns[name], default=0))
    if len(order) <= most:
        return {name: columns[name] for name in order}
    kept, rest = order[: most - 1], order[most - 1 :]
    return {name: columns[name] for name in kept} | {f"{len(rest)} others": summed([columns[name] for name in rest], 0)}
