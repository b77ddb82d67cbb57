"""Computes figures: of the run as a whole, and of each of its parts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ....engine.settings import DAY, SECOND
from ....engine.words import Action, FeatureSet, JoinedMethod
from ....projections.flow import Durations, FlowView
from ..scenario.metrics import OF_ORGANIZATIONS, OF_POPULATIONS
from .call_counter import CallCounter
from .flows import Flows
from .outcome import Distribution, PartFigures, StepOutcome

INVITE, APPROVE, ENABLE = Action.INVITE, Action.APPROVE_ALL_FEATURES, Action.ENABLE_ALL_FEATURES
ANSWER_TIMES = {"joining_days": INVITE, "migration_days": APPROVE, "transfer_days": Action.TRANSFER_RESPONSIBILITY}
"""Figure to the action of the handshakes whose time to acceptance it is."""
HANDSHAKE_STATES = ("OPEN", "ACCEPTED", "DECLINED", "CANCELED", "EXPIRED")

Numbers = dict[str, float | None]


def share_of(part: int, whole: int) -> float | None:
    """A part of a whole; of nothing there is no share."""
    return part / whole if whole else None


def numbers_of(flow: FlowView) -> Numbers:
    """The figures of accounts that are one number: of all, or of those of an organization or a population."""
    totals = flow.totals()
    handshakes = {
        state: sum(totals.get(action, {}).get(state, 0) for action in (INVITE, APPROVE)) for state in HANDSHAKE_STATES
    }
    asked = sum(handshakes.values())
    created = len(flow.created.lengths)
    failed = sum(sum(each.values()) for state, each in flow.creations.items() if state.startswith("FAILED"))
    # The management accounts came with their organizations, under the same method as invited accounts.
    joined = flow.came[JoinedMethod.INVITED] - len(flow.founded)
    departed = flow.departed.total()
    return {
        "accepted_share": share_of(handshakes["ACCEPTED"], asked),
        "declined_share": share_of(handshakes["DECLINED"], asked),
        "expired_share": share_of(flow.expired[INVITE] + flow.expired[APPROVE], asked),
        "members": sum(sum(each.values()) for each in flow.members.values()),
        "joined": joined,
        "joined_share": flow.joined_share,
        "created": created,
        "creation_failed_share": share_of(failed, created + failed),
        "closed": len(flow.closed.lengths),
        "departed": departed,
        "moved_on": flow.moved_on,
        "departed_share": share_of(departed, flow.stood + joined + created),
    }


def features_of(flow: FlowView) -> Numbers:
    """The figures about all features."""
    feature_sets = list(flow.feature_sets.values())
    return {
        "all_features_share": share_of(feature_sets.count(FeatureSet.ALL), len(feature_sets)),
        "finalize_days": max(flow.migrated.values()) / DAY if flow.migrated else None,
    }


def calls_of(counter: CallCounter) -> Numbers:
    """The figures about calls."""
    return {
        "commands": counter.calls,
        "refused_share": share_of(counter.refused.total(), counter.calls),
        "throttled_share": share_of(counter.throttled.total(), counter.calls),
        "held_back": counter.held_back.total(),
    }


def distributions_of(flow: FlowView) -> dict[str, Distribution]:
    """The figures of accounts that have many values."""
    return {
        **{name: _distribution(flow.accepted[action], DAY) for name, action in ANSWER_TIMES.items()},
        "creation_seconds": _distribution(flow.created, SECOND),
        "closing_seconds": _distribution(flow.closed, SECOND),
    }


def _distribution(durations: Durations, unit: int) -> Distribution:
    return Distribution.of([length / unit for length in durations.lengths])


def ready_of(counter: CallCounter, population: str = "") -> tuple[Numbers, dict[str, Distribution]]:
    """The figures of accounts that were asked for and got ready: of a population, or of all."""
    names = [population] if population else [*counter.asked_for]
    asked = sum(counter.asked_for[name] for name in names)
    seconds = [each for name in names for each in counter.ready_seconds[name]]
    return {"ready_share": share_of(len(seconds), asked)}, {"ready_seconds": Distribution.of(seconds)}


def figures_by_part(flows: Flows, counter: CallCounter, steps: Sequence[StepOutcome]) -> dict[str, PartFigures]:
    """The figures of each organization, population, track and step, by the name of the part."""
    return {part: figures_of_flow(part, flow, counter, flows.sizes) for part, flow in flows.parts()} | figures_by_step(
        steps
    )


def figures_of_flow(
    part: str, flow: FlowView, counter: CallCounter, sizes: Mapping[str, int], *, only_numbers: bool = False
) -> PartFigures:
    """The figures of an organization or a population; on demand without their distributions.

    Args:
        part: its name.
        flow: its own.
        counter: of the run.
        sizes: population to the number of its accounts.
        only_numbers: whether to leave distributions out.
    """
    is_organization = part.startswith("organizations.")
    known = OF_ORGANIZATIONS if is_organization else OF_POPULATIONS
    distributions = {} if only_numbers else distributions_of(flow)
    if is_organization:
        more, times = features_of(flow), dict[str, Distribution]()
    else:
        population = part.partition(".")[2]
        more, times = ready_of(counter, population)
        more["joined_of_all_share"] = share_of(flow.joined, sizes[population])
    return PartFigures(
        more | numbers_of(flow),
        {} if only_numbers else {name: each for name, each in distributions.items() if name in known} | times,
    )


def figures_by_step(steps: Sequence[StepOutcome]) -> dict[str, PartFigures]:
    """The figures of each track and each step, by the name of the part."""
    found: defaultdict[str, list[StepOutcome]] = defaultdict(list)
    for step in steps:
        if step.track:
            found[f"tracks.{step.track}"].append(step)
        found[f"tracks.{step.track}.{step.step}" if step.track else f"steps.{step.step}"].append(step)
    tracks = {f"tracks.{step.track}" for step in steps}
    return {part: PartFigures(_of_steps(played, whole=part in tracks), {}) for part, played in found.items()}


def _of_steps(steps: list[StepOutcome], *, whole: bool) -> Numbers:
    """The figures of a step that was played once or several times, or of a whole track."""
    began = min(step.began_days for step in steps)
    days = sum(step.hours for step in steps) / 24
    if whole:
        days = max(step.began_days + step.hours / 24 for step in steps) - began
    commands = sum(step.commands for step in steps)
    return {
        "began_days": began,
        "virtual_days": days,
        "virtual_hours": days * 24,
        "commands": commands,
        "refused_share": share_of(sum(step.refused for step in steps), commands),
        "throttled_share": share_of(sum(step.throttled for step in steps), commands),
        "held_back": sum(step.held_back for step in steps),
    }
