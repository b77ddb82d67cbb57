"""Conditions that never hold: figures count accounts and invitations, and so many there can be at most is known."""

from collections.abc import Iterator

from .existing import in_logs
from .figures import RUN, Figure
from .model import Scenario
from .populations import MemberTable, PopulationTable
from .problems import Problem
from .steps import Call, CreateAccounts, Invite, Sending, Track, Wait
from .thresholds import read_condition

INVITATIONS = (Invite.operation,)
CREATIONS = (CreateAccounts.operation, "CreateGovCloudAccount")
OF_INVITATIONS = ("joined", "moved_on", "joining_days.count")
OF_CREATIONS = ("created", "creation_seconds.count")
OF_ACCOUNTS = ("members", "closed", "closing_seconds.count")


def never_hold(scenario: Scenario) -> Iterator[Problem]:
    """Find waits for conditions that are surely not met, however accounts answer.

    Args:
        scenario: without mistakes. In a log with which it begins may be anything, so then nothing is found.
    """
    figures = scenario.figures
    for track in scenario.all_tracks if not scenario.log else ():
        for index, step in enumerate(track.steps):
            if not isinstance(step, Wait) or step.until is None:
                continue
            condition = read_condition(step.until, figures)
            most, why = most_of(scenario, condition.figure)
            if most is not None and not any(map(condition.holds, (0, most, min(max(condition.limit, 0), most)))):
                message = f"{condition.metric} is never {condition.comparison} {condition.limit:,.15g}: {why} {most:,}"
                yield Problem(message, (*track.path, index, "until"))


def most_of(scenario: Scenario, figure: Figure) -> tuple[int | None, str]:
    """The most that a figure can be, with words for it; None if it is not known."""
    if figure.name in OF_INVITATIONS:
        return _calls(scenario, INVITATIONS, figure.part), "the invitations are at most"
    if figure.name in OF_CREATIONS:
        return _calls(scenario, CREATIONS, figure.part), "the accounts that are created are at most"
    if figure.name in OF_ACCOUNTS:
        return _accounts(scenario), "the accounts are at most"
    return None, ""


def _accounts(scenario: Scenario) -> int | None:
    """How many accounts there can be; None if organizations are in a log, or copies that are not known."""
    created = _calls(scenario, CREATIONS, RUN)
    members = [0 if table.is_founded else _members(scenario, name) for name, table in scenario.organizations.items()]
    if created is None or None in members or in_logs(scenario):
        return None
    apart = (each for each in scenario.populations.values() if each.origin in ("invited", "standalone"))
    return sum(1 + (each or 0) for each in members) + created + sum(each.count for each in apart)


def _members(scenario: Scenario, organization: str) -> int | None:
    """How many members an organization has when the run begins, its management account apart; None if not known."""
    twin = scenario.twins.get(organization)
    if twin:
        return len(twin.form.accounts) - 1 if twin.is_settled else None
    return scenario.organizations[organization].accounts


def _calls(scenario: Scenario, operations: tuple[str, ...], part: str) -> int | None:
    """How many calls of some operations can be made; None if that is not known.

    Steps under AWS's names may be for anybody; others are left out if they are for another population than ``part``.
    """
    if any(each.escalation and each.escalation.action in operations for _, _, each in scenario.behaviours()):
        return None
    return sum(_calls_in(track, scenario, operations, part) for track in scenario.all_tracks)


def _calls_in(track: Track, scenario: Scenario, operations: tuple[str, ...], part: str) -> int:
    found = 0
    for step in track.steps:
        if isinstance(step, Sending) and step.operation in operations:
            others = part.startswith("populations.") and part != f"populations.{step.population}"
            found += 0 if others else _size(scenario, step.population)
        if isinstance(step, CreateAccounts):
            then = [each for each in step.then or () if each.action in operations]
            found += len(then) * _size(scenario, step.population)
        if isinstance(step, Call) and step.operation in operations:
            found += _size(scenario, step.for_each) if step.for_each else 1
    return found * (track.table.times or 1)


def _size(scenario: Scenario, population: str) -> int:
    """How many accounts a population has at most."""
    table: PopulationTable = scenario.populations[population]
    if not isinstance(table, MemberTable):
        return table.count
    members = _members(scenario, table.of or next(iter(scenario.organizations)))
    return table.count if members is None else min(table.count, members)
