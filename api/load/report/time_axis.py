"""The horizontal axis of charts over simulated time: dates where the scenario has a start, otherwise days or hours."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from .. import wording
from ..play.outcome import Outcome
from .chart import Series
from .style import Coordinate, layout

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
MOST_ROWS = 25
"""About so many moments of a timeline stand in a table."""


class TimeAxis:
    """The time axis of a run's charts.

    Args:
        outcome: of the run.
    """

    def __init__(self, outcome: Outcome) -> None:
        timeline = outcome.timeline
        hours = outcome.metrics["virtual_hours"] or 0.0
        self._outcome = outcome
        self.unit, self._seconds = next(
            (name, seconds)
            for least, name, seconds in ((72, "days", 86_400), (2, "hours", 3_600), (0, "minutes", 60))
            if hours >= least
        )
        """Seconds per unit."""
        self._first_day = wording.days_between(outcome.start, outcome.measured_since)
        self._ends = [min((index + 1) * timeline.step_seconds / 86_400, hours / 24) for index in range(timeline.length)]
        self.days = [self._first_day, *(self._first_day + end for end in self._ends)]
        """The start and the end of each interval of the timeline, in days after the start of the run."""
        self.last_day = self._first_day + hours / 24
        """The end of the run, in days after its start."""
        self.points = [self.at_day(day) for day in self.days]
        """The same as places on the axis."""
        self.end = self.at_day(self.last_day)
        self.title = "" if outcome.dated else f"{self.unit} from the start"
        self.interval = _interval_text(timeline.step_seconds)
        """The length of an interval of the timeline, as text."""

    def at_day(self, days: float) -> Coordinate:
        """A place on the axis, by the days after the start of the run."""
        if self._outcome.dated:
            return f"{self._outcome.start + timedelta(days=days):%Y-%m-%dT%H:%M:%S}"
        return round((days - self._first_day) * 86_400 / self._seconds, 4)

    def said(self, days: float) -> str:
        """A moment as text, by the days after the start of the run: its date, or the hour or day of the run."""
        if self._outcome.dated:
            return wording.day(self._outcome, days)
        return f"{self.unit.removesuffix('s')} {(days - self._first_day) * 86_400 / self._seconds:,.1f}"

    def share(self, days: float, last_day: float) -> float:
        """Where a day is on an axis that ends with another one, from 0 to 1."""
        length = last_day - self._first_day
        return (days - self._first_day) / length if length else 0.0

    def layout(self, y_title: str, right: int, last_day: float | None = None) -> dict[str, Any]:
        """The plotly layout of a chart over time.

        Args:
            y_title: the title of the vertical axis.
            right: the right margin, in pixels.
            last_day: where the axis ends, if not with the run.
        """
        figure = layout(self.title, y_title, right)
        end = self.end if last_day is None else self.at_day(last_day)
        figure["xaxis"] |= {"range": [self.points[0], end]}
        if self._outcome.dated:
            figure["xaxis"] |= {"type": "date", "hoverformat": "%a %-d %b %Y %H:%M"}
        return figure

    def table(self, all_series: Sequence[Series], *, per_interval: bool = False) -> dict[str, Any]:
        """The members ``head`` and ``rows`` of a chart: the values of series at moments spread over the run.

        Args:
            all_series: with a value for each of ``points``; with ``per_interval`` without the first.
            per_interval: whether values are of intervals, so that those left out are added to the next.
        """
        number = len(self.days) - 1
        every = -(-number // MOST_ROWS) or 1
        places = sorted({*range(0, number + 1, every), number} - ({0} if per_interval else set()))
        rows = [
            (
                self.said(self.days[place]),
                *(_value(each, place, before, per_interval) for each in all_series),
            )
            for before, place in zip([0, *places], places, strict=False)
        ]
        first = "In the time up to" if per_interval else "At"
        return {"head": (first, *(each.name for each in all_series)), "rows": tuple(rows)}


def _value(series: Series, place: int, before: int, per_interval: bool) -> str:
    return f"{sum(series.values[before:place]) if per_interval else series.values[place]:,.0f}"


def _interval_text(seconds: int) -> str:
    """A length in the largest unit that divides it, such as ``6 hours`` or ``day``."""
    size, name = next(each for each in UNITS if seconds % each[0] == 0)
    number = seconds // size
    return f"{number} {name}s" if number > 1 else name
