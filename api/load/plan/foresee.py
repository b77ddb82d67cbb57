"""Goes through the steps of a scenario and counts the calls that each makes or brings about, without playing them."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, structs

from ....engine.settings import DAY, HOUR
from ....engine.shapes.timestamps import microseconds
from ....engine.throttling import Rate
from ....engine.words import FeatureSet
from ..play.agenda import ANSWERS
from ..scenario.model import Scenario
from ..scenario.pace import Pace
from ..scenario.problems import ScenarioError
from ..scenario.steps import (
    PLAIN,
    Call,
    CloseAccounts,
    CreateAccounts,
    EnableAllFeatures,
    Finalize,
    Invite,
    OrganizationStep,
    Remind,
    RemoveDeclined,
    Sending,
    Step,
    Track,
    Wait,
    WaitForAnswers,
)
from .limits import (
    Ticket,
    busiest_day,
    closure_hours,
    creation_hours,
    invitation_hours,
    management_rate,
    members_rate,
    paced_hours,
    rate_hours,
    tickets,
)
from .members import Members, standing_members
from .number import Number
from .requests import INVITE, REMOVE, Request
from .rows import PlannedCalls


class Plan(Struct, frozen=True):
    """What a scenario will do; its fields are the keys of ``--json``."""

    description: str
    calls: list[PlannedCalls]
    """In the order of tracks and steps."""
    operations: dict[str, tuple[int, int, int]]
    """Operation to its calls in all: least, expected, most."""
    tickets: list[Ticket]
    least_hours: float
    """The run takes at least so long."""
    least_hours_at_aws_rates: float
    """The same if AWS's rates held, where the scenario leaves them out."""


def plan_scenario(scenario: Scenario) -> Plan:
    """Foresee the calls of a scenario.

    Nothing is left out because a quota would refuse it: these are the calls of a world with the quotas that they need.
    Calls that are throttled and made again come on top.

    Args:
        scenario: the scenario, as ``load_scenario`` returns it.

    Raises:
        ScenarioError: it is about the world of a log.
    """
    for name, table in scenario.organizations.items():
        if table.id and not table.source:
            raise ScenarioError(f"organizations.{name} is one of a log: its calls are only known when it is played")
    foreseen, throttled = _Foresight(scenario), structs.replace(scenario.settings, throttle="aws")
    at_rates = _Foresight(structs.replace(scenario, settings=throttled))
    least, at_aws = foreseen.hours(), at_rates.hours()
    rows = foreseen.finished()
    totals: dict[str, tuple[int, int, int]] = {}
    for each in rows:
        least_calls, expected, most = totals.get(each.operation, (0, 0, 0))
        totals[each.operation] = least_calls + each.least, expected + each.expected, most + each.most
    asked = tickets(foreseen.needed, scenario.settings.quotas)
    return Plan(scenario.description, rows, totals, asked, least, at_aws)


class _Foresight:
    """The state of the world while the steps are gone through."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._settings = scenario.settings
        self._populations = [*scenario.populations]
        self._members: Members = standing_members(scenario)
        self._units = {name: sum(1 for _ in each.all_units()) for name, each in scenario.organizations.items()}
        self._features = {
            name: scenario.twins[name].form.feature_set if name in scenario.twins else each.founded_with
            for name, each in scenario.organizations.items()
        }
        self._migrations: dict[str, list[Request]] = {}
        """Organization to the requests of its migration."""
        self.needed: dict[tuple[str, str], int] = {}
        self._places: list[tuple[str, int, str, str]] = []
        """Track, step, action and subject of each step that was gone through, in order."""
        self._rows: list[tuple[int, PlannedCalls]] = []
        self._alone = len(scenario.all_tracks) == 1
        self._day = 0.0
        self._found()

    def _found(self) -> None:
        for name, each in self._scenario.organizations.items():
            self._places.append(("", 0, "found", name))
            if each.is_founded:
                self._row("CreateOrganization", "management", Number.exactly(1))

    def hours(self) -> float:
        """Go through all tracks; returns the least hours of the whole."""
        ends: dict[str, float] = {}
        waiting = list(self._scenario.all_tracks)
        while waiting:
            ready = [each for each in waiting if all(name in ends for name in each.table.predecessors)]
            # Those that begin first go first, though tracks really go side by side.
            track = min(ready, key=lambda each: self._begins(each, ends))
            self._day = self._begins(track, ends)
            ends[track.name] = self._track(track, self._day)
            waiting.remove(track)
        return max(ends.values(), default=0.0) * 24

    @staticmethod
    def _begins(track: Track, ends: dict[str, float]) -> float:
        return max([track.table.from_day, *(ends[name] for name in track.table.predecessors)])

    def _track(self, track: Track, first: float) -> float:
        for number in range(track.table.times or 1):
            self._day = max(self._day, first + number * (track.table.every_days or 0.0))
            for index, step in enumerate(track.steps, 1):
                self._day = max(self._day, step.at_day or 0.0)
                name = "" if track.name == PLAIN else track.name
                self._places.append((name, index, _action(step), _subject(step)))
                self._members.day = self._day
                self._day += self._step(step) / 24
        return self._day

    def _step(self, step: Step) -> float:
        """Foresee a step; returns the hours that it takes at least."""
        match step:
            case CreateAccounts():
                return self._create(step)
            case Invite():
                return self._invite(step)
            case CloseAccounts():
                return self._close(step)
            case EnableAllFeatures():
                return self._enable(step)
            case Wait():
                return (step.days or 0.0) * 24
            case Remind():
                for each in self._members.requests:
                    if step.population in ("", each.population):
                        each.remind(step.accept, self._day)
            case WaitForAnswers():
                for each in self._members.requests:
                    each.settled |= self._alone and step.population in ("", each.population)
            case RemoveDeclined():
                return self._remove_declined(step)
            case Finalize():
                if step.organization in self._migrations:
                    return self._send(step, "AcceptHandshake", Number.exactly(1))
            case Call():
                return self._call(step)
        return 0.0

    def _row(self, operation: str, by: str, number: Number, rate: Rate | None = None, place: int | None = None) -> None:
        if number.most <= 0:
            return
        place = len(self._places) - 1 if place is None else place
        hours = rate_hours(rate, number.expected)
        self._rows.append((place, PlannedCalls(*self._places[place], operation, by, *number.whole, hours)))

    def _send(self, step: OrganizationStep, operation: str, number: Number) -> float:
        """Count the calls of a step; returns the hours that they take at least."""
        retry = getattr(step, "retry", None)
        repeated = number.most * (retry.attempts if retry else 1)
        rate = management_rate(operation)
        self._row(operation, "management", Number(number.least, number.expected, repeated), rate)
        paced = paced_hours(getattr(step, "pace", None), number.least)
        # Retries give up after a while: then fewer calls need a token than were meant to.
        limited = self._settings.throttle == "aws" and not retry
        return max(paced, rate_hours(rate, number.least) if limited else 0.0)

    def _accounts(self, population: str) -> Number:
        """The accounts that a population has so far."""
        table, members = self._scenario.populations[population], self._members
        if table.origin in ("invited", "standalone"):
            return Number.exactly(table.count)
        return members.accounts(population)

    def _need(self, organization: str, quota: str, number: float) -> None:
        key = organization, quota
        self.needed[key] = max(self.needed.get(key, 0), round(number))

    def _need_accounts(self, organization: str, more: Number) -> None:
        total = self._members.total(organization, self._populations).expected + more.expected
        for population in self._populations:
            total += self._members.open(population, organization).expected
        self._need(organization, "accounts", total)

    def _create(self, step: CreateAccounts) -> float:
        number = Number.exactly(self._scenario.populations[step.population].count) - self._accounts(step.population)
        self._need_accounts(step.organization, number)
        hours = self._send(step, "CreateAccount", number)
        self._members.there[step.population, step.organization] += number.chance(1.0, certain=not step.retry)
        return hours if step.retry else max(hours, creation_hours(number.least, self._settings))

    def _invite(self, step: Invite) -> float:
        population, organization = step.population, step.organization
        members = self._members
        number = self._accounts(population) - members.of(population, organization)
        number -= members.open(population, organization)
        self._need_accounts(organization, number)
        hours = self._send(step, INVITE, number)
        return max(hours, self._ask_to_join(step, population, number))

    def _ask_to_join(self, step: Sending | Call, population: str, number: Number) -> float:
        busiest = busiest_day(number.expected, step.pace)
        self._interrupt(each for each in self._members.requests if each.population == population and each.migration)
        asked = number.chance(1.0, certain=not step.retry)
        request = self._ask(population, step.organization, asked, step.pace, migration=False)
        if request.accepting(1.0) < 1:
            self._need(step.organization, "invitations_per_day", busiest)
        return 0.0 if step.retry else invitation_hours(number.least, request, self._settings.quotas)

    def _ask(
        self, population: str, organization: str, number: Number, pace: Pace | None = None, *, migration: bool
    ) -> Request:
        table = self._scenario.populations[population]
        start = microseconds(self._scenario.start) + round(self._day * DAY)
        spread = round(paced_hours(pace, number.expected) * HOUR)
        behaviour = table.behaviour("migration" if migration else "invitation")
        place = len(self._places) - 1
        request = Request(population, organization, behaviour, number, migration, self._day, start, place, spread)
        self._members.requests.append(request)
        return request

    @staticmethod
    def _interrupt(requests: Iterable[Request]) -> None:
        """Note that some accounts may never answer what they have not answered yet."""
        for each in requests:
            each.canceled |= not each.settled

    def _enable(self, step: EnableAllFeatures | Call) -> float:
        organization, members = step.organization, self._members
        hours = self._send(step, "EnableAllFeatures", Number.exactly(1))
        if self._features[organization] is FeatureSet.ALL or organization in self._migrations:
            return hours
        self._interrupt(each for each in members.requests if each.organization == organization and not each.migration)
        total = members.total(organization, self._populations).expected
        self._need(organization, "all_features_migration_accounts", total)
        self._migrations[organization] = [
            self._ask(each, organization, number, migration=True)
            for each in self._populations
            if (number := members.to_approve(each, organization).at_most(self._accounts(each))).most > 0
        ]
        return hours

    def _remove_declined(self, step: RemoveDeclined) -> float:
        members, organization = self._members, step.organization
        number = Number()
        for each in self._migrations.get(organization, ()):
            self._interrupt([each])
            leaving = each.to_remove(self._day, silent=step.silent)
            each.removed += leaving
            number += leaving
        if step.silent and organization in self._migrations:
            number += members.others[organization]
            members.others[organization] = Number()
        return self._send(step, REMOVE, number)

    def _close(self, step: CloseAccounts) -> float:
        members = self._members
        number = members.of(step.population, step.organization).portion(step.share)
        total = members.total(step.organization, self._populations).most
        self._interrupt(each for each in members.requests if each.population == step.population)
        hours = self._send(step, "CloseAccount", number)
        # Accounts can only be closed with all features: a migration may have failed.
        surely = self._features[step.organization] is FeatureSet.ALL and not step.retry
        return max(hours, closure_hours(number.least, total, self._settings)) if surely else hours

    def _call(self, step: Call) -> float:
        organization, operation = step.organization, step.operation
        if operation == "EnableAllFeatures" and not step.for_each:
            return self._enable(step)
        everybody = self._accounts(step.for_each) if step.for_each else Number.exactly(1)
        number = everybody.portion(step.share, step.skip) if step.for_each else everybody
        if operation == "CreateOrganizationalUnit":
            self._units[organization] += number.whole[1]
            self._need(organization, "organizational_units", self._units[organization])
        if step.caller == "account":
            self._row(operation, "accounts", number)
            return paced_hours(step.pace, number.least)
        hours = self._send(step, operation, number)
        if operation == INVITE and step.for_each:
            self._need_accounts(organization, number)
            self._ask_to_join(step, step.for_each, number)
        if operation == REMOVE and step.for_each:
            self._interrupt(each for each in self._members.requests if each.population == step.for_each)
            self._members.removed[step.for_each, organization] += number
        return hours

    def finished(self) -> list[PlannedCalls]:
        """All rows in the order of the steps, with the answers of those who were asked."""
        for each in self._members.requests:
            for operation, share in zip(
                ANSWERS, (each.accept_share, each.decline_share, each.leave_share), strict=True
            ):
                # Whoever is invited has a rate of its own; members share that of their organization.
                rate = members_rate(operation) if each.migration else None
                self._row(operation, "accounts", each.part(share), rate, each.place)
            if escalation := each.behaviour.escalation:
                rate = management_rate(escalation.action)
                self._row(escalation.action, "escalation", each.escalated, rate, each.place)
        return [row for _, row in sorted(self._rows, key=lambda each: each[0])]


def _action(step: Step) -> str:
    return step.operation if isinstance(step, Call) else str(step.__struct_config__.tag)


def _subject(step: Step) -> str:
    names: Iterable[Any] = (getattr(step, name, "") for name in ("population", "for_each", "organization"))
    return next((name for name in names if name), "")
