"""The organizations of a scenario: founded when the run begins, there already, or those of a log."""

from collections.abc import Iterator, Mapping
from itertools import chain, count
from typing import Annotated, Any

from msgspec import Meta, Struct, field, structs

from ....engine.ids import AccountId
from ....engine.twin.form import Form
from ....engine.words import FeatureSet, PolicyType
from ...delays import Fixed, Lognormal, Uniform
from ...standing import ROOT
from .contradictions import Contradiction, Table
from .populations import Behaviour, Count, PopulationTable, RequestKind, Share

OrganizationId = Annotated[str, Meta(pattern=r"^o-[a-z0-9]{10,32}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


Age = Fixed | Uniform | Lognormal

FOUNDERS = tuple(digit * 12 for digit in "123456789")
"""The first management accounts of organizations that say none; the tenth has 100000000010, and so on."""


class UnitTable(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An OU of an organization that is there when the run begins."""

    name: Name
    accounts: Count = 0
    """So many accounts directly in it."""
    share: Share = 0.0
    """Or this share of all the organization's accounts."""
    units: "tuple[UnitTable, ...]" = ()
    """The OUs directly below it."""

    def contradictions(self) -> Iterator[Contradiction]:
        if self.accounts and self.share:
            yield Contradiction("an OU has a number of accounts or a share of them, not both", ("share",))


class PolicyTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy of an organization that is there when the run begins."""

    name: Name
    content: Annotated[str, Meta(min_length=1)]
    type: PolicyType = PolicyType.SERVICE_CONTROL_POLICY
    description: Annotated[str, Meta(max_length=512)] = ""
    targets: tuple[str, ...] = ("/",)
    """Where it is attached: paths of OUs, names from the root on, such as ``Workloads/Prod``; ``/`` is the root."""


class OrganizationTable(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An organization.

    With ``id`` it is one of the log with which the run begins, with ``from`` it is copied from elsewhere, with
    ``accounts`` it is there when the run begins; else it is founded then.
    """

    id: OrganizationId = ""
    source: str = field(default="", name="from")
    """The path of a log, or of the folder of a dump, from which it is copied, with ``id`` where a log has several."""
    management_account: AccountId | None = None
    feature_set: FeatureSet | None = None
    accounts: Count | None = None
    """Its members when the run begins, besides the management account."""
    created: Share = 0.0
    """The share of them that it created; the others joined by invitation."""
    age: Age = Fixed(365)
    """How long before the run each of them joined, in whole days, at least one."""
    units: tuple[UnitTable, ...] = ()
    policies: tuple[PolicyTable, ...] = ()
    transfer: Behaviour | None = None
    """How its management account answers when another organization asks to pay its bills; None: it does not."""

    def contradictions(self) -> Iterator[Contradiction]:
        if self.transfer and self.transfer.leave:
            message = "nobody leaves an organization by answering about its bills; use decline"
            yield Contradiction(message, ("transfer", "leave"))
        if self.transfer:
            yield from self.transfer.too_late("transfer")
        if (self.id or self.source) and (self.management_account or self.feature_set or self.stands):
            key = "from" if self.source else "id"
            yield Contradiction("names an organization that has everything else: leave the other keys out", (key,))
        if self.accounts is None and (self.created or self.units or self.policies or self.age != Fixed(365)):
            message = "created, age, units and policies are of an organization that is there: say its accounts"
            yield Contradiction(message, lacking=("accounts",))

    @property
    def stands(self) -> bool:
        """Whether it is there when the run begins, though in no log."""
        return self.accounts is not None

    @property
    def oldest_days(self) -> float:
        """The greatest age that its members can have."""
        match self.age:
            case Fixed(days):
                return days
            case Uniform(_, to_days):
                return to_days
            case Lognormal(at_most_days=days):
                return days

    @property
    def is_founded(self) -> bool:
        """Whether it is founded when the run begins."""
        return not (self.id or self.source or self.stands)

    @property
    def founder(self) -> str:
        """The management account of an organization that is in no log."""
        return self.management_account or FOUNDERS[0]

    @property
    def founded_with(self) -> FeatureSet:
        """The feature set of an organization that is in no log."""
        return self.feature_set or FeatureSet.CONSOLIDATED_BILLING

    def all_units(self) -> Iterator[tuple[str, str, UnitTable, tuple[Any, ...]]]:
        """All OUs, parents first: the path of the parent, its own, the table, and the keys that lead to it."""
        return _all_units(self.units, ROOT, ("units",))


def _all_units(
    units: tuple[UnitTable, ...], parent: str, keys: tuple[Any, ...]
) -> Iterator[tuple[str, str, UnitTable, tuple[Any, ...]]]:
    for index, unit in enumerate(units):
        path = f"{parent}/{unit.name}".lstrip("/")
        yield parent, path, unit, (*keys, index)
        yield from _all_units(unit.units, path, (*keys, index, "units"))


def known_units(organizations: Mapping[str, OrganizationTable | None]) -> dict[str, dict[str, None]]:
    """The paths of the OUs of organizations of which the scenario itself says that they are there, or founded."""
    return {
        name: dict.fromkeys(path for _, path, _, _ in table.all_units())
        for name, table in organizations.items()
        if table and (table.stands or table.is_founded)
    }


def behaviours(
    populations: Mapping[str, PopulationTable | None], organizations: Mapping[str, OrganizationTable | None]
) -> Iterator[tuple[str, RequestKind, Behaviour]]:
    """All behaviours in the order of the file, those of populations first: of whom, to what, and which.

    Args:
        populations: by name; None is one that cannot be read.
        organizations: likewise.
    """
    for name, table in populations.items():
        if table:
            yield name, "invitation", table.invitation
            yield name, "migration", table.migration
    for name, organization in organizations.items():
        if organization and organization.transfer:
            yield name, "transfer", organization.transfer


def path_of(name: str, request: str) -> tuple[str, ...]:
    """The path of a behaviour in the file."""
    return "organizations" if request == "transfer" else "populations", name, request


def founders() -> Iterator[str]:
    """The accounts that may manage organizations which say none, in order."""
    return chain(FOUNDERS, (f"1{number:011}" for number in count(len(FOUNDERS) + 1)))


def with_founders(organizations: Mapping[str, OrganizationTable | None]) -> dict[str, OrganizationTable | None]:
    """Give a management account to each organization that needs one and says none.

    Args:
        organizations: by name; None is one that cannot be read.
    """
    taken = {table.management_account for table in organizations.values() if table}
    free = (each for each in founders() if each not in taken)

    def with_founder(table: OrganizationTable | None) -> OrganizationTable | None:
        if table is None or table.id or table.source or table.management_account:
            return table
        account = next(free)
        return table if account == table.founder else structs.replace(table, management_account=account)

    return {name: with_founder(table) for name, table in organizations.items()}


class Twin(Struct, frozen=True):
    """An organization that was copied from elsewhere."""

    form: Form
    taken_at: int
    """When it stood so, in microseconds since the epoch."""
    source: str
    """The path from which it was copied, as the file has it, so that the log does not depend on where that is."""

    @property
    def is_settled(self) -> bool:
        """Whether it has all its accounts: none is being created."""
        return all(each.state != "IN_PROGRESS" for each in self.form.creations)


def accounts_by_unit(table: OrganizationTable) -> dict[str, int]:
    """How many accounts are directly in each OU, by its path; the others are directly under the root."""
    total = table.accounts or 0
    # Rounded twice: 0.1 + 0.2 is a little more than 0.3, and must not be another number of accounts.
    return {path: unit.accounts or round(round(unit.share * total, 6)) for _, path, unit, _ in table.all_units()}


class UnitMembers(Struct, frozen=True):
    """How many members are directly in an OU, or in the root; the management account apart."""

    path: str
    above: str
    """The path of the one above it; that of the root is its own."""
    members: int


def members_by_unit(table: OrganizationTable) -> Iterator[UnitMembers]:
    """The members of an organization that is there, by their OUs: the root first, parents before their children."""
    placed = accounts_by_unit(table)
    yield UnitMembers(ROOT, ROOT, max(0, (table.accounts or 0) - sum(placed.values())))
    for above, path, _, _ in table.all_units():
        yield UnitMembers(path, above, placed[path])
