"""How figures of a run are said, on the terminal and in its report alike."""

import shlex
from collections.abc import Iterable, Mapping
from typing import TypeVar

from .play import Outcome
from .scenario.model import Parameter
from .scenario.parameters import written

STATISTICS = ("min", "median", "p90", "p95", "p99", "max")
"""Those of a distribution that are told."""

UNITS = {"days": "days", "hours": "hours", "seconds": "seconds"}

HANDSHAKES = {
    "INVITE": "Invitations",
    "ENABLE_ALL_FEATURES": "Migrations",
    "APPROVE_ALL_FEATURES": "Approvals",
    "TRANSFER_RESPONSIBILITY": "Billing transfers",
}
"""Actions of handshakes, in the order in which things go."""

T = TypeVar("T")


def number(value: float | None) -> str:
    """A figure with what counts of its digits: ``10,410``, ``16.8755``, ``no value``."""
    if value is None:
        return "no value"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100_000 else f"{value:,.6g}"


def rounded(value: float) -> str:
    """A figure to be compared with others below each other: two decimals, or two digits of what is small."""
    if value == 0 or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def duration(hours: float) -> str:
    """A time in the unit that suits it: ``2.8 h``, ``12.5 min``, ``0.3 s``."""
    if hours >= 1:
        return f"{hours:,.1f} h"
    minutes = hours * 60
    if minutes >= 1:
        return f"{minutes:.1f} min"
    return f"{minutes * 60:.1f} s" if minutes else "0 s"


def long(hours: float) -> str:
    """The same, in days from two days on."""
    return f"{hours / 24:,.1f} days" if hours >= 48 else duration(hours)


def share(value: float) -> str:
    """A share in percent; 100 % and 0 % are said of nothing less."""
    percent = f"{value * 100:.1f}"
    if value < 1 and percent == "100.0":
        return ">99.9 %"
    if value > 0 and percent == "0.0":
        return "<0.1 %"
    return f"{percent.removesuffix('.0')} %"


def words(state: str) -> str:
    """A state of AWS's in plain words: ``IN_PROGRESS`` is in progress."""
    head, _, reason = state.partition(" ")
    return f"{head.replace('_', ' ').lower()}{' ' if reason else ''}{reason}"


def unit(metric: str) -> str:
    """In what a figure is measured, from its name; nothing if that is a share or a number."""
    return UNITS.get(metric.partition(".")[0].rpartition("_")[2], "")


def handshake(action: str) -> str:
    """What handshakes of an action are called."""
    return HANDSHAKES.get(action, action.replace("_", " ").capitalize())


def in_order(actions: Mapping[str, T]) -> Iterable[tuple[str, T]]:
    """What there is by action, in the order in which things go."""
    known = list(HANDSHAKES)
    return sorted(actions.items(), key=lambda item: known.index(item[0]) if item[0] in known else len(known))


def verdict(outcome: Outcome) -> str:
    """Whether the run passed, in a few words."""
    total = len(outcome.thresholds)
    if not total:
        return "passed: there are no thresholds"
    held = sum(each.ok for each in outcome.thresholds)
    counted = f"passed: {held}" if outcome.passed else f"failed: {total - held}"
    return f"{counted} of {total} threshold{'' if total == 1 else 's'}"


def assignment(name: str, value: Parameter) -> str:
    """What ``--set`` takes for a parameter: read back, it is the same value."""
    return f"{name}={written(value)}"


def command_line(outcome: Outcome) -> str:
    """The command that gives the same run again: every parameter and the seed are said, whatever the file says."""
    sets = [part for name, value in outcome.parameters.items() for part in ("--set", assignment(name, value))]
    return shlex.join(["orgsim", "simulate", outcome.scenario, *sets, "--seed", str(outcome.seed)])
