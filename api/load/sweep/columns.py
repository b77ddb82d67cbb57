"""The columns of the table of runs. Names and types follow from the plan, before the first run.

Columns are added, never renamed or removed, so that whoever reads them by their names reads on.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from ..play.outcome import FollowUpPlace, Outcome, flat
from ..scenario import Parameter, Scenario
from ..scenario.metrics import DISTRIBUTIONS, NUMBERS
from ..scenario.steps import Remind
from ..wording import is_share, unit
from .plan import SweepPlan, fits

Type = Literal["text", "whole", "number", "truth"]
KEPT_STATISTICS = ("count", "mean", "p50", "p95", "p99", "max")
"""The statistics of a distribution that have columns."""
COUNTS = frozenset(name for name in NUMBERS if not is_share(name) and not unit(name))
"""Figures that are whole numbers: those that have no unit and are no share of anything."""
FOLLOWED_UP = ("reached", "followed")
"""What is counted of a reminder or a deadline; the words of ``follow_ups`` in a run's ``--json``."""


def results_of(outcome: Outcome, scenario: Scenario) -> dict[str, Any]:
    """The results in a run's row: whether it finished and passed, each threshold, and all figures.

    ``passed.METRIC`` tells whether the thresholds of that figure held. ``finished`` is what the chance to finish
    counts: all thresholds held, or without thresholds, all organizations have all features.

    Args:
        outcome: of the run.
        scenario: which was played.
    """
    limits = [(limit.metric, limit) for limit in outcome.thresholds]
    row = flat(outcome, KEPT_STATISTICS) | {metric: limit.value for metric, limit in limits}
    row["finished"] = outcome.passed if limits else outcome.metrics["all_features_share"] == 1
    row["passed"] = outcome.passed
    for metric, limit in limits:
        row[f"passed.{metric}"] = limit.ok and row.get(f"passed.{metric}", True)
    row |= {"wall_seconds": outcome.wall_seconds, "digest": outcome.digest}
    row |= {"warnings": len(outcome.warnings), "first_warning": next(iter(outcome.warnings), None)}
    return row | _followed_up(outcome, scenario)


def columns(plan: SweepPlan) -> dict[str, Type]:
    """Name of each column to its type, in the table's order."""
    metrics = dict.fromkeys(limit.metric for limit in plan.scenarios[0].thresholds)
    figures = [*NUMBERS, *(f"{name}.{statistic}" for name in DISTRIBUTIONS for statistic in KEPT_STATISTICS), *metrics]
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
        "failed": "text",
        "warned": "text",
        "warnings": "whole",
        "first_warning": "text",
        **dict.fromkeys(follow_up_columns(plan), "whole"),
    }


def follow_up_columns(plan: SweepPlan) -> list[str]:
    """The columns that count reminders and deadlines: ``follow_ups.owners.invitation.reminder_1.reached``."""
    names = dict.fromkeys(name for scenario in plan.scenarios for name in _follow_ups(scenario).values())
    return [f"{name}.{counted}" for name in names for counted in FOLLOWED_UP]


def _follow_ups(scenario: Scenario) -> dict[FollowUpPlace, str]:
    """The place of each reminder and deadline, as in ``FollowUp.place``, to its name: ``follow_ups.steps.6``."""
    names: dict[FollowUpPlace, str] = {}
    for name, request, behaviour in scenario.behaviours():
        head = f"follow_ups.{name}.{request}"
        for number, days in enumerate(behaviour.remind_after_days, 1):
            names[name, request, "reminder", days] = f"{head}.reminder_{number}"
        if behaviour.deadline_days is not None:
            names[name, request, "deadline", behaviour.deadline_days] = f"{head}.deadline"
    for track in scenario.all_tracks:
        head = f"follow_ups.{'.'.join(track.path).removesuffix('.steps')}"
        for number, step in enumerate(track.steps, 1):
            if isinstance(step, Remind):
                names[track.label, number] = f"{head}.{number}"
    return names


def _followed_up(outcome: Outcome, scenario: Scenario) -> dict[str, int]:
    """Whom each reminder and deadline met; a step that is played several times counts them all."""
    names, row = _follow_ups(scenario), Counter[str]()
    for each in outcome.follow_ups:
        for counted in FOLLOWED_UP:
            row[f"{names[each.place]}.{counted}"] += getattr(each, counted)
    return row


def _parameters(settled: list[dict[str, Parameter]]) -> dict[str, Type]:
    return {f"parameters.{name}": _type([each[name] for each in settled]) for name in settled[0]}


def _type(values: list[Parameter]) -> Type:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "truth"
    if not kinds <= {int, float} or any(isinstance(value, int) and not fits(value) for value in values):
        return "text"
    return "whole" if kinds == {int} else "number"


def complete_row(plan: SweepPlan, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table: the row that the worker returned, and what the plan knows of the run."""
    run = plan.run(row["run"])
    scenario = plan.scenarios[run.number // plan.sweep.runs]
    return {
        **row,
        **{f"parameters.{name}": value for name, value in scenario.parameters.items()},
        "scenario": plan.sweep.scenario,
        "scenario_sha256": run.sha256,
        "orgsim_version": run.version,
        "seed": run.seed,
        "command": plan.command(run),
        "failed": _not_held(scenario, row, "fail"),
        "warned": _not_held(scenario, row, "warn"),
    }


def _not_held(scenario: Scenario, row: Mapping[str, Any], severity: str) -> str | None:
    """The thresholds of a severity that did not hold in a run; None if the run did not come to an end."""
    if "digest" not in row:
        return None
    limits = [limit for limit in scenario.thresholds if limit.severity == severity]
    return "; ".join(str(limit) for limit in limits if not row[f"passed.{limit.metric}"])
