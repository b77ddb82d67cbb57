"""What became of a run: everything that its summary, its report and a sweep say, and nothing that needs the run."""

import math
from datetime import datetime
from statistics import fmean
from typing import Any

from msgspec import Struct

from ..scenario.metrics import DISTRIBUTIONS
from ..scenario.model import Parameter

PERCENTILES = range(101)


class Distribution(Struct, frozen=True):
    """Many values: how many, their mean, and their nearest-rank percentiles."""

    count: int = 0
    mean: float | None = None
    percentiles: tuple[float, ...] = ()
    """p0, the least, to p100, the greatest; empty if there are no values."""

    @classmethod
    def of(cls, values: list[float]) -> "Distribution":
        """The distribution of some values."""
        if not values:
            return cls()
        ordered = sorted(values)
        ranks = (max(1, math.ceil(len(ordered) * percentile / 100)) for percentile in PERCENTILES)
        return cls(len(ordered), fmean(ordered), tuple(ordered[rank - 1] for rank in ranks))

    def statistic(self, name: str) -> float | None:
        """``count``, ``min``, ``mean``, ``median``, ``max`` or a percentile such as ``p95``; None without values."""
        if name == "count":
            return self.count
        if name == "mean" or not self.percentiles:
            return self.mean
        named = {"min": 0, "median": 50, "max": 100}
        return self.percentiles[named[name] if name in named else int(name.removeprefix("p"))]


class ThresholdOutcome(Struct, frozen=True):
    """A threshold, and whether it held."""

    threshold: str
    """As ``migration_days.p95 < 60``."""
    value: float | None
    """None: there is no such figure, for example because nobody approved."""
    ok: bool


class StepOutcome(Struct, frozen=True):
    """What a step took."""

    step: int
    """From 1."""
    action: str
    """Of the scenario, or AWS's name of the operation."""
    subject: str
    """The population, or else the organization."""
    began_days: float
    """After the start of the run."""
    hours: float
    commands: int
    refused: int
    throttled: int
    held_back: int


class Late(Struct, frozen=True):
    """One of the slowest accounts."""

    account: str
    days: float


class Timeline(Struct, frozen=True):
    """Numbers at the ends of equal stretches of the run's own time.

    Every list has ``length`` values; the value at index i is what held (or, of calls, how many there were within the
    stretch that ended) at ``start + (i + 1) * step_seconds``.
    """

    start: datetime
    step_seconds: int
    length: int
    handshakes: dict[str, dict[str, tuple[int, ...]]]
    """Action to state to how many handshakes were in it; ended ones stay counted."""
    members: dict[str, tuple[int, ...]]
    """Organization, by its name in the scenario, to how many accounts it had."""
    creations: dict[str, tuple[int, ...]]
    """IN_PROGRESS, SUCCEEDED, FAILED and the reason, to how many."""
    closures: dict[str, tuple[int, ...]]
    """PENDING_CLOSURE and CLOSED to how many accounts."""
    calls: dict[str, tuple[int, ...]]
    """Operation to how many calls were made, throttled ones included; kept only with ``throttle = "aws"``."""
    throttled: dict[str, tuple[int, ...]]
    """Operation to how many calls were throttled."""


class OrganizationOutcome(Struct, frozen=True):
    """An organization of the scenario at the end."""

    id: str
    management_account: str
    feature_set: str
    """ALL or CONSOLIDATED_BILLING; DELETED, if a step deleted it."""
    accounts: int
    migration_hours: float | None
    """From EnableAllFeatures to all features."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a run; its fields are the keys of ``orgsim simulate --json``."""

    scenario: str
    """The file, if there was one."""
    description: str
    seed: int
    parameters: dict[str, Parameter]
    passed: bool
    """Whether all thresholds held."""
    thresholds: tuple[ThresholdOutcome, ...]
    feature_set: str
    """Of the scenario's first organization."""
    accounts: int
    """Members of the scenario's first organization at the end, its management account included."""
    organizations: dict[str, OrganizationOutcome]
    handshakes: dict[str, dict[str, int]]
    """How many there were: action to final state to number."""
    account_creations: dict[str, int]
    """What became of account creations: SUCCEEDED, IN_PROGRESS, or FAILED and the reason, to number."""
    refused: dict[str, int]
    """Calls that were refused, throttled ones included: exception, and reason if there is one, to number."""
    throttled: dict[str, int]
    """Operation to how many calls were throttled."""
    held_back: dict[str, int]
    """Operation and limit to how often a call waited until it let it pass."""
    metrics: dict[str, float | None]
    """The figures that are one number, by name (``orgsim.api.load.scenario.metrics``)."""
    distributions: dict[str, Distribution]
    """Those that are many."""
    slowest: dict[str, tuple[Late, ...]]
    """``joining_days`` and ``migration_days`` to the accounts that took longest, the slowest first."""
    steps: tuple[StepOutcome, ...]
    timeline: Timeline
    start: datetime
    virtual_days: float
    events: int
    commands: int
    wall_seconds: float
    digest: str
    log: str

    def figure(self, name: str) -> float | None:
        """A figure by its name in thresholds, such as ``expired_share`` or ``migration_days.p95``; None: there is none.

        Raises:
            KeyError: no figure has this name.
        """
        return figure(name, self.metrics, self.distributions)


def figure(name: str, metrics: dict[str, float | None], distributions: dict[str, Distribution]) -> float | None:
    """A figure by its name in thresholds."""
    metric, _, statistic = name.partition(".")
    return distributions[metric].statistic(statistic) if metric in DISTRIBUTIONS else metrics[metric]


def flat(
    outcome: Outcome, statistics: tuple[str, ...] = ("count", "mean", "p50", "p95", "p99", "max")
) -> dict[str, Any]:
    """All figures of a run as one row: numbers by name, distributions with a few statistics each."""
    row: dict[str, Any] = dict(outcome.metrics)
    for name, distribution in outcome.distributions.items():
        row |= {f"{name}.{statistic}": distribution.statistic(statistic) for statistic in statistics}
    return row
