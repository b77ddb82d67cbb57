"""From what a run recorded and counted to its outcome: figures, timeline, thresholds."""

import heapq
from collections.abc import Mapping
from datetime import timedelta
from itertools import accumulate

from ....engine.runtime.engine import Engine
from ....engine.settings import DAY, HOUR, SECOND
from ....engine.shapes.base import moment
from ....engine.shapes.timestamps import microseconds
from ....engine.words import Action, FeatureSet, JoinedMethod
from ....projections.flow import MINUTE, Changes, Durations, FlowView
from ..scenario.model import Scenario
from .outcome import Distribution, Late, OrganizationOutcome, Outcome, ThresholdOutcome, Timeline, figure
from .player import Player
from .tally import Tally

INVITE, APPROVE, ENABLE = Action.INVITE, Action.APPROVE_ALL_FEATURES, Action.ENABLE_ALL_FEATURES
ASKED = {"joining_days": INVITE, "migration_days": APPROVE}
SLOWEST = 10
MOST_STRETCHES = 240
STRETCHES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440)
"""Lengths of a timeline's stretches, in minutes; behind the last whole days."""


def measure(
    scenario: Scenario, name: str, engine: Engine, flow: FlowView, tally: Tally, player: Player, wall_seconds: float
) -> Outcome:
    """The outcome of a run that is over.

    Args:
        scenario: what was played.
        name: of its file, if there was one.
        engine: everything is durable.
        flow: fed with all of it.
        tally: what was counted.
        player: what the organizations became, and what each step took.
        wall_seconds: how long it took.
    """
    metrics = _numbers(scenario, engine, flow, tally)
    distributions = _distributions(flow, tally)
    limits = _thresholds(scenario, metrics, distributions)
    found = {each: _organization(engine, flow, organization) for each, organization in player.organizations.items()}
    first = next(iter(found.values()))
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
        refused=dict(tally.refused),
        throttled=dict(tally.throttled),
        held_back=dict(tally.held_back),
        metrics=metrics,
        distributions=distributions,
        slowest={name: _slowest(flow.accepted[action]) for name, action in ASKED.items()},
        steps=tuple(player.steps),
        timeline=_timeline(scenario, engine, flow, tally, player.organizations),
        start=scenario.start,
        virtual_days=round((moment(engine.now) - scenario.start) / timedelta(days=1), 3),
        events=flow.position,
        commands=tally.commands,
        wall_seconds=round(wall_seconds, 3),
        digest=engine.log.digest.hex(),
        log=engine.log.name,
    )


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


def _numbers(scenario: Scenario, engine: Engine, flow: FlowView, tally: Tally) -> dict[str, float | None]:
    totals = flow.totals()
    asked = {state: sum(totals.get(action, {}).get(state, 0) for action in (INVITE, APPROVE)) for state in STATES}
    all_asked = sum(asked.values())
    began = microseconds(scenario.start)
    passed = engine.now - began
    created = len(flow.created.lengths)
    failed = sum(sum(each.values()) for state, each in flow.creations.items() if state.startswith("FAILED"))
    joined = flow.came[JoinedMethod.INVITED] - len(flow.founded)
    departed = flow.departed.total()
    feature_sets = list(flow.feature_sets.values())
    return {
        "all_features_share": _share(feature_sets.count(FeatureSet.ALL), len(feature_sets)),
        "finalize_days": max(flow.migrated.values()) / DAY if flow.migrated else None,
        "accepted_share": _share(asked["ACCEPTED"], all_asked),
        "declined_share": _share(asked["DECLINED"], all_asked),
        "expired_share": _share(flow.expired[INVITE] + flow.expired[APPROVE], all_asked),
        "members": sum(sum(each.values()) for each in flow.members.values()),
        "joined": joined,
        "created": created,
        "creation_failed_share": _share(failed, created + failed),
        "closed": len(flow.closed.lengths),
        "departed": departed,
        "departed_share": _share(departed, joined + created),
        "commands": tally.commands,
        "refused_share": _share(tally.refused.total(), tally.commands),
        "throttled_share": _share(tally.throttled.total(), tally.commands),
        "held_back": tally.held_back.total(),
        "virtual_days": passed / DAY,
        "virtual_hours": passed / HOUR,
        "events": flow.position,
    }


STATES = ("OPEN", "ACCEPTED", "DECLINED", "CANCELED", "EXPIRED")


def _distributions(flow: FlowView, tally: Tally) -> dict[str, Distribution]:
    return {
        **{name: _distribution(flow.accepted[action], DAY) for name, action in ASKED.items()},
        "creation_seconds": _distribution(flow.created, SECOND),
        "closing_seconds": _distribution(flow.closed, SECOND),
        "held_back_seconds": Distribution.of(tally.held_back_seconds),
    }


def _distribution(durations: Durations, unit: int) -> Distribution:
    return Distribution.of([length / unit for length in durations.lengths])


def _slowest(durations: Durations) -> tuple[Late, ...]:
    lengths = durations.lengths
    places = heapq.nlargest(SLOWEST, range(len(lengths)), key=lengths.__getitem__)
    return tuple(Late(durations.accounts[place], lengths[place] / DAY) for place in places)


def _timeline(
    scenario: Scenario, engine: Engine, flow: FlowView, tally: Tally, organizations: Mapping[str, str]
) -> Timeline:
    first = microseconds(scenario.start) // MINUTE
    minutes = engine.now // MINUTE - first + 1
    fitting = (length for length in STRETCHES if minutes <= length * MOST_STRETCHES)
    stretch = next(fitting, -(-minutes // (1_440 * MOST_STRETCHES)) * 1_440)
    length = -(-minutes // stretch)

    def within(changes: Changes) -> list[int]:
        """What came in each stretch."""
        sums = [0] * length
        for minute, change in changes.items():
            sums[(minute - first) // stretch] += change
        return sums

    def level(changes: Changes) -> tuple[int, ...]:
        """What there was at the end of each stretch."""
        return tuple(accumulate(within(changes)))

    return Timeline(
        start=moment(first * MINUTE),
        step_seconds=stretch * 60,
        length=length,
        handshakes={
            str(action): {str(state): level(each) for state, each in states.items() if each}
            for action, states in flow.handshakes.items()
        },
        members={name: level(flow.members[organization]) for name, organization in organizations.items()},
        creations={state: level(each) for state, each in flow.creations.items()},
        closures={state: level(each) for state, each in flow.closures.items()},
        calls={name: tuple(within(each)) for name, each in tally.calls_by_minute.items()},
        throttled={name: tuple(within(each)) for name, each in tally.throttled_by_minute.items()},
    )
