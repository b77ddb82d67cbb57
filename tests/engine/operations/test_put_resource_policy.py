import json
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
)
from orgsim.engine.events import FeatureSetChanged, ResourcePolicyPut, ResourceTagged, Tag
from orgsim.engine.operation import read_request
from orgsim.engine.operations import delete_resource_policy
from orgsim.engine.operations.put_resource_policy import Request
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.words import FeatureSet

TOO_MANY = [f"key{number}" for number in range(51)]


def policy(principal: Any = "*", action: str = "organizations:ListRoots") -> str:
    """A resource policy that grants one thing."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def tagged(content: str, *keys: str) -> Request:
    """A request with tags."""
    return Request(content, tuple(TagMember(key, "") for key in keys))


def organization() -> World:
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    world.joined(MEMBER)
    return world


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("content", [policy(), "nonsense"])
def test_caller(content: str) -> None:
    """Only a management account may put a policy, and no policy changes that."""
    world = organization()
    world.do(Request(policy({"AWS": MEMBER})), FOUNDER)
    world.refuses(Request(content), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(content), MEMBER, AccessDeniedException)


@pytest.mark.parametrize(
    "content",
    [
        "nonsense",
        "{}",
        policy({"AWS": STRANGER}),
        policy({"AWS": RIVAL}),
        policy({"AWS": f"arn:aws:iam::{MEMBER}:role/x"}),
    ],
)
def test_invalid(content: str) -> None:
    """A text that is no policy is refused, and so is a policy for roles or for accounts outside the organization."""
    world = organization()
    world.founded(RIVAL)
    world.refuses(tagged(content, "aws:a"), FOUNDER, InvalidInputException, "INVALID_RESOURCE_POLICY_JSON")


def test_order_of_refusals() -> None:
    """The content is checked before the tags, and both before the features; a change with tags is the last."""
    world = World()
    found = world.founded()
    invalid, constraint = InvalidInputException, ConstraintViolationException
    unsupported = policy(action="organizations:CreateAccount")
    for request, refusal, reason in [
        (tagged(unsupported, "aws:a", "aws:a", *TOO_MANY), invalid, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        (tagged(policy(), "aws:a", "aws:a", *TOO_MANY), invalid, "INVALID_SYSTEM_TAGS_PARAMETER"),
        (tagged(policy(), "key1", *TOO_MANY), invalid, "DUPLICATE_TAG_KEY"),
        (tagged(policy(), *TOO_MANY), constraint, "MAX_TAG_LIMIT_EXCEEDED"),
        (tagged(policy(), "a"), constraint, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"),
    ]:
        world.refuses(request, FOUNDER, refusal, reason)
    world.evolve(FeatureSetChanged(found, FeatureSet.ALL))
    world.do(Request(policy()), FOUNDER)
    world.refuses(tagged(policy(), "key1", *TOO_MANY), FOUNDER, invalid, "DUPLICATE_TAG_KEY")
    reason = "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED"
    world.refuses(tagged(policy(), "a"), FOUNDER, constraint, reason)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:CONTENT"),
        ({"Content": ""}, "MIN_LENGTH_EXCEEDED:CONTENT"),
        ({"Content": "a" * 40_001}, "MAX_LENGTH_EXCEEDED:CONTENT"),
        ({"Content": "a", "Tags": [{"Key": "a"}]}, "INPUT_REQUIRED:TAGS_1_MEMBER_VALUE"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The content is required and not too long."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_first() -> None:
    """A first policy gets an id, is stored in AWS's form, and its tags are recorded."""
    world = organization()
    found = world.organization_of(FOUNDER)
    events = world.do(tagged(policy({"AWS": [MEMBER, FOUNDER]}), "a", "b"), FOUNDER)
    stored = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::'
        f'{MEMBER}:root","arn:aws:iam::{FOUNDER}:root"]}},"Action":"organizations:ListRoots","Resource":"*"}}}}'
    )
    new = events[0].resource_policy
    assert new.startswith("rp-")
    assert events == [
        ResourcePolicyPut(found.id, new, stored),
        ResourceTagged(found.id, new, (Tag("a", ""), Tag("b", ""))),
    ]
    assert (found.access.resource_policy.id, found.access.resource_policy.content) == (new, stored)


def test_replacement() -> None:
    """Another content keeps the id and the tags; an empty list of tags is no tags."""
    world = organization()
    found = world.organization_of(FOUNDER)
    first = world.do(tagged(policy(), "a"), FOUNDER)[0]
    events = world.do(read_request(Request, {"Content": policy({"AWS": FOUNDER}), "Tags": []}), FOUNDER)
    assert [type(event) for event in events] == [ResourcePolicyPut]
    assert events[0].resource_policy == first.resource_policy
    assert events[0].content != first.content
    assert found.tags == {first.resource_policy: (Tag("a", ""),)}


def test_after_a_deletion() -> None:
    """A policy that follows a deleted one has another id and may have tags."""
    world = organization()
    first = world.do(Request(policy()), FOUNDER)[0]
    world.do(delete_resource_policy.Request(), FOUNDER)
    assert world.do(tagged(policy(), "a"), FOUNDER)[0].resource_policy != first.resource_policy


def test_longest() -> None:
    """A content of forty thousand characters is taken, though more of them are stored."""
    short = policy({"AWS": [MEMBER]})
    content = short[:-1] + " " * (40_000 - len(short)) + "}"
    assert organization().do(read_request(Request, {"Content": content}), FOUNDER)


def test_member_that_left() -> None:
    """A policy that names an account is stored on though the account leaves, and cannot be put so again."""
    world = organization()
    world.joined(OTHER)
    content = policy({"AWS": OTHER})
    world.do(Request(content), FOUNDER)
    world.joined(OTHER, world.founded(RIVAL) and RIVAL)
    assert OTHER in world.organization_of(FOUNDER).access.resource_policy.content
    world.refuses(Request(content), FOUNDER, InvalidInputException, "INVALID_RESOURCE_POLICY_JSON")


def test_reply() -> None:
    """The answer is the policy as it is stored, under its ARN."""
    world = organization()
    found = world.organization_of(FOUNDER).id
    for content, principal in ((policy(), '"*"'), (policy({"AWS": MEMBER}), f'{{"AWS":"arn:aws:iam::{MEMBER}:root"}}')):
        answer = world.reply(Request(content), FOUNDER)
        new = world.organization_of(FOUNDER).access.resource_policy.id
        assert answer == {
            "ResourcePolicy": {
                "ResourcePolicySummary": {
                    "Id": new,
                    "Arn": f"arn:aws:organizations::{FOUNDER}:resourcepolicy/{found}/{new}",
                },
                "Content": f'{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},'
                '"Action":"organizations:ListRoots","Resource":"*"}}',
            }
        }
