"""The past of organizations that are there when a run begins: they were founded, and their members joined, before it.

It is written by events at those moments, so that state, views and history are as if it had been so. It is no part of
the run: its calls are not counted, AWS's rates do not hold for it, and figures begin behind it.
"""

from itertools import count, groupby
from random import Random

from msgspec import Struct

from ....engine.operation import SIMULATION
from ....engine.operations import import_organization
from ....engine.runtime.driver import jump_to
from ....engine.runtime.engine import Engine
from ....engine.settings import DAY
from ....engine.shapes.timestamps import microseconds
from ....engine.twin.form import AccountForm, Form
from ....engine.words import JoinedMethod
from ..scenario.model import Scenario
from ..scenario.organizations import OrganizationTable, accounts_by_unit
from ..scenario.standing import ROOT, Erected, erect
from .names import ADDRESSES, FIRST_ACCOUNT, name_stems

SOURCE = "the scenario"
"""What the log says of where the accounts came from."""


class Member(Struct, frozen=True):
    """An account that joined before the run."""

    account: str
    joined_at: int
    unit: str
    """The path of its OU, or of the root."""
    name: str | None
    """Of one that its organization created; None: it was invited."""


class Past:
    """What happened before a run.

    Args:
        scenario: the scenario, checked.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._start = microseconds(scenario.start)
        self._tables = {name: table for name, table in scenario.organizations.items() if table.stands}
        managing = {table.founder for table in scenario.organizations.values() if not table.id}
        numbers = (each for each in map(str, count(FIRST_ACCOUNT)) if each not in managing)
        stems = name_stems(self._tables)
        self._members = {
            name: [
                Member(next(numbers), joined, unit, f"{stems[name]}-{index}" if created else None)
                for index, (joined, unit, created) in enumerate(_memberships(scenario, name), 1)
            ]
            for name in self._tables
        }
        self._founded = {name: self._founded_at(name) for name in self._tables}

    @property
    def began_at(self) -> int:
        """When the world begins, in microseconds since the epoch: with the run, if there is no past."""
        return min([self._start, *self._founded.values()])

    def _founded_at(self, name: str) -> int:
        """A day before the first member joined."""
        oldest = self._start - _age(self._tables[name], Random(0), self._start)
        return min((member.joined_at for member in self._members[name]), default=oldest) - DAY

    async def write(self, engine: Engine) -> dict[str, str]:
        """Write it into the log, and leave the clock at the beginning of the run.

        Returns:
            The ids of the organizations, by name.
        """
        erected: dict[str, Erected] = {}
        for moment, _, name, members in sorted(self._moments(), key=lambda each: each[:2]):
            await jump_to(engine, moment)
            if name not in erected:
                erected[name] = erect(self._tables[name], engine)
            if members:
                form = self._form(name, erected[name], members)
                request = import_organization.Request(form=form, source=SOURCE, taken_at=self._start, final=False)
                engine.post(request, SIMULATION)
            await engine.room()
        await jump_to(engine, self._start)
        await engine.flush()
        return {name: each.id for name, each in erected.items()}

    def _moments(self) -> list[tuple[int, int, str, list[Member]]]:
        """Moment, number of the organization, its name, and who joined it then."""
        moments: list[tuple[int, int, str, list[Member]]] = []
        for number, (name, members) in enumerate(self._members.items()):
            moments.append((self._founded[name], number, name, []))
            in_order = sorted(members, key=lambda member: member.joined_at)
            for moment, joined in groupby(in_order, key=lambda member: member.joined_at):
                moments.append((moment, number, name, [*joined]))
        return moments

    def _form(self, name: str, erected: Erected, members: list[Member]) -> Form:
        table = self._tables[name]
        return Form(
            organization=erected.id,
            root=erected.places[ROOT],
            management_account=table.founder,
            feature_set=table.founded_with,
            accounts=tuple(_account(member, erected.places[member.unit]) for member in members),
        )


def _account(member: Member, parent: str) -> AccountForm:
    return AccountForm(
        id=member.account,
        parent=parent,
        email=f"{member.name}{ADDRESSES}" if member.name else None,
        name=member.name,
        joined_method=JoinedMethod.CREATED if member.name else JoinedMethod.INVITED,
    )


def _memberships(scenario: Scenario, name: str) -> list[tuple[int, str, bool]]:
    """When each member joined, the path of its OU, and whether it was created; those of each OU are spread evenly."""
    table, start = scenario.organizations[name], microseconds(scenario.start)
    total, random = table.accounts or 0, Random(f"{scenario.seed} {name} ages")
    units = [unit for unit, number in accounts_by_unit(table).items() for _ in range(number)]
    units += [ROOT] * (total - len(units))
    return [
        (start - _age(table, random, start), unit, int((index + 1) * table.created) > int(index * table.created))
        for index, unit in enumerate(units)
    ]


def _age(table: OrganizationTable, random: Random, start: int) -> int:
    """Draw an age in whole days, at least one; in microseconds."""
    return max(1, -(-table.age.draw(random, start) // DAY)) * DAY
