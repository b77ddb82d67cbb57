"""The past of organizations that are there when a run begins: they were founded, and their members joined, before it.

It is written by events at those moments, so that state, views and history are as if it had been so. It is no part of
the run: its calls are not counted, AWS's rates do not hold for it, and figures begin behind it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, groupby
from random import Random

from msgspec import Struct

from ....engine.operation import SIMULATION
from ....engine.operations.import_organization import Request
from ....engine.runtime.driver import jump_to
from ....engine.runtime.engine import Engine
from ....engine.settings import DAY
from ....engine.shapes.timestamps import microseconds
from ....engine.twin.form import AccountForm
from ....engine.twin.time_order import founded_at, in_time_order
from ....engine.words import JoinedMethod
from ...standing import homes_of, join, joined_method
from ..scenario.model import Scenario
from ..scenario.organizations import OrganizationTable, Twin, accounts_by_unit
from ..scenario.standing import Erected, erect
from .names import ADDRESSES, FIRST_ACCOUNT, name_stems

SOURCE = "the scenario"
"""What the log says of where the accounts of a described organization came from."""

Deed = Callable[[Engine], object]
"""Something that happens at one moment of the past."""


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
        tables = {name: table for name, table in scenario.organizations.items() if table.stands}
        taken = {table.founder for table in scenario.organizations.values() if not (table.id or table.source)}
        taken |= {account.id for twin in scenario.twins.values() for account in twin.form.accounts}
        numbers = (each for each in map(str, count(FIRST_ACCOUNT)) if each not in taken)
        stems = name_stems(tables)
        self._organizations: dict[str, Described | Copied] = {
            name: Described(table, _members(scenario, name, numbers, stems[name]), self._start)
            for name, table in tables.items()
        }
        self._organizations |= {name: Copied(twin) for name, twin in scenario.twins.items()}

    @property
    def began_at(self) -> int:
        """When the world begins, in microseconds since the epoch: with the run, if there is no past."""
        return min([self._start, *(each.founded_at for each in self._organizations.values())])

    async def write(self, engine: Engine) -> dict[str, str]:
        """Write it into the log, and leave the clock at the beginning of the run.

        Returns:
            The ids of the organizations, by name.
        """
        deeds = [deed for each in self._organizations.values() for deed in each.deeds()]
        for moment, deed in sorted(deeds, key=lambda each: each[0]):
            await jump_to(engine, moment)
            deed(engine)
            await engine.room()
        await jump_to(engine, self._start)
        await engine.flush()
        return {name: each.id for name, each in self._organizations.items()}


class Copied:
    """The past of an organization that was copied from elsewhere.

    Args:
        twin: the copy.
    """

    def __init__(self, twin: Twin) -> None:
        self.id = twin.form.organization
        self.founded_at = founded_at(twin.form, twin.taken_at)
        self._twin = twin

    def deeds(self) -> Iterator[tuple[int, Deed]]:
        """Yield what happened, in order, with its moments."""
        form, taken_at, source = self._twin.form, self._twin.taken_at, self._twin.source
        for moment, told in in_time_order(form, self.founded_at - 1, taken_at):
            yield moment, partial(_post, Request(form=told, source=source, taken_at=taken_at, final=False))
        yield taken_at, partial(_post, Request(form=form, source=source, taken_at=taken_at))


class Described:
    """The past of an organization that the scenario describes.

    Args:
        table: its description.
        members: who joined when.
        start: when the run begins, in microseconds since the epoch.
    """

    def __init__(self, table: OrganizationTable, members: list[Member], start: int) -> None:
        self._table = table
        self._members = sorted(members, key=lambda member: member.joined_at)
        self._start = start
        self._erected = Erected()
        oldest = start - _age(table, Random(0), start)
        # A day before the first member joined.
        self.founded_at = min((member.joined_at for member in members), default=oldest) - DAY

    @property
    def id(self) -> str:
        """Its id, once it has been founded."""
        return self._erected.id

    def deeds(self) -> Iterator[tuple[int, Deed]]:
        """Yield what happened, in order, with its moments."""
        yield self.founded_at, self._found
        for moment, members in groupby(self._members, key=lambda member: member.joined_at):
            yield moment, partial(self._join, [*members])

    def _found(self, engine: Engine) -> None:
        self._erected = erect(self._table, engine)

    def _join(self, members: list[Member], engine: Engine) -> None:
        accounts = (_account(member, self._erected.places[member.unit]) for member in members)
        join(engine, self.id, accounts, SOURCE, self._start)


def _post(request: Request, engine: Engine) -> None:
    engine.post(request, SIMULATION)


def _account(member: Member, parent: str) -> AccountForm:
    return AccountForm(
        id=member.account,
        parent=parent,
        email=f"{member.name}{ADDRESSES}" if member.name else None,
        name=member.name,
        joined_method=JoinedMethod.CREATED if member.name else JoinedMethod.INVITED,
    )


def _members(scenario: Scenario, name: str, numbers: Iterator[str], stem: str) -> list[Member]:
    """When each member joined, its OU, and whether it was created; of each OU as many as the share says."""
    table, start = scenario.organizations[name], microseconds(scenario.start)
    total, random = table.accounts or 0, Random(f"{scenario.seed} {name} ages")
    homes = homes_of(accounts_by_unit(table), total)
    return [
        Member(
            next(numbers),
            start - _age(table, random, start),
            unit,
            f"{stem}-{index + 1}" if joined_method(index, table.created) is JoinedMethod.CREATED else None,
        )
        for index, unit in enumerate(homes)
    ]


def _age(table: OrganizationTable, random: Random, start: int) -> int:
    """Draw an age in whole days, at least one; in microseconds."""
    return max(1, -(-table.age.draw(random, start) // DAY)) * DAY
