"""Conditions that never hold: figures count accounts and invitations, and so many there can be at most is known."""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from .existing import in_logs
from .figures import Figure
from .model import Scenario
from .populations import MemberTable, PopulationTable
from .problems import Problem
from .steps import Call, CreateAccounts, Invite, Sending, Step, Wait
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
    figures, mosts = scenario.figures, Mosts(scenario)
    for track in scenario.all_tracks if not scenario.log else ():
        for index, step in enumerate(track.steps):
            if not isinstance(step, Wait) or step.until is None:
                continue
            condition = read_condition(step.until, figures)
            most, why = mosts.of(condition.figure)
            if most is not None and not any(map(condition.holds, (0, most, min(max(condition.limit, 0), most)))):
                message = f"{condition.metric} is never {condition.comparison} {condition.limit:,.15g}: {why} {most:,}"
                yield Problem(message, (*track.path, index, "until"))


class _Calls(Struct, frozen=True):
    """How many calls can be made."""

    total: int
    by_population: Counter[str]
    """Steps under AWS's names, and what follows a creation, may be for anybody: those have no name."""

    def of(self, part: str) -> int:
        """Those of them that may be for a part of the run."""
        kind, _, name = part.partition(".")
        return self.by_population[""] + self.by_population[name] if kind == "populations" else self.total


class Mosts:
    """The most that the figures of a scenario can be.

    Args:
        scenario: without mistakes.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._invitations = _calls(scenario, INVITATIONS)
        self._creations = _calls(scenario, CREATIONS)
        self._accounts = _accounts(scenario, self._creations)

    def of(self, figure: Figure) -> tuple[int | None, str]:
        """The most that a figure can be, with words for it; None if it is not known."""
        if figure.name in OF_INVITATIONS:
            return self._invitations and self._invitations.of(figure.part), "the invitations are at most"
        if figure.name in OF_CREATIONS:
            return self._creations and self._creations.of(figure.part), "the accounts that are created are at most"
        if figure.name in OF_ACCOUNTS:
            return self._accounts, "the accounts are at most"
        return None, ""


def _accounts(scenario: Scenario, creations: _Calls | None) -> int | None:
    """How many accounts there can be; None if organizations are in a log, or copies that are not known."""
    members = [0 if table.is_founded else _members(scenario, name) for name, table in scenario.organizations.items()]
    if creations is None or None in members or in_logs(scenario):
        return None
    apart = (each for each in scenario.populations.values() if each.origin in ("invited", "standalone"))
    return sum(1 + (each or 0) for each in members) + creations.total + sum(each.count for each in apart)


def _members(scenario: Scenario, organization: str) -> int | None:
    """How many members an organization has when the run begins, its management account apart; None if not known."""
    twin = scenario.twins.get(organization)
    if twin:
        return len(twin.form.accounts) - 1 if twin.is_settled else None
    return scenario.organizations[organization].accounts


def _calls(scenario: Scenario, operations: tuple[str, ...]) -> _Calls | None:
    """How many calls of some operations can be made; None if that is not known."""
    if any(each.escalation and each.escalation.action in operations for _, _, each in scenario.behaviours()):
        return None
    found = Counter[str]()
    for track in scenario.all_tracks:
        for step in track.steps:
            for population, number in _calls_of(step, scenario, operations):
                found[population] += number * (track.table.times or 1)
    return _Calls(found.total(), found)


def _calls_of(step: Step, scenario: Scenario, operations: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    if isinstance(step, Sending) and step.operation in operations:
        yield step.population, _size(scenario, step.population)
    if isinstance(step, CreateAccounts):
        then = [each for each in step.then or () if each.action in operations]
        yield "", len(then) * _size(scenario, step.population)
    if isinstance(step, Call) and step.operation in operations:
        yield "", _size(scenario, step.for_each) if step.for_each else 1


def _size(scenario: Scenario, population: str) -> int:
    """How many accounts a population has at most."""
    table: PopulationTable = scenario.populations[population]
    if not isinstance(table, MemberTable):
        return table.count
    members = _members(scenario, table.of or next(iter(scenario.organizations)))
    return table.count if members is None else min(table.count, members)
