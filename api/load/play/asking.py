"""Starts the behaviour of accounts that are asked something, by whatever call of whatever step."""

from collections.abc import Callable, Mapping
from random import Random

from ....engine.events import HandshakeRequested
from ....engine.operation import Events
from ....engine.runtime.engine import Engine
from ....engine.state.handshake import HandshakeState
from ....engine.words import Action
from ..scenario.model import Scenario
from ..scenario.populations import Behaviour, RequestKind
from .agenda import Cohort
from .clock_driver import ClockDriver

REQUESTS: dict[Action, RequestKind] = {
    Action.INVITE: "invitation",
    Action.APPROVE_ALL_FEATURES: "migration",
    Action.TRANSFER_RESPONSIBILITY: "transfer",
}
"""Action of a handshake that accounts answer to what it asks."""
PURPOSES: dict[RequestKind, str] = {"invitation": "joining", "migration": "answer", "transfer": "transfer"}
"""What is asked to the purpose of its draws, which is part of their seed."""

Asked = tuple[str, str, RequestKind]
"""A population, the organization that asks it, and what."""


class Asking:
    """Puts accounts that are asked on the agenda.

    Args:
        scenario: has the behaviours.
        engine: where they are asked.
        driver: has the agenda.
        organizations: their names in the scenario, and their ids.
        accounts: population to its accounts so far; others add to it.
        random: makes the generator for a purpose, a new one with each call.
    """

    def __init__(
        self,
        scenario: Scenario,
        engine: Engine,
        driver: ClockDriver,
        organizations: Mapping[str, str],
        accounts: Mapping[str, list[str]],
        random: Callable[[str], Random],
    ) -> None:
        self.parents: dict[str, str] = {}
        """Organization to the handshake of its latest migration."""
        self._scenario = scenario
        self._engine = engine
        self._driver = driver
        self._names = {key: name for name, key in organizations.items()}
        self._accounts = accounts
        self._random = random
        self._populations: dict[str, str] = {}
        """Account to population; made when it is needed."""

    def begin(self, population: str, organization: str, request: RequestKind, *, final: bool = False) -> Cohort:
        """Put a new cohort on the agenda.

        Args:
            population: its name; of a request to transfer a bill, that of the organization that is asked.
            organization: the id of the organization that asks.
            request: what it asks.
            final: whether an escalation asks.
        """
        random = self._random(f"{population} {PURPOSES[request]}")
        cohort = Cohort(population, organization, self._behaviour(population, request), random, request, final=final)
        self._driver.agenda.add_cohort(cohort, self._engine.now)
        return cohort

    def _behaviour(self, population: str, request: RequestKind) -> Behaviour:
        if request != "transfer":
            return self._scenario.populations[population].behaviour(request)
        behaviour = self._scenario.organizations[population].transfer
        assert behaviour is not None, "an organization without one is not asked"
        return behaviour

    def approvals(self, organization: str) -> None:
        """Let the members of an organization answer the migration that is under way, from now on."""
        migration = self._engine.state.organizations[organization].migration
        assert migration is not None, "somebody was asked"
        self.parents[organization] = migration.parent
        for population, accounts in self._accounts.items():
            cohort = self.begin(population, organization, "migration")
            for account in accounts:
                approval = migration.outstanding.get(account)
                if approval:
                    cohort.add(account, approval)
            cohort.growing = False

    def silent(self, organization: str) -> int:
        """How many members were asked to approve a migration and are in no population: nobody answers for them."""
        migration = self._engine.state.organizations[organization].migration
        asked = migration.outstanding if migration else {}
        return len(asked) - sum(account in asked for accounts in self._accounts.values() for account in accounts)

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
            elif event.action in REQUESTS and event.party:
                party = event.party if "@" not in event.party else self._engine.state.owner_of(event.party)
                request = REQUESTS[event.action]
                asked = self._asked(party, request) if party else None
                if party and asked is not None:
                    key = (asked, event.organization, request)
                    if key not in heard:
                        heard[key] = self.begin(*key, final=final)
                    heard[key].add(party, event.handshake)

    def _asked(self, account: str, request: RequestKind) -> str | None:
        """The population of an account that answers a request, or the organization that it manages; None if none."""
        if request != "transfer":
            return self._population_of(account)
        managed = self._engine.state.organization_of(account)
        name = self._names.get(managed.id) if managed and managed.management_account == account else None
        return name if name and self._scenario.organizations[name].transfer else None

    def _population_of(self, account: str) -> str | None:
        if len(self._populations) != sum(map(len, self._accounts.values())):
            self._populations = {each: name for name, accounts in self._accounts.items() for each in accounts}
        return self._populations.get(account)
