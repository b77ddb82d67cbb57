"""Summarizes a sweep: for each combination of parameters the chance to finish, and quantiles of its figures."""

from math import sqrt
from statistics import NormalDist, fmean
from typing import Any

from msgspec import Struct

from ..play.outcome import Distribution
from ..scenario import Parameter
from .plan import Plan, varied

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
    """Figure to quantile to value over the runs; nearest rank, as in a run's distributions."""


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


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The Wilson score interval of 95 % for the probability of success; 0 to 1 without trials."""
    if not trials:
        return 0.0, 1.0
    share, spread = successes / trials, NORMAL**2 / trials
    centre = share + spread / 2
    margin = NORMAL * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = (centre - margin) / (1 + spread), (centre + margin) / (1 + spread)
    # If none or all succeeded, one end is exactly 0 or 1; rounding must not move it.
    return (low if successes else 0.0), (high if successes < trials else 1.0)


def summarize(plan: Plan, table: Any) -> Summary:
    """Summarize the table of all runs.

    Args:
        plan: the plan of the sweep.
        table: the table, as ``make_table`` returns it, ordered by combinations.
    """
    sweep = plan.sweep
    limits = plan.scenarios[0].thresholds
    figures = tuple(dict.fromkeys((*MAIN_FIGURES, *(limit.metric for limit in limits))))
    slices = (table.slice(index * sweep.runs, sweep.runs) for index in range(len(plan.combinations)))
    return Summary(
        scenario=sweep.scenario,
        scenario_sha256=sweep.sha256,
        version=sweep.version,
        seed=sweep.seed,
        runs_per_combination=sweep.runs,
        total=plan.total,
        finished_means="all thresholds held" if limits else "all organizations have all features",
        combinations=[
            _combination(varied(sweep, given), runs, figures)
            for given, runs in zip(plan.combinations, slices, strict=True)
        ],
    )


def _combination(parameters: dict[str, Parameter], table: Any, figures: tuple[str, ...]) -> CombinationSummary:
    """Summarize the rows of one combination; a lost run has no value in ``finished``."""
    outcomes: list[bool | None] = table["finished"].to_pylist()
    finished, lost = outcomes.count(True), outcomes.count(None)
    runs = len(outcomes) - lost
    return CombinationSummary(
        parameters=parameters,
        runs=runs,
        refused=len(outcomes) - table["error"].null_count - lost,
        lost=lost,
        finished=finished,
        chance=Chance(finished / runs if runs else None, *wilson(finished, runs)),
        all_features_share=fmean(shares) if (shares := _values(table, "all_features_share")) else None,
        figures={name: _quantiles(_values(table, name)) for name in figures},
    )


def _values(table: Any, name: str) -> list[float]:
    return table[name].drop_null().to_pylist()


def _quantiles(values: list[float]) -> dict[str, float | None]:
    distribution = Distribution.of(values)
    return {name: distribution.statistic(name) for name in QUANTILES}
