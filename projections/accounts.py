"""Accounts: whose members they are, what they are called, and what stands where in the trees of organizations. Asked by
DescribeAccount, ListAccounts and the lists of what a parent has, and by all that need to know who calls; made of
AccountJoined, AccountMoved, AccountDeparted, AccountDescribed, and of OUs and organizations that come and go.

A tree's lists are in the order of arrival: a position in the log, from which the next page goes on."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct, field

from ..engine.events import (
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    AccountMoved,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationCreated,
    OrganizationDeleted,
)
from ..engine.events.envelope import Envelope
from ..engine.ids import derived_email, derived_name
from ..engine.state import Account, Organization, State
from ..engine.state.columns import pack, unpack
from ..engine.words import Condition, JoinedMethod
from .paging import OrderedRows
from .projection import Handler


class Placement(Struct, gc=False):
    """Where a member stands since it was moved."""

    account: str
    parent: str
    position: int
    gone: bool = False


class MemberRow(Struct, gc=False):
    """A member account."""

    account: str
    organization: str
    method: JoinedMethod
    joined_at: int
    position: int
    gone: bool = False


class UnitRow(Struct, gc=False):
    """An OU among its siblings."""

    unit: str
    parent: str
    position: int
    gone: bool = False


Standing = MemberRow | Placement
"""An account in the list of its parent: members that were never moved need no row besides their own."""


class Places(Struct):
    """What stands directly in the root and in each OU of an organization."""

    root: str
    moved: dict[str, Placement] = field(default_factory=dict[str, Placement])
    """By account; accounts that are not in here stand where they joined, directly under the root."""
    accounts: dict[str, OrderedRows[Standing]] = field(default_factory=dict[str, OrderedRows[Standing]])
    units: dict[str, OrderedRows[UnitRow]] = field(default_factory=dict[str, OrderedRows[UnitRow]])
    by_unit: dict[str, UnitRow] = field(default_factory=dict[str, UnitRow])

    def arrive(self, row: Standing, parent: str) -> None:
        """An account came to a parent."""
        rows = self.accounts.get(parent)
        if rows is None:
            rows = self.accounts[parent] = OrderedRows(self.stands_elsewhere)
        rows.append(row)

    def go(self, account: str, placement: Placement | None) -> None:
        """An account went from where it stood: to another place in the tree, or out of it."""
        before = self.moved.pop(account, None)
        if before:
            before.gone = True
        if placement:
            self.moved[account] = placement
            self.arrive(placement, placement.parent)
        # Last: the list may look at all its rows now.
        self.accounts[before.parent if before else self.root].count_gone()

    def stands_elsewhere(self, row: Standing) -> bool:
        """Whether an account is no longer where this row has it."""
        return row.gone or (isinstance(row, MemberRow) and row.account in self.moved)


class TreeImage(Struct, frozen=True, array_like=True):
    """What a snapshot stores of an organization's members and places, its state apart."""

    members: bytes
    """When each joined: a position in the log."""
    units: bytes
    """When each OU came to be."""
    moved: list[str]
    """Accounts that were ever moved, in the order in which they arrived where they stand,"""
    arrived: bytes
    """and when that was."""


class AccountsImage(Struct, frozen=True, array_like=True):
    """What a snapshot stores of accounts, their state apart."""

    trees: list[TreeImage]
    """Of each organization."""
    facts: list[str]
    """Accounts of which more was ever said than their id."""


class AccountFacts(Struct, frozen=True, gc=False):
    """What is known of an account whose address or name is not the derived one."""

    email: str | None
    name: str | None
    conditions: tuple[Condition, ...] = ()


class AccountsView:
    """Members by account, by organization and by parent; OUs by parent; and what accounts are called."""

    name = "accounts"

    def __init__(self) -> None:
        self.members: dict[str, MemberRow] = {}
        self.by_organization: dict[str, OrderedRows[MemberRow]] = {}
        self.facts: dict[str, AccountFacts] = {}
        self._places: dict[str, Places] = {}
        self.handlers: Mapping[type[Any], Handler] = {
            OrganizationCreated: self._founded,
            OrganizationDeleted: self._dissolved,
            OrganizationalUnitCreated: self._unit_created,
            OrganizationalUnitDeleted: self._unit_deleted,
            AccountJoined: self._joined,
            AccountMoved: self._moved,
            AccountDeparted: self._departed,
            AccountDescribed: self._described,
        }

    def dump(self) -> AccountsImage:
        """What a snapshot stores."""
        return AccountsImage([self._dump_tree(organization) for organization in self.by_organization], [*self.facts])

    def _dump_tree(self, organization: str) -> TreeImage:
        places = self._places.get(organization, Places(""))
        members = self.by_organization[organization]
        return TreeImage(
            pack(row.position for row in members),
            pack(row.position for row in places.by_unit.values()),
            [*places.moved],
            pack(row.position for row in places.moved.values()),
        )

    def load(self, image: AccountsImage, state: State) -> None:
        """Become what was dumped beside that state."""
        for organization, tree in zip(state.organizations.values(), image.trees, strict=True):
            members = [
                _member(account, organization.id, position)
                for account, position in zip(organization.members.values(), unpack(tree.members), strict=True)
            ]
            self.by_organization[organization.id] = OrderedRows(rows=members)
            self.members.update((row.account, row) for row in members)
            if not organization.deleted:
                self._places[organization.id] = _places(organization, tree, members, state)
        if len(self.by_organization) > 1:
            self.members = {row.account: row for row in sorted(self.members.values(), key=attrgetter("position"))}
        for key in image.facts:
            account = state.accounts[key]
            self.facts[account.id] = AccountFacts(account.email, account.name, account.conditions)

    def _founded(self, envelope: Envelope, event: OrganizationCreated) -> None:
        self.by_organization[event.organization] = OrderedRows()
        self._places[event.organization] = Places(event.root)

    def _dissolved(self, envelope: Envelope, event: OrganizationDeleted) -> None:
        del self._places[event.organization]

    def _unit_created(self, envelope: Envelope, event: OrganizationalUnitCreated) -> None:
        places = self._places[event.organization]
        row = places.by_unit[event.unit] = UnitRow(event.unit, event.parent, envelope.position)
        places.units.setdefault(event.parent, OrderedRows()).append(row)

    def _unit_deleted(self, envelope: Envelope, event: OrganizationalUnitDeleted) -> None:
        places = self._places[event.organization]
        row = places.by_unit.pop(event.unit)
        row.gone = True
        places.units[row.parent].count_gone()
        # It is empty; what is left are lists of what has gone.
        places.units.pop(event.unit, None)
        places.accounts.pop(event.unit, None)

    def _joined(self, envelope: Envelope, event: AccountJoined) -> None:
        row = self.members[event.account] = MemberRow(
            event.account, event.organization, event.method, envelope.time, envelope.position
        )
        self.by_organization[event.organization].append(row)
        places = self._places[event.organization]
        places.arrive(row, places.root)
        if event.email:
            self.facts[event.account] = AccountFacts(event.email, event.name, self.conditions_of(event.account))

    def _moved(self, envelope: Envelope, event: AccountMoved) -> None:
        placement = Placement(event.account, event.destination, envelope.position)
        self._places[event.organization].go(event.account, placement)

    def _departed(self, envelope: Envelope, event: AccountDeparted) -> None:
        self.members.pop(event.account).gone = True
        self.by_organization[event.organization].count_gone()
        self._places[event.organization].go(event.account, None)

    def _described(self, envelope: Envelope, event: AccountDescribed) -> None:
        known = self.facts.get(event.account, AccountFacts(None, None))
        self.facts[event.account] = AccountFacts(event.email or known.email, event.name or known.name, event.conditions)

    def accounts_in(self, parent: str, organization: str) -> OrderedRows[Standing]:
        """The accounts directly in a root or OU of an organization."""
        return self._places[organization].accounts.get(parent) or OrderedRows()

    def units_in(self, parent: str, organization: str) -> OrderedRows[UnitRow]:
        """The OUs directly in a root or OU of an organization."""
        return self._places[organization].units.get(parent) or OrderedRows()

    def organization_of(self, account: str) -> str | None:
        """The organization of which an account is a member."""
        row = self.members.get(account)
        return row.organization if row else None

    def email_of(self, account: str) -> str:
        """The account's address."""
        facts = self.facts.get(account)
        return (facts and facts.email) or derived_email(account)

    def conditions_of(self, account: str) -> tuple[Condition, ...]:
        """What is the matter with the account outside Organizations."""
        facts = self.facts.get(account)
        return facts.conditions if facts else ()

    def name_of(self, account: str) -> str:
        """The account's name."""
        facts = self.facts.get(account)
        return (facts and facts.name) or derived_name(account)


def _member(account: Account, organization: str, position: int) -> MemberRow:
    assert account.joined_method
    assert account.membership_changed_at is not None
    return MemberRow(account.id, organization, account.joined_method, account.membership_changed_at, position)


def _places(organization: Organization, tree: TreeImage, members: list[MemberRow], state: State) -> Places:
    places = Places(organization.root)
    units = (unit for unit in organization.units.by_id.values() if unit.parent)
    for unit, position in zip(units, unpack(tree.units), strict=True):
        assert unit.parent
        row = places.by_unit[unit.id] = UnitRow(unit.id, unit.parent, position)
        places.units.setdefault(unit.parent, OrderedRows()).append(row)
    for account, position in zip(tree.moved, unpack(tree.arrived), strict=True):
        key = state.accounts[account].id
        places.moved[key] = Placement(key, organization.units.parent_of(key), position)
    lists: dict[str, list[Standing]] = {places.root: [row for row in members if row.account not in places.moved]}
    for placement in places.moved.values():
        lists.setdefault(placement.parent, []).append(placement)
    for parent, rows in lists.items():
        rows.sort(key=attrgetter("position"))
        places.accounts[parent] = OrderedRows(places.stands_elsewhere, rows)
    return places
