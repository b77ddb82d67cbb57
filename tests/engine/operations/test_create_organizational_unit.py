import pytest
from support.given import FOUNDER, MEMBER, RIVAL, STRANGER, World
from support.tag_policies import team_policy

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    DuplicateOrganizationalUnitException,
    InvalidInputException,
    ParentNotFoundException,
)
from orgsim.engine.events import OrganizationalUnitCreated, ResourceTagged, Tag
from orgsim.engine.operation import read_request
from orgsim.engine.operations import delete_organizational_unit, update_organizational_unit
from orgsim.engine.operations.create_organizational_unit import Request
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.settings import Quotas
from orgsim.engine.words import FeatureSet

UNKNOWN = "ou-none-00000000"
TOO_MANY = [f"key{number}" for number in range(51)]


def tagged(parent: str, keys: list[str], name: str = "Unit") -> Request:
    return Request(parent, name, tuple(TagMember(key, "") for key in keys))


def organization(**settings) -> tuple[World, str]:
    """A world with an organization, and its root."""
    world = World(**settings)
    world.founded()
    return world, world.organization_of(FOUNDER).root


def made(world: World, parent: str, name: str = "Unit") -> str:
    return world.do(Request(parent, name), FOUNDER)[0].unit


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only a management account may make OUs, and who is not hears of nothing else that is wrong."""
    world, _ = organization()
    world.joined(MEMBER)
    bad = tagged(UNKNOWN, ["aws:a", *TOO_MANY])
    world.refuses(bad, STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(bad, MEMBER, AccessDeniedException)


def test_order_of_refusals() -> None:
    """With everything wrong at once, each refusal hides those behind it."""
    world, root = organization(quotas=Quotas(organizational_units=2, organizational_unit_depth=1))
    parent = made(world, root)
    world.rules_change(quotas=Quotas(organizational_units=2))
    made(world, parent)
    world.rules_change(quotas=Quotas(organizational_units=2, organizational_unit_depth=1))
    world.refuses(tagged(UNKNOWN, ["aws:a", "aws:a", *TOO_MANY]), FOUNDER, ParentNotFoundException)
    for keys, reason in [
        (["aws:a", "aws:a", *TOO_MANY], "INVALID_SYSTEM_TAGS_PARAMETER"),
        (["key1", *TOO_MANY], "DUPLICATE_TAG_KEY"),
    ]:
        world.refuses(tagged(parent, keys), FOUNDER, InvalidInputException, reason)
    world.refuses(tagged(parent, TOO_MANY), FOUNDER, ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED")
    world.refuses(Request(parent, "Unit"), FOUNDER, DuplicateOrganizationalUnitException)
    world.refuses(Request(parent, "Other"), FOUNDER, ConstraintViolationException, "OU_DEPTH_LIMIT_EXCEEDED")
    world.refuses(Request(root, "Other"), FOUNDER, ConstraintViolationException, "OU_NUMBER_LIMIT_EXCEEDED")


def test_tag_policy() -> None:
    """Tags that the management account's tag policy forbids for OUs make no OU."""
    world, root = organization()
    found = world.organization_of(FOUNDER).id
    world.evolve(*team_policy(found, FOUNDER, "organizations:ou"))
    many, bad = tagged(root, ["team", *TOO_MANY[:50]]), tagged(root, ["team"])
    world.refuses(many, FOUNDER, ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED")
    world.refuses(bad, FOUNDER, ConstraintViolationException, "TAG_POLICY_VIOLATION")
    assert world.do(tagged(root, ["other"]), FOUNDER)


def test_parent_elsewhere() -> None:
    """Roots and OUs of another organization are not found, nor is an OU that was deleted."""
    world, root = organization()
    world.founded(RIVAL)
    rival_root = world.organization_of(RIVAL).root
    rival_unit = world.do(Request(rival_root, "Unit"), RIVAL)[0].unit
    deleted = made(world, root)
    world.do(delete_organizational_unit.Request(deleted), FOUNDER)
    for parent in (rival_root, rival_unit, deleted):
        world.refuses(Request(parent, "Unit"), FOUNDER, ParentNotFoundException)


def test_names_of_siblings() -> None:
    """Siblings have different names, be it only in the case of letters; elsewhere a name can be had again."""
    world, root = organization()
    unit = made(world, root)
    world.refuses(Request(root, "Unit"), FOUNDER, DuplicateOrganizationalUnitException)
    for parent, name in [(root, "unit"), (unit, "Unit"), (unit, "Root")]:
        assert world.do(Request(parent, name), FOUNDER)


def test_names_that_are_free_again() -> None:
    """The name of an OU that was renamed or deleted can be had again, the new name of the renamed one cannot."""
    world, root = organization()
    renamed, deleted = made(world, root, "Renamed"), made(world, root, "Deleted")
    world.do(update_organizational_unit.Request(renamed, "New"), FOUNDER)
    world.do(delete_organizational_unit.Request(deleted), FOUNDER)
    world.refuses(Request(root, "New"), FOUNDER, DuplicateOrganizationalUnitException)
    for name in ("Renamed", "Deleted"):
        assert world.do(Request(root, name), FOUNDER)


def test_depth() -> None:
    """There are five levels of OUs below the root."""
    world, parent = organization()
    for _ in range(5):
        parent = made(world, parent)
    world.refuses(Request(parent, "Unit"), FOUNDER, ConstraintViolationException, "OU_DEPTH_LIMIT_EXCEEDED")


def test_number() -> None:
    """OUs count wherever they are, two thousand by default; one that is deleted makes room for another."""
    assert Quotas().organizational_units == 2_000
    world, root = organization(quotas=Quotas(organizational_units=3))
    world.founded(RIVAL)
    unit = made(world, root)
    made(world, unit, "Deep")
    last = made(world, root, "Last")
    world.refuses(Request(root, "More"), FOUNDER, ConstraintViolationException, "OU_NUMBER_LIMIT_EXCEEDED")
    assert world.do(Request(world.organization_of(RIVAL).root, "More"), RIVAL)
    world.do(delete_organizational_unit.Request(last), FOUNDER)
    assert world.do(Request(root, "More"), FOUNDER)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Name": "Unit"}, "INPUT_REQUIRED:PARENT_ID"),
        ({"ParentId": "r-abcd"}, "INPUT_REQUIRED:NAME"),
        ({"ParentId": "r-abcd", "Name": None}, "INPUT_REQUIRED:NAME"),
        ({"ParentId": "r-abcd", "Name": ""}, "MIN_LENGTH_EXCEEDED:NAME"),
        ({"ParentId": "r-abcd", "Name": "n" * 129}, "MAX_LENGTH_EXCEEDED:NAME"),
        ({"ParentId": MEMBER, "Name": "Unit"}, "INVALID_PATTERN:PARENT_ID"),
        ({"ParentId": "ou-abcd-1234567", "Name": "Unit"}, "INVALID_PATTERN:PARENT_ID"),
        ({"ParentId": "r-abcd\n", "Name": "Unit"}, "INVALID_PATTERN:PARENT_ID"),
        (
            {"ParentId": "r-abcd", "Name": "Unit", "Tags": [{"Key": "", "Value": ""}]},
            "MIN_LENGTH_EXCEEDED:TAGS_1_MEMBER_KEY",
        ),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The members keep to AWS's constraints."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_event() -> None:
    """The OU is created under its parent, empty, with an id that names the root."""
    world, root = organization()
    found = world.organization_of(FOUNDER)
    unit = world.ids.organizational_unit(world.state.position + 1, root)
    assert world.do(Request(root, "Unit"), FOUNDER) == [OrganizationalUnitCreated(found.id, unit, root, "Unit")]
    assert unit.startswith(f"ou-{root.removeprefix('r-')}-")
    assert found.units.path_to(unit) == [root, unit]
    assert found.units.by_id[root].units == {unit: "Unit"}
    assert (found.units.by_id[unit].units, found.units.by_id[unit].accounts) == ({}, 0)


def test_tags() -> None:
    """Tags that it is given are its tags."""
    world, root = organization()
    found = world.organization_of(FOUNDER)
    asked = Request(root, "Unit", (TagMember("team", "a"), TagMember("cost", "")))
    created, tags = world.do(asked, FOUNDER)
    assert tags == ResourceTagged(found.id, created.unit, (Tag("team", "a"), Tag("cost", "")))
    assert found.tags == {created.unit: (Tag("team", "a"), Tag("cost", ""))}


@pytest.mark.parametrize("name", ["n" * 128, "Ünît 🌱", " ", "a/b\nc"], ids=["long", "unicode", "blank", "lines"])
def test_any_name(name: str) -> None:
    """One to 128 characters of any kind are a name."""
    world, root = organization()
    request = read_request(Request, {"ParentId": root, "Name": name})
    assert world.do(request, FOUNDER)[0].name == name


@pytest.mark.parametrize("feature_set", FeatureSet)
def test_feature_sets(feature_set: FeatureSet) -> None:
    """OUs need no particular feature set."""
    world = World()
    world.founded(FOUNDER, feature_set)
    assert made(world, world.organization_of(FOUNDER).root)


def test_reply() -> None:
    """The answer is the OU with its ARN, name and path, and nothing more."""
    world, root = organization()
    found = world.organization_of(FOUNDER)
    parent = made(world, root, "Parent")
    unit = world.ids.organizational_unit(world.state.position + 1, root)
    assert world.reply(Request(parent, "Unit"), FOUNDER) == {
        "OrganizationalUnit": {
            "Id": unit,
            "Arn": f"arn:aws:organizations::{FOUNDER}:ou/{found.id}/{unit}",
            "Name": "Unit",
            "Path": f"{found.id}/{root}/{parent}/{unit}/",
        }
    }
