"""Summaries of sweeps that were never done, for tests of what is said and drawn of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from orgsim.api.load.scenario import Parameter
from orgsim.api.load.sweep.plan import Sweep
from orgsim.api.load.sweep.summary import Chance, CombinationSummary, Summary, ThresholdSummary, wilson

LIMIT = "virtual_days < 60"
QUANTILES = ("p5", "p25", "median", "p75", "p95")


def combination(
    parameters: Mapping[str, Parameter],
    finished: int,
    runs: int = 100,
    days: Sequence[float] = (40, 45, 50),
    **more: Any,
) -> CombinationSummary:
    """A combination in which so many runs took less than 60 days; ``days`` are p5, median and p95 of how long."""
    low, median, high = days
    return CombinationSummary(
        parameters=dict(parameters),
        runs=runs,
        finished=finished,
        chance=Chance(finished / runs if runs else None, *wilson(finished, runs)),
        all_features_share=None,
        figures={"virtual_days": dict(zip(QUANTILES, (low, low, median, high, high), strict=True))},
        thresholds=[limit(runs - finished)],
        **{"refused": 0, "lost": 0} | more,
    )


def limit(failed: int) -> ThresholdSummary:
    """The only threshold."""
    return ThresholdSummary(figure="virtual_days", threshold=LIMIT, severity="fail", failed=failed)


def summary(*combinations: CombinationSummary, **more: Any) -> Summary:
    """The summary of such combinations."""
    runs = max((each.runs + each.lost for each in combinations), default=0)
    return Summary(
        scenario="s.toml",
        scenario_sha256="0" * 64,
        version="1",
        seed=7,
        runs_per_combination=runs,
        total=runs * len(combinations),
        finished_means="all thresholds held",
        combinations=list(combinations),
        **{"thresholds": [limit(sum(each.thresholds[0].failed for each in combinations))]} | more,
    )


def definition(vary: Mapping[str, tuple[Parameter, ...]]) -> Sweep:
    """The definition of such a sweep."""
    return Sweep("s.toml", "0" * 64, "", {"mode": "a b"}, dict(vary), 100, 7, "1")
