"""Plays the steps of a scenario: posts their commands at their moments, in one deterministic order.

No real time passes while a step waits: the clock moves, and the answers on the agenda are posted in bulk while the
engine commits in groups. Every random number comes from a generator seeded with the scenario's seed and the purpose of
the draw, so two runs of one scenario write the same log, on any event loop, in memory or in a file, whole or resumed.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import count, repeat
from random import Random

from ....engine.events import HandshakeRequested
from ....engine.operation import Caller
from ....engine.operations import (
    accept_handshake,
    close_account,
    create_account,
    enable_all_features,
    invite_account_to_organization,
    remove_account_from_organization,
)
from ....engine.rules.limits import closure_finishes, creation_finishes
from ....engine.runtime.engine import Engine
from ....engine.settings import DAY, HOUR
from ....engine.state import Organization
from ....projections.views import Views
from ..scenario.model import Scenario
from ..scenario.steps import (
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
    Wait,
    WaitForAnswers,
)
from ..scenario.thresholds import read_condition
from .agenda import Cohort
from .asking import Asked, Asking
from .beginning import Begun
from .call_counter import CallCounter
from .calls import call, fill, party_of, saved
from .clock_driver import ClockDriver
from .dispatch import Attempt, Dispatch
from .follow_ups import follow_ups, refused, without_effect
from .lookout import Lookout, RunStopped
from .names import ADDRESSES, FIRST_ACCOUNT, last_number, name_stems
from .outcome import FollowUp, StepOutcome
from .timetable import Timetable
from .turns import Waiting


class Player:
    """Plays one scenario on one engine.

    Args:
        scenario: the scenario, checked.
        engine: runs on an empty log.
        driver: moves the clock of that engine.
        counter: counts the calls.
        views: answer the steps that call reading operations; None if no step does.
        lookout: looks at the run while time passes.
        begun: what the run began with.
    """

    def __init__(
        self,
        scenario: Scenario,
        engine: Engine,
        driver: ClockDriver,
        counter: CallCounter,
        views: Views | None,
        lookout: Lookout,
        begun: Begun,
    ) -> None:
        self.organizations = begun.organizations
        """Name in the scenario to id."""
        self._scenario = scenario
        self._engine = engine
        self._driver = driver
        self._counter = counter
        self._views = views
        self._timetable = Timetable(engine, driver, counter, lookout)
        self._move_to = self._timetable.move_to
        self._lookout = lookout
        self._dispatch = Dispatch(engine, counter, self._move_to, driver.checkpoint)
        self._waiting_activity = "Answering"
        """The activity that is reported as progress while time passes."""
        self._account_numbers = count(FIRST_ACCOUNT)
        self._accounts = begun.accounts
        """Population to the accounts that it has so far."""
        self._name_stems = name_stems(scenario.populations)
        self._emails: dict[str, list[str]] = {}
        """Population to the e-mail addresses of the accounts that were created for it."""
        self._asking = Asking(scenario, engine, driver, self.organizations, self._accounts, self._new_random)
        self._taken: dict[str, int] = {}
        """Population to the last number in a name that was taken before its first account was created."""
        self._elsewhere = {
            f"{name}.{word}": text
            for name, key in begun.organizations.items()
            for word, text in _names_of(engine.state.organizations[key]).items()
        }
        """What names in braces stand for that begin with an organization's name."""
        self._saved: dict[str, str] = {}
        """Texts that steps have saved from answers, by name."""

    @property
    def steps(self) -> list[StepOutcome]:
        """The steps played so far, in the order in which they began."""
        return [each for each in self._timetable.steps if each]

    @property
    def warnings(self) -> list[str]:
        """What did not go as planned so far."""
        return self._timetable.warnings

    @property
    def follow_ups(self) -> list[FollowUp]:
        """The reminders and deadlines of populations, and then those of steps."""
        return [*follow_ups(self._scenario, self._driver), *self._timetable.reminders]

    @property
    def measured_since(self) -> int:
        """From which moment on figures count, in microseconds since the epoch."""
        return self._lookout.measured_since

    async def play(self) -> None:
        """Play all steps, and wait until everything is durable.

        Raises:
            ScenarioError: a step cannot be played; the message begins with its path.
        """
        for organization in self.organizations.values():
            self._asking.take_up(organization)
        tracks = {
            track.name: Waiting(track.table.predecessors, self._timetable.play(track, self._step))
            for track in self._scenario.all_tracks
        }
        self._driver.carry_out_escalation = self._escalate
        try:
            await self._timetable.turns.run(tracks)
        except RunStopped as stopped:
            self._timetable.warnings.append(str(stopped))
        self.warnings.extend([*without_effect(self._scenario, self._driver), *refused(self._scenario, self._driver)])
        if self._lookout.unmeasured:
            day = f"{self._scenario.measure_from:g}"
            self._timetable.warnings.append(f"measure_from = {day} was not reached: figures are of the whole run")
        await self._driver.finish()

    async def _step(self, step: Step) -> None:
        match step:
            case CreateAccounts():
                await self._create(step)
            case Invite():
                await self._invite(step)
            case CloseAccounts():
                await self._close(step)
            case EnableAllFeatures():
                await self._enable(step)
            case Wait():
                await self._wait(step)
            case Remind():
                self._remind(step)
            case WaitForAnswers():
                await self._wait_for_answers(step.population)
            case RemoveDeclined():
                await self._remove_declined(step)
            case Finalize():
                await self._finalize(step)
            case Call():
                await self._call(step)

    def _organization(self, step: OrganizationStep) -> Organization:
        return self._engine.state.organizations[self.organizations[step.organization]]

    def _management(self, step: OrganizationStep) -> Caller:
        return Caller(self._organization(step).management_account)

    def _random(self, purpose: str) -> Random:
        return Random(f"{self._scenario.seed} {purpose}")

    def _new_random(self, purpose: str) -> Random:
        """A generator that draws other numbers than all before, for the same purpose too."""
        return self._random(f"{purpose} {self._timetable.next_serial()}")

    def _remind(self, step: Remind) -> None:
        """Remind a population, or all; who follows answers after another delay."""
        self._waiting_activity = "Answering, reminded"
        driver, number = self._driver, self._timetable.next_serial()

        def make_random(purpose: str) -> Random:
            return self._random(f"{purpose} reminder {number}")

        counts = driver.agenda.remind(step.population, step.accept, make_random, self._engine.now, driver.can_answer)
        self._timetable.remember_reminder(step.population, *counts)
        if not counts[0]:
            self._timetable.warn("the reminder reached nobody: no account that was asked waits for one")

    def _escalate(self, cohort: Cohort, member: int) -> None:
        """Make the call for an account that has missed its deadline."""
        escalation, organization = cohort.behaviour.escalation, self._engine.state.organizations[cohort.organization]
        assert escalation is not None, "it was scheduled for one"
        names = self._names(organization, cohort.accounts[member], 1) | {"handshake": cohort.handshakes[member]}
        members = fill(escalation.members, names, f"populations.{cohort.population}: escalation.with")
        caller, heard = Caller(organization.management_account), dict[Asked, Cohort]()
        _, events = call(self._engine, self._views, escalation.action, members, caller)
        self._asking.hear(events, heard, final=True)
        for asked in heard.values():
            asked.growing = False

    async def _wait(self, step: Wait) -> None:
        """Let days pass, or wait until a condition holds."""
        if step.until is None:
            await self._move_to(self._engine.now + round((step.days or 0) * DAY), self._waiting_activity)
            return
        condition, engine, start = (
            read_condition(step.until, self._scenario.figures),
            self._engine,
            self._timetable.start,
        )
        deadline = engine.now + round((step.at_most_days or 0) * DAY)
        while not condition.holds(value := await self._lookout.value(condition.figure)):
            if engine.now >= deadline:
                stood = "has no value" if value is None else f"stood at {value:.6g}"
                self._timetable.warn(f"waited {step.at_most_days:g} days for {condition}: {condition.metric} {stood}")
                return
            next_hour = start + ((engine.now - start) // HOUR + 1) * HOUR
            await self._move_to(min(next_hour, deadline), self._waiting_activity)

    async def _wait_for_answers(self, population: str) -> None:
        """Move the clock to the last answer that can still be given, by a population or anybody."""
        # A loop, because an account that is throttled on the way answers later than was drawn.
        agenda, can_answer = self._driver.agenda, self._driver.can_answer
        agenda.draw_answers(self._engine.now)
        while (last := agenda.last_moment(can_answer, population)) is not None:
            await self._move_to(last, self._waiting_activity)

    async def _send(
        self,
        step: Sending,
        operation: str,
        what: str,
        attempts: Iterable[Attempt],
        number: int,
        parties: Sequence[str] = (),
    ) -> None:
        """Send calls of the management account with the pace and retries of a step."""
        management = self._management(step)
        random = self._new_random(operation)
        calls = ((management, attempt) for attempt in attempts)
        await self._dispatch.send(operation, what, calls, number, step.pace, step.retry, random, parties)

    async def _create(self, step: CreateAccounts) -> None:
        """Create the accounts that a population lacks, and wait until the last creation has ended."""
        engine, population, organization = self._engine, step.population, self._organization(step)
        emails = self._emails.setdefault(population, [])
        missing = self._scenario.populations[population].count - len(self._accounts[population])
        management, stem = self._management(step), self._name_stems[population]
        taken = self._taken.setdefault(population, last_number(stem, engine.state.emails))

        def create() -> None:
            name = f"{stem}-{taken + len(emails) + 1}"
            engine.post(create_account.Request(name + ADDRESSES, name), management)
            emails.append(name + ADDRESSES)

        await self._send(step, "CreateAccount", f"Creating {population}", repeat(create, missing), missing)
        while organization.creations:
            await self._move_to(max(creation_finishes(organization, engine.state, engine.now), engine.now))
            engine.fire_due()
        owners = (engine.state.emails.get(email.lower()) for email in emails)
        self._accounts[population] = [owner for owner in owners if owner]

    async def _invite(self, step: Invite) -> None:
        """Invite a population; the accounts answer later, at moments drawn when they are invited."""
        engine, population, organization = self._engine, step.population, self._organization(step)
        self._choose_accounts(population)
        members, invitations = organization.members, organization.invitations
        invitees = [each for each in self._accounts[population] if each not in members and each not in invitations]
        cohort = self._asking.begin(population, organization.id, "invitation")
        management = self._management(step)

        def invite(account: str) -> None:
            target = invite_account_to_organization.Target("ACCOUNT", account)
            requested = engine.post(invite_account_to_organization.Request(target), management)[0]
            assert isinstance(requested, HandshakeRequested)
            cohort.add(account, requested.handshake)

        attempts = (partial(invite, account) for account in invitees)
        what, number = f"Inviting {population}", len(invitees)
        await self._send(step, "InviteAccountToOrganization", what, attempts, number, invitees)
        cohort.growing = False

    def _choose_accounts(self, population: str) -> None:
        """Give a population of invited accounts the ids that it lacks: the next numbers that no account has.

        Nothing has to be created: any twelve digits are a standalone account.
        """
        table, accounts = self._scenario.populations[population], self._accounts[population]
        if table.origin in ("created", "member"):
            return
        known = self._engine.state.accounts
        while len(accounts) < table.count:
            account = str(next(self._account_numbers))
            if account not in known:
                accounts.append(account)

    async def _enable(self, step: EnableAllFeatures) -> None:
        """Start a migration to all features; members answer later, at moments drawn now."""
        engine, driver, organization = self._engine, self._driver, self._organization(step)

        def enable() -> None:
            engine.post(enable_all_features.Request(), self._management(step))

        await self._dispatch.send("EnableAllFeatures", "Asking for all features", [(self._management(step), enable)], 1)
        migration = organization.migration
        # Refused, or a migration was under way already: nobody is asked anew.
        if migration is None or self._asking.parents.get(organization.id) == migration.parent:
            return
        driver.declined.pop(organization.id, None)
        # There may be a million requests in one batch: write them and free their memory before drawing as many answers.
        await engine.flush()
        self._asking.approvals(organization.id)
        driver.agenda.draw_answers(engine.now)
        await driver.checkpoint("Asking for approval", len(migration.outstanding), len(migration.outstanding))

    async def _remove_declined(self, step: RemoveDeclined) -> None:
        """Remove the members that declined the migration; with ``silent`` all that have not approved it."""
        organization, management = self._organization(step), self._management(step)
        leaving = list(self._driver.declined.pop(organization.id, {}))
        if step.silent and organization.migration:
            # Outstanding are all that have not approved, those that declined included.
            leaving = list(organization.migration.outstanding)

        def remove(account: str) -> None:
            self._engine.post(remove_account_from_organization.Request(account), management)

        calls = ((management, partial(remove, account)) for account in leaving)
        await self._dispatch.send("RemoveAccountFromOrganization", "Removing", calls, len(leaving))

    async def _finalize(self, step: Finalize) -> None:
        """Accept the handshake of the organization's migration, as its management account."""
        parent = self._asking.parents.get(self.organizations[step.organization])
        if parent is None:
            # EnableAllFeatures was refused and counted there: there is no handshake to accept.
            return
        management = self._management(step)

        def finalize() -> None:
            self._engine.post(accept_handshake.Request(parent), management)

        await self._dispatch.send("AcceptHandshake", "Finalizing", [(management, finalize)], 1)

    async def _close(self, step: CloseAccounts) -> None:
        """Close the members of a population, and wait until the last closure has ended."""
        engine, organization = self._engine, self._organization(step)
        closures, accounts = organization.closures, self._accounts[step.population]
        concerned = accounts[: _share_of(len(accounts), step.share)]
        open_ones = (each for each in concerned if each not in closures.closed and each not in closures.pending)
        closing = [each for each in open_ones if each in organization.members]
        management = self._management(step)

        def close(account: str) -> None:
            engine.post(close_account.Request(account), management)

        attempts = (partial(close, account) for account in closing)
        await self._send(step, "CloseAccount", f"Closing {step.population}", attempts, len(closing))
        while organization.closures.pending:
            await self._move_to(max(closure_finishes(organization, engine.state, engine.now), engine.now))
            engine.fire_due()

    async def _call(self, step: Call) -> None:
        """Call an operation, once or for each account in a share of a population."""
        management, accounts = self._management(step), [""]
        if step.for_each:
            self._choose_accounts(step.for_each)
            everybody = self._accounts[step.for_each]
            number = len(everybody)
            accounts = everybody[_share_of(number, step.skip) : _share_of(number, step.skip + step.share)]

        heard = dict[Asked, Cohort]()

        def make(caller: Caller, index: int, account: str) -> None:
            members = fill(step.members, self._names(self._organization(step), account, index), ".with")
            answer, events = call(self._engine, self._views, step.operation, members, caller)
            self._asking.hear(events, heard)
            self._saved |= saved(answer, step.save, "")

        callers = ((account if step.caller == "account" else management.account, account) for account in accounts)
        calls = (
            (caller, partial(make, caller, index, account))
            for index, (caller, account) in enumerate(((Caller(each), account) for each, account in callers), 1)
        )
        random = self._new_random(step.operation)
        parties = [party_of(step, each) for each in accounts]
        await self._dispatch.send(
            step.operation, step.operation, calls, len(accounts), step.pace, step.retry, random, parties
        )
        for cohort in heard.values():
            cohort.growing = False

    def _names(self, organization: Organization, account: str, index: int) -> dict[str, str]:
        """The values that names in braces stand for in a call for an account (empty: one call for the step)."""
        names = self._saved | self._elsewhere | _names_of(organization)
        if account:
            names |= {"account": account, "index": str(index), "parent": organization.units.parent_of(account)}
        return names


def _names_of(organization: Organization) -> dict[str, str]:
    """What the names in braces stand for that every organization has."""
    return {
        "organization": organization.id,
        "root": organization.root,
        "management_account": organization.management_account,
    }


def _share_of(number: int, share: float) -> int:
    """A share of a number, as a whole number."""
    # Rounded twice: 0.1 + 0.2 is a little more than 0.3, and must not be another number of accounts.
    return round(round(share * number, 6))
