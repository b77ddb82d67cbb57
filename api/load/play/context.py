"""What the steps of a run share: the engine and its clock, the accounts that there are, and how calls are sent."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from itertools import count
from random import Random

from ....engine.operation import Caller
from ....engine.runtime.engine import Engine
from ....engine.state import Organization
from ....projections.views import Views
from ..scenario.existing import unit_paths
from ..scenario.model import Scenario
from ..scenario.steps import OrganizationStep, Sending
from ..scenario.unit_names import unit_names
from .asking import Asking
from .beginning import Begun
from .call_counter import CallCounter
from .clock_driver import ClockDriver
from .dispatch import Attempt, Dispatch
from .lookout import Lookout
from .names import FIRST_ACCOUNT, NewNames, name_stems
from .timetable import Timetable
from .vending import Vending


class StepContext:
    """What the modules in ``steps/`` are given, beside the step.

    Args:
        scenario: the scenario, checked.
        engine: runs the world.
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
        self.scenario = scenario
        self.engine = engine
        self.driver = driver
        self.counter = counter
        self.views = views
        self.lookout = lookout
        self.timetable = Timetable(engine, driver, counter, lookout)
        self.move_to: Callable[[int], Awaitable[None]] = self.timetable.move_to
        """Moves the clock to a moment, in microseconds since the epoch."""
        self.dispatch = Dispatch(engine, counter, self.move_to, driver.checkpoint)
        self.organizations = begun.organizations
        """Name in the scenario to id."""
        self.accounts = begun.accounts
        """Population to the accounts that it has so far."""
        self.being_created: set[str] = set()
        """The populations whose accounts a step is creating now, in this track or another."""
        self.vending = Vending()
        """What becomes of the accounts that steps ask for."""
        self.asking = Asking(scenario, engine, driver, self.organizations, self.accounts, self.new_random)
        self.saved: dict[str, str] = {}
        """Texts that steps have saved from answers, by name."""
        self.activity = "Answering"
        """What is reported as progress while steps wait."""
        self._elsewhere = {
            f"{name}.{word}": text
            for name, key in begun.organizations.items()
            for word, text in _names_of(engine.state.organizations[key]).items()
        }
        """What names in braces stand for that begin with an organization's name."""
        self._at_first = self._with_units(unit_names(scenario))
        """Organization to what such names stand for, and those of its OUs, in calls that it makes."""
        self._account_numbers = count(FIRST_ACCOUNT)
        self._new_names: dict[str, NewNames] = {}
        self._name_stems = name_stems(scenario.populations)

    def restart(self) -> None:
        """Count from now on only."""
        self.counter.restart()
        self.driver.restart()
        self.timetable.reminders.clear()
        self.vending.restart()

    def organization(self, step: OrganizationStep) -> Organization:
        """The organization of a step."""
        return self.engine.state.organizations[self.organizations[step.organization]]

    def management(self, step: OrganizationStep) -> Caller:
        """The management account of the organization of a step, as a caller."""
        return Caller(self.organization(step).management_account)

    def random(self, purpose: str) -> Random:
        """A generator of the scenario's seed and a purpose."""
        return Random(f"{self.scenario.seed} {purpose}")

    def new_random(self, purpose: str) -> Random:
        """A generator that draws other numbers than all before, for the same purpose too."""
        return self.random(f"{purpose} {self.timetable.next_serial()}")

    async def wait_until(self, moment: int, handshake: str = "") -> None:
        """Let time pass up to a moment, in microseconds since the epoch; reported as the present activity.

        Args:
            moment: microseconds since the epoch.
            handshake: the wait ends when this one does, if it does so earlier.
        """
        await self.timetable.move_to(moment, self.activity, handshake)

    async def send(
        self,
        step: OrganizationStep,
        operation: str,
        what: str,
        attempts: Iterable[Attempt],
        number: int,
        parties: Sequence[str] = (),
    ) -> None:
        """Send calls of the management account, with the pace and retries of a step that has them.

        Args:
            step: whose calls they are.
            operation: AWS's name of the operation.
            what: the activity that is reported as progress.
            attempts: make the calls, in order.
            number: of calls.
            parties: the account that each call asks, if they ask accounts.
        """
        management = self.management(step)
        calls = ((management, attempt) for attempt in attempts)
        if isinstance(step, Sending):
            random = self.new_random(operation)
            await self.dispatch.send(operation, what, calls, number, step.pace, step.retry, random, parties)
        else:
            await self.dispatch.send(operation, what, calls, number)

    def accounts_of(self, population: str) -> list[str]:
        """The accounts that a population has now, those that a step of another track has created so far among them.

        Invited ones that lack an id get the next numbers that no account has. Nothing has to be created for that: any
        twelve digits are a standalone account.
        """
        table = self.scenario.populations[population]
        if population in self.being_created:
            self.accounts[population] = self.created_for(population)
        accounts, known = self.accounts[population], self.engine.state.accounts
        wanted = 0 if table.origin in ("created", "member") else table.count
        while len(accounts) < wanted:
            account = str(next(self._account_numbers))
            if account not in known:
                accounts.append(account)
        return accounts

    def created_for(self, population: str) -> list[str]:
        """The accounts that have been created for a population, in the order of asking."""
        owners = (self.engine.state.emails.get(email.lower()) for email in self.new_names(population).emails)
        return [owner for owner in owners if owner]

    def new_names(self, population: str) -> NewNames:
        """The names of the accounts that are created for a population."""
        if population not in self._new_names:
            self._new_names[population] = NewNames(self._name_stems[population], self.engine.state.emails)
        return self._new_names[population]

    def _with_units(self, wanted: Collection[str]) -> dict[str, dict[str, str]]:
        """Add the OUs that texts name; there may be thousands of others."""
        units = {
            name: {f"/{path}": unit for path, unit in unit_paths(self.engine.state.organizations[key].units).items()}
            for name, key in self.organizations.items()
            if wanted
        }
        for name, paths in units.items():
            self._elsewhere |= {each: unit for path, unit in paths.items() if (each := f"{name}.{path}") in wanted}
        return {
            self.organizations[name]: self._elsewhere | {path: unit for path, unit in paths.items() if path in wanted}
            for name, paths in units.items()
        }

    def names_in_texts(self, organization: Organization, account: str, index: int) -> dict[str, str]:
        """The values that names in braces stand for in a call for an account (empty: one call for the step)."""
        names = self.saved | self._at_first.get(organization.id, self._elsewhere) | _names_of(organization)
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
