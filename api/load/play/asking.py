"""Starts the behaviour of accounts that are asked something, by whatever call of whatever step."""

from collections.abc import Callable, Mapping
from random import Random

from ....engine.events import HandshakeRequested
from ....engine.operation import Events
from ....engine.runtime.engine import Engine
from ....engine.state.handshake import HandshakeState
from ....engine.words import Action
from ..scenario.model import Scenario
from .agenda import Cohort
from .clock_driver import ClockDriver

IS_MIGRATION = {Action.INVITE: False, Action.APPROVE_ALL_FEATURES: True}
"""Action of a handshake that accounts answer to whether it is the migration to all features."""

Asked = tuple[str, str, bool]
"""A population, the organization that asks it, and whether it is for all features."""


class Asking:
    """Puts accounts that are asked on the agenda.

    Args:
        scenario: has the behaviours.
        engine: where they are asked.
        driver: has the agenda.
        accounts: population to its accounts so far; others add to it.
        random: makes the generator for a purpose, a new one with each call.
    """

    def __init__(
        self,
        scenario: Scenario,
        engine: Engine,
        driver: ClockDriver,
        accounts: Mapping[str, list[str]],
        random: Callable[[str], Random],
    ) -> None:
        self.parents: dict[str, str] = {}
        """Organization to the handshake of its latest migration."""
        self._scenario = scenario
        self._engine = engine
        self._driver = driver
        self._accounts = accounts
        self._random = random
        self._populations: dict[str, str] = {}
        """Account to population; made when it is needed."""

    def begin(
        self, population: str, organization: str, purpose: str, *, migration: bool, final: bool = False
    ) -> Cohort:
        """Put a new cohort on the agenda.

        Args:
            population: its name.
            organization: the id of the organization that asks.
            purpose: part of the seed of its draws.
            migration: whether it is asked for all features, not invited.
            final: whether an escalation asks.
        """
        table = self._scenario.populations[population]
        behaviour = table.behaviour("migration" if migration else "invitation")
        random = self._random(f"{population} {purpose}")
        cohort = Cohort(population, organization, behaviour, random, migration=migration, final=final)
        self._driver.agenda.add_cohort(cohort, self._engine.now)
        return cohort

    def approvals(self, organization: str) -> None:
        """Let the members of an organization answer the migration that is under way, from now on."""
        migration = self._engine.state.organizations[organization].migration
        assert migration is not None, "somebody was asked"
        self.parents[organization] = migration.parent
        for population, accounts in self._accounts.items():
            cohort = self.begin(population, organization, "answer", migration=True)
            for account in accounts:
                approval = migration.outstanding.get(account)
                if approval:
                    cohort.add(account, approval)
            cohort.growing = False

    def take_up(self, organization: str) -> None:
        """Let members answer a migration that was under way when the run began, as if they were asked now."""
        state = self._engine.state
        migration = state.organizations[organization].migration
        if migration is None:
            return
        states = {account: state.handshakes[each].state for account, each in migration.outstanding.items()}
        declined = (account for account, each in states.items() if each is HandshakeState.DECLINED)
        self._driver.declined[organization] = dict.fromkeys(declined)
        self.approvals(organization)

    def hear(self, events: Events, heard: dict[Asked, Cohort], *, final: bool = False) -> None:
        """Look for accounts that a call has asked, and let those of populations answer.

        Args:
            events: what the call brought about.
            heard: cohorts that the same step has begun; new ones are added.
            final: whether an escalation has asked.
        """
        for event in events:
            if not isinstance(event, HandshakeRequested):
                continue
            if event.action is Action.ENABLE_ALL_FEATURES:
                self.parents[event.organization] = event.handshake
                self._driver.declined.pop(event.organization, None)
            elif event.action in IS_MIGRATION and event.party:
                party = event.party if "@" not in event.party else self._engine.state.owner_of(event.party)
                population = self._population_of(party or "")
                if party and population is not None:
                    key = (population, event.organization, IS_MIGRATION[event.action])
                    if key not in heard:
                        purpose = "answer" if key[2] else "joining"
                        heard[key] = self.begin(*key[:2], purpose, migration=key[2], final=final)
                    heard[key].add(party, event.handshake)

    def _population_of(self, account: str) -> str | None:
        if len(self._populations) != sum(map(len, self._accounts.values())):
            self._populations = {each: name for name, accounts in self._accounts.items() for each in accounts}
        return self._populations.get(account)
