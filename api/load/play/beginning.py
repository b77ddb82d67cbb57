"""How a run begins: its faults are scripted, its organizations founded or found, its members known."""

from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec import Struct

from ....engine.events import OrganizationCreated
from ....engine.operation import SIMULATION, Caller
from ....engine.operations import create_organization
from ....engine.runtime.engine import Engine
from ....engine.state import Organization
from ...faults import table_request
from ..scenario.existing import find_unit
from ..scenario.model import OrganizationTable, Scenario
from ..scenario.populations import MemberTable
from .call_counter import CallCounter


class Begun(Struct, frozen=True):
    """What a run begins with."""

    organizations: dict[str, str]
    """Name in the scenario to id."""
    accounts: dict[str, list[str]]
    """Population to the accounts that it has."""


def begin(scenario: Scenario, engine: Engine, counter: CallCounter, standing: Mapping[str, str]) -> Begun:
    """Script the faults, found the organizations that are not there yet, and look who is in each population.

    Args:
        scenario: the scenario.
        engine: the clock stands at the beginning of the run.
        counter: counts the calls.
        standing: the ids of the organizations that are there though in no log, by name.
    """
    for fault in scenario.faults:
        engine.post(table_request(engine.now, fault), SIMULATION)
    organizations = {
        name: standing.get(name) or table.id or _founded(table, engine, counter)
        for name, table in scenario.organizations.items()
    }
    return Begun(organizations, _members(scenario, engine, organizations))


def _founded(table: OrganizationTable, engine: Engine, counter: CallCounter) -> str:
    counter.count_call("CreateOrganization")
    request = create_organization.Request(table.founded_with)
    (created, *_) = engine.post(request, Caller(table.founder))
    assert isinstance(created, OrganizationCreated)
    return created.organization


def _members(scenario: Scenario, engine: Engine, organizations: dict[str, str]) -> dict[str, list[str]]:
    """Give members to each population of them; an account belongs to the first that it fits."""
    accounts: dict[str, list[str]] = {}
    taken: set[str] = set()
    for name, table in scenario.populations.items():
        accounts[name] = []
        if isinstance(table, MemberTable):
            of = organizations[table.of or next(iter(organizations))]
            fitting = _fitting(engine.state.organizations[of], table.unit, taken)
            accounts[name] = [*islice(fitting, table.count)]
            taken.update(accounts[name])
    return accounts


def _fitting(organization: Organization, unit: str, taken: set[str]) -> Iterator[str]:
    """The members of an OU, or of the whole organization, in the order of joining."""
    units = organization.units
    place = find_unit(units, unit) if unit else units.root
    for account in organization.members:
        free = account != organization.management_account and account not in taken
        if free and (place == units.root or place in units.path_to(account)):
            yield account
