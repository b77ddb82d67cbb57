"""Summarizes a sweep: how likely each combination of parameters passes, what fails, and quantiles of figures."""

from collections.abc import Mapping
from math import sqrt
from statistics import NormalDist, fmean
from typing import Any

from msgspec import Struct, structs

from ..answer import found
from ..play.outcome import Distribution, ThresholdOutcome
from ..scenario import Parameter
from ..scenario.thresholds import Threshold
from .columns import follow_up_columns
from .plan import SweepPlan, varied

NORMAL = NormalDist().inv_cdf(0.975)
QUANTILES = ("p5", "p25", "median", "p75", "p95")
MAIN_FIGURES = (
    "finalize_days",
    "joining_days.p95",
    "migration_days.p95",
    "accepted_share",
    "declined_share",
    "expired_share",
    "refused_share",
    "throttled_share",
    "virtual_days",
    "events",
)


class Chance(Struct, frozen=True):
    """The share of runs that finished, with its confidence interval."""

    share: float | None
    """None if no run came to an end."""
    low: float
    """The lower end of the Wilson score interval of 95 %."""
    high: float
    """The upper end."""


MOST_FAILED = 10
"""So many runs that failed are told of each combination; the table has all."""


class FailedRun(Struct, frozen=True, kw_only=True):
    """A run that came to an end and did not pass."""

    run: int
    """Its number in the table."""
    seed: int
    why: str
    """The thresholds that did not hold, each with what was found, or why the run did not come to its end."""
    digest: str | None
    """Of its log; None if it could not be played to the end."""
    command: str
    """Does this run alone, with the same digest and figures."""


class ThresholdSummary(Struct, frozen=True, kw_only=True):
    """In how many runs a threshold did not hold."""

    figure: str
    """The name of the figure that it is about."""
    threshold: str
    """The condition; over all combinations the figure alone, if they have different conditions."""
    severity: str
    """``fail`` or ``warn``."""
    failed: int
    """The number of runs that came to their end, and in which it did not hold."""


class CombinationSummary(Struct, frozen=True, kw_only=True):
    """The results of the runs with one combination of parameters."""

    parameters: dict[str, Parameter]
    """The parameters that vary in the sweep."""
    runs: int
    """The number of runs that came to an end, refused ones included."""
    refused: int
    """The number of runs whose scenario could not be played to the end; they count as not finished."""
    lost: int
    """The number of runs whose workers died time after time; they count for nothing."""
    finished: int
    """The number of runs in which all thresholds held, or without thresholds, all organizations have all features."""
    chance: Chance
    all_features_share: float | None
    """The mean of that figure over the runs."""
    figures: dict[str, dict[str, float | None]]
    """Figure to quantile to value over the runs; nearest rank, as in a run's distributions. Thresholds' figures, and
    reminders and deadlines as ``follow_ups.owners.invitation.reminder_1.reached``, are among them."""
    thresholds: list[ThresholdSummary] = []
    warned: int = 0
    """The number of runs in which something did not go as planned."""
    first_warning: str | None = None
    """What did not, in the first of them."""
    failed_runs: list[FailedRun] = []
    """The first of those that failed."""


class Summary(Struct, frozen=True, kw_only=True):
    """The summary of a sweep: the content of ``summary.json``, and what ``--json`` prints."""

    scenario: str
    scenario_sha256: str
    version: str
    seed: int
    runs_per_combination: int
    total: int
    finished_means: str
    """The meaning of "finished" in this sweep, in words."""
    combinations: list[CombinationSummary]
    description: str = ""
    """The scenario's question."""
    thresholds: list[ThresholdSummary] = []
    """Over all combinations."""

    @property
    def runs(self) -> int:
        """The number of runs that came to an end, refused ones included."""
        return sum(each.runs for each in self.combinations)

    @property
    def finished(self) -> int:
        """The number of runs that finished."""
        return sum(each.finished for each in self.combinations)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The Wilson score interval of 95 % for the probability of success; 0 to 1 without trials.

    E. B. Wilson, Probable inference, JASA 22 (1927), in the form of R. G. Newcombe, Statistics in Medicine 17 (1998),
    method 3. It keeps what it promises for few trials, and for shares near 0 and 1, where the normal approximation does
    not.
    """
    if not trials:
        return 0.0, 1.0
    share, spread = successes / trials, NORMAL**2 / trials
    centre = share + spread / 2
    margin = NORMAL * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = (centre - margin) / (1 + spread), (centre + margin) / (1 + spread)
    # If none or all succeeded, one end is exactly 0 or 1; rounding must not move it.
    return (low if successes else 0.0), (high if successes < trials else 1.0)


def summarize(plan: SweepPlan, table: Any) -> Summary:
    """Summarize the table of all runs.

    Args:
        plan: the plan of the sweep.
        table: the table, as ``make_table`` returns it, ordered by combinations.
    """
    sweep, first = plan.sweep, plan.scenarios[0]
    figures = tuple(
        dict.fromkeys((*MAIN_FIGURES, *(limit.metric for limit in first.thresholds), *follow_up_columns(plan)))
    )
    slices = (table.slice(index * sweep.runs, sweep.runs) for index in range(len(plan.combinations)))
    combinations = [
        _combination(varied(sweep, given), runs, figures, scenario.thresholds)
        for given, runs, scenario in zip(plan.combinations, slices, plan.scenarios, strict=True)
    ]
    return Summary(
        scenario=sweep.scenario,
        scenario_sha256=sweep.sha256,
        version=sweep.version,
        seed=sweep.seed,
        runs_per_combination=sweep.runs,
        total=plan.total,
        finished_means=_finished_means(first.thresholds),
        combinations=combinations,
        description=first.description,
        thresholds=[_over_all(each) for each in zip(*(each.thresholds for each in combinations), strict=True)],
    )


def _finished_means(limits: tuple[Threshold, ...]) -> str:
    if not limits:
        return "all organizations have all features"
    warns = any(limit.severity == "warn" for limit in limits)
    return f"all thresholds held{', apart from those that only warn' if warns else ''}"


def _combination(
    parameters: dict[str, Parameter], table: Any, figures: tuple[str, ...], limits: tuple[Threshold, ...]
) -> CombinationSummary:
    """Summarize the rows of one combination; a lost run has no value in ``finished``."""
    outcomes: list[bool | None] = table["finished"].to_pylist()
    finished, lost = outcomes.count(True), outcomes.count(None)
    runs = len(outcomes) - lost
    warnings: list[str] = table["first_warning"].drop_null().to_pylist()
    return CombinationSummary(
        parameters=parameters,
        runs=runs,
        refused=len(outcomes) - table["error"].null_count - lost,
        lost=lost,
        finished=finished,
        chance=Chance(finished / runs if runs else None, *wilson(finished, runs)),
        all_features_share=fmean(shares) if (shares := values(table, "all_features_share")) else None,
        figures={name: _quantiles(values(table, name)) for name in figures},
        thresholds=[
            ThresholdSummary(
                figure=limit.metric,
                threshold=str(limit),
                severity=limit.severity,
                failed=values(table, f"passed.{limit.metric}").count(False),
            )
            for limit in limits
        ],
        warned=len(warnings),
        first_warning=next(iter(warnings), None),
        failed_runs=_failed_runs(table, limits),
    )


def _failed_runs(table: Any, limits: tuple[Threshold, ...]) -> list[FailedRun]:
    outcomes: list[bool | None] = table["finished"].to_pylist()
    places = [place for place, finished in enumerate(outcomes) if finished is False]
    return [
        FailedRun(
            run=row["run"],
            seed=row["seed"],
            why=_why(row, limits),
            digest=row["digest"],
            command=row["command"],
        )
        for place in places[:MOST_FAILED]
        for row in table.slice(place, 1).to_pylist()
    ]


def _why(row: Mapping[str, Any], limits: tuple[Threshold, ...]) -> str:
    """Why a run failed: its error, or each threshold that did not hold with what was found, in few digits."""
    missed = [
        f"{limit}: {found(ThresholdOutcome(str(limit), row[limit.metric], ok=False))}"
        for limit in limits
        if limit.severity == "fail" and not limit.holds(row[limit.metric])
    ]
    return row["error"] or "; ".join(missed) or "not all organizations have all features"


def _over_all(each: tuple[ThresholdSummary, ...]) -> ThresholdSummary:
    """Sum a threshold over all combinations."""
    first = each[0]
    same = all(other.threshold == first.threshold for other in each)
    return structs.replace(
        first, threshold=first.threshold if same else first.figure, failed=sum(other.failed for other in each)
    )


def values(table: Any, name: str) -> list[Any]:
    """The values in a column of the table of runs."""
    return table[name].drop_null().to_pylist()


def _quantiles(numbers: list[float]) -> dict[str, float | None]:
    distribution = Distribution.of(numbers)
    return {name: distribution.statistic(name) for name in QUANTILES}
