"""Colours and measures of a report's charts: one colour for a state wherever it is drawn, apart for the colour-blind.

Figures are drawn in the colours of light pages; the page's script puts those of dark pages in their place.
"""

from typing import Any

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
"""Colour on light pages to colour on dark ones."""

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
"""State to colour, in the order in which they are stacked from the bottom."""

SERIES = (BLUE, AMBER, SKY, PURPLE, SEA, GRAY)
"""Of what has no state: organizations and operations, the largest first."""

HEIGHT, TOP, BOTTOM, LEFT = 330, 48, 46, 58
"""Of a chart and around what is drawn in it, in pixels."""

LINE_HEIGHT, CHARACTER = 16, 7
"""Of a label, in pixels."""


def layout(x_title: str, y_title: str, right: int) -> dict[str, Any]:
    """The layout that all charts share.

    Args:
        x_title: of the horizontal axis, with its unit.
        y_title: of the vertical one; stands above it, so that it reads without tilting one's head.
        right: the room for labels, in pixels.
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
                y_title, 0, 1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=22, xshift=-LEFT + 8
            )
        ],
        "shapes": [],
    }


def _axis(more: dict[str, Any]) -> dict[str, Any]:
    return {"fixedrange": True, "zeroline": False, "rangemode": "tozero", "ticks": "", "showline": False} | more


def note(text: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    """A text in a chart, without an arrow."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": {"size": 12, "color": MUTED}} | more


def upright(x: float, color: str, dash: str = "dot") -> dict[str, Any]:
    """An upright line from the bottom to the top of a chart."""
    line = {"color": color, "width": 1, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "layer": "below", "line": line}
