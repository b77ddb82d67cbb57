"""Thresholds: conditions on a run's figures, which all must hold for the run to pass."""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, cast

from msgspec import Struct, structs

from ....engine.spelling import quoted
from .conversion import salvage
from .figures import RUN, Figure, Figures
from .possible import as_share
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


Severity = Literal["fail", "warn"]


class Threshold(Struct, frozen=True):
    """A condition on one figure."""

    metric: str
    """The name of a figure as it was written; of a distribution with the statistic behind a dot."""
    comparison: str
    limit: float
    part: str = RUN
    """Whose figure it is, see ``figures``."""
    of_part: str = ""
    """The name of the figure among those of a part."""
    severity: Severity = "fail"
    """Whether the run fails if it does not hold, or there is only a warning."""
    stop: bool = False
    """Whether the run ends as soon as it has held and does not any more."""

    @property
    def figure(self) -> Figure:
        """The figure that it is about."""
        return Figure(self.part, self.of_part or self.metric)

    def __str__(self) -> str:
        return f"{self.metric} {self.comparison} {self.limit:.15g}"

    def holds(self, value: float | None) -> bool:
        """Tell whether a value meets the condition; a figure without a value does not."""
        return value is not None and COMPARISONS[self.comparison](value, self.limit)


class ThresholdTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A threshold with more than its condition."""

    condition: str
    """A comparison and a number."""
    severity: Severity = "fail"
    stop: bool = False


def read_thresholds(table: Any, figures: Figures, problems: Problems) -> tuple[Threshold, ...]:
    """Read the table ``thresholds`` of a scenario.

    Args:
        table: figure to condition, such as ``migration_days.p95 = "< 60"``; TOML nests the dotted keys.
        figures: those that there are.
        problems: figures that do not exist and conditions that cannot be read are added to it.
    """
    if not isinstance(table, dict):
        message = 'must be a table such as [thresholds] with migration_days.p95 = "< 60"'
        problems.append(Problem(message, ("thresholds",)))
        return ()
    found = list[Threshold]()
    for path, value in _leaves(cast("dict[str, Any]", table), ()):
        place = ("thresholds", *path)
        more = ThresholdTable(condition=value)
        if isinstance(value, Mapping):
            more = salvage(value, ThresholdTable, place, problems, needed=("condition",))
            if more is None:
                continue
        try:
            threshold = _threshold(".".join(path), more.condition, figures)
        except ValueError as error:
            problems.append(Problem(str(error), place))
        else:
            found.append(structs.replace(threshold, severity=more.severity, stop=more.stop))
    return tuple(found)


def read_condition(text: str, figures: Figures) -> Threshold:
    """Read a condition with its figure in one text, such as ``joined_share >= 0.95``.

    Raises:
        ValueError: there is no such figure, or it is no condition.
    """
    # A name may have spaces in it, but without a comparison nothing tells where it ends.
    name = re.match(r"\s*([^<>=!]*?)\s*(?=[<>=!])|\s*(\S*)", text)
    assert name, "an empty name matches"
    return _threshold(name[1] or name[2] or "", text[name.end() :], figures)


def _leaves(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and _is_part(inner := cast("Mapping[str, Any]", value)):
            yield from _leaves(inner, (*path, key))
        else:
            yield (*path, key), value


def _is_part(table: Mapping[str, Any]) -> bool:
    """Tell a table of a part's figures, which are tables, from a threshold, even one that lacks its condition."""
    return all(isinstance(table.get(name, {}), Mapping) for name in ThresholdTable.__struct_fields__)


def _threshold(name: str, value: Any, figures: Figures) -> Threshold:
    figure = figures.find(name)
    condition = CONDITION.match(value) if isinstance(value, str) else None
    if condition is None or not math.isfinite(limit := float(condition[2])):
        percent = re.search(r"([0-9]+(?:\.[0-9]+)?) ?%", str(value))
        instead = as_share(float(percent[1])) if percent else ""
        raise ValueError(f'a condition is a comparison and a number, such as "< 60", not {quoted(value)}{instead}')
    of_part = figure.name if figure.part != RUN else ""
    threshold = Threshold(name, condition[1], limit, figure.part, of_part)
    if name.endswith("_share") and not any(map(threshold.holds, (0.0, 1.0, min(max(limit, 0.0), 1.0)))):
        never = f"it is a share, from 0 to 1, and so never {condition[1]} {limit:.15g}"
        raise ValueError(never + as_share(limit))
    return threshold
