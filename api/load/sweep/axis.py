"""The horizontal axis of a sweep's charts: the values of the first varied parameter."""

from collections.abc import Sequence
from itertools import pairwise
from math import log10
from typing import Any

from ..report.chart import text
from ..scenario import Parameter
from ..scenario.parameters import written

LOG_SCALE_RATIO = 50
"""If the greatest value is so many times the least or more, the axis is logarithmic."""
BETWEEN_TICKS = 0.06
"""The least distance of two ticks, as a part of the axis."""
SIDEWAYS = 0.014
"""How far lines are drawn beside each other, as a part of the axis; less where values are near each other."""
SIDEWAYS_OF_TEXTS = 0.06
"""The same on an axis of texts, where no place means a value."""


class ValueAxis:
    """Places values on a horizontal axis, with ticks at values that occur.

    Args:
        name: of the parameter; empty if nothing varies.
        values: in the order of the axis, each once; one if nothing varies.
        lines: how many lines are drawn beside each other.
    """

    def __init__(self, name: str, values: Sequence[Parameter], lines: int) -> None:
        self._places = dict(zip(map(written, values), _places(values), strict=True))
        places = list(self._places.values())
        self._width = (places[-1] - places[0]) or 1.0
        nearest = min((later - earlier for earlier, later in pairwise(places)), default=self._width)
        self.title = text(name)
        self.has_numbers = all(map(_is_number, values))
        """Whether what lies between two values means something."""
        sideways = SIDEWAYS if self.has_numbers else SIDEWAYS_OF_TEXTS
        self._sideways = min(sideways * self._width, nearest * 0.6 / lines)
        self._lines = lines
        self._room = max(0.05 * self._width, self._sideways * (lines + 1) / 2)

    def at(self, value: Parameter, line: int) -> float:
        """Where a value of a line stands; equal lines stand beside each other."""
        return self._places[written(value)] + (line - (self._lines - 1) / 2) * self._sideways

    @property
    def end(self) -> float:
        """The right end of the axis."""
        return list(self._places.values())[-1] + self._room

    @property
    def layout(self) -> dict[str, Any]:
        """What the axis has of plotly's layout: its range and its ticks."""
        ticks: list[tuple[str, float]] = []
        for name, place in self._places.items():
            if not ticks or place - ticks[-1][1] >= BETWEEN_TICKS * self._width:
                ticks.append((text(name), place))
        first = next(iter(self._places.values()))
        return {
            "range": [first - self._room, self.end],
            "tickvals": [place for _, place in ticks],
            "ticktext": [name for name, _ in ticks],
        }


def _places(values: Sequence[Parameter]) -> list[float]:
    """The places of values on a linear axis: the numbers, or their logarithms; of texts their ranks."""
    numbers = [float(value) for value in values if _is_number(value)]
    if len(numbers) < len(values):
        return [float(rank) for rank in range(len(values))]
    if min(numbers) > 0 and max(numbers) / min(numbers) >= LOG_SCALE_RATIO:
        return [log10(value) for value in numbers]
    return numbers


def _is_number(value: Parameter) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
