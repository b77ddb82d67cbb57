"""The columns of the table of runs: their names and types are known before the first run."""

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
    """What a run's row says of it: whether it passed, each threshold, and all figures.

    ``passed.METRIC`` is whether the threshold of that figure held. ``finished`` is what the chance to finish counts:
    all thresholds held, or without any, all organizations have all features.
    """
    asked = [(limit.threshold.split(" ")[0], limit) for limit in outcome.thresholds]
    row = flat(outcome, STATISTICS) | {metric: limit.value for metric, limit in asked}
    row["finished"] = outcome.passed if asked else outcome.metrics["all_features_share"] == 1
    row["passed"] = outcome.passed
    for metric, limit in asked:
        row[f"passed.{metric}"] = limit.ok and row.get(f"passed.{metric}", True)
    return row | {"wall_seconds": outcome.wall_seconds, "digest": outcome.digest}


def columns(plan: Plan) -> dict[str, Type]:
    """Name to type, in the table's order."""
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


def whole_row(plan: Plan, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table: what the worker said of a run, and what is known of it anyway."""
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
