"""Playing a scenario: its steps become commands at their moments, in one deterministic order.

Nothing in here waits for real: a timetable of answers, sorted by moment, is posted in bulk while the engine commits in
groups. Every draw comes from a generator seeded with the scenario's seed and what is drawn, so two runs of one scenario
give the same log, on any event loop and any log, in one run or with interruptions.
"""

import re
from collections.abc import Iterable
from functools import partial
from itertools import chain, count, repeat
from random import Random

from ....engine.events import HandshakeRequested, OrganizationCreated
from ....engine.operation import Caller
from ....engine.operations import (
    accept_handshake,
    close_account,
    create_account,
    create_organization,
    enable_all_features,
    invite_account_to_organization,
    remove_account_from_organization,
)
from ....engine.rules.limits import closure_finishes, creation_finishes
from ....engine.runtime.engine import Engine
from ....engine.settings import DAY, HOUR
from ....engine.state import Organization
from ....projections.views import Views
from ..scenario.model import Scenario, ScenarioError
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
from .agenda import Asked
from .calls import call, fill, saved
from .dispatch import Attempt, Dispatch
from .outcome import StepOutcome
from .tally import Tally
from .world import World

FIRST_ACCOUNT = 200_000_000_000


class Player:
    """Plays one scenario in one world.

    Args:
        scenario: what to play.
        engine: of an empty world.
        world: the same world, as scenarios move it.
        tally: where calls are counted.
        views: for steps that ask; None if there are none.
    """

    def __init__(self, scenario: Scenario, engine: Engine, world: World, tally: Tally, views: Views | None) -> None:
        self.organizations: dict[str, str] = {}
        """Name in the scenario to id."""
        self.steps: list[StepOutcome] = []
        self._scenario = scenario
        self._engine = engine
        self._world = world
        self._tally = tally
        self._views = views
        self._dispatch = Dispatch(engine, tally, world.move_to, world.breathe)
        self._start = engine.now
        self._answering = "Answering"
        self._parents: dict[str, str] = {}
        """Organization to the handshake of its latest migration."""
        self._account_numbers = count(FIRST_ACCOUNT)
        self._accounts: dict[str, list[str]] = {name: [] for name in scenario.populations}
        self._words = _words(scenario.populations)
        self._emails: dict[str, list[str]] = {}
        """Of populations that are created: the addresses under which they are."""
        self._saved: dict[str, str] = {}
        self._rounds = count(1)

    async def play(self) -> None:
        """Found the organizations and play all steps.

        Raises:
            ScenarioError: something cannot be played; with the step.
        """
        for name, table in self._scenario.organizations.items():
            self._tally.call("CreateOrganization")
            founder = Caller(table.management_account)
            (created, *_) = self._engine.post(create_organization.Request(table.feature_set), founder)
            assert isinstance(created, OrganizationCreated)
            self.organizations[name] = created.organization
        for index, step in enumerate(self._scenario.steps):
            try:
                await self._timed_step(index, step)
            except ScenarioError as error:
                raise ScenarioError(
                    f"steps[{index}]{error}" if str(error)[0] == "." else f"steps[{index}]: {error}"
                ) from None
        await self._world.finish()

    async def _timed_step(self, index: int, step: Step) -> None:
        engine, tally = self._engine, self._tally
        if step.at_day is not None:
            await self._world.move_to(max(engine.now, self._start + round(step.at_day * DAY)), self._answering)
        began, commands = engine.now, tally.commands
        refused, throttled, held_back = tally.refused.total(), tally.throttled.total(), tally.held_back.total()
        await self._step(step)
        self.steps.append(
            StepOutcome(
                index + 1,
                step.operation if isinstance(step, Call) else str(step.__struct_config__.tag),
                _subject(step),
                (began - self._start) / DAY,
                (engine.now - began) / HOUR,
                tally.commands - commands,
                tally.refused.total() - refused,
                tally.throttled.total() - throttled,
                tally.held_back.total() - held_back,
            )
        )

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
                await self._world.move_to(self._engine.now + round(step.days * DAY), self._answering)
            case Remind():
                self._remind(step)
            case WaitForAnswers():
                await self._wait_for_answers()
            case RemoveDeclined():
                await self._remove_declined(step)
            case Finalize():
                await self._finalize(step)
            case Call():
                await self._call(step)

    def _organization(self, step: OrganizationStep) -> Organization:
        return self._engine.state.organizations[self.organizations[step.organization]]

    def _management(self, step: OrganizationStep) -> Caller:
        return Caller(self._scenario.organizations[step.organization].management_account)

    def _random(self, purpose: str) -> Random:
        return Random(f"{self._scenario.seed} {purpose}")

    def _remind(self, step: Remind) -> None:
        self._answering = "Answering, reminded"
        world, number = self._world, next(self._rounds)

        def draws(purpose: str) -> Random:
            return self._random(f"{purpose} reminder {number}")

        world.agenda.remind(step.population, step.accept, draws, self._engine.now, world.comes)

    async def _wait_for_answers(self) -> None:
        # Who is throttled on the way answers later than was drawn.
        agenda, comes = self._world.agenda, self._world.comes
        agenda.settle(self._engine.now)
        while (last := agenda.last_at(comes)) is not None:
            await self._world.move_to(last, self._answering)

    async def _send(self, step: Sending, operation: str, what: str, attempts: Iterable[Attempt], number: int) -> None:
        management = self._management(step)
        random = self._random(f"{operation} {next(self._rounds)}")
        calls = ((management, attempt) for attempt in attempts)
        await self._dispatch.send(operation, what, calls, number, step.pace, step.retry, random)

    async def _create(self, step: CreateAccounts) -> None:
        """Create what is missing of a population, and wait until the last creation has ended."""
        engine, population, organization = self._engine, step.population, self._organization(step)
        emails = self._emails.setdefault(population, [])
        missing = self._scenario.populations[population].count - len(self._accounts[population])
        management = self._management(step)

        def create() -> None:
            name = f"{self._words[population]}-{len(emails) + 1}"
            engine.post(create_account.Request(f"{name}@accounts.example", name), management)
            emails.append(f"{name}@accounts.example")

        await self._send(step, "CreateAccount", f"Creating {population}", repeat(create, missing), missing)
        while organization.creations:
            await self._world.move_to(max(creation_finishes(organization, engine.state, engine.now), engine.now))
            engine.fire_due()
        owners = (engine.state.emails.get(email.lower()) for email in emails)
        self._accounts[population] = [owner for owner in owners if owner]

    async def _invite(self, step: Invite) -> None:
        """Invite a population; who is invited answers later, at moments that are drawn now."""
        engine, population, organization = self._engine, step.population, self._organization(step)
        self._make_accounts(population)
        members, invitations = organization.members, organization.invitations
        invitees = [each for each in self._accounts[population] if each not in members and each not in invitations]
        asked = self._ask(population, organization, "joining", migration=False)
        management = self._management(step)

        def invite(account: str) -> None:
            target = invite_account_to_organization.Target("ACCOUNT", account)
            requested = engine.post(invite_account_to_organization.Request(target), management)[0]
            assert isinstance(requested, HandshakeRequested)
            asked.add(account, requested.handshake)

        attempts = (partial(invite, account) for account in invitees)
        await self._send(step, "InviteAccountToOrganization", f"Inviting {population}", attempts, len(invitees))

    def _ask(self, population: str, organization: Organization, purpose: str, *, migration: bool) -> Asked:
        table = self._scenario.populations[population]
        behaviour = table.migration if migration else table.invitation
        random = self._random(f"{population} {purpose} {next(self._rounds)}")
        asked = Asked(population, organization.id, behaviour, random, migration=migration)
        self._world.agenda.ask(asked, self._engine.now)
        return asked

    def _make_accounts(self, population: str) -> None:
        """Accounts that exist: any twelve digits are one, so each gets the next number that nobody has."""
        table, accounts = self._scenario.populations[population], self._accounts[population]
        if table.origin == "created":
            return
        known = self._engine.state.accounts
        while len(accounts) < table.count:
            account = str(next(self._account_numbers))
            if account not in known:
                accounts.append(account)

    async def _enable(self, step: EnableAllFeatures) -> None:
        """Ask for all features; members answer later, at moments that are drawn now."""
        engine, world, organization = self._engine, self._world, self._organization(step)

        def enable() -> None:
            engine.post(enable_all_features.Request(), self._management(step))

        await self._dispatch.send("EnableAllFeatures", "Asking for all features", [(self._management(step), enable)], 1)
        migration = organization.migration
        if migration is None or self._parents.get(organization.id) == migration.parent:
            return
        self._parents[organization.id] = migration.parent
        world.declined.pop(organization.id, None)
        # A million requests in one batch: they are written and forgotten before as many answers are drawn.
        await engine.flush()
        for population, accounts in self._accounts.items():
            asked = self._ask(population, organization, "answer", migration=True)
            for account in accounts:
                approval = migration.outstanding.get(account)
                if approval:
                    asked.add(account, approval)
        world.agenda.settle(engine.now)
        await world.breathe("Asking for approval", len(migration.outstanding), len(migration.outstanding))

    async def _remove_declined(self, step: RemoveDeclined) -> None:
        organization, management = self._organization(step), self._management(step)
        leaving = list(self._world.declined.pop(organization.id, {}))
        if step.silent and organization.migration:
            # Whoever has not approved is outstanding, those that declined too.
            leaving = list(organization.migration.outstanding)

        def remove(account: str) -> None:
            self._engine.post(remove_account_from_organization.Request(account), management)

        calls = ((management, partial(remove, account)) for account in leaving)
        await self._dispatch.send("RemoveAccountFromOrganization", "Removing", calls, len(leaving))

    async def _finalize(self, step: Finalize) -> None:
        parent = self._parents.get(self.organizations[step.organization])
        if parent is None:
            # EnableAllFeatures was refused, which was counted there.
            return
        management = self._management(step)

        def finalize() -> None:
            self._engine.post(accept_handshake.Request(parent), management)

        await self._dispatch.send("AcceptHandshake", "Finalizing", [(management, finalize)], 1)

    async def _close(self, step: CloseAccounts) -> None:
        """Close the members of a population, and wait until the last closure has ended."""
        engine, organization = self._engine, self._organization(step)
        closures, accounts = organization.closures, self._accounts[step.population]
        concerned = accounts[: _part(step.share, len(accounts))]
        open_ones = (each for each in concerned if each not in closures.closed and each not in closures.pending)
        closing = [each for each in open_ones if each in organization.members]
        management = self._management(step)

        def close(account: str) -> None:
            engine.post(close_account.Request(account), management)

        attempts = (partial(close, account) for account in closing)
        await self._send(step, "CloseAccount", f"Closing {step.population}", attempts, len(closing))
        while organization.closures.pending:
            await self._world.move_to(max(closure_finishes(organization, engine.state, engine.now), engine.now))
            engine.fire_due()

    async def _call(self, step: Call) -> None:
        """Call an operation, once or for each account of a population."""
        management, accounts = self._management(step), [""]
        if step.for_each:
            self._make_accounts(step.for_each)
            everybody = self._accounts[step.for_each]
            number = len(everybody)
            accounts = everybody[_part(step.skip, number) : _part(step.skip + step.share, number)]

        def make(caller: Caller, index: int, account: str) -> None:
            members = fill(step.members, self._names(step, account, index), ".with")
            answer = call(self._engine, self._views, step.operation, members, caller)
            self._saved |= saved(answer, step.save, "")

        callers = ((account if step.caller == "account" else management.account, account) for account in accounts)
        calls = (
            (caller, partial(make, caller, index, account))
            for index, (caller, account) in enumerate(((Caller(each), account) for each, account in callers), 1)
        )
        random = self._random(f"{step.operation} {next(self._rounds)}")
        await self._dispatch.send(step.operation, step.operation, calls, len(accounts), step.pace, step.retry, random)

    def _names(self, step: Call, account: str, index: int) -> dict[str, str]:
        """What texts in braces stand for."""
        organization = self._organization(step)
        names = self._saved | {
            "organization": organization.id,
            "root": organization.root,
            "management_account": organization.management_account,
        }
        if account:
            names |= {"account": account, "index": str(index), "parent": organization.units.parent_of(account)}
        return names


def _words(names: Iterable[str]) -> dict[str, str]:
    """Each name as a short word that can stand in an address, no two alike."""
    words: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30] or "accounts"
        alike = chain([plain], (f"{plain}-{number}" for number in count(2)))
        words[name] = next(word for word in alike if word not in words.values())
    return words


def _part(share: float, number: int) -> int:
    """How many of a number a share is; 0.1 + 0.2 is the same share as 0.3."""
    return round(round(share * number, 6))


def _subject(step: Step) -> str:
    """Whom a step is about: a population, or else an organization, or else everybody."""
    for name in ("population", "for_each", "organization"):
        subject = getattr(step, name, "")
        if subject:
            return subject
    return ""
