"""What a run has shown, in sentences and figures for people who have not seen its scenario."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from ..plurals import counted
from . import wording
from .play.call_counter import ASKING
from .play.outcome import FunnelStage, Outcome, PartFigures, ThresholdOutcome
from .scenario.figures import metric_of
from .scenario.metrics import DISTRIBUTIONS, NO_SHARE, NUMBERS, OF_ORGANIZATIONS, OF_POPULATIONS, OF_STEPS
from .scenario.steps import CreateAccounts
from .scenario.thresholds import COMPARISONS

THROTTLED = "TooManyRequestsException"

WANTED = {
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
    "==": "exactly",
    "!=": "anything but",
}
"""Comparisons in words."""


def verdict(outcome: Outcome) -> str:
    """Whether the run passed, in one sentence: ``Failed: 1 of 3 thresholds did not hold.``"""
    kinds = [wording.judgement(each) for each in outcome.thresholds]
    failed, warned, total = kinds.count("failed"), kinds.count("warned"), len(kinds)
    if not total:
        return "Passed: there are no thresholds."
    warnings = f", and {counted(warned, 'warning')}" if warned else ""
    if failed:
        held = "did not hold" if total > 1 else "does not hold"
        which = f"{failed} of {total} thresholds" if total > 1 else "the threshold"
        return f"Failed: {which} {held}{warnings}."
    held = total - warned
    if not held:
        return f"Passed, with {counted(warned, 'warning')}."
    which = "the threshold" if total == 1 else "both thresholds" if total == 2 else f"all {total} thresholds"
    return f"Passed: {which if not warned else f'{held} of {total} thresholds'} held{warnings}."


def times(outcome: Outcome) -> str:
    """How long it took, with its dates if it has some: ``It took 49.3 days, from 2 March to 20 April 2026.``"""
    return f"It took {wording.long_duration(outcome.virtual_days * 24)}{_dates(outcome)}{_measured(outcome)}."


def _dates(outcome: Outcome) -> str:
    if not outcome.dated:
        return ""
    first, last = outcome.start, wording.at_day(outcome.start, outcome.virtual_days)
    begin = f"{first.day} {first:%B}" if first.year == last.year else f"{first.day} {first:%B %Y}"
    if first.date() == last.date():
        return f", on {last.day} {last:%B %Y}"
    return f", from {begin} to {last.day} {last:%B %Y}"


def _measured(outcome: Outcome) -> str:
    """Of which part of the run the figures are, if they are not of all."""
    since = measured_since(outcome)
    took = wording.long_duration(outcome.metrics["virtual_hours"] or 0.0)
    return f"; figures are of the last {took}, from {since} on" if since else ""


def measured_since(outcome: Outcome) -> str:
    """From when on figures count; empty if they count from the beginning on."""
    since = wording.days_between(outcome.start, outcome.measured_since)
    return wording.day(outcome, since) if since else ""


def moves(outcome: Outcome) -> Iterator[str]:
    """How many accounts were moved into each OU: ``300 accounts of acme moved to Workloads/Production``."""
    for each in outcome.units:
        under = f", under {' and '.join(each.policies)}" if each.policies else ""
        yield f"{counted(each.moved, 'account')} of {each.organization} moved to {each.path}{under}"


def transfers(outcome: Outcome) -> Iterator[str]:
    """Who pays whose bills, a sentence for each transfer: ``partner pays initech's bills from 1 May 2026 on``."""
    for each in outcome.transfers:
        what = f"{each.paid_for}'s bills from {_date(each.starts)}"
        if each.status in ("ACCEPTED", "WITHDRAWN"):
            yield f"{each.payer} pays {what} {f'to {_date(each.ends)}: it was ended' if each.ends else 'on'}"
        else:
            became = "not answered yet" if each.status == "REQUESTED" else each.status.lower()
            yield f"{each.payer} offered to pay {what} on: {became}"


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def found(threshold: ThresholdOutcome) -> str:
    """What was measured, in sensible digits, and by how much it missed: ``21 days, 1 day over``."""
    value = threshold.value
    if value is None:
        why = NO_SHARE.get(metric_of(threshold.metric))
        return f"no value: {why}" if why else "no value"
    if _is_yes_or_no(threshold.metric):
        return "yes" if value else "no"
    comparison, limit = threshold.comparison, threshold.limit
    said = wording.figure(threshold.metric, value, lambda rounded: COMPARISONS[comparison](rounded, limit))
    if threshold.ok or comparison in ("==", "!="):
        return said
    by = wording.difference(threshold.metric, abs(value - limit))
    return f"{said}, {by} {'over' if comparison.startswith('<') else 'short'}" if by else said


def wanted(threshold: ThresholdOutcome) -> str:
    """The condition in words: ``less than 60 days``."""
    if _is_yes_or_no(threshold.metric):
        return "yes" if COMPARISONS[threshold.comparison](1, threshold.limit) else "no"
    return f"{WANTED[threshold.comparison]} {wording.figure(threshold.metric, threshold.limit)}"


def _is_yes_or_no(name: str) -> bool:
    """Tell whether a figure of one organization can only be 1 or 0."""
    return name.endswith(".all_features_share")


def meaning(name: str) -> str:
    """What a figure is, with the part that it is about: ``ours: accounts that joined by invitation``."""
    metric = metric_of(name)
    before = name.removesuffix(f".{name.rpartition('.')[2]}") if not name.endswith(metric) else name
    part = before.removesuffix(metric).rstrip(".")
    statistic = name[len(before) :].lstrip(".")
    of_parts = (
        OF_STEPS | OF_POPULATIONS | OF_ORGANIZATIONS | {"all_features_share": "whether it has all features"}
        if part
        else {}
    )
    said = (DISTRIBUTIONS | NUMBERS | of_parts).get(metric, "")
    if statistic and said:
        named = wording.STATISTIC_NAMES.get(statistic)
        share = statistic.removeprefix("p")
        said = f"{named} of the times {said}" if named else f"{share} % of the times {said} were at most so long"
    return f"{part}: {said}" if part and said else said


def refused_besides(outcome: Outcome) -> dict[str, int]:
    """Refused calls by error and reason, without those that were throttled: they are told by operation."""
    return {kind: number for kind, number in outcome.refused.items() if not kind.startswith(THROTTLED)}


class OrganizationFigures(Struct, frozen=True):
    """The figures of an organization that people ask for first, as text; empty where there is nothing to say."""

    features: str
    members: str
    closed: str
    joined: str
    """The share of those that it asked to join."""
    approved: str
    """The share of those that it asked to approve."""
    moved_on: str
    """How many moved to another organization."""
    departed: str
    """How many departed otherwise."""
    migrated: str


def organizations(outcome: Outcome) -> dict[str, OrganizationFigures]:
    """The figures of each organization, by its name."""
    return {name: _organization(outcome, name) for name in outcome.organizations}


def shown_columns(found: Mapping[str, OrganizationFigures]) -> dict[str, str]:
    """Those of ``COLUMNS`` in which some organization has something."""
    return {field: title for field, title in COLUMNS.items() if any(getattr(each, field) for each in found.values())}


COLUMNS = {
    "features": "features",
    "members": "members",
    "closed": "of them closed",
    "joined": "joined",
    "approved": "approved",
    "moved_on": "moved on",
    "departed": "departed",
    "migrated": "migrated in",
}
"""Fields of ``OrganizationFigures`` to titles."""


def _organization(outcome: Outcome, name: str) -> OrganizationFigures:
    each = outcome.organizations[name]
    stages = {stage.name: stage for stage in outcome.funnels.get(name, ())}
    part = outcome.parts.get(f"organizations.{name}", PartFigures({}, {}))
    moved_on = part.metrics.get("moved_on") or 0
    departed = (part.metrics.get("departed") or 0) - moved_on
    return OrganizationFigures(
        features=wording.features(each.feature_set),
        members=f"{each.accounts:,}",
        closed=f"{each.closed:,}" if each.closed else "",
        joined=_of(stages, "joined", "asked to join"),
        approved=_of(stages, "approved", "asked to approve"),
        moved_on=f"{moved_on:,.0f}" if moved_on else "",
        departed=f"{departed:,.0f}" if departed else "",
        migrated="" if each.migration_hours is None else wording.long_duration(each.migration_hours),
    )


def _of(stages: Mapping[str, FunnelStage], part: str, whole: str) -> str:
    """A stage as a share of the one before; empty if there is none."""
    if part not in stages or whole not in stages or not stages[whole].accounts:
        return ""
    return wording.share(stages[part].accounts / stages[whole].accounts)


def set_up(outcome: Outcome) -> bool:
    """Whether accounts were created only to set the scene: before the first step that asks somebody."""
    operations = [step.operation for step in outcome.steps]
    asking = [index for index, operation in enumerate(operations) if operation in ASKING]
    return bool(asking) and CreateAccounts.operation not in operations[asking[0] :]


def funnels(outcome: Outcome) -> Iterator[tuple[str, tuple[FunnelStage, ...]]]:
    """The funnels with their titles: of organizations, and of populations that are created for more than the scene."""
    for name, stages in outcome.funnels.items():
        yield f"Accounts of {name}", stages
    if not set_up(outcome):
        for name, stages in outcome.vending.items():
            yield f"Accounts created for {name}", stages


def funnel_lines(stages: tuple[FunnelStage, ...]) -> Iterator[tuple[str, int, str]]:
    """The lines of a funnel: its stages, and indented between them who was lost and who came.

    Yields:
        The sign of the line (empty for a stage, otherwise a minus or a plus), how many, and what.
    """
    for stage in stages:
        yield "", stage.accounts, STAGES.get(stage.name, stage.name)
        for reason, number in stage.lost.items():
            yield "−", number, REASONS.get(reason, reason)
        for origin, number in stage.added.items():
            yield "+", number, origin


REASONS = {"canceled by EnableAllFeatures": "had not answered when EnableAllFeatures canceled the request"}
"""Names of reasons that are told in other words."""

STAGES = {"members": "members in the end", "to be created": "asked to be created"}
"""Names of stages that are told in other words."""
