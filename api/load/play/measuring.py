"""Computes the outcome of a finished run: its figures, distributions, timeline and thresholds."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import accumulate
from typing import Any

from ....engine.runtime.engine import Engine
from ....engine.settings import DAY, HOUR
from ....engine.shapes.base import moment
from ....engine.state import State
from ....projections.flow import MINUTE, Changes, Durations, FlowView
from ..scenario.figures import RUN, Figure
from ..scenario.metrics import NUMBERS
from ..scenario.model import Scenario
from ..scenario.thresholds import Threshold
from .call_counter import CallCounter
from .context import StepContext
from .figures import (
    ANSWER_TIMES,
    calls_of,
    distributions_of,
    features_of,
    figures_by_part,
    figures_by_step,
    figures_of_flow,
    numbers_of,
    ready_of,
)
from .flows import Flows
from .follow_ups import follow_ups
from .funnel import funnels
from .outcome import (
    Distribution,
    Late,
    OrganizationOutcome,
    Outcome,
    PartFigures,
    ThresholdOutcome,
    Timeline,
    TransferOutcome,
    UnitOutcome,
)

SLOWEST = 10
"""The number of accounts that ``Outcome.slowest`` names."""
MAX_INTERVALS = 240
"""The most values that a line of the timeline has."""
INTERVAL_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440)
"""Lengths that a timeline's intervals may have, in minutes; those of a longer run are a whole number of days."""


def measure(context: StepContext, flows: Flows, name: str, seconds: float) -> Outcome:
    """Compute the outcome of a finished run.

    Args:
        context: of the run, after its last step; its engine has everything durable.
        flows: were fed all events.
        name: the scenario's file name, or empty.
        seconds: how long the run took in real time.
    """
    flow, run = flows.whole, figures_of_run(context, flows.whole)
    parts = figures_by_part(flows, context.counter, context.timetable.steps)
    limits = tuple(_judged(limit, {RUN: run, **parts}) for limit in context.scenario.thresholds)
    found = {name: _organization(context.engine.state, flow, key) for name, key in context.organizations.items()}
    first, *_ = found.values()
    return Outcome(
        scenario=name,
        passed=all(limit.ok or limit.severity == "warn" for limit in limits),
        thresholds=limits,
        feature_set=first.feature_set,
        accounts=first.accounts,
        organizations=found,
        handshakes=flow.totals(),
        account_creations=_creations(flow),
        **_calls(context.counter),
        metrics=run.metrics,
        distributions=run.distributions,
        parts=parts,
        slowest={name: _slowest(flow.accepted[action]) for name, action in ANSWER_TIMES.items()},
        **_played(context),
        timeline=_timeline(context, flow),
        events=flow.position - flow.began_at,
        wall_seconds=round(seconds, 3),
        **_run(context.scenario, context.engine),
        **_became(context, flow),
    )


def _became(context: StepContext, flow: FlowView) -> dict[str, Any]:
    state, organizations = context.engine.state, context.organizations
    return {
        "units": tuple(_units(state, flow, organizations)),
        "transfers": tuple(_transfers(state, organizations)),
        "funnels": funnels(flow, state, organizations, context.counter.refusals),
        "vending": context.vending.funnels(state, flow.failures),
    }


def _played(context: StepContext) -> dict[str, Any]:
    timetable = context.timetable
    return {
        "steps": tuple(timetable.steps),
        "warnings": tuple(timetable.warnings),
        "follow_ups": (*follow_ups(context.scenario, context.driver), *timetable.reminders),
        "measured_since": moment(context.lookout.measured_since),
    }


def _run(scenario: Scenario, engine: Engine) -> dict[str, Any]:
    return {
        "description": scenario.description,
        "seed": scenario.seed,
        "parameters": scenario.parameters,
        "start": scenario.start,
        "dated": scenario.dated,
        "virtual_days": (moment(engine.now) - scenario.start) / timedelta(days=1),
        "digest": engine.log.digest.hex(),
        "log": engine.log.name,
        "began_with": scenario.log,
        "began_at": scenario.at,
    }


def _calls(counter: CallCounter) -> dict[str, Any]:
    return {
        "commands": counter.calls,
        "refused": dict(counter.refused),
        "explanations": counter.explanations,
        "throttled": dict(counter.throttled),
        "held_back": dict(counter.held_back),
    }


def figure_now(figure: Figure, context: StepContext, flows: Flows) -> float | None:
    """Compute one figure in the middle of a run, from what is durable."""
    # Distributions sort all values, which is too much for a figure that needs none and is looked at every hour.
    only_numbers = "." not in figure.name
    if figure.part == RUN:
        return figures_of_run(context, flows.whole, only_numbers=only_numbers).value(figure.name)
    if figure.part in (parts := dict(flows.parts())):
        flow, counter = parts[figure.part], context.counter
        return figures_of_flow(figure.part, flow, counter, flows.sizes, only_numbers=only_numbers).value(figure.name)
    found = figures_by_step(context.timetable.steps).get(figure.part)
    return found.value(figure.name) if found else None


def _judged(limit: Threshold, parts: Mapping[str, PartFigures]) -> ThresholdOutcome:
    """Look whether a threshold holds; of a step that was not played no figure has a value."""
    figure = limit.figure
    value = parts[figure.part].value(figure.name) if figure.part in parts else None
    return ThresholdOutcome(str(limit), value, limit.holds(value), limit.severity)


def figures_of_run(context: StepContext, flow: FlowView, *, only_numbers: bool = False) -> PartFigures:
    """The figures of the run as a whole, since they count; on demand without its distributions."""
    counter, passed = context.counter, context.engine.now - context.lookout.measured_since
    ready_share, ready_seconds = ready_of(counter)
    numbers = {
        **ready_share,
        **features_of(flow),
        **numbers_of(flow),
        **calls_of(counter),
        "virtual_days": passed / DAY,
        "virtual_hours": passed / HOUR,
        "events": flow.position - flow.began_at,
    }
    numbers = {name: numbers[name] for name in NUMBERS}
    if only_numbers:
        return PartFigures(numbers, {})
    return PartFigures(
        numbers,
        distributions_of(flow) | ready_seconds | {"held_back_seconds": Distribution.of(counter.held_back_seconds)},
    )


def _creations(flow: FlowView) -> dict[str, int]:
    totals = {state: sum(changes.values()) for state, changes in flow.creations.items()}
    return {state: total for state, total in totals.items() if total}


def _units(state: State, flow: FlowView, organizations: Mapping[str, str]) -> Iterator[UnitOutcome]:
    for name, organization in organizations.items():
        facts = state.organizations[organization]
        units, policies = facts.units.by_id, facts.policies
        for destination, number in flow.moved.items():
            if destination in units:
                above = facts.units.path_to(destination)
                attached = (policies.by_id[each].name for unit in above for each in policies.attached.get(unit, ()))
                path = "/".join(units[unit].name for unit in above[1:] or above)
                yield UnitOutcome(name, path, number, tuple(attached))


def _transfers(state: State, organizations: Mapping[str, str]) -> Iterator[TransferOutcome]:
    names = {organization: name for name, organization in organizations.items()}
    managed = {state.organizations[each].management_account: name for each, name in names.items()}
    managed |= {state.email_of(account).lower(): name for account, name in managed.items()}
    for each in sorted(state.transfers.by_id.values(), key=lambda transfer: transfer.starts_at):
        source = each.source_organization
        paid_for = names.get(source or "") or managed.get(each.party.lower())
        if paid_for or each.organization in names:
            ends = moment(each.ends_at) if each.ends_at is not None else None
            payer = names.get(each.organization, each.organization)
            yield TransferOutcome(
                payer, paid_for or source or each.party, str(each.status), moment(each.starts_at), ends
            )


def _organization(state: State, flow: FlowView, organization: str) -> OrganizationOutcome:
    facts = state.organizations[organization]
    migrated = flow.migrated.get(organization)
    return OrganizationOutcome(
        organization,
        facts.management_account,
        "DELETED" if facts.deleted else str(facts.feature_set),
        len(facts.members),
        migrated / HOUR if migrated is not None else None,
        len(facts.closures.closed),
    )


def _slowest(durations: Durations) -> tuple[Late, ...]:
    lengths = durations.lengths
    # A sort is quick, because most lengths come in order; a heap of the largest would change with each of them.
    least = sorted(lengths)[-SLOWEST:][:1] or [0]
    late = [place for place, length in enumerate(lengths) if length >= least[0]]
    places = sorted(late, key=lengths.__getitem__, reverse=True)[:SLOWEST]
    return tuple(Late(durations.accounts[place], lengths[place] / DAY) for place in places)


def _timeline(context: StepContext, flow: FlowView) -> Timeline:
    """Sum the changes of each minute over equal intervals: the shortest of which few enough cover the run."""
    counter, first = context.counter, context.lookout.measured_since // MINUTE
    minutes = context.engine.now // MINUTE - first + 1
    fitting = (each for each in INTERVAL_MINUTES if minutes <= each * MAX_INTERVALS)
    interval = next(fitting, -(-minutes // (1_440 * MAX_INTERVALS)) * 1_440)
    length = -(-minutes // interval)

    def changes_per_interval(changes: Changes) -> list[int]:
        """The sum of the changes before the first interval, and within each."""
        sums = [0] * (1 + length)
        for minute, change in changes.items():
            sums[max(0, 1 + (minute - first) // interval)] += change
        return sums

    def totals(changes: Changes) -> tuple[int, ...]:
        """The sum of all changes up to the beginning of the first interval, and to the end of each."""
        return tuple(accumulate(changes_per_interval(changes)))

    def within(changes: Changes) -> tuple[int, ...]:
        """The sum of the changes within each interval."""
        return tuple(changes_per_interval(changes)[1:])

    return Timeline(
        start=moment(first * MINUTE),
        step_seconds=interval * 60,
        length=length,
        handshakes={
            str(action): {str(state): totals(each) for state, each in states.items() if each}
            for action, states in flow.handshakes.items()
            if any(states.values())
        },
        members={name: totals(flow.members[organization]) for name, organization in context.organizations.items()},
        creations={state: totals(each) for state, each in flow.creations.items()},
        closures={state: totals(each) for state, each in flow.closures.items()},
        calls={name: within(each) for name, each in counter.calls_by_minute.items()},
        throttled={name: within(each) for name, each in counter.throttled_by_minute.items()},
    )
