"""Colours and sizes of charts. A state has one colour in all charts; the colours suit colour-blind readers.

Figures hold the colours of light pages; on dark pages the page's script replaces them by those of ``DARK``.
"""

from typing import Any

Coordinate = float | str
"""A place on an axis: a number, or on an axis of dates a date in ISO 8601."""

INK, MUTED, GRID = "#1c2430", "#5b6675", "#e3e7ec"
BLUE, SKY, GREEN, SEA = "#0b5fa5", "#2b8cc4", "#00805e", "#4d9c86"
VERMILION, PURPLE, AMBER, GRAY = "#c2410c", "#a23b8c", "#9a6b00", "#6b7280"

DARK = {
    INK: "#e8ecf1",
    MUTED: "#a3adba",
    GRID: "#2c343f",
    BLUE: "#8ab8ff",
    SKY: "#6cc4f0",
    GREEN: "#3cc79a",
    SEA: "#8fd6c0",
    VERMILION: "#ff8a5b",
    PURPLE: "#e58fd0",
    AMBER: "#e8b84a",
    GRAY: "#a9b2be",
}
"""Maps colours of light pages to colours of dark pages."""

STATES = {
    "ACCEPTED": GREEN,
    "SUCCEEDED": GREEN,
    "OPEN": SKY,
    "IN_PROGRESS": SKY,
    "PENDING_CLOSURE": SKY,
    "REQUESTED": AMBER,
    "CLOSED": GRAY,
    "CANCELED": GRAY,
    "DECLINED": VERMILION,
    "FAILED": VERMILION,
    "EXPIRED": PURPLE,
}
"""Colours of states, in the order in which they are stacked, from the bottom."""

SERIES = (BLUE, AMBER, SKY, PURPLE, SEA, GRAY)
"""Colours of organizations and operations, the largest first."""

HEIGHT, TOP, BOTTOM, LEFT = 330, 48, 46, 58
"""The height of a chart and its margins, in pixels."""

LINE_HEIGHT, CHARACTER = 16, 7
"""The height of a label and the width of its characters, in pixels."""


def layout(x_title: str, y_title: str, right: int) -> dict[str, Any]:
    """The plotly layout that all charts share.

    Args:
        x_title: the title of the horizontal axis, with its unit.
        y_title: the title of the vertical axis; placed above it, horizontally, to be readable.
        right: the right margin, in pixels.
    """
    return {
        "height": HEIGHT,
        "margin": {"l": LEFT, "r": right, "t": TOP, "b": BOTTOM, "pad": 4},
        "font": {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "size": 12, "color": MUTED},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {"font": {"size": 12}},
        "xaxis": _axis(
            {"title": {"text": x_title, "standoff": 8, "font": {"size": 12}}, "showgrid": False, "linecolor": MUTED}
        ),
        "yaxis": _axis({"gridcolor": GRID, "nticks": 6, "tickformat": ",~r", "hoverformat": ",~r"}),
        "annotations": [
            note(
                y_title,
                0,
                1,
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                yshift=22,
                xshift=-LEFT + 8,
                name="title",
            )
        ],
        "shapes": [],
    }


def _axis(more: dict[str, Any]) -> dict[str, Any]:
    return {"fixedrange": True, "zeroline": False, "rangemode": "tozero", "ticks": "", "showline": False} | more


def note(text: str, x: Coordinate, y: float, **more: Any) -> dict[str, Any]:
    """A plotly annotation: a text without an arrow; ``more`` overrides its members."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": {"size": 12, "color": MUTED}} | more


def vertical_line(x: Coordinate, color: str, dash: str = "dot") -> dict[str, Any]:
    """A plotly shape: a vertical line over the full height of a chart."""
    line = {"color": color, "width": 1, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "layer": "below", "line": line}
