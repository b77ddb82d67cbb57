import pytest
from support.given import FOUNDER, MEMBER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    DuplicateOrganizationalUnitException,
    InvalidInputException,
    OrganizationalUnitNotFoundException,
)
from orgsim.engine.events import OrganizationalUnitRenamed
from orgsim.engine.operation import read_request
from orgsim.engine.operations import create_organizational_unit, delete_organizational_unit
from orgsim.engine.operations.update_organizational_unit import Request

UNKNOWN = "ou-none-00000000"


def organization() -> tuple[World, str]:
    """A world with an organization, and its root."""
    world = World()
    world.founded()
    return world, world.organization_of(FOUNDER).root


def made(world: World, parent: str, name: str = "Unit", manager: str = FOUNDER) -> str:
    return world.do(create_organizational_unit.Request(parent, name), manager)[0].unit


def name_of(world: World, unit: str) -> str:
    return world.organization_of(FOUNDER).units.by_id[unit].name


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only a management account may rename OUs, and who is not does not hear whether they exist."""
    world, root = organization()
    world.joined(MEMBER)
    for unit in (made(world, root), UNKNOWN):
        world.refuses(Request(unit, "New"), STRANGER, AWSOrganizationsNotInUseException)
        world.refuses(Request(unit, "New"), MEMBER, AccessDeniedException)


def test_not_found() -> None:
    """An OU that never was, was deleted, or is another organization's is not found, whatever name it is to have."""
    world, root = organization()
    world.founded(RIVAL)
    rival = made(world, world.organization_of(RIVAL).root, "Unit", RIVAL)
    deleted = made(world, root)
    world.do(delete_organizational_unit.Request(deleted), FOUNDER)
    for unit in (UNKNOWN, rival, deleted):
        for name in ("New", None):
            world.refuses(Request(unit, name), FOUNDER, OrganizationalUnitNotFoundException)


def test_names_of_siblings() -> None:
    """Siblings have different names, be it only in the case of letters; elsewhere a name can be had again."""
    world, root = organization()
    unit, sibling = made(world, root), made(world, root, "Sibling")
    made(world, sibling, "Child")
    world.refuses(Request(unit, "Sibling"), FOUNDER, DuplicateOrganizationalUnitException)
    for name in ("SIBLING", "Child", "Root"):
        world.do(Request(unit, name), FOUNDER)
        assert name_of(world, unit) == name


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Name": "New"}, "INPUT_REQUIRED:ORGANIZATIONAL_UNIT_ID"),
        ({"OrganizationalUnitId": "r-abcd"}, "INVALID_PATTERN:ORGANIZATIONAL_UNIT_ID"),
        ({"OrganizationalUnitId": UNKNOWN + "\n"}, "INVALID_PATTERN:ORGANIZATIONAL_UNIT_ID"),
        ({"OrganizationalUnitId": UNKNOWN, "Name": ""}, "MIN_LENGTH_EXCEEDED:NAME"),
        ({"OrganizationalUnitId": UNKNOWN, "Name": "n" * 129}, "MAX_LENGTH_EXCEEDED:NAME"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The members keep to AWS's constraints."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_event() -> None:
    """The OU has the new name, in its own record and in its parent's."""
    world, root = organization()
    found = world.organization_of(FOUNDER)
    unit = made(world, root)
    assert world.do(Request(unit, "New"), FOUNDER) == [OrganizationalUnitRenamed(found.id, unit, "New")]
    assert name_of(world, unit) == "New"
    assert found.units.by_id[root].units == {unit: "New"}


@pytest.mark.parametrize("members", [{}, {"Name": None}, {"Name": " "}, {"Name": "\t \n"}, {"Name": "Unit"}], ids=str)
def test_no_new_name(members: dict) -> None:
    """Without a name, with blanks, or with the name that it has, the OU keeps its name."""
    world, root = organization()
    unit = made(world, root)
    request = read_request(Request, {"OrganizationalUnitId": unit, **members})
    assert world.reply(request, FOUNDER)["OrganizationalUnit"]["Name"] == "Unit"
    assert name_of(world, unit) == "Unit"


def test_blanks_around_a_name() -> None:
    """Blanks beside other characters are part of the name."""
    world, root = organization()
    unit = made(world, root)
    world.do(Request(unit, " New "), FOUNDER)
    assert name_of(world, unit) == " New "


def test_reply() -> None:
    """The answer is the OU as it is now; id, ARN and path are what they were."""
    world, root = organization()
    organization_id = world.organization_of(FOUNDER).id
    unit = made(world, root)
    assert world.reply(Request(unit, "New"), FOUNDER) == {
        "OrganizationalUnit": {
            "Id": unit,
            "Arn": f"arn:aws:organizations::{FOUNDER}:ou/{organization_id}/{unit}",
            "Name": "New",
            "Path": f"{organization_id}/{root}/{unit}/",
        }
    }
