import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.campaign import examples
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER
from support.projection_world import WatchedWorld, ask

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ChildNotFoundException,
    InvalidInputException,
    OrganizationalUnitNotFoundException,
    ParentNotFoundException,
    Refused,
)
from orgsim.engine.events import (
    AccountDeparted,
    AccountJoined,
    AccountMoved,
    AnyEvent,
    DelegatedAdministratorRegistered,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationCreated,
    OrganizationDeleted,
    ResourcePolicyPut,
)
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.ids import base36
from orgsim.engine.words import DepartureMethod, FeatureSet, JoinedMethod
from orgsim.projections.accounts import ChildRow, Tree
from orgsim.projections.paging import PAGE_SIZE, SWEEP_SHARE, cut_page
from orgsim.projections.views import Views

pytestmark = pytest.mark.campaign

UNKNOWN = "ou-none-00000000"
SERVICE = "config.amazonaws.com"
ABOUT_PARENT = [
    ("ListAccountsForParent", {}),
    ("ListOrganizationalUnitsForParent", {}),
    ("ListChildren", {"ChildType": "ACCOUNT"}),
    ("ListChildren", {"ChildType": "ORGANIZATIONAL_UNIT"}),
]


def settled() -> WatchedWorld:
    """An organization with a member, another with a member, and a stranger."""
    world = WatchedWorld()
    world.founded()
    world.joined(MEMBER)
    world.founded(RIVAL)
    world.joined(OTHER, RIVAL)
    return world


def root_of(world: WatchedWorld, manager: str = FOUNDER) -> str:
    return world.organization_of(manager).root


def made(world: WatchedWorld, parent: str, name: str = "Unit", manager: str = FOUNDER) -> str:
    return world.call("CreateOrganizationalUnit", manager, ParentId=parent, Name=name)[0].unit


def move(world: WatchedWorld, account: str, source: str, destination: str) -> None:
    parents = {"SourceParentId": source, "DestinationParentId": destination}
    world.call("MoveAccount", FOUNDER, AccountId=account, **parents)


def accounts_in(world: WatchedWorld, parent: str, **members: Any) -> list[str]:
    pages = world.pages("ListAccountsForParent", FOUNDER, "Accounts", ParentId=parent, **members)
    return [account["Id"] for page in pages for account in page]


def children(world: WatchedWorld, parent: str, kind: str) -> list[str]:
    pages = world.pages("ListChildren", FOUNDER, "Children", ParentId=parent, ChildType=kind)
    found = [child for page in pages for child in page]
    assert {child["Type"] for child in found} <= {kind}
    return [child["Id"] for child in found]


def names_in(world: WatchedWorld, parent: str) -> list[str]:
    pages = world.pages("ListOrganizationalUnitsForParent", FOUNDER, "OrganizationalUnits", ParentId=parent)
    return [unit["Name"] for page in pages for unit in page]


# One OU, one child.


def test_describe_unit() -> None:
    """An OU shows its name, and its path from the organization down."""
    world = settled()
    organization, root = world.organization_of(FOUNDER).id, root_of(world)
    outer = made(world, root, "Outer")
    inner = made(world, outer, "Inner")
    assert world.ask("DescribeOrganizationalUnit", FOUNDER, OrganizationalUnitId=inner) == {
        "OrganizationalUnit": {
            "Id": inner,
            "Arn": f"arn:aws:organizations::{FOUNDER}:ou/{organization}/{inner}",
            "Name": "Inner",
            "Path": f"{organization}/{root}/{outer}/{inner}/",
        }
    }


def test_describe_renamed_unit() -> None:
    """An OU shows the name that it was given last; nothing else about it has changed."""
    world = settled()
    unit = made(world, root_of(world))
    before = world.ask("DescribeOrganizationalUnit", FOUNDER, OrganizationalUnitId=unit)["OrganizationalUnit"]
    world.call("UpdateOrganizationalUnit", FOUNDER, OrganizationalUnitId=unit, Name="New")
    after = world.ask("DescribeOrganizationalUnit", FOUNDER, OrganizationalUnitId=unit)["OrganizationalUnit"]
    assert after == {**before, "Name": "New"}
    assert names_in(world, root_of(world)) == ["New"]


def test_parents() -> None:
    """Every account and OU has exactly one parent, the root or an OU."""
    world = settled()
    root = root_of(world)
    outer = made(world, root)
    inner = made(world, outer)
    move(world, MEMBER, root, inner)
    for child, parent in [(FOUNDER, root), (outer, root), (inner, outer), (MEMBER, inner)]:
        kind = "ROOT" if parent == root else "ORGANIZATIONAL_UNIT"
        assert world.ask("ListParents", FOUNDER, ChildId=child, MaxResults=1) == {
            "Parents": [{"Id": parent, "Type": kind}]
        }
    world.denies("ListParents", FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", ChildId=inner, NextToken="more")


# Who may ask, and what is not there.

QUESTIONS: dict[str, tuple[str, str, dict[str, Any], type[Refused]]] = {
    "describe": ("DescribeOrganizationalUnit", "OrganizationalUnitId", {}, OrganizationalUnitNotFoundException),
    "parents": ("ListParents", "ChildId", {}, ChildNotFoundException),
    **{
        f"{operation} {more}": (operation, "ParentId", more, ParentNotFoundException)
        for operation, more in ABOUT_PARENT
    },
}
questions = pytest.mark.parametrize(("operation", "member", "more", "refusal"), QUESTIONS.values(), ids=QUESTIONS)


@questions
def test_not_found(operation: str, member: str, more: dict[str, Any], refusal: type[Refused]) -> None:
    """An OU that never was, was deleted, or is another organization's is not found."""
    world = settled()
    deleted = made(world, root_of(world))
    world.call("DeleteOrganizationalUnit", FOUNDER, OrganizationalUnitId=deleted)
    for unit in (UNKNOWN, deleted, made(world, root_of(world, RIVAL), "Unit", RIVAL)):
        world.denies(operation, FOUNDER, refusal, **{member: unit}, **more)


def test_not_found_elsewhere() -> None:
    """Another organization's root has nothing to list here, and accounts that are no members have no parents."""
    world = settled()
    for operation, more in ABOUT_PARENT:
        world.denies(operation, FOUNDER, ParentNotFoundException, ParentId=root_of(world, RIVAL), **more)
    for account in (OTHER, RIVAL, STRANGER):
        world.denies("ListParents", FOUNDER, ChildNotFoundException, ChildId=account)


@questions
def test_callers(operation: str, member: str, more: dict[str, Any], refusal: type[Refused]) -> None:
    """A member is denied unless it administers a service, and a standalone account has no tree."""
    world = settled()
    unit = made(world, root_of(world))
    for asked in (unit, UNKNOWN):
        world.denies(operation, STRANGER, AWSOrganizationsNotInUseException, **{member: asked}, **more)
        world.denies(operation, MEMBER, AccessDeniedException, **{member: asked}, **more)
    world.evolve(DelegatedAdministratorRegistered(world.organization_of(FOUNDER).id, MEMBER, SERVICE))
    assert world.ask(operation, MEMBER, **{member: unit}, **more) == world.ask(
        operation, FOUNDER, **{member: unit}, **more
    )
    world.denies(operation, MEMBER, refusal, **{member: UNKNOWN}, **more)


@questions
def test_granted(operation: str, member: str, more: dict[str, Any], refusal: type[Refused]) -> None:
    """A member may ask about the OU that the resource policy grants it to ask about, and about no other."""
    world = settled()
    organization, root = world.organization_of(FOUNDER).id, root_of(world)
    granted, other = made(world, root), made(world, root, "Other")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
        "Action": f"organizations:{operation}",
        "Resource": f"arn:aws:organizations::{FOUNDER}:ou/{organization}/{granted}",
    }
    content = json.dumps({"Version": "2012-10-17", "Statement": statement})
    world.evolve(ResourcePolicyPut(organization, "rp-00000000", content))
    assert world.ask(operation, MEMBER, **{member: granted}, **more)
    for unit in (other, UNKNOWN):
        world.denies(operation, MEMBER, AccessDeniedException, **{member: unit}, **more)


@pytest.mark.parametrize(
    ("operation", "members", "reason"),
    [
        ("DescribeOrganizationalUnit", {}, "INPUT_REQUIRED:ORGANIZATIONAL_UNIT_ID"),
        ("DescribeOrganizationalUnit", {"OrganizationalUnitId": "r-abcd"}, "INVALID_PATTERN:ORGANIZATIONAL_UNIT_ID"),
        ("ListOrganizationalUnitsForParent", {}, "INPUT_REQUIRED:PARENT_ID"),
        ("ListAccountsForParent", {"ParentId": MEMBER}, "INVALID_PATTERN:PARENT_ID"),
        ("ListAccountsForParent", {"ParentId": UNKNOWN, "MaxResults": 21}, "MAX_VALUE_EXCEEDED:MAX_RESULTS"),
        ("ListChildren", {"ParentId": UNKNOWN}, "INPUT_REQUIRED:CHILD_TYPE"),
        ("ListChildren", {"ParentId": UNKNOWN, "ChildType": "ROOT"}, "INVALID_ENUM:CHILD_TYPE"),
        ("ListParents", {"ChildId": "r-abcd"}, "INVALID_PATTERN:CHILD_ID"),
    ],
)
def test_constraints(operation: str, members: dict[str, Any], reason: str) -> None:
    """The members keep to AWS's constraints."""
    settled().denies(operation, FOUNDER, InvalidInputException, reason, **members)


# What stands where.


def test_units_of_a_parent() -> None:
    """OUs are listed with their parent only, in the order of creation, each as DescribeOrganizationalUnit shows it."""
    world = settled()
    root = root_of(world)
    first = made(world, root, "First")
    inner = made(world, first, "Inner")
    second = made(world, root, "Second")
    world.call("UpdateOrganizationalUnit", FOUNDER, OrganizationalUnitId=first, Name="Zero")
    assert names_in(world, root) == ["Zero", "Second"]
    assert names_in(world, first) == ["Inner"]
    assert names_in(world, inner) == []
    assert children(world, root, "ORGANIZATIONAL_UNIT") == [first, second]
    for unit in world.ask("ListOrganizationalUnitsForParent", FOUNDER, ParentId=root)["OrganizationalUnits"]:
        described = world.ask("DescribeOrganizationalUnit", FOUNDER, OrganizationalUnitId=unit["Id"])
        assert described["OrganizationalUnit"] == unit


def test_accounts_of_a_parent() -> None:
    """Accounts are listed where they stand, those that came first first, each as DescribeAccount shows it."""
    world = settled()
    root = root_of(world)
    unit = made(world, root)
    inner = made(world, unit)
    world.joined(STRANGER)
    move(world, STRANGER, root, unit)
    move(world, FOUNDER, root, unit)
    assert [accounts_in(world, parent) for parent in (root, unit, inner)] == [[MEMBER], [STRANGER, FOUNDER], []]
    move(world, STRANGER, unit, root)
    move(world, FOUNDER, unit, inner)
    assert [accounts_in(world, parent) for parent in (root, unit, inner)] == [[MEMBER, STRANGER], [], [FOUNDER]]
    for parent in (root, unit, inner):
        assert children(world, parent, "ACCOUNT") == accounts_in(world, parent)
    for account in world.ask("ListAccountsForParent", FOUNDER, ParentId=inner)["Accounts"]:
        assert world.ask("DescribeAccount", FOUNDER, AccountId=account["Id"])["Account"] == account


def test_departures() -> None:
    """Who left is listed nowhere, who came back stands under the root, and so does who came from elsewhere."""
    world = settled()
    root = root_of(world)
    unit = made(world, root)
    move(world, MEMBER, root, unit)
    world.call("LeaveOrganization", MEMBER)
    assert (accounts_in(world, root), accounts_in(world, unit)) == ([FOUNDER], [])
    world.joined(OTHER)
    world.joined(MEMBER)
    assert (accounts_in(world, root), accounts_in(world, unit)) == ([FOUNDER, OTHER, MEMBER], [])
    move(world, MEMBER, root, unit)
    assert (accounts_in(world, root), accounts_in(world, unit)) == ([FOUNDER, OTHER], [MEMBER])


def test_refounded() -> None:
    """A deleted organization takes its tree along; a second one of the same account begins with a bare root."""
    world = settled()
    root = root_of(world)
    unit = made(world, root)
    move(world, FOUNDER, root, unit)
    world.call("LeaveOrganization", MEMBER)
    world.call("DeleteOrganization", FOUNDER)
    world.founded()
    second = root_of(world)
    assert (accounts_in(world, second), names_in(world, second)) == ([FOUNDER], [])
    for parent in (root, unit):
        world.denies("ListAccountsForParent", FOUNDER, ParentNotFoundException, ParentId=parent)


# Pages.


def test_pages_of_units() -> None:
    """Pages of OUs are as long as wanted, and OUs that come and go between them change nothing for the others."""
    world = settled()
    root = root_of(world)
    units = {name: made(world, root, name) for name in (f"{number:02}" for number in range(43))}
    pages = world.pages("ListOrganizationalUnitsForParent", FOUNDER, "OrganizationalUnits", ParentId=root)
    assert [len(page) for page in pages] == [20, 20, 3]
    first = world.ask("ListOrganizationalUnitsForParent", FOUNDER, ParentId=root, MaxResults=10)
    for name in ("03", "09", "10"):
        world.call("DeleteOrganizationalUnit", FOUNDER, OrganizationalUnitId=units[name])
    made(world, root, "late")
    token = first["NextToken"]
    second = world.ask("ListOrganizationalUnitsForParent", FOUNDER, ParentId=root, NextToken=token)
    assert [unit["Name"] for unit in second["OrganizationalUnits"]] == [f"{number:02}" for number in range(11, 31)]
    assert names_in(world, root)[-2:] == ["42", "late"]


def test_tokens() -> None:
    """A token is good for the operation, the parent and the kind of child that it was given out for, for no other."""
    world = settled()
    root = root_of(world)
    unit = made(world, root)
    for parent in (root, unit):
        made(world, parent, "First")
        made(world, parent, "Second")
    for number in range(4):
        account = world.joined(f"5{number:011}")
        if number % 2:
            move(world, account, root, unit)
    lists = [(operation, {"ParentId": parent, **more}) for operation, more in ABOUT_PARENT for parent in (root, unit)]
    tokens = [world.ask(operation, FOUNDER, **members, MaxResults=1)["NextToken"] for operation, members in lists]
    for index, (operation, members) in enumerate(lists):
        for other, token in enumerate(tokens):
            if other == index:
                assert world.ask(operation, FOUNDER, **members, NextToken=token)
            else:
                reason = "INVALID_NEXT_TOKEN"
                world.denies(operation, FOUNDER, InvalidInputException, reason, **members, NextToken=token)


class Fed:
    """Views of one organization that are fed with facts, and where each account stands and since which position."""

    organization, root, founder = "o-0000000000", "r-0000", "9" * 12

    def __init__(self) -> None:
        self.views = Views()
        self.standing: dict[str, tuple[str, int]] = {}
        self.units: dict[str, tuple[str, int]] = {}
        self._tell(OrganizationCreated(self.organization, self.root, self.founder, FeatureSet.ALL))
        self.join(self.founder)

    def _tell(self, event: AnyEvent) -> int:
        position = self.views.position + 1
        self.views.feed([Envelope(position, START, event, "Given", None, None, position)])
        return position

    def join(self, account: str) -> None:
        if account not in self.standing:
            event = AccountJoined(self.organization, account, JoinedMethod.INVITED)
            self.standing[account] = (self.root, self._tell(event))

    def leave(self, account: str) -> None:
        if account in self.standing and account != self.founder:
            del self.standing[account]
            self._tell(AccountDeparted(self.organization, account, DepartureMethod.LEFT))

    def move(self, account: str, destination: str) -> None:
        if account in self.standing and destination in (self.root, *self.units):
            source, _ = self.standing[account]
            if source != destination:
                event = AccountMoved(self.organization, account, source, destination)
                self.standing[account] = (destination, self._tell(event))

    def make(self, unit: str, parent: str) -> None:
        if unit not in self.units and unit != parent and parent in (self.root, *self.units):
            event = OrganizationalUnitCreated(self.organization, unit, parent, unit)
            self.units[unit] = (parent, self._tell(event))

    def remove(self, unit: str) -> None:
        parents = {parent for parent, _ in [*self.standing.values(), *self.units.values()]}
        if unit in self.units and unit not in parents:
            del self.units[unit]
            self._tell(OrganizationalUnitDeleted(self.organization, unit))

    def wanted(self, kind: str, parent: str, after: int, size: int) -> tuple[list[str], int]:
        """The next page of a list, and the position of its last row."""
        places = self.standing if kind == "ACCOUNT" else self.units
        rows = sorted((position, name) for name, (place, position) in places.items() if place == parent)
        page = [(position, name) for position, name in rows if position > after][:size]
        return [name for _, name in page], page[-1][0] if page else after


ACCOUNTS = [f"{number:012}" for number in range(8)]
UNITS = [f"ou-0000-{base36(number, 8)}" for number in range(3)]
parents = st.sampled_from([Fed.root, *UNITS])
steps = st.one_of(
    st.tuples(st.just(Fed.join), st.sampled_from(ACCOUNTS)),
    st.tuples(st.just(Fed.leave), st.sampled_from(ACCOUNTS)),
    st.tuples(st.just(Fed.move), st.sampled_from(ACCOUNTS), parents),
    st.tuples(st.just(Fed.move), st.sampled_from(ACCOUNTS), parents),
    st.tuples(st.just(Fed.make), st.sampled_from(UNITS), parents),
    st.tuples(st.just(Fed.remove), st.sampled_from(UNITS)),
)


@settings(max_examples=examples(60), deadline=None, derandomize=True, database=None)
@given(st.data())
def test_lists_are_a_naive_model_s(data: st.DataObject) -> None:
    """Whatever comes, moves and goes between pages of any size, each page is what sorting everything would give."""
    fed = Fed()
    for unit, parent in zip(UNITS, (fed.root, UNITS[0], fed.root), strict=True):
        fed.make(unit, parent)
    for account in ACCOUNTS:
        fed.join(account)
    for step, *arguments in data.draw(st.lists(steps, max_size=100)):
        step(fed, *arguments)
    kind = data.draw(st.sampled_from(["ACCOUNT", "ORGANIZATIONAL_UNIT"]))
    parent = data.draw(st.sampled_from([fed.root, *fed.units]))
    after, token = 0, None
    while True:
        size = data.draw(st.integers(1, 5))
        members = {"ParentId": parent, "ChildType": kind, "MaxResults": size, "NextToken": token}
        reply = ask(fed.views, "ListChildren", fed.founder, **members)
        wanted, after = fed.wanted(kind, parent, after, size)
        assert [child["Id"] for child in reply["Children"]] == wanted
        assert ("NextToken" in reply) == bool(fed.wanted(kind, parent, after, 1)[0])
        token = reply.get("NextToken")
        if token is None:
            break
        for step, *arguments in data.draw(st.lists(steps, max_size=6)):
            step(fed, *arguments)
        if parent not in (fed.root, *fed.units):
            break
    known, everything = fed.views.accounts, 100
    for place in (fed.root, *fed.units):
        accounts_there, _ = fed.wanted("ACCOUNT", place, 0, everything)
        units_there, _ = fed.wanted("ORGANIZATIONAL_UNIT", place, 0, everything)
        assert [row.account for row in known.accounts_in(place, fed.organization)] == accounts_there
        assert [row.unit for row in known.units_in(place, fed.organization)] == units_there
        assert len(known.accounts_in(place, fed.organization)) == len(accounts_there)
        assert len(known.units_in(place, fed.organization)) == len(units_there)


def test_page_touches_few_that_were_moved_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many accounts were moved away from under the root, a page of the rest costs about a page."""
    looks = 0

    def counting(tree: Tree, row: ChildRow) -> bool:
        nonlocal looks
        looks += 1
        return is_stale(tree, row)

    is_stale = Tree.is_stale
    monkeypatch.setattr(Tree, "is_stale", counting)
    fed = Fed()
    fed.make(UNITS[0], fed.root)
    members = [f"{number:012}" for number in range(10_000)]
    for account in members:
        fed.join(account)
    for account in members[100:]:
        fed.move(account, UNITS[0])
    rows = fed.views.accounts.accounts_in(fed.root, fed.organization)
    assert len(rows) == 101
    for begin in (0, fed.standing[members[99]][1] - 10):
        looks = 0
        cut_page(rows.after(begin), None, "scope")
        assert looks <= PAGE_SIZE + 2 + (len(rows) + 64) // (SWEEP_SHARE - 1) + 1


def test_nothing_is_left() -> None:
    """The view keeps no lists of deleted OUs, and none of a deleted organization."""
    fed = Fed()
    fed.make(UNITS[0], fed.root)
    fed.make(UNITS[1], UNITS[0])
    fed.join(MEMBER)
    fed.move(MEMBER, UNITS[1])
    fed.move(MEMBER, fed.root)
    fed.remove(UNITS[1])
    fed.remove(UNITS[0])
    tree = fed.views.accounts.trees[fed.organization]
    assert (set(tree.accounts), set(tree.units), tree.by_unit) == ({fed.root}, {fed.root}, {})
    fed.leave(MEMBER)
    fed._tell(AccountDeparted(fed.organization, fed.founder, DepartureMethod.LEFT))
    fed._tell(OrganizationDeleted(fed.organization))
    assert fed.views.accounts.trees == {}
