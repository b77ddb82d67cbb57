"""Thresholds: conditions on a run's figures, which all must hold for the run to pass."""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, cast

from msgspec import Struct

from .metrics import DISTRIBUTIONS, NUMBERS, STATISTICS
from .problems import Problem, Problems

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
    """A condition on one figure."""

    metric: str
    """The name of a figure in ``metrics``, and of a distribution the statistic behind a dot."""
    comparison: str
    limit: float

    def __str__(self) -> str:
        return f"{self.metric} {self.comparison} {self.limit:.15g}"

    def holds(self, value: float | None) -> bool:
        """Tell whether a value meets the condition; a figure without a value does not."""
        return value is not None and COMPARISONS[self.comparison](value, self.limit)


def read_thresholds(table: Mapping[str, Any]) -> tuple[Threshold, ...]:
    """Read the table ``thresholds`` of a scenario.

    Args:
        table: figure to condition, such as ``migration_days.p95 = "< 60"``; TOML nests the dotted keys.

    Raises:
        ScenarioError: figures do not exist or conditions cannot be read; all of them, with their paths.
    """
    found: list[Threshold] = []
    problems = Problems()
    for path, value in _leaves(table, ()):
        try:
            found.append(_threshold(".".join(path), value))
        except ValueError as error:
            problems.append(Problem(str(error), ("thresholds", *path)))
    problems.require_none()
    return tuple(found)


def read_condition(text: str) -> Threshold:
    """Read a condition with its figure in one text, such as ``joined_share >= 0.95``.

    Raises:
        ValueError: there is no such figure, or it is no condition.
    """
    name = re.match(r"\s*([\w.]*)", text)
    assert name, "an empty name matches"
    return _threshold(name[1], text[name.end() :])


def _leaves(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(cast("Mapping[str, Any]", value), (*path, key))
        else:
            yield (*path, key), value


def _threshold(name: str, value: Any) -> Threshold:
    _require_metric(name)
    condition = CONDITION.match(value) if isinstance(value, str) else None
    if condition is None or not math.isfinite(limit := float(condition[2])):
        raise ValueError(f'a condition is a comparison and a number, such as "< 60", not {value!r}')
    return Threshold(name, condition[1], limit)


def _require_metric(name: str) -> None:
    """Check that a figure exists, and that it names a statistic exactly if it is a distribution.

    Raises:
        ValueError: it does not.
    """
    metric, dot, statistic = name.partition(".")
    if metric in NUMBERS:
        if dot:
            raise ValueError(f"{metric} is one number for the run; it has no {statistic!r}")
        return
    if metric not in DISTRIBUTIONS:
        known = sorted(DISTRIBUTIONS | NUMBERS)
        close = get_close_matches(metric, known, n=1)
        guess = f", did you mean {close[0]}?" if close else ""
        raise ValueError(f"there is no such figure{guess} (there are: {', '.join(known)})")
    if statistic not in STATISTICS and not PERCENTILE.match(statistic):
        wanted = f"one of {', '.join(STATISTICS)} or p0 to p100, such as {metric}.p95"
        given = f", not {statistic!r}" if statistic else ""
        raise ValueError(f"{metric} has many values; say which with {wanted}{given}")
