"""Formats figures of a run as text, for the terminal and the report alike."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from .play.outcome import FollowUp, Outcome, StepOutcome, ThresholdOutcome
from .scenario.figures import metric_of
from .scenario.model import Parameter
from .scenario.parameters import written

SHOWN_STATISTICS = ("min", "median", "p90", "p95", "p99", "max")
"""The statistics of a distribution that summaries and reports show."""

STATISTIC_NAMES = {
    "count": "number",
    "min": "shortest",
    "mean": "mean",
    "median": "median",
    "p50": "median",
    "p100": "longest",
    "max": "longest",
}
"""Statistics of times in words."""

TITLES = {
    "joining_days": "Time to join",
    "migration_days": "Time to approve",
    "transfer_days": "Time to let another pay",
    "creation_seconds": "Time to create an account",
    "closing_seconds": "Time to close an account",
    "ready_seconds": "Time until an account is ready",
    "held_back_seconds": "Time held back",
}
"""Titles of figures that have many values."""

UNITS = ("days", "hours", "seconds")
"""The units in which names of figures can end."""

HANDSHAKES = {
    "INVITE": "Invitations",
    "ENABLE_ALL_FEATURES": "Migrations",
    "APPROVE_ALL_FEATURES": "Approvals",
    "TRANSFER_RESPONSIBILITY": "Billing transfers",
}
"""Plain names of the handshakes' actions, in the order in which an organization goes through them."""

T = TypeVar("T")


def number(value: float | None) -> str:
    """Format a figure with six significant digits, or as a whole number: ``10,410``, ``16.8755``, ``no value``."""
    if value is None:
        return "no value"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100_000 else f"{value:,.6g}"


def figure(name: str, value: float | None, holds: Callable[[float], bool] | None = None) -> str:
    """Format a figure with its unit, in as many digits as people read: ``49.3 days``, ``93.2 %``, ``3,485``.

    Args:
        name: the name of the figure, with its statistic if it has many values.
        value: its value.
        holds: a condition; the value gets as many digits as it takes to be seen on its side of it.
    """
    if value is None:
        return "no value"
    if is_share(name):
        return _percent(value, holds)
    number = next(_candidates(value, holds))
    return f"{number} {_unit_of(name, number)}{_in_other_units(name, value)}".rstrip()


def _in_other_units(name: str, value: float) -> str:
    """A time in a unit that suits it better than that of its figure, in parentheses: `` (28.8 days)``; mostly empty."""
    hours = {"seconds": 1 / 3_600, "hours": 1.0}.get("" if name.endswith(".count") else unit(name))
    said = long_duration(value * hours) if hours and value > 0 else ""
    return f" ({said})" if said and said.rpartition(" ")[2][0] != unit(name)[0] else ""


def _unit_of(name: str, number: str) -> str:
    said = "" if name.endswith(".count") else unit(name)
    return said.removesuffix("s") if number == "1" else said


def _candidates(value: float, holds: Callable[[float], bool] | None) -> Iterator[str]:
    """The value in few digits, and in more and more; those that are on another side of a condition are left out."""
    for digits in range(3, 18):
        said = sensible(value, digits)
        if holds is None or holds(float(said.replace(",", ""))) == holds(value):
            yield said
    yield f"{value:,}"


def sensible(value: float, digits: int = 3) -> str:
    """Format a number with so many significant digits, its whole part in full: ``65.4``, ``3,485``, ``0.0071``."""
    if value == round(value):
        return f"{value:,.0f}"
    size = len(f"{abs(value):.0f}") if abs(value) >= 1 else 0
    return (
        f"{value:,.{digits - size}f}" if size and digits > size else f"{value:,.0f}" if size else f"{value:.{digits}g}"
    )


def _percent(value: float, holds: Callable[[float], bool] | None) -> str:
    for decimals in range(1, 15):
        said = f"{value * 100:.{decimals}f}"
        shown = float(said) / 100
        whole = (shown == 0) == (value == 0) and (shown == 1) == (value == 1)
        if holds is None or (whole and holds(round(shown, 15)) == holds(value)):
            return share(value) if decimals == 1 else f"{said} %"
    return f"{value * 100} %"


def difference(name: str, by: float) -> str:
    """Format the difference between two values of a figure: ``1.2 days``, ``2.1 points``; empty if it is too small."""
    number = by * 100 if is_share(name) else by
    said = f"{number:,.1f}".removesuffix(".0") if number >= 1 else f"{number:.2g}"
    kind = "points" if is_share(name) else _unit_of(name, said)
    return f"{said} {kind.removesuffix('s') if said == '1' else kind}".rstrip() if by else ""


def is_share(name: str) -> bool:
    """Tell whether a figure is a share, and told in percent."""
    return metric_of(name).endswith("_share")


def at_day(start: datetime, days: float) -> datetime:
    """The moment so many days after the start of a run."""
    return start + timedelta(days=days)


def days_between(start: datetime, end: datetime) -> float:
    """The time between two moments, in days."""
    return (end - start) / timedelta(days=1)


def day(outcome: Outcome, days: float) -> str:
    """A moment of a run: its date, ``Mon 2 Mar 08:00``, with the year if it is not that of the start.

    If the run has no dates: its day, ``day 14 00:58``.
    """
    if not outcome.dated:
        minutes = round(days * 1_440)
        return f"day {minutes // 1_440:,} {minutes % 1_440 // 60:02}:{minutes % 60:02}"
    at = at_day(outcome.start, days)
    year = "" if at.year == outcome.start.year else f" {at.year}"
    return f"{at:%a} {at.day} {at:%b}{year} {at:%H:%M}"


def features(feature_set: str) -> str:
    """Format a feature set in words."""
    return {"ALL": "all features", "DELETED": "deleted"}.get(feature_set, feature_set.replace("_", " ").lower())


def rounded(value: float) -> str:
    """Format a figure for a column: two decimals, no decimals from 1,000 on, two significant digits below 0.1."""
    if value == 0 or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def duration(hours: float) -> str:
    """Format a number of hours in a unit that suits it: ``2.8 h``, ``12.5 min``, ``0.3 s``."""
    if hours >= 1:
        return f"{hours:,.1f} h"
    minutes = hours * 60
    if minutes >= 1:
        return f"{minutes:.1f} min"
    return f"{minutes * 60:.1f} s" if minutes else "0 s"


def long_duration(hours: float) -> str:
    """Format a number of hours like ``duration``, but in days from two days on."""
    return f"{hours / 24:,.1f} days" if hours >= 48 else duration(hours)


def share(value: float) -> str:
    """Format a share in percent; only exactly 1 is ``100 %``, and only exactly 0 is ``0 %``."""
    percent = f"{value * 100:.1f}"
    if value < 1 and percent == "100.0":
        return ">99.9 %"
    if value > 0 and percent == "0.0":
        return "<0.1 %"
    return f"{percent.removesuffix('.0')} %"


def words(state: str) -> str:
    """Format a state of AWS's in plain words, keeping a reason behind it: ``IN_PROGRESS`` as ``in progress``."""
    head, _, reason = state.partition(" ")
    return f"{head.replace('_', ' ').lower()}{' ' if reason else ''}{reason}"


def unit(metric: str) -> str:
    """The unit of a figure, from the ending of its name; empty for shares and counts."""
    ending = metric_of(metric).rpartition("_")[2]
    return ending if ending in UNITS else ""


def handshake(action: str) -> str:
    """The plain name of the handshakes of an action."""
    return HANDSHAKES.get(action, action.replace("_", " ").capitalize())


def sorted_by_action(actions: Mapping[str, T]) -> Iterable[tuple[str, T]]:
    """Sort a mapping by action in the order of ``HANDSHAKES``; unknown actions come last."""
    known = list(HANDSHAKES)
    return sorted(actions.items(), key=lambda item: known.index(item[0]) if item[0] in known else len(known))


def follow_up_heads(outcome: Outcome) -> tuple[str, str, str]:
    """The titles of the columns of ``follow_ups``: after a deadline those count whose escalation was carried out."""
    has_deadlines = any(each.kind == "deadline" for each in outcome.follow_ups)
    return "Reminder or deadline", "had not answered", "follow it, or escalated" if has_deadlines else "follow it"


def follow_ups(outcome: Outcome) -> Iterable[tuple[str, str, str]]:
    """A row for each reminder and deadline of a run."""
    for each in outcome.follow_ups:
        yield follow_up(each), f"{each.reached:,}", f"{each.followed:,}"


def follow_up(each: FollowUp) -> str:
    """A reminder or a deadline in words: ``reminder after 7 days: owners invitation``.

    A step reminds only those that wait for one; who ignores everything is not among them.
    """
    who = each.population or "all"
    return f"{each.kind} {each.when}: {who} {each.request or 'that wait for one'}"


STEP_COUNTS: dict[str, Callable[[StepOutcome], int]] = {
    "incl. answers": lambda step: step.answers,
    "refused": lambda step: step.refused - step.throttled,
    "throttled": lambda step: step.throttled,
    "held back": lambda step: step.held_back,
}
"""Titles of columns about a step's calls, which are shown where they are not empty; those throttled are told apart."""


class StepRow(NamedTuple):
    """A row of a table of steps."""

    track: str
    number: str
    what: str
    subject: str
    numbers: tuple[str, ...]
    """When it begins, how long it takes, its calls, and the columns that are shown of ``STEP_COUNTS``."""


def step_columns(outcome: Outcome) -> list[str]:
    """The titles of ``STEP_COUNTS`` under which some step of a run has something."""
    return [name for name, of in STEP_COUNTS.items() if any(map(of, outcome.steps))]


def step_rows(outcome: Outcome) -> Iterator[StepRow]:
    """A row for each step of a run, and one for each wait for the day of a step."""
    columns = [STEP_COUNTS[name] for name in step_columns(outcome)]
    for step in outcome.steps:
        if step.waited_hours:
            until, since = day(outcome, step.began_days), day(outcome, step.began_days - step.waited_hours / 24)
            took = (since, long_duration(step.waited_hours), "", *("" for _ in columns))
            yield StepRow(step.track, "", f"waits until {until}", "", took)
        took = (day(outcome, step.began_days), long_duration(step.hours), f"{step.commands:,}")
        numbers = (*took, *(f"{of(step):,}" for of in columns))
        yield StepRow(step.track, f"{step.step}", step.action, step.subject, numbers)


def judgement(threshold: ThresholdOutcome) -> str:
    """What became of a threshold: ``passed``, ``failed``, or ``warned`` if the run passes all the same."""
    if threshold.ok:
        return "passed"
    return "warned" if threshold.severity == "warn" else "failed"


MARKS = {"passed": "✓", "failed": "✗", "warned": "!"}


def mark(threshold: ThresholdOutcome) -> str:
    """The mark of a threshold."""
    return MARKS[judgement(threshold)]


def assignment(name: str, value: Parameter) -> str:
    """Format a parameter as ``--set`` takes it; read back, it is the same value."""
    return f"{name}={written(value)}"


def command_line(scenario: str, parameters: Mapping[str, Parameter], seed: int, on: str = "", at: str = "") -> str:
    """The command that plays a run again.

    Args:
        scenario: the path of the scenario file.
        parameters: become ``--set`` options, so that the file's defaults do not matter.
        seed: the seed of the run, also if the file says the same.
        on: the log with which it began, if it did.
        at: the place in that log.
    """
    options = [text for name, value in parameters.items() for text in ("--set", assignment(name, value))]
    options += ["--on", on, "--at", at] if on else []
    return shlex.join(["orgsim", "simulate", scenario, *options, "--seed", str(seed)])
