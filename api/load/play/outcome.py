"""The outcome of a run: plain data from which its summary, its report and a sweep's row are made."""

import math
from datetime import datetime
from statistics import fmean
from typing import Any

from msgspec import Struct

from ..scenario.metrics import DISTRIBUTIONS
from ..scenario.model import Parameter

PERCENTILES = range(101)


class Distribution(Struct, frozen=True):
    """The distribution of a figure's values: their count, mean and nearest-rank percentiles."""

    count: int = 0
    mean: float | None = None
    percentiles: tuple[float, ...] = ()
    """p0 (the least) to p100 (the greatest), 101 values; empty if there are no values."""

    @classmethod
    def of(cls, values: list[float]) -> "Distribution":
        """Compute the distribution of values."""
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


class PartFigures(Struct, frozen=True):
    """The figures of an organization, a population, a track or a step."""

    metrics: dict[str, float | None]
    """Those that are one number."""
    distributions: dict[str, Distribution]
    """Those that have many values."""

    def value(self, name: str) -> float | None:
        """Look up a figure by its name, such as ``joined`` or ``joining_days.p95``; None if it has no value."""
        metric, _, statistic = name.partition(".")
        return self.distributions[metric].statistic(statistic) if metric in DISTRIBUTIONS else self.metrics[metric]


class ThresholdOutcome(Struct, frozen=True):
    """A threshold, the measured value, and whether it held."""

    threshold: str
    """The condition, such as ``migration_days.p95 < 60``."""
    value: float | None
    """None if the figure has no value, for example because nobody approved."""
    ok: bool
    severity: str = "fail"
    """``warn``: the run passes all the same."""

    @property
    def metric(self) -> str:
        """The name of the figure, which may have spaces in it."""
        return self.threshold.rsplit(" ", 2)[0]

    @property
    def comparison(self) -> str:
        """How the figure is compared with the limit: ``<``, ``>=`` and so on."""
        return self.threshold.rsplit(" ", 2)[1]

    @property
    def limit(self) -> float:
        """With what the figure is compared."""
        return float(self.threshold.rsplit(" ", 2)[2])


class StepOutcome(Struct, frozen=True):
    """The time and the calls that a step took."""

    step: int
    """Its number, from 1."""
    action: str
    """The action in the scenario, or AWS's name of the operation."""
    subject: str
    """The population, or else the organization."""
    began_days: float
    """When it began, in simulated days after the start of the run."""
    hours: float
    """How long it took, in simulated hours."""
    commands: int
    """Calls made, refused ones included."""
    refused: int
    throttled: int
    held_back: int
    """Waits of calls for a limit to let them pass."""
    track: str = ""
    """The track whose step it is; empty for the plain list of steps."""
    waited_hours: float = 0.0
    """How long its track did nothing before it but wait for its ``at_day``, in simulated hours."""
    answers: int = 0
    """Of its calls those by which accounts answered while the clock moved for it."""
    operation: str = ""
    """AWS's name of the operation that it calls itself, whichever name the file has; empty if it calls none."""


FollowUpPlace = tuple[str, int] | tuple[str, str, str, float | None]
"""The track and the number of a step that reminds; or population, request, kind and days of what comes by itself."""


class FollowUp(Struct, frozen=True):
    """A reminder or a deadline, and whom it met."""

    population: str
    """Of a ``transfer`` the organization that was asked. Empty: all."""
    request: str
    """``invitation``, ``migration`` or ``transfer``; empty for a reminder that a step sends."""
    kind: str
    """``reminder`` or ``deadline``."""
    when: str
    """``after 7 days``, counted from each account's request, or the step that reminds: ``step 3``."""
    reached: int
    """How many accounts had an open request then; for a step, of those that wait for a reminder."""
    followed: int
    """How many of them follow the reminder; of a deadline, how many escalations were carried out."""
    first_days: float | None = None
    """When it came for the first of them, in days after the start of the run; None if it came for nobody."""
    last_days: float | None = None
    """When it came for the last of them."""
    after_days: float | None = None
    """So many days after each account's request it comes; None for a reminder that a step sends."""
    track: str = ""
    """The track of a step that reminds; empty for the plain list of steps."""
    step: int = 0
    """The number of a step that reminds, from 1; 0 for what comes by itself."""

    @property
    def place(self) -> "FollowUpPlace":
        """What tells it from the others of a scenario."""
        return (self.track, self.step) if self.step else (self.population, self.request, self.kind, self.after_days)


class Late(Struct, frozen=True):
    """One of the slowest accounts, with the time it took."""

    account: str
    days: float


class Timeline(Struct, frozen=True):
    """Counts over equal intervals of simulated time.

    A series has ``length + 1`` values: the first is what stood at ``start``, that at index i what stood at
    ``start + i * step_seconds``, the end of an interval. Those of calls have ``length``: the calls within each.
    """

    start: datetime
    step_seconds: int
    """The length of an interval."""
    length: int
    """The number of intervals."""
    handshakes: dict[str, dict[str, tuple[int, ...]]]
    """Action to state to the number of handshakes in it; ended ones stay counted."""
    members: dict[str, tuple[int, ...]]
    """Organization, by its name in the scenario, to the number of its accounts."""
    creations: dict[str, tuple[int, ...]]
    """IN_PROGRESS, SUCCEEDED, or FAILED and the reason, to the number of account creations."""
    closures: dict[str, tuple[int, ...]]
    """PENDING_CLOSURE and CLOSED to the number of accounts."""
    calls: dict[str, tuple[int, ...]]
    """Operation to the number of calls, throttled ones included; empty unless ``throttle = "aws"``."""
    throttled: dict[str, tuple[int, ...]]
    """Operation to the number of throttled calls."""


class FunnelStage(Struct, frozen=True):
    """How many accounts had come so far, and how many of them the next stage has.

    ``accounts``, less those of ``lost``, and those of ``added``, are the accounts of the next stage.
    """

    name: str
    """``to be asked`` (if some could not be asked), ``asked to join``, ``joined``, ``asked to approve``, ``approved``,
    or, the last, ``members``: those of the organization at the end. Of accounts that are created ``to be created``,
    ``created``, ``ready`` (if calls follow the creation) and ``members``."""
    accounts: int
    """Each account counts once, by what it was asked last."""
    lost: dict[str, int] = {}
    """The reason why accounts are not in the next stage, to their number; the most frequent first."""
    added: dict[str, int] = {}
    """Where from accounts come that are in the next stage and not in this one, to their number."""


class OrganizationOutcome(Struct, frozen=True):
    """An organization of the scenario at the end of the run."""

    id: str
    management_account: str
    feature_set: str
    """ALL or CONSOLIDATED_BILLING; DELETED if a step deleted the organization."""
    accounts: int
    """Its members, the management account included."""
    migration_hours: float | None
    """The time from EnableAllFeatures to all features; None if it has not got there."""
    closed: int = 0
    """How many of its members are closed: they stay members for ninety days."""


class UnitOutcome(Struct, frozen=True):
    """An OU, or a root, to which accounts were moved, and that is there at the end of the run."""

    organization: str
    """By its name in the scenario."""
    path: str
    """The names of the OUs down to it, with slashes between them; ``Root`` for the root."""
    moved: int
    """How many times an account was moved there."""
    policies: tuple[str, ...] = ()
    """The names of the policies that are attached to it or above, AWS's own left out."""


class TransferOutcome(Struct, frozen=True):
    """A billing transfer, or an offer of one, at the end of the run."""

    payer: str
    """The organization that pays, or offers to, by its name in the scenario; its id if it has none."""
    paid_for: str
    """The organization whose bills it pays; if that is not known, the account or address that was asked."""
    status: str
    """AWS's word: REQUESTED, ACCEPTED, WITHDRAWN, DECLINED, CANCELED or EXPIRED."""
    starts: datetime
    ends: datetime | None = None
    """When it ends, if it was terminated."""


class Outcome(Struct, frozen=True, kw_only=True):
    """The outcome of a run; its fields are the keys of ``orgsim simulate --json``."""

    scenario: str
    """The scenario's file name, or empty."""
    description: str
    seed: int
    parameters: dict[str, Parameter]
    passed: bool
    """Whether all thresholds held."""
    thresholds: tuple[ThresholdOutcome, ...]
    feature_set: str
    """The feature set of the scenario's first organization at the end."""
    accounts: int
    """Members of the scenario's first organization at the end, its management account included."""
    organizations: dict[str, OrganizationOutcome]
    handshakes: dict[str, dict[str, int]]
    """Action to final state to the number of handshakes."""
    account_creations: dict[str, int]
    """SUCCEEDED, IN_PROGRESS, or FAILED and the reason, to the number of account creations."""
    units: tuple[UnitOutcome, ...] = ()
    """The OUs to which accounts were moved by MoveAccount, in the order in which the first came."""
    transfers: tuple[TransferOutcome, ...] = ()
    """The billing transfers of the scenario's organizations, and offers of them, by when they start."""
    refused: dict[str, int]
    """Error code, and reason if there is one, to the number of refused calls, throttled ones included."""
    explanations: dict[str, str] = {}
    """Error code, and reason if there is one, to why the first such call was refused, as an example."""
    throttled: dict[str, int]
    """Operation to the number of throttled calls."""
    held_back: dict[str, int]
    """Operation and limit to the number of times a call waited for that limit."""
    metrics: dict[str, float | None]
    """Name to value of the figures that are one number (``NUMBERS`` in ``orgsim.api.load.scenario.metrics``)."""
    distributions: dict[str, Distribution]
    """Name to distribution of the figures that have many values (``DISTRIBUTIONS`` there)."""
    parts: dict[str, PartFigures] = {}
    """The figures of parts: ``organizations.NAME``, ``populations.NAME``, ``tracks.NAME``, ``steps.NUMBER`` and
    ``tracks.NAME.NUMBER``. In large runs, of organizations and populations only those that thresholds are about."""
    slowest: dict[str, tuple[Late, ...]]
    """``joining_days`` and ``migration_days`` to the accounts that took longest, the slowest first."""
    steps: tuple[StepOutcome, ...]
    """In the order in which they began."""
    warnings: tuple[str, ...] = ()
    """What did not go as planned, in the order of happening: days that had passed, conditions that never held."""
    follow_ups: tuple[FollowUp, ...] = ()
    """Reminders and deadlines, those of populations first."""
    timeline: Timeline
    start: datetime
    dated: bool = False
    """Whether ``start`` is a date that somebody has given; otherwise only days after it mean something."""
    measured_since: datetime
    """From when on figures and the timeline count: the start, or the day that ``measure_from`` says."""
    virtual_days: float
    events: int
    """What the run has recorded."""
    commands: int
    wall_seconds: float
    digest: str
    log: str
    began_with: str = ""
    """The log with which the run began; empty if it began with an empty world."""
    began_at: str = ""
    """Where in that log: a position, or a moment in ISO 8601."""
    funnels: dict[str, tuple[FunnelStage, ...]] = {}
    """Organization, by its name in the scenario, to how many accounts it asked, and how far they came; of those that
    invite, or migrate to all features."""

    vending: dict[str, tuple[FunnelStage, ...]] = {}
    """Population to how many of its accounts were to be created, and how far they came; of those that steps create."""

    def figure(self, name: str) -> float | None:
        """Look up a figure by its name in thresholds: ``expired_share``, ``migration_days.p95``, ``ours.members``.

        Returns:
            Its value; None if it has none.

        Raises:
            KeyError: no figure has this name.
        """
        metric = name.partition(".")[0]
        if metric in self.metrics or metric in self.distributions:
            return PartFigures(self.metrics, self.distributions).value(name)
        named = [(prefix, part) for part in self.parts for prefix in (part, part.partition(".")[2])]
        called = [(prefix, part) for prefix, part in named if name.startswith(f"{prefix}.")]
        if not called:
            raise KeyError(name)
        prefix, part = max(called, key=lambda each: len(each[0]))
        return self.parts[part].value(name[len(prefix) + 1 :])


def flat(
    outcome: Outcome, statistics: tuple[str, ...] = ("count", "mean", "p50", "p95", "p99", "max")
) -> dict[str, Any]:
    """All figures of a run as one row: numbers by name, distributions as ``name.statistic``."""
    row: dict[str, Any] = dict(outcome.metrics)
    for name, distribution in outcome.distributions.items():
        row |= {f"{name}.{statistic}": distribution.statistic(statistic) for statistic in statistics}
    return row
