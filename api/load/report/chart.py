"""A chart as a report holds it, and the parts of charts: lines, areas, and labels where they end.

Figures are plain objects in the form of plotly's JSON; the page's script draws them.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from msgspec import Struct

from .style import BOTTOM, CHARACTER, HEIGHT, LINE_HEIGHT, TOP, note


class Chart(Struct, frozen=True):
    """A chart, what it is called, and what its colours mean."""

    id: str
    title: str
    about: str
    figure: dict[str, Any]
    key: tuple[tuple[str, str], ...] = ()
    """Name and colour of what is drawn."""
    labelled: bool = True
    """Whether names stand beside the lines too, so that the key is for narrow pages only."""
    wide: bool = False


class Series(Struct, frozen=True):
    """Values over time, under a name."""

    name: str
    color: str
    values: Sequence[float]

    @property
    def key(self) -> tuple[str, str]:
        """Its name and colour."""
        return self.name, self.color


def text(name: str) -> str:
    """A name as plotly shows it: it takes some tags for markup otherwise."""
    return escape(name, quote=False)


def line(series: Series, x: Sequence[float], **more: Any) -> dict[str, Any]:
    """A line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": text(series.name),
        "x": list(x),
        "y": list(series.values),
        "line": {"color": series.color, "width": 2},
    } | more


def stacked(all_series: Sequence[Series], x: Sequence[float]) -> list[dict[str, Any]]:
    """Areas on top of each other, the first at the bottom."""
    return [line(series, x, stackgroup="all", line={"color": series.color, "width": 1}) for series in all_series]


def room(names: Sequence[str]) -> int:
    """The room that labels need on the right, in pixels."""
    return 16 + CHARACTER * max(map(len, names), default=0)


def end_labels(ends: Sequence[tuple[str, str, float]], x: float, highest: float) -> list[dict[str, Any]]:
    """Labels beside where lines end, moved apart so that they do not cover each other.

    Args:
        ends: text, colour and height of each.
        x: where they end.
        highest: the top of the vertical axis.
    """
    drawn = HEIGHT - TOP - BOTTOM
    wanted = [end[2] / highest * drawn if highest else 0.0 for end in ends]
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
    """Heights at least a line apart, as near as may be to those wanted; of equal ones the first is on top."""
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


def highest(columns: Sequence[Sequence[float]], *, on_top: bool = False) -> float:
    """The top of an axis that holds these values, or their sums if they stand on top of each other."""
    if on_top:
        return max((sum(values) for values in zip(*columns, strict=True)), default=0.0) * 1.05
    return max((max(values) for values in columns if values), default=0.0) * 1.05


def summed(columns: Sequence[Sequence[int]], length: int) -> tuple[int, ...]:
    """The sum of several columns of numbers."""
    return tuple(map(sum, zip(*columns, strict=True))) if columns else (0,) * length


def largest(columns: Mapping[str, Sequence[int]], most: int) -> dict[str, Sequence[int]]:
    """The columns with the largest values, by name; what is left is one column, ``other``."""
    order = sorted(columns, key=lambda name: -max(columns[name], default=0))
    if len(order) <= most:
        return {name: columns[name] for name in order}
    kept, rest = order[: most - 1], order[most - 1 :]
    return {name: columns[name] for name in kept} | {f"{len(rest)} others": summed([columns[name] for name in rest], 0)}
