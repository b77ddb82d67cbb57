"""What a sweep found: for each combination of parameters the chance to finish, and how its runs spread."""

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
    """The share of runs that finished, and between what it is likely to be."""

    share: float | None
    """None: no run came to an end."""
    low: float
    """With ``high`` the Wilson score interval of 95 %."""
    high: float


class CombinationSummary(Struct, frozen=True, kw_only=True):
    """The runs of one combination of parameters."""

    parameters: dict[str, Parameter]
    """Those that vary."""
    runs: int
    """That came to an end, refused ones included."""
    refused: int
    """Whose scenario was refused on the way; they count as not finished."""
    lost: int
    """Whose workers died time after time; they count for nothing."""
    finished: int
    chance: Chance
    all_features_share: float | None
    """The mean over the runs."""
    figures: dict[str, dict[str, float | None]]
    """Figure to quantile to its value over the runs; nearest rank, as everywhere."""


class Summary(Struct, frozen=True, kw_only=True):
    """What ``summary.json`` holds and ``--json`` prints."""

    scenario: str
    scenario_sha256: str
    version: str
    seed: int
    runs_per_combination: int
    total: int
    finished_means: str
    combinations: list[CombinationSummary]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The Wilson score interval of 95 % for a share; 0 to 1 without trials."""
    if not trials:
        return 0.0, 1.0
    share, spread = successes / trials, NORMAL**2 / trials
    centre = share + spread / 2
    reach = NORMAL * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = (centre - reach) / (1 + spread), (centre + reach) / (1 + spread)
    # The ends are exact where all or none succeeded; rounding must not move them.
    return (low if successes else 0.0), (high if successes < trials else 1.0)


def summarize(plan: Plan, table: Any) -> Summary:
    """The summary of a whole table of runs, which is ordered by combinations.

    Args:
        plan: of the sweep.
        table: of ``make_table``.
    """
    sweep = plan.sweep
    limits = plan.scenarios[0].thresholds
    figures = tuple(dict.fromkeys((*MAIN_FIGURES, *(limit.metric for limit in limits))))
    parts = (table.slice(index * sweep.runs, sweep.runs) for index in range(len(plan.combinations)))
    return Summary(
        scenario=sweep.scenario,
        scenario_sha256=sweep.sha256,
        version=sweep.version,
        seed=sweep.seed,
        runs_per_combination=sweep.runs,
        total=plan.total,
        finished_means="all thresholds held" if limits else "all organizations have all features",
        combinations=[
            _combination(varied(sweep, given), part, figures)
            for given, part in zip(plan.combinations, parts, strict=True)
        ],
    )


def _combination(parameters: dict[str, Parameter], part: Any, figures: tuple[str, ...]) -> CombinationSummary:
    outcomes: list[bool | None] = part["finished"].to_pylist()
    finished, lost = outcomes.count(True), outcomes.count(None)
    runs = len(outcomes) - lost
    return CombinationSummary(
        parameters=parameters,
        runs=runs,
        refused=len(outcomes) - part["error"].null_count - lost,
        lost=lost,
        finished=finished,
        chance=Chance(finished / runs if runs else None, *wilson(finished, runs)),
        all_features_share=fmean(shares) if (shares := _values(part, "all_features_share")) else None,
        figures={name: _quantiles(_values(part, name)) for name in figures},
    )


def _values(part: Any, name: str) -> list[float]:
    return part[name].drop_null().to_pylist()


def _quantiles(values: list[float]) -> dict[str, float | None]:
    distribution = Distribution.of(values)
    return {name: distribution.statistic(name) for name in QUANTILES}
