"""Thresholds: what must be true of a run's figures, so that it counts as passed."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, cast

from msgspec import Struct

from .metrics import DISTRIBUTIONS, NUMBERS, STATISTICS

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
CONDITION = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*(-?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\s*\Z")
PERCENTILE = re.compile(r"p(?:100|[1-9]?[0-9])\Z")


class Threshold(Struct, frozen=True):
    """A figure, and what it is held against."""

    metric: str
    """A name of ``metrics``, with its statistic behind a dot if it has one."""
    comparison: str
    limit: float

    def __str__(self) -> str:
        return f"{self.metric} {self.comparison} {self.limit:.15g}"

    def holds(self, value: float | None) -> bool:
        """Whether a figure is as it should be; one that does not exist is not."""
        return value is not None and COMPARISONS[self.comparison](value, self.limit)


def read_thresholds(table: Mapping[str, Any], prefix: str = "") -> tuple[Threshold, ...]:
    """The thresholds of a table of a scenario: ``migration_days.p95 = "< 60"``, quoted or as nested tables.

    Raises:
        ValueError: there is no such figure, or no such condition; the message begins with its path in the table.
    """
    found: list[Threshold] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found += read_thresholds(cast("Mapping[str, Any]", value), f"{name}.")
            continue
        condition = CONDITION.match(value) if isinstance(value, str) else None
        _require_metric(name)
        if condition is None or not math.isfinite(limit := float(condition[2])):
            raise ValueError(f'{name}: a condition is a comparison and a number, such as "< 60", not {value!r}')
        found.append(Threshold(name, condition[1], limit))
    return tuple(found)


def _require_metric(name: str) -> None:
    metric, dot, statistic = name.partition(".")
    if metric in NUMBERS:
        if dot:
            raise ValueError(f"{name}: {metric} is one number for the run; it has no {statistic!r}")
        return
    if metric not in DISTRIBUTIONS:
        known = sorted(DISTRIBUTIONS | NUMBERS)
        close = get_close_matches(metric, known, n=1)
        guess = f", did you mean {close[0]}?" if close else ""
        raise ValueError(f"{name}: there is no such figure{guess} (there are: {', '.join(known)})")
    if statistic not in STATISTICS and not PERCENTILE.match(statistic):
        wanted = f"one of {', '.join(STATISTICS)} or p0 to p100, such as {metric}.p95"
        given = f", not {statistic!r}" if statistic else ""
        raise ValueError(f"{name}: {metric} has many values; say which with {wanted}{given}")
