import pytest
from support.given import FOUNDER, MEMBER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    OrganizationalUnitNotEmptyException,
    OrganizationalUnitNotFoundException,
)
from orgsim.engine.events import (
    AccountClosed,
    AccountClosureRequested,
    OrganizationalUnitDeleted,
    PolicyAttached,
    PolicyCreated,
)
from orgsim.engine.operation import read_request
from orgsim.engine.operations import create_organizational_unit, leave_organization, move_account
from orgsim.engine.operations.delete_organizational_unit import Request
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.words import FeatureSet, PolicyType

UNKNOWN = "ou-none-00000000"


def organization() -> tuple[World, str]:
    """A world with an organization, and its root."""
    world = World()
    world.founded(FOUNDER, FeatureSet.ALL)
    return world, world.organization_of(FOUNDER).root


def made(world: World, parent: str, manager: str = FOUNDER) -> str:
    tags = (TagMember("team", "a"),)
    return world.do(create_organizational_unit.Request(parent, "Unit", tags), manager)[0].unit


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only a management account may delete OUs, and who is not does not hear whether they exist."""
    world, root = organization()
    world.joined(MEMBER)
    for unit in (made(world, root), UNKNOWN):
        world.refuses(Request(unit), STRANGER, AWSOrganizationsNotInUseException)
        world.refuses(Request(unit), MEMBER, AccessDeniedException)


def test_not_found() -> None:
    """An OU that never was, was deleted, or is another organization's is not found."""
    world, root = organization()
    world.founded(RIVAL)
    rival = made(world, world.organization_of(RIVAL).root, RIVAL)
    deleted = made(world, root)
    world.do(Request(deleted), FOUNDER)
    for unit in (UNKNOWN, rival, deleted):
        world.refuses(Request(unit), FOUNDER, OrganizationalUnitNotFoundException)


def test_child() -> None:
    """An OU with an OU in it cannot be deleted until that one is."""
    world, root = organization()
    unit = made(world, root)
    child = made(world, unit)
    world.refuses(Request(unit), FOUNDER, OrganizationalUnitNotEmptyException)
    world.do(Request(child), FOUNDER)
    assert world.do(Request(unit), FOUNDER)


@pytest.mark.parametrize("way", ["moved", "departed"])
def test_account(way: str) -> None:
    """An OU with an account in it, even a closed one, cannot be deleted until the account is moved or gone."""
    world, root = organization()
    unit = made(world, root)
    world.joined(MEMBER)
    world.do(move_account.Request(MEMBER, root, unit), FOUNDER)
    world.refuses(Request(unit), FOUNDER, OrganizationalUnitNotEmptyException)
    if way == "departed":
        world.do(leave_organization.Request(), MEMBER)
    else:
        owner = world.organization_of(FOUNDER).id
        world.evolve(AccountClosureRequested(owner, MEMBER, world.now), AccountClosed(owner, MEMBER))
        world.refuses(Request(unit), FOUNDER, OrganizationalUnitNotEmptyException)
        world.do(move_account.Request(MEMBER, unit, root), FOUNDER)
    assert world.do(Request(unit), FOUNDER)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:ORGANIZATIONAL_UNIT_ID"),
        ({"OrganizationalUnitId": "r-abcd"}, "INVALID_PATTERN:ORGANIZATIONAL_UNIT_ID"),
        ({"OrganizationalUnitId": UNKNOWN + "\n"}, "INVALID_PATTERN:ORGANIZATIONAL_UNIT_ID"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The OU's id is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_event() -> None:
    """The OU is gone, and its tags with it; its sibling stays."""
    world, root = organization()
    found = world.organization_of(FOUNDER)
    unit = made(world, root)
    sibling = world.do(create_organizational_unit.Request(root, "Sibling"), FOUNDER)[0].unit
    assert world.do(Request(unit), FOUNDER) == [OrganizationalUnitDeleted(found.id, unit)]
    assert set(found.units.by_id) == {root, sibling}
    assert found.units.by_id[root].units == {sibling: "Sibling"}
    assert found.tags == {}


def test_attached_policy() -> None:
    """An attached policy does not forbid the deletion, and is detached by it."""
    world, root = organization()
    found = world.organization_of(FOUNDER)
    unit = made(world, root)
    policy, kind = "p-0123456789", PolicyType.SERVICE_CONTROL_POLICY
    world.evolve(PolicyCreated(found.id, policy, kind, "Policy", "", "{}"), PolicyAttached(found.id, policy, unit))
    assert world.do(Request(unit), FOUNDER)
    assert found.policies.attached == {}
    assert found.policies.by_id[policy].targets == {}


def test_reply() -> None:
    """The answer is empty."""
    world, root = organization()
    assert world.reply(Request(made(world, root)), FOUNDER) == {}
