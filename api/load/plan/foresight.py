"""What a plan knows while it goes through the steps: who is where, who was asked what, what has been counted."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

from msgspec import structs

from ....engine.explaining import number as counted
from ....engine.rules.quotas import closures_allowed_among, invitations_allowed
from ....engine.settings import CLOSURE_WINDOW, DAY, HOUR
from ....engine.shapes.timestamps import microseconds
from ....engine.throttling import Rate
from ..scenario.model import Scenario
from ..scenario.pace import Pace
from ..scenario.populations import ACCEPT, ANSWERS, DECLINE, PopulationTable
from ..scenario.problems import place_text
from ..scenario.steps import Call, OrganizationStep, Sending, Step, Track
from .ages import Ages
from .cohorts import PlannedCohort
from .concurrency import shared_by_tracks
from .limits import busiest_day, invitation_hours, management_rate, members_rate, paced_hours, rate_hours
from .members import Members, Removal, standing_members
from .number import RARELY, Number, among
from .rows import PlannedCalls
from .tickets import CLOSURES, Needed

UNFORESEEN = {
    *("AcceptHandshake", "CancelHandshake", "DeclineHandshake"),
    *("CreateOrganization", "DeleteOrganization", "RegisterDelegatedAdministrator"),
}
"""Operations as steps whose effects would have to be known to tell what is refused."""


class Foresight:
    """What the modules in ``steps/`` are given to count what a step calls.

    Args:
        scenario: is planned.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.settings = scenario.settings
        self.populations: Mapping[str, PopulationTable] = scenario.populations
        self.figures = scenario.figures
        self._organizations = scenario.organizations
        operations = {step.operation for step in scenario.all_steps if isinstance(step, Call)}
        self._has_unforeseen = not operations.isdisjoint(UNFORESEEN)
        self.members: Members = standing_members(scenario)
        shared = shared_by_tracks(scenario)
        asked = {name: each for name, each in self.populations.items() if each.origin in ("invited", "standalone")}
        self.members.sizes = {name: Number.exactly(each.count) for name, each in asked.items()}
        self.members.shared = {each: self._size(each) for each in shared.populations}
        self.shared_organizations = shared.organizations
        """Those that several tracks are about at the same time."""
        self.features = {
            name: scenario.twins[name].form.feature_set if name in scenario.twins else each.founded_with
            for name, each in scenario.organizations.items()
        }
        """Organization to the feature set with which it begins."""
        self.migrations: dict[str, list[PlannedCohort]] = {}
        """Organization to the cohorts of its migration."""
        self.began_migrations: dict[str, float] = {}
        """Organization to the day on which its migration surely begins at the earliest."""
        self.finalized: dict[str, bool] = {}
        """Organizations whose migration may have been finalized, and whether it surely is."""
        self.needed: defaultdict[tuple[str, str], Needed] = defaultdict(Needed)
        """Organization and quota to what is needed of it at one time."""
        self.warnings: list[str] = []
        """What AWS will refuse, as far as is known."""
        self.ages = Ages(scenario)
        self.alone = len(scenario.all_tracks) == 1
        """Whether no other track goes on beside the steps."""
        self._start = microseconds(scenario.start)
        self._place = ""
        """The present step, for people."""
        self._kept: defaultdict[tuple[str, str], float] = defaultdict(float)
        """Organization and quota to what it has of things that stay."""
        self._closed: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        """Organization to the days on which it closes accounts, and how many."""
        self._places: list[tuple[str, int, str, str]] = []
        """Track, step, action and subject of each step that was gone through, in order."""
        self._rows: list[tuple[int, PlannedCalls]] = []
        self._offered = {
            account: each.transfer
            for name, each in scenario.organizations.items()
            for account in (each.founder, f"{{{name}.management_account}}")
            if each.transfer
        }
        """Management account, also as a name in braces, to how it answers an offer to pay the bills."""
        self._begin()

    def _begin(self) -> None:
        """Count what the organizations have when the run begins, and the calls that found them."""
        for name, each in self._organizations.items():
            self._kept[name, "organizational_units"] = sum(1 for _ in each.all_units())
            self._places.append(("", 0, "found", name))
            if each.is_founded:
                self.row("CreateOrganization", "management", Number.exactly(1))

    def _size(self, population: str) -> float:
        """The accounts that a population has in the end, at most."""
        table = self.populations[population]
        return self.members.accounts(population).most if table.origin == "member" else table.count

    @property
    def day(self) -> float:
        """Now, in days after the start of the run, at the earliest."""
        return self.members.day

    def begin_step(self, track: Track, index: int, step: Step, day: float) -> None:
        """Take what is counted from now on as that of a step.

        Args:
            track: the track of the step.
            index: its number in the track, from 1.
            step: the step.
            day: when it begins at the earliest, in days after the start of the run.
        """
        self._places.append((track.label, index, step.action, step.subject))
        self._place = place_text((*track.path, index - 1))
        self.members.advance(day)

    def row(self, operation: str, by: str, number: Number, rate: Rate | None = None, place: int | None = None) -> None:
        """Count calls.

        Args:
            operation: AWS's name of it.
            by: who calls, see ``PlannedCalls``.
            number: of calls.
            rate: which AWS allows.
            place: of the step that makes them or brings them about; by default the present one.
        """
        if number.most <= 0:
            return
        place = len(self._places) - 1 if place is None else place
        hours = rate_hours(rate, number.expected)
        self._rows.append((place, PlannedCalls(*self._places[place], operation, by, *number.whole, hours)))

    def send(self, step: OrganizationStep, operation: str, number: Number) -> float:
        """Count the calls that a step makes as the management account; returns the hours that they take at least."""
        rate = management_rate(operation)
        self.row(operation, "management", _with_attempts(step, number), rate)
        # Retries give up after a while: then fewer calls need a token than were meant to.
        limited = self.settings.throttle == "aws" and not getattr(step, "retry", None)
        return max(_paced(step, number), rate_hours(rate, number.least) if limited else 0.0)

    def send_by_accounts(self, step: Call, number: Number) -> float:
        """Count the calls that accounts make for themselves; returns the hours that they take at least."""
        self.row(step.operation, "accounts", _with_attempts(step, number))
        return _paced(step, number)

    def remove(self, population: str, organization: str, number: Number) -> None:
        """Note that the present step removes accounts from an organization, or that they leave it."""
        self.members.remove(Removal(population, organization, number, len(self._places) - 1))

    def refuse(self, number: float, why: str) -> None:
        """Note that so many of the calls that were counted last are refused, and warn of them."""
        if number >= 1:
            self._add_refused(number)
            calls = counted(math.floor(number), "calls")
            self.warn(f"AWS refuses {calls} of {self._rows[-1][1].operation} ({why})")

    def warn(self, message: str) -> None:
        """Keep a warning about the present step."""
        self.warnings.append(f"{self._place}: {message}")

    def _add_refused(self, number: float) -> None:
        place, row = self._rows[-1]
        self._rows[-1] = place, structs.replace(row, refused=row.refused + math.floor(number))

    def refuse_young(self, step: Call, organization: str, days: float, number: Number) -> None:
        """Note that of the calls that were counted last those are refused whose accounts may not leave yet."""
        _, calls = self._rows[-1]
        # When the last call is made the accounts are as old as they get meanwhile.
        end = self.day + max(calls.hours, paced_hours(step.pace, calls.most)) / 24
        doubtful = self.is_doubtful(organization, step.for_each)
        if not doubtful and self.ages.are_surely_young(step.for_each, organization, end):
            self._add_refused(number.least)
        self.warn_of_young(organization, days, number)

    def is_doubtful(self, organization: str, population: str = "") -> bool:
        """Tell whether it is not known how a step finds its organization, or a population."""
        shared = population in self.members.shared or organization in self.shared_organizations
        return shared or self._has_unforeseen

    def managers(self, organization: str) -> tuple[str, ...]:
        """What stands for the management account of an organization in the texts of its steps."""
        table, own = self._organizations[organization], "management_account"
        return (f"{{{own}}}", f"{{{organization}.{own}}}", *([] if table.id or table.source else [table.founder]))

    def accounts(self, population: str) -> Number:
        """The accounts that a population has so far."""
        table, members = self.populations[population], self.members
        if population in members.sizes:
            return members.sizes[population]
        found = members.accounts(population)
        return members.doubted(population, found) if table.origin == "created" else found

    def all_are_members(self, population: str, organization: str) -> bool:
        """Tell whether all accounts of a population are surely members of an organization."""
        return self.members.of(population, organization).least >= self.accounts(population).most

    def need(self, organization: str, quota: str, number: float) -> None:
        """Note that so much of a quota is needed at one time."""
        need = self.needed[organization, quota]
        need.number = max(need.number, round(number))

    def need_accounts(self, organization: str, more: Number) -> None:
        """Note that there will be more accounts, or invitations, than there are."""
        there, invited = self.members.total(organization), self.members.total_open(organization)
        self.need(organization, "accounts", there.expected + more.expected + invited.expected)

    def need_more(self, organization: str, quota: str, more: Number) -> None:
        """Note that there will be more than there are of things that stay, such as OUs."""
        self._kept[organization, quota] += more.expected
        self.need(organization, quota, self._kept[organization, quota])

    def need_closures(self, organization: str, number: Number) -> float:
        """Note that accounts are closed; returns the number of members that the organization has."""
        total, closed = self.members.total(organization), self._closed[organization]
        closed.append((self.day, number.expected))
        self.needed[organization, CLOSURES].members = round(total.expected)
        recent = sum(each for day, each in closed if (self.day - day) * DAY < CLOSURE_WINDOW)
        self.need(organization, CLOSURES, recent)
        most = recent - number.expected + number.most
        if most > closures_allowed_among(math.floor(total.least), self.settings.quotas):
            self.ages.wait()
        return total.most

    def ask_to_join(self, step: Sending | Call, population: str, number: Number) -> float:
        """Note that accounts of a population are invited; returns the hours that it takes at least."""
        busiest = busiest_day(number.expected, step.pace)
        self.members.interrupt(each for each in self.members.asked(population) if each.migration)
        asked = number.chance(1.0, certain=not step.retry)
        cohort = self.ask(population, step.organization, asked, step.pace, migration=False)
        self._keep_young(cohort)
        self._keep_closed(cohort)
        if cohort.accepting(1.0) < 1:
            self.need(step.organization, "invitations_per_day", busiest)
            if self.members.total_open(step.organization).most > invitations_allowed(self.settings.quotas):
                self.ages.wait()
        return 0.0 if step.retry else invitation_hours(number.least, cohort, self.settings.quotas)

    def _keep_young(self, cohort: PlannedCohort) -> None:
        """Note that some acceptances will be refused, of accounts that another organization has created lately."""
        for organization, days, number in self.young(cohort.population):
            share = cohort.accepting(days)
            if organization != cohort.organization and share:
                older = self.ages.may_be_older(cohort.population, organization)
                self._refuse_answers(cohort, 0.0 if older else number.expected * share)
                self.warn_of_young(organization, days, Number(expected=number.expected * share))

    def _keep_closed(self, cohort: PlannedCohort) -> None:
        """Note that accounts that another organization has closed cannot come from it."""
        for organization in self.members.others:
            closed = self.members.closed[cohort.population, organization]
            if organization != cohort.organization and closed.most:
                found = among(cohort.asked, closed, self.accounts(cohort.population))
                self._refuse_answers(cohort, found.expected * cohort.accepting())

    def _refuse_answers(self, cohort: PlannedCohort, number: float) -> None:
        cohort.refused = True
        self.members.touch(cohort.population)
        if not self.is_doubtful(cohort.organization) and cohort.population not in self.members.shared:
            # An account may be both young and closed.
            cohort.refusals = min(cohort.refusals + number, cohort.asked.expected * cohort.accepting())

    def young(self, population: str) -> Iterator[tuple[str, float, Number]]:
        """The accounts that may not leave yet: the organization that created them, for how many days, how many."""
        for organization in self.members.others:
            days, share = self.ages.young(population, organization, self.day)
            if share and (number := self.members.created(population, organization).chance(share)).most > 0:
                yield organization, days, number

    def warn_of_young(self, organization: str, days: float, number: Number) -> None:
        """Warn that the present step lets accounts go that may not leave yet."""
        if number.expected < RARELY * max(1.0, number.most):
            return
        minimum, age = self.ages.minimum, self.ages.minimum - days
        self.warn(
            f"accounts that {organization} has created may leave after {minimum} days, and some may be "
            f"{age:.2g} days old: some {math.ceil(number.expected):,} calls are refused (WAIT_PERIOD_ACTIVE)"
        )

    def ask(
        self, population: str, organization: str, number: Number, pace: Pace | None = None, *, migration: bool
    ) -> PlannedCohort:
        """Note that accounts of a population are asked something, which they will answer."""
        table = self.populations[population]
        start = self._start + round(self.day * DAY)
        spread = round(paced_hours(pace, number.expected) * HOUR)
        behaviour = table.behaviour("migration" if migration else "invitation")
        place = len(self._places) - 1
        cohort = PlannedCohort(population, organization, behaviour, number, migration, self.day, start, place, spread)
        cohort.refused = not migration and population in self.members.shared
        if number.most > 0:
            self.members.ask(cohort)
        return cohort

    def offer(self, account: str) -> None:
        """Count the answer of a management account, an id or a name in braces, to an offer to pay the bills.

        Whether it comes in time is not foreseen.
        """
        if behaviour := self._offered.get(account):
            accepting = behaviour.accepting + behaviour.after_reminder
            for answer, share in ((ACCEPT, accepting), (DECLINE, behaviour.decline)):
                self.row(answer, "accounts", Number(0.0, share, 1.0 if share else 0.0))
            if behaviour.escalation:
                silent = max(0.0, 1.0 - accepting - behaviour.decline)
                self.row(behaviour.escalation.action, "escalation", Number(0.0, silent, 1.0))

    def finished(self) -> list[PlannedCalls]:
        """All rows in the order of the steps, with the answers of those who were asked."""
        for each in (*self.members.past, *self.members.cohorts):
            for operation, share in zip(
                ANSWERS, (each.accept_share, each.decline_share, each.leave_share), strict=True
            ):
                # Whoever is invited has a rate of its own; members share that of their organization.
                rate = members_rate(operation) if each.migration else None
                self.row(operation, "accounts", each.part(share), rate, each.place)
                if operation == ACCEPT and share:
                    self._add_refused(each.refusals)
            if escalation := each.behaviour.escalation:
                rate = management_rate(escalation.action)
                self.row(escalation.action, "escalation", each.escalated, rate, each.place)
        return [row for _, row in sorted(self._rows, key=lambda each: each[0])]


def _paced(step: OrganizationStep, number: Number) -> float:
    return paced_hours(getattr(step, "pace", None), number.least)


def _with_attempts(step: OrganizationStep, number: Number) -> Number:
    """So many calls of a step; at most all attempts of each, since how many it takes is not known."""
    retry = getattr(step, "retry", None)
    return Number(number.least, number.expected, number.most * retry.attempts) if retry else number
