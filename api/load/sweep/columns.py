"""The columns of the table of runs. Names and types follow from the plan, before the first run."""

from collections.abc import Mapping
from typing import Any, Literal

from ..play import Outcome
from ..play.outcome import flat
from ..scenario import Parameter
from ..scenario.metrics import DISTRIBUTIONS, NUMBERS
from .plan import Plan, fits

Type = Literal["text", "whole", "number", "truth"]
STATISTICS = ("count", "mean", "p50", "p95", "p99", "max")
COUNTS = frozenset(("members", "joined", "created", "closed", "departed", "commands", "held_back", "events"))


def figures_of(outcome: Outcome) -> dict[str, Any]:
    """The results in a run's row: whether it finished and passed, each threshold, and all figures.

    ``passed.METRIC`` tells whether the thresholds of that figure held. ``finished`` is what the chance to finish
    counts: all thresholds held, or without thresholds, all organizations have all features.
    """
    limits = [(limit.metric, limit) for limit in outcome.thresholds]
    row = flat(outcome, STATISTICS) | {metric: limit.value for metric, limit in limits}
    row["finished"] = outcome.passed if limits else outcome.metrics["all_features_share"] == 1
    row["passed"] = outcome.passed
    for metric, limit in limits:
        row[f"passed.{metric}"] = limit.ok and row.get(f"passed.{metric}", True)
    return row | {"wall_seconds": outcome.wall_seconds, "digest": outcome.digest}


def columns(plan: Plan) -> dict[str, Type]:
    """Name of each column to its type, in the table's order."""
    metrics = dict.fromkeys(limit.metric for limit in plan.scenarios[0].thresholds)
    figures = [*NUMBERS, *(f"{name}.{statistic}" for name in DISTRIBUTIONS for statistic in STATISTICS), *metrics]
    return {
        "run": "whole",
        "scenario": "text",
        "scenario_sha256": "text",
        "orgsim_version": "text",
        **_parameters([scenario.parameters for scenario in plan.scenarios]),
        "seed": "whole",
        "finished": "truth",
        "passed": "truth",
        **{f"passed.{metric}": "truth" for metric in metrics},
        **{name: "whole" if name in COUNTS or name.endswith(".count") else "number" for name in figures},
        "wall_seconds": "number",
        "digest": "text",
        "error": "text",
        "command": "text",
    }


def _parameters(settled: list[dict[str, Parameter]]) -> dict[str, Type]:
    return {f"parameters.{name}": _type([each[name] for each in settled]) for name in settled[0]}


def _type(values: list[Parameter]) -> Type:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "truth"
    if not kinds <= {int, float} or any(isinstance(value, int) and not fits(value) for value in values):
        return "text"
    return "whole" if kinds == {int} else "number"


def complete_row(plan: Plan, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table: the row that the worker returned, and what the plan knows of the run."""
    run = plan.run(row["run"])
    settled = plan.scenarios[run.number // plan.sweep.runs].parameters
    return {
        **row,
        **{f"parameters.{name}": value for name, value in settled.items()},
        "scenario": plan.sweep.scenario,
        "scenario_sha256": run.sha256,
        "orgsim_version": run.version,
        "seed": run.seed,
        "command": plan.command(run),
    }
