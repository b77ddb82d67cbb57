"""Computes the outcome of a finished run: its figures, distributions, timeline and thresholds."""

import heapq
from collections.abc import Mapping
from datetime import timedelta
from itertools import accumulate
from typing import Any

from ....engine.runtime.engine import Engine
from ....engine.settings import DAY, HOUR, SECOND
from ....engine.shapes.base import moment
from ....engine.shapes.timestamps import microseconds
from ....engine.words import Action, FeatureSet, JoinedMethod
from ....projections.flow import MINUTE, Changes, Durations, FlowView
from ..scenario.model import Scenario
from .call_counter import CallCounter
from .outcome import Distribution, Late, OrganizationOutcome, Outcome, ThresholdOutcome, Timeline, figure
from .player import Player

INVITE, APPROVE, ENABLE = Action.INVITE, Action.APPROVE_ALL_FEATURES, Action.ENABLE_ALL_FEATURES
ANSWER_TIMES = {"joining_days": INVITE, "migration_days": APPROVE}
"""Figure to the action of the handshakes whose time to acceptance it is."""
HANDSHAKE_STATES = ("OPEN", "ACCEPTED", "DECLINED", "CANCELED", "EXPIRED")
SLOWEST = 10
"""The number of accounts that ``Outcome.slowest`` names."""
MAX_INTERVALS = 240
"""The most values that a line of the timeline has."""
INTERVAL_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440)
"""Lengths that a timeline's intervals may have, in minutes; those of a longer run are a whole number of days."""


def measure(
    scenario: Scenario, name: str, engine: Engine, flow: FlowView, counter: CallCounter, player: Player, seconds: float
) -> Outcome:
    """Compute the outcome of a finished run.

    Args:
        scenario: the scenario that was played.
        name: the scenario's file name, or empty.
        engine: has everything durable.
        flow: was fed all events.
        counter: counted the calls.
        player: knows the organizations' ids and what each step took.
        seconds: how long the run took in real time.
    """
    metrics, distributions = _numbers(scenario, engine, flow, counter), _distributions(flow, counter)
    limits = _thresholds(scenario, metrics, distributions)
    found = {each: _organization(engine, flow, organization) for each, organization in player.organizations.items()}
    first, *_ = found.values()
    return Outcome(
        scenario=name,
        description=scenario.description,
        seed=scenario.seed,
        parameters=scenario.parameters,
        passed=all(limit.ok for limit in limits),
        thresholds=limits,
        feature_set=first.feature_set,
        accounts=first.accounts,
        organizations=found,
        handshakes=flow.totals(),
        account_creations=_creations(flow),
        **_calls(counter),
        metrics=metrics,
        distributions=distributions,
        slowest={name: _slowest(flow.accepted[action]) for name, action in ANSWER_TIMES.items()},
        steps=tuple(player.steps),
        warnings=tuple(player.warnings),
        follow_ups=tuple(player.follow_ups),
        timeline=_timeline(scenario, engine, flow, counter, player.organizations),
        start=scenario.start,
        virtual_days=round((moment(engine.now) - scenario.start) / timedelta(days=1), 3),
        events=flow.position - flow.began_at,
        wall_seconds=round(seconds, 3),
        digest=engine.log.digest.hex(),
        log=engine.log.name,
        began_with=scenario.log,
        began_at=scenario.at,
    )


def _calls(counter: CallCounter) -> dict[str, Any]:
    return {
        "commands": counter.calls,
        "refused": dict(counter.refused),
        "explanations": counter.explanations,
        "throttled": dict(counter.throttled),
        "held_back": dict(counter.held_back),
    }


def figure_now(name: str, scenario: Scenario, engine: Engine, flow: FlowView, counter: CallCounter) -> float | None:
    """Compute one figure in the middle of a run, from what is durable."""
    distributions = _distributions(flow, counter) if "." in name else {}
    return figure(name, _numbers(scenario, engine, flow, counter), distributions)


def _thresholds(
    scenario: Scenario, metrics: dict[str, float | None], distributions: dict[str, Distribution]
) -> tuple[ThresholdOutcome, ...]:
    limits = [(limit, figure(limit.metric, metrics, distributions)) for limit in scenario.thresholds]
    return tuple(ThresholdOutcome(str(limit), value, limit.holds(value)) for limit, value in limits)


def _creations(flow: FlowView) -> dict[str, int]:
    totals = {state: sum(changes.values()) for state, changes in flow.creations.items()}
    return {state: total for state, total in totals.items() if total}


def _organization(engine: Engine, flow: FlowView, organization: str) -> OrganizationOutcome:
    facts = engine.state.organizations[organization]
    migrated = flow.migrated.get(organization)
    return OrganizationOutcome(
        organization,
        facts.management_account,
        "DELETED" if facts.deleted else str(facts.feature_set),
        len(facts.members),
        migrated / HOUR if migrated is not None else None,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _numbers(scenario: Scenario, engine: Engine, flow: FlowView, counter: CallCounter) -> dict[str, float | None]:
    totals = flow.totals()
    handshakes = {
        state: sum(totals.get(action, {}).get(state, 0) for action in (INVITE, APPROVE)) for state in HANDSHAKE_STATES
    }
    all_handshakes = sum(handshakes.values())
    passed = engine.now - microseconds(scenario.start)
    created = len(flow.created.lengths)
    failed = sum(sum(each.values()) for state, each in flow.creations.items() if state.startswith("FAILED"))
    # The management accounts came with their organizations, under the same method as invited accounts.
    joined = flow.came[JoinedMethod.INVITED] - len(flow.founded)
    departed = flow.departed.total()
    feature_sets = list(flow.feature_sets.values())
    return {
        "all_features_share": _share(feature_sets.count(FeatureSet.ALL), len(feature_sets)),
        "finalize_days": max(flow.migrated.values()) / DAY if flow.migrated else None,
        "accepted_share": _share(handshakes["ACCEPTED"], all_handshakes),
        "declined_share": _share(handshakes["DECLINED"], all_handshakes),
        "expired_share": _share(flow.expired[INVITE] + flow.expired[APPROVE], all_handshakes),
        "members": sum(sum(each.values()) for each in flow.members.values()),
        "joined": joined,
        "joined_share": flow.invited.share,
        "created": created,
        "creation_failed_share": _share(failed, created + failed),
        "closed": len(flow.closed.lengths),
        "departed": departed,
        "departed_share": _share(departed, joined + created),
        "commands": counter.calls,
        "refused_share": _share(counter.refused.total(), counter.calls),
        "throttled_share": _share(counter.throttled.total(), counter.calls),
        "held_back": counter.held_back.total(),
        "virtual_days": passed / DAY,
        "virtual_hours": passed / HOUR,
        "events": flow.position - flow.began_at,
    }


def _distributions(flow: FlowView, counter: CallCounter) -> dict[str, Distribution]:
    return {
        **{name: _distribution(flow.accepted[action], DAY) for name, action in ANSWER_TIMES.items()},
        "creation_seconds": _distribution(flow.created, SECOND),
        "closing_seconds": _distribution(flow.closed, SECOND),
        "held_back_seconds": Distribution.of(counter.held_back_seconds),
    }


def _distribution(durations: Durations, unit: int) -> Distribution:
    return Distribution.of([length / unit for length in durations.lengths])


def _slowest(durations: Durations) -> tuple[Late, ...]:
    lengths = durations.lengths
    places = heapq.nlargest(SLOWEST, range(len(lengths)), key=lengths.__getitem__)
    return tuple(Late(durations.accounts[place], lengths[place] / DAY) for place in places)


def _timeline(
    scenario: Scenario, engine: Engine, flow: FlowView, counter: CallCounter, organizations: Mapping[str, str]
) -> Timeline:
    """Sum the changes of each minute over equal intervals: the shortest of which few enough cover the run."""
    first = microseconds(scenario.start) // MINUTE
    minutes = engine.now // MINUTE - first + 1
    fitting = (each for each in INTERVAL_MINUTES if minutes <= each * MAX_INTERVALS)
    interval = next(fitting, -(-minutes // (1_440 * MAX_INTERVALS)) * 1_440)
    length = -(-minutes // interval)

    def changes_per_interval(changes: Changes) -> list[int]:
        """The sum of the changes within each interval."""
        sums = [0] * length
        for minute, change in changes.items():
            sums[(minute - first) // interval] += change
        return sums

    def totals(changes: Changes) -> tuple[int, ...]:
        """The sum of all changes up to the end of each interval."""
        return tuple(accumulate(changes_per_interval(changes)))

    return Timeline(
        start=moment(first * MINUTE),
        step_seconds=interval * 60,
        length=length,
        handshakes={
            str(action): {str(state): totals(each) for state, each in states.items() if each}
            for action, states in flow.handshakes.items()
            if any(states.values())
        },
        members={name: totals(flow.members[organization]) for name, organization in organizations.items()},
        creations={state: totals(each) for state, each in flow.creations.items()},
        closures={state: totals(each) for state, each in flow.closures.items()},
        calls={name: tuple(changes_per_interval(each)) for name, each in counter.calls_by_minute.items()},
        throttled={name: tuple(changes_per_interval(each)) for name, each in counter.throttled_by_minute.items()},
    )
