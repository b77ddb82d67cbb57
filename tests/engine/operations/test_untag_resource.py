import json

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    TargetNotFoundException,
)
from orgsim.engine.events import ResourceUntagged, Tag
from orgsim.engine.operation import read_request
from orgsim.engine.operations import put_resource_policy, tag_resource
from orgsim.engine.operations.untag_resource import Request
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.words import FeatureSet


def organization(**tags: str) -> World:
    """An organization whose member has some tags."""
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    world.joined(MEMBER)
    members = tuple(TagMember(key, value) for key, value in tags.items())
    world.do(tag_resource.Request(MEMBER, members), FOUNDER)
    return world


def grant(world: World, operation: str) -> None:
    """The member may do this with all that there is."""
    action = f"organizations:{operation}"
    statement = {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": action, "Resource": "*"}
    world.do(put_resource_policy.Request(json.dumps({"Statement": statement})), FOUNDER)


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """A plain member may take no tags away, not even its own; one that is granted it may."""
    world = organization(a="1")
    world.refuses(Request(MEMBER, ("aws:a",)), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(MEMBER, ("aws:a",)), MEMBER, AccessDeniedException)
    grant(world, "TagResource")
    world.refuses(Request(MEMBER, ("a",)), MEMBER, AccessDeniedException)
    grant(world, "UntagResource")
    assert world.do(Request(MEMBER, ("a",)), MEMBER)


@pytest.mark.parametrize("caller", [FOUNDER, MEMBER])
def test_policy_of_aws(caller: str) -> None:
    """The id of a policy of AWS's own is refused as if it were malformed."""
    asked = Request("p-FullAWSAccess", ("a",))
    organization().refuses(asked, caller, InvalidInputException, "INVALID_PATTERN:RESOURCE_ID")


@pytest.mark.parametrize("missing", [STRANGER, OTHER, "r-zzzz", "p-0000000000", "rp-00000000", "rt-00000000"])
def test_not_there(missing: str) -> None:
    """A resource that does not exist is not found by the management account, and denied to members, granted or not."""
    world = organization()
    world.founded(RIVAL)
    world.joined(OTHER, RIVAL)
    world.refuses(Request(missing, ("aws:a",)), FOUNDER, TargetNotFoundException)
    world.refuses(Request(missing, ("aws:a",)), MEMBER, AccessDeniedException)
    grant(world, "UntagResource")
    world.refuses(Request(missing, ("aws:a",)), MEMBER, AccessDeniedException)


def test_system_tags() -> None:
    """AWS's own keys cannot be taken away, and nothing else is then."""
    world = organization(a="1")
    asked = Request(MEMBER, ("a", "Aws:b"))
    world.refuses(asked, FOUNDER, InvalidInputException, "INVALID_SYSTEM_TAGS_PARAMETER")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"TagKeys": []}, "INPUT_REQUIRED:RESOURCE_ID"),
        ({"ResourceId": MEMBER}, "INPUT_REQUIRED:TAG_KEYS"),
        ({"ResourceId": MEMBER, "TagKeys": None}, "INPUT_REQUIRED:TAG_KEYS"),
        ({"ResourceId": "x", "TagKeys": []}, "INVALID_PATTERN:RESOURCE_ID"),
        ({"ResourceId": MEMBER, "TagKeys": [""]}, "MIN_LENGTH_EXCEEDED:TAG_KEYS_1_MEMBER"),
        ({"ResourceId": MEMBER, "TagKeys": ["a" * 129]}, "MAX_LENGTH_EXCEEDED:TAG_KEYS_1_MEMBER"),
        ({"ResourceId": MEMBER, "TagKeys": ["?"]}, "INVALID_PATTERN:TAG_KEYS_1_MEMBER"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """Resource and keys are required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_untagged() -> None:
    """Keys that are there go, each once; the others stay, keys in other letters among them."""
    world = organization(a="1", A="2", b="3")
    found = world.organization_of(FOUNDER)
    events = world.do(Request(MEMBER, ("b", "c", "a", "b")), FOUNDER)
    assert events == [ResourceUntagged(found.id, MEMBER, ("b", "a"))]
    assert found.tags == {MEMBER: (Tag("A", "2"),)}
    world.do(Request(MEMBER, ("A",)), FOUNDER)
    assert found.tags == {}


@pytest.mark.parametrize("keys", [(), ("b",)])
def test_nothing_to_take_away(keys: tuple[str, ...]) -> None:
    """An empty list, or keys that are not there, are no mistake and change nothing."""
    world = organization(a="1")
    assert world.do(Request(MEMBER, keys), FOUNDER) == []
    assert world.do(Request(FOUNDER, keys), FOUNDER) == []


@pytest.mark.parametrize("keys", [(), ("a",)])
def test_reply(keys: tuple[str, ...]) -> None:
    """The answer is empty, whether something was taken away or not."""
    assert organization(a="1").reply(Request(MEMBER, keys), FOUNDER) == {}
