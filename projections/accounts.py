"""The view of accounts: their organizations, names and addresses, and the children of each root and OU.

Asked by DescribeAccount, ListAccounts, the lists of a parent's children, and by all other reads for the caller's
organization; made of AccountJoined, AccountMoved, AccountDeparted, AccountDescribed, and of the events that create and
delete OUs and organizations.

Children are listed in the order in which they came to their parent. The position of that event in the log is where the
next page continues.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct

from ..engine.events import (
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    AccountMoved,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationCreated,
    OrganizationDeleted,
    RootIdentified,
)
from ..engine.events.envelope import Envelope
from ..engine.evolve.renaming import rename_key
from ..engine.ids import derived_email, derived_name
from ..engine.state import Account, Organization, State
from ..engine.state.columns import pack, unpack
from ..engine.words import Condition, JoinedMethod
from .paging import OrderedRows
from .projection import Handler


class Placement(Struct, frozen=True, gc=False):
    """The place of a member that has been moved in the tree."""

    account: str
    parent: str
    position: int


class MemberRow(Struct, frozen=True, gc=False):
    """A member account. Like ``Placement`` it never changes, so that forks share it: it is gone when it is replaced."""

    account: str
    organization: str
    method: JoinedMethod
    joined_at: int
    position: int


class UnitRow(Struct, gc=False):
    """An OU in the list of its parent's OUs."""

    unit: str
    parent: str
    position: int
    gone: bool = False


ChildRow = MemberRow | Placement
"""An account in the list of its parent. Members that were never moved are listed by their own row, to save memory."""


class Tree(Struct):
    """The accounts and OUs directly in the root and in each OU of an organization."""

    root: str
    members: dict[str, MemberRow]
    """By account, the members of all organizations: the view's own table."""
    moved: dict[str, Placement] = {}
    """By account. Accounts that are not in here are where they joined, directly under the root."""
    accounts: dict[str, OrderedRows[ChildRow]] = {}
    """Accounts by parent."""
    units: dict[str, OrderedRows[UnitRow]] = {}
    """OUs by parent."""
    by_unit: dict[str, UnitRow] = {}

    def add(self, row: ChildRow, parent: str) -> None:
        """List an account under a parent."""
        rows = self.accounts.get(parent)
        if rows is None:
            rows = self.accounts[parent] = OrderedRows(self.is_stale)
        rows.append(row)

    def move(self, account: str, placement: Placement | None) -> None:
        """Take an account out of its parent's list, and list it at its new place; None if it leaves the tree."""
        before = self.moved.pop(account, None)
        if placement:
            self.moved[account] = placement
            self.add(placement, placement.parent)
        # Last, because count_gone may ask is_stale of every row, which has to be true of this one by now.
        self.accounts[before.parent if before else self.root].count_gone()

    def rename_root(self, root: str) -> None:
        """Give the root its id, instead of a placeholder."""
        old, self.root = self.root, root
        rename_key(self.units, old, root)
        for unit in self.by_unit.values():
            if unit.parent == old:
                unit.parent = root
        rows = list(self.accounts.pop(old, ()))
        for index, row in enumerate(rows):
            if isinstance(row, Placement):
                rows[index] = self.moved[row.account] = Placement(row.account, root, row.position)
        self.accounts[root] = OrderedRows(self.is_stale, rows)

    def is_stale(self, row: ChildRow) -> bool:
        """Whether the account of this row is no longer under the parent whose list the row is in."""
        account = row.account
        return (self.moved.get(account) or self.members.get(account)) is not row


class TreeImage(Struct, frozen=True, array_like=True):
    """The image of an organization's members and tree: only what the state does not have."""

    members: bytes
    """The packed positions at which the members joined."""
    units: bytes
    """The packed positions at which the OUs were created."""
    moved: list[str]
    """Accounts that have been moved, in the order of their last move."""
    arrived: bytes
    """The packed positions of those moves."""


class AccountsImage(Struct, frozen=True, array_like=True):
    """The image of the view: only what the state does not have."""

    trees: list[TreeImage]
    """One for each organization."""
    facts: list[str]
    """Ids of the accounts in ``AccountsView.facts``."""


class AccountFacts(Struct, frozen=True, gc=False):
    """Facts stated about an account. Most accounts have none: their address and name derive from their id."""

    email: str | None
    name: str | None
    conditions: tuple[Condition, ...] = ()


class AccountsView:
    """Members by account, by organization and by parent; OUs by parent; and what accounts are called."""

    name = "accounts"
    image = AccountsImage

    def __init__(self) -> None:
        self.members: dict[str, MemberRow] = {}
        self.by_organization: dict[str, OrderedRows[MemberRow]] = {}
        self.facts: dict[str, AccountFacts] = {}
        self.trees: dict[str, Tree] = {}

    def dump(self) -> AccountsImage:
        """Make the image for a snapshot."""
        return AccountsImage([self._dump_tree(organization) for organization in self.by_organization], [*self.facts])

    def _dump_tree(self, organization: str) -> TreeImage:
        # A deleted organization has no tree any more.
        tree = self.trees.get(organization, Tree("", {}))
        members = self.by_organization[organization]
        return TreeImage(
            pack(row.position for row in members),
            pack(row.position for row in tree.by_unit.values()),
            [*tree.moved],
            pack(row.position for row in tree.moved.values()),
        )

    def load(self, image: AccountsImage, state: State) -> None:
        """Restore from a snapshot image and the matching state."""
        organizations, rows = state.organizations.values(), list[MemberRow]()
        for organization, tree in zip(organizations, image.trees, strict=True):
            members = [
                _member(account, organization.id, position)
                for account, position in zip(organization.members.values(), unpack(tree.members), strict=True)
            ]
            self.by_organization[organization.id] = OrderedRows(self.has_left, members)
            rows += members
        # In the order of joining across all organizations, as the events would have it.
        rows.sort(key=attrgetter("position"))
        self.members.update(zip(map(attrgetter("account"), rows), rows, strict=True))
        for organization, tree in zip(organizations, image.trees, strict=True):
            if not organization.deleted:
                self.trees[organization.id] = self._load_tree(organization, tree, state)
        for key in image.facts:
            account = state.accounts[key]
            self.facts[account.id] = AccountFacts(account.email, account.name, account.conditions)

    def _load_tree(self, organization: Organization, image: TreeImage, state: State) -> Tree:
        tree = Tree(organization.root, self.members)
        units = (unit for unit in organization.units.by_id.values() if unit.parent)
        for unit, position in zip(units, unpack(image.units), strict=True):
            assert unit.parent
            row = tree.by_unit[unit.id] = UnitRow(unit.id, unit.parent, position)
            tree.units.setdefault(unit.parent, OrderedRows()).append(row)
        for account, position in zip(image.moved, unpack(image.arrived), strict=True):
            key = state.accounts[account].id  # the string of the state, rather than a copy for each account
            tree.moved[key] = Placement(key, organization.units.parent_of(key), position)
        members = self.by_organization[organization.id]
        lists: dict[str, list[ChildRow]] = {tree.root: [row for row in members if row.account not in tree.moved]}
        for placement in tree.moved.values():
            lists.setdefault(placement.parent, []).append(placement)
        for parent, rows in lists.items():
            rows.sort(key=attrgetter("position"))
            tree.accounts[parent] = OrderedRows(tree.is_stale, rows)
        return tree

    def has_left(self, row: MemberRow) -> bool:
        """Whether a row is no member's any more, though its account may be one again."""
        return self.members.get(row.account) is not row

    def _founded(self, envelope: Envelope, event: OrganizationCreated) -> None:
        self.by_organization[event.organization] = OrderedRows(self.has_left)
        self.trees[event.organization] = Tree(event.root, self.members)

    def _dissolved(self, envelope: Envelope, event: OrganizationDeleted) -> None:
        del self.trees[event.organization]

    def _root_identified(self, envelope: Envelope, event: RootIdentified) -> None:
        self.trees[event.organization].rename_root(event.root)

    def _unit_created(self, envelope: Envelope, event: OrganizationalUnitCreated) -> None:
        tree = self.trees[event.organization]
        row = tree.by_unit[event.unit] = UnitRow(event.unit, event.parent, envelope.position)
        tree.units.setdefault(event.parent, OrderedRows()).append(row)

    def _unit_deleted(self, envelope: Envelope, event: OrganizationalUnitDeleted) -> None:
        tree = self.trees[event.organization]
        row = tree.by_unit.pop(event.unit)
        row.gone = True
        tree.units[row.parent].count_gone()
        # Only empty OUs are deleted, so these lists hold nothing but rows that are gone.
        tree.units.pop(event.unit, None)
        tree.accounts.pop(event.unit, None)

    def _joined(self, envelope: Envelope, event: AccountJoined) -> None:
        row = self.members[event.account] = MemberRow(
            event.account, event.organization, event.method, envelope.time, envelope.position
        )
        self.by_organization[event.organization].append(row)
        tree = self.trees[event.organization]
        tree.add(row, tree.root)
        if event.email:
            self.facts[event.account] = AccountFacts(event.email, event.name, self.conditions_of(event.account))

    def _moved(self, envelope: Envelope, event: AccountMoved) -> None:
        placement = Placement(event.account, event.destination, envelope.position)
        self.trees[event.organization].move(event.account, placement)

    def _departed(self, envelope: Envelope, event: AccountDeparted) -> None:
        del self.members[event.account]
        self.by_organization[event.organization].count_gone()
        self.trees[event.organization].move(event.account, None)

    def _described(self, envelope: Envelope, event: AccountDescribed) -> None:
        known = self.facts.get(event.account, AccountFacts(None, None))
        self.facts[event.account] = AccountFacts(event.email or known.email, event.name or known.name, event.conditions)

    handlers: Mapping[type[Any], Handler] = {
        OrganizationCreated: _founded,
        OrganizationDeleted: _dissolved,
        RootIdentified: _root_identified,
        OrganizationalUnitCreated: _unit_created,
        OrganizationalUnitDeleted: _unit_deleted,
        AccountJoined: _joined,
        AccountMoved: _moved,
        AccountDeparted: _departed,
        AccountDescribed: _described,
    }

    def accounts_in(self, parent: str, organization: str) -> OrderedRows[ChildRow]:
        """Return the accounts directly in a root or OU of an organization."""
        return self.trees[organization].accounts.get(parent) or OrderedRows()

    def units_in(self, parent: str, organization: str) -> OrderedRows[UnitRow]:
        """Return the OUs directly in a root or OU of an organization."""
        return self.trees[organization].units.get(parent) or OrderedRows()

    def organization_of(self, account: str) -> str | None:
        """Return the id of the organization of which an account is a member; None for a standalone account."""
        row = self.members.get(account)
        return row.organization if row else None

    def email_of(self, account: str) -> str:
        """Return the account's email address."""
        facts = self.facts.get(account)
        return (facts and facts.email) or derived_email(account)

    def conditions_of(self, account: str) -> tuple[Condition, ...]:
        """Return the account's conditions outside Organizations that make AWS refuse requests."""
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
