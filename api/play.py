"""Playing a scenario: its steps become commands at their moments, in one deterministic order.

Nothing in here waits for real: a timetable of answers, sorted by moment, is posted in bulk while the engine commits in
groups. Every draw comes from a generator seeded with the scenario's seed and the population's name, so two runs of one
scenario give the same log, on any event loop and any log, in one run or with interruptions.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from itertools import count
from random import Random
from time import perf_counter

from msgspec import Struct

from ..engine.errors import Refused
from ..engine.events import HandshakeRequested, OrganizationCreated
from ..engine.operation import Caller, Events
from ..engine.operations import (
    accept_handshake,
    create_account,
    create_organization,
    decline_handshake,
    enable_all_features,
    invite_account_to_organization,
    remove_account_from_organization,
)
from ..engine.runtime.clock import SimulatedClock
from ..engine.runtime.engine import EngineStopped
from ..engine.runtime.log import EventLog, LogError
from ..engine.runtime.resumed_log import ResumedLog
from ..engine.settings import LATEST
from ..engine.shapes.base import moment
from .scenario import (
    DAY,
    CreateAccounts,
    EnableAllFeatures,
    Finalize,
    Invite,
    Invited,
    Remind,
    RemoveDeclined,
    Scenario,
    ScenarioError,
    Step,
    Wait,
    WaitForAnswers,
)
from .simulation import Simulation, microseconds

CHUNK = 1_000
"""Commands posted between two looks at the buffer and at the progress."""

FIRST_INVITED_ACCOUNT = 200_000_000_000

Progress = Callable[[str, int, int, str], None]
"""Told now and then: what is being done, how many of how many, and the day it is."""


class Outcome(Struct, frozen=True):
    """What became of a run; its fields are the keys of ``orgsim simulate --json``."""

    feature_set: str
    accounts: int
    """Members of the organization at the end, its management account included."""
    handshakes: dict[str, dict[str, int]]
    """How many there were: action to final state to number."""
    account_creations: dict[str, int]
    """What became of account creations: SUCCEEDED, IN_PROGRESS, or FAILED and the reason, to number."""
    refused: dict[str, int]
    """Commands that were refused: exception, and reason if there is one, to number."""
    events: int
    virtual_days: float
    wall_seconds: float
    commands: int
    digest: str
    log: str
    seed: int


class Player:
    """Plays one scenario in one simulation."""

    def __init__(self, scenario: Scenario, sim: Simulation, progress: Progress) -> None:
        self.commands = 0
        self.refused: Counter[str] = Counter()
        self._scenario = scenario
        self._sim = sim
        self._engine = sim.engine
        self._progress = progress
        self._management = Caller(scenario.organization.management_account)
        self._organization = ""
        self._parent = ""
        self._account_numbers = count(FIRST_INVITED_ACCOUNT)
        self._created_numbers = count(1)
        self._joined: list[tuple[str, list[str]]] = []
        """Population and its accounts, for those that were invited."""
        self._answers: list[tuple[int, int, str, bool]] = []
        """Moment, order of drawing, account, and whether it accepts: what is still to come, the next last."""
        self._order = count()
        self._silent: list[tuple[str, str]] = []
        """Population and account of those that wait for a reminder."""
        self._answering = "Answering"
        self._declined: dict[str, None] = {}
        """Accounts that declined, in the order of declining."""

    async def play(self) -> None:
        """Found the organization and play all steps."""
        request = create_organization.Request(self._scenario.organization.feature_set)
        events = self._post(request, self._management)
        assert events is not None, "nobody can be refused in an empty world without conditions"
        created = events[0]
        assert isinstance(created, OrganizationCreated)
        self._organization = created.organization
        for index, step in enumerate(self._scenario.steps):
            try:
                await self._step(step)
            except ScenarioError as error:
                raise ScenarioError(f"steps[{index}]: {error}") from None
        await self._engine.advance_to(self._engine.now)

    async def _step(self, step: Step) -> None:
        match step:
            case CreateAccounts():
                await self._create(step.population, self._scenario.populations[step.population].count)
            case Invite():
                await self._invite(step.population, self._scenario.invited[step.population])
            case EnableAllFeatures():
                await self._enable()
            case Wait():
                await self._play_until(self._engine.now + round(step.days * DAY), self._answering)
            case Remind():
                self._remind(step.accept)
            case WaitForAnswers():
                await self._play_until(self._answers[0][0] if self._answers else self._engine.now, self._answering)
            case RemoveDeclined():
                await self._remove_declined()
            case Finalize():
                self._post(accept_handshake.Request(self._parent), self._management)

    def _post(self, request: Struct, caller: Caller) -> Events | None:
        """Post a command; a refusal is counted, not raised: scenarios exist to find out what is refused."""
        self.commands += 1
        try:
            return self._engine.post(request, caller)
        except Refused as refusal:
            self.refused[f"{refusal.code} {refusal.reason}" if refusal.reason else refusal.code] += 1
            return None

    async def _breathe(self, what: str, done: int, total: int) -> None:
        """Now and then in a long loop: give the writer a turn, and tell how far it is."""
        if done % CHUNK == 0 or done == total:
            self._progress(what, done, total, f"{moment(self._engine.now):%Y-%m-%d}")
            await self._engine.room()

    async def _move_to(self, time: int) -> None:
        """Move the clock, and let members answer on the way, each at its moment."""
        while self._answers and self._answers[-1][0] <= time:
            await self._play_next_answer()
        await self._leap_to(time)

    async def _leap_to(self, time: int) -> None:
        if time > LATEST:
            raise ScenarioError(f"time would run past {moment(LATEST):%Y-%m-%d}")
        await self._engine.leap_to(time)

    async def _create(self, population: str, number: int) -> None:
        """Create accounts, waiting for one to finish whenever as many are in progress as the quota allows."""
        engine, organization = self._engine, self._engine.state.organizations[self._organization]
        at_once = self._scenario.quotas.concurrent_account_creations
        for index in range(number):
            engine.fire_due()
            while len(organization.creations) >= at_once:
                await self._move_to(engine.state.timers.appointments[0][0])
            name = f"created-{next(self._created_numbers)}"
            self._post(create_account.Request(f"{name}@accounts.example", name), self._management)
            await self._breathe(f"Creating {population}", index + 1, number)
        while organization.creations:
            await self._move_to(engine.state.timers.appointments[0][0])

    async def _invite(self, population: str, invited: Invited) -> None:
        random = self._random(population, "joining")
        joining: list[tuple[int, str, str]] = []
        for index in range(invited.count):
            account = self._next_account()
            target = invite_account_to_organization.Target("ACCOUNT", account)
            events = self._post(invite_account_to_organization.Request(target), self._management)
            delay = invited.joining.draw(random)
            if events:
                requested = events[0]
                assert isinstance(requested, HandshakeRequested)
                joining.append((self._engine.now + delay, account, requested.handshake))
            await self._breathe(f"Inviting {population}", index + 1, invited.count)
        accounts: list[str] = []
        joining.sort()
        for index, (time, account, handshake) in enumerate(joining, 1):
            await self._breathe(f"Joining: {population}", index, len(joining))
            await self._move_to(time)
            if self._post(accept_handshake.Request(handshake), Caller(account)):
                accounts.append(account)
        self._joined.append((population, sorted(accounts)))

    def _next_account(self) -> str:
        known = self._engine.state.accounts
        return next(account for number in self._account_numbers if (account := str(number)) not in known)

    async def _enable(self) -> None:
        events = self._post(enable_all_features.Request(), self._management)
        if events is None:
            return
        # Nobody answers a former request any more.
        self._answers, self._silent = [], []
        self._parent = next(event.handshake for event in events if isinstance(event, HandshakeRequested))
        for population, accounts in self._joined:
            invited = self._scenario.invited[population]
            random = self._random(population, "answer")
            for account in accounts:
                kind, delay = random.random(), invited.answer.draw(random)
                if kind < invited.accept + invited.decline:
                    self._expect(account, delay, accepts=kind < invited.accept)
                else:
                    self._silent.append((population, account))
        self._answers.sort(reverse=True)
        asked = sum(isinstance(event, HandshakeRequested) for event in events) - 1
        await self._breathe("Asking for approval", asked, asked)

    def _expect(self, account: str, delay: int, *, accepts: bool) -> None:
        self._answers.append((self._engine.now + delay, next(self._order), account, accepts))

    def _remind(self, share: float) -> None:
        self._answering = "Answering, reminded"
        still_silent: list[tuple[str, str]] = []
        random, invited = self._random("", "reminder"), self._scenario.invited
        for population, account in self._silent:
            wakes, delay = random.random(), invited[population].answer.draw(random)
            if wakes < share:
                self._expect(account, delay, accepts=True)
            else:
                still_silent.append((population, account))
        self._silent = still_silent
        self._answers.sort(reverse=True)

    async def _play_until(self, until: int, what: str) -> None:
        """Let members answer as their moments come, and move the clock to a moment."""
        due = len(self._answers) - bisect_left(self._answers, -until, key=lambda answer: -answer[0])
        for done in range(1, due + 1):
            await self._play_next_answer()
            await self._breathe(what, done, due)
        await self._leap_to(until)

    async def _play_next_answer(self) -> None:
        time, _, account, accepts = self._answers.pop()
        await self._leap_to(time)
        migration = self._engine.state.organizations[self._organization].migration
        approval = migration.outstanding.get(account) if migration else None
        if approval is None:
            # The migration expired, or the account has left meanwhile: nobody asks any more.
            return
        if accepts:
            self._post(accept_handshake.Request(approval), Caller(account))
        elif self._post(decline_handshake.Request(approval), Caller(account)):
            self._declined[account] = None

    async def _remove_declined(self) -> None:
        for index, account in enumerate(self._declined, 1):
            self._post(remove_account_from_organization.Request(account), self._management)
            await self._breathe("Removing", index, len(self._declined))
        self._declined = {}

    def _random(self, population: str, purpose: str) -> Random:
        return Random(f"{self._scenario.seed} {population} {purpose}")


def no_progress(what: str, done: int, total: int, day: str) -> None:
    """For runs that nobody watches."""


async def play_scenario(
    scenario: Scenario, log: EventLog, *, resume: bool = False, progress: Progress = no_progress
) -> Outcome:
    """Play a scenario on a log.

    Args:
        scenario: what to play; see ``load_scenario``.
        log: an empty one; with ``resume``, what an interrupted run of the same scenario has left.
        resume: do the run again from the start, compare what the log holds, and write what it does not.
        progress: told now and then how far the run is.

    Raises:
        LogError: the log is not empty, or with ``resume`` not of this run.
        ScenarioError: time would run out of the calendar.
        EngineStopped: the log could not be written on the way.
    """
    if not resume:
        if log.head:
            raise LogError(f"{log.name}: the log holds a world already; a scenario begins in an empty one")
        return await _play_on(scenario, log, progress)
    target = ResumedLog(log)
    try:
        outcome = await _play_on(scenario, target, progress)
    except EngineStopped:
        if target.difference:
            raise target.difference from None
        raise
    target.require_caught_up()
    return outcome


async def _play_on(scenario: Scenario, log: EventLog, progress: Progress) -> Outcome:
    began = perf_counter()
    clock = SimulatedClock(microseconds(scenario.start))
    async with Simulation(log, seed=scenario.seed, clock=clock, settings=scenario.settings) as sim:
        player = Player(scenario, sim, progress)
        await player.play()
        return _outcome(scenario, sim, player, perf_counter() - began)


def _outcome(scenario: Scenario, sim: Simulation, player: Player, wall_seconds: float) -> Outcome:
    organization = sim.views.member(scenario.organization.management_account)
    return Outcome(
        feature_set=organization.feature_set,
        accounts=len(sim.views.accounts.by_organization[organization.id]),
        handshakes=sim.views.handshakes.summary(),
        account_creations=sim.views.account_creations.summary(),
        refused=dict(player.refused),
        events=sim.views.position,
        virtual_days=round((sim.now - scenario.start).total_seconds() / 86_400, 3),
        wall_seconds=round(wall_seconds, 3),
        commands=player.commands,
        digest=sim.engine.log.digest.hex(),
        log=sim.engine.log.name,
        seed=scenario.seed,
    )
