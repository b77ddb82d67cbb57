from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, STRANGER, World
from support.policy_commands import (
    EFFECTIVE,
    FULL_ACCESS,
    RCP_FULL_ACCESS,
    SCP,
    TAG,
    UNKNOWN_POLICY,
    attach,
    detach,
    disable,
    document,
    enable,
    governed,
    grant,
    made,
)

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    DuplicatePolicyException,
    InvalidInputException,
    MalformedPolicyDocumentException,
    PolicyNotFoundException,
)
from orgsim.engine.events import EffectivePoliciesOutdated, EffectivePoliciesPublished, PolicyUpdated
from orgsim.engine.operation import read_request
from orgsim.engine.operations.update_policy import Request
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.resources import arn_of
from orgsim.engine.words import FeatureSet, PolicyType

CHANGES = [{"name": "Rules"}, {"description": "About Rules"}, {"content": document(TAG)}, {"name": "Other"}, {}]
"""Of the policy "Rules": what it has already, another name, and nothing."""


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:POLICY_ID"),
        ({"PolicyId": "p-short"}, "INVALID_PATTERN:POLICY_ID"),
        ({"PolicyId": UNKNOWN_POLICY, "Name": ""}, "MIN_LENGTH_EXCEEDED:NAME"),
        ({"PolicyId": UNKNOWN_POLICY, "Name": "x" * 129}, "MAX_LENGTH_EXCEEDED:NAME"),
        ({"PolicyId": UNKNOWN_POLICY, "Description": "x" * 513}, "MAX_LENGTH_EXCEEDED:DESCRIPTION"),
        ({"PolicyId": UNKNOWN_POLICY, "Content": ""}, "MIN_LENGTH_EXCEEDED:CONTENT"),
    ],
)
def test_members(members: dict[str, str], reason: str) -> None:
    """A policy's id in its form is required; what is to change is as long as AWS says."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


def test_caller() -> None:
    """A standalone account is in no organization, and a member may not do it, be there such a policy or not."""
    world = World()
    governed(world)
    world.joined(MEMBER)
    for policy in (made(world, TAG), UNKNOWN_POLICY, FULL_ACCESS):
        world.refuses(Request(policy), STRANGER, AWSOrganizationsNotInUseException)
        world.refuses(Request(policy), MEMBER, AccessDeniedException)


def test_granted_member() -> None:
    """A member may change the policy that is granted to it, and is denied what is not there."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    world.joined(OTHER)
    policy, other = made(world, TAG), made(world, TAG, "Other")
    grant(world, MEMBER, ["UpdatePolicy"], [arn_of(policy, organization)])
    world.refuses(Request(policy), OTHER, AccessDeniedException)
    world.refuses(Request(other), MEMBER, AccessDeniedException)
    assert world.do(Request(policy, "Theirs"), MEMBER)
    grant(world, MEMBER, ["UpdatePolicy"], ["*"], PolicyType=SCP)
    world.refuses(Request(policy), MEMBER, AccessDeniedException)
    grant(world, MEMBER, ["UpdatePolicy"], ["*"])
    world.refuses(Request(UNKNOWN_POLICY), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("policy", [UNKNOWN_POLICY, FULL_ACCESS])
def test_consolidated_billing(policy: str) -> None:
    """With consolidated billing only there is nothing to change; a member hears of no reason."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    reason = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"
    world.refuses(Request(policy), FOUNDER, ConstraintViolationException, reason)
    world.refuses(Request(policy), MEMBER, AccessDeniedException)


def test_unknown_policy() -> None:
    """There has to be such a policy in the organization."""
    world = World()
    governed(world)
    world.founded(OTHER, FeatureSet.ALL)
    theirs = made(world, TAG, caller=OTHER)
    world.refuses(Request(UNKNOWN_POLICY, content="nonsense"), FOUNDER, PolicyNotFoundException)
    world.refuses(Request(theirs), FOUNDER, PolicyNotFoundException)


@pytest.mark.parametrize("policy", [FULL_ACCESS, RCP_FULL_ACCESS])
def test_immutable_policy(policy: str) -> None:
    """AWS's own policies cannot be changed, whether their types are enabled or not."""
    world = World()
    governed(world)
    world.refuses(Request(policy, content="nonsense"), FOUNDER, InvalidInputException, "IMMUTABLE_POLICY")


@pytest.mark.parametrize("policy_type", [SCP, TAG])
def test_content(policy_type: PolicyType) -> None:
    """A new content has to keep to the size and the form of the type; otherwise nothing changes at all."""
    world = World()
    governed(world)
    policy = made(world, policy_type)
    made(world, policy_type, "Taken")
    limit = POLICY_TYPES[policy_type].max_size
    too_long = Request(policy, "Taken", content="x" * (limit + 1))
    world.refuses(too_long, FOUNDER, ConstraintViolationException, "POLICY_CONTENT_LIMIT_EXCEEDED")
    world.refuses(Request(policy, "Taken", content="x" * limit), FOUNDER, MalformedPolicyDocumentException)
    assert world.do(Request(policy, content=document(policy_type, limit)), FOUNDER)


def test_duplicate_name() -> None:
    """The name of another policy of the type, AWS's own included, cannot be taken; its own and another type's can."""
    world = World()
    governed(world)
    policy = made(world, SCP)
    made(world, SCP, "Taken")
    made(world, TAG, "Free")
    world.refuses(Request(policy, "Taken", content=document(SCP)), FOUNDER, DuplicatePolicyException)
    world.refuses(Request(policy, "FullAWSAccess"), FOUNDER, DuplicatePolicyException)
    assert world.do(Request(policy, "Rules"), FOUNDER)
    assert world.do(Request(policy, "Free"), FOUNDER)


# What happens.


def test_parts() -> None:
    """The given members change, and all others stay."""
    world = World()
    organization = governed(world)
    policy = made(world, TAG)
    assert world.do(Request(policy, "New"), FOUNDER) == [PolicyUpdated(organization.id, policy, "New", None, None)]
    content = ' {"tags": {}}'
    assert world.do(Request(policy, content=content), FOUNDER) == [
        PolicyUpdated(organization.id, policy, None, None, content)
    ]
    assert world.do(Request(policy, description="Said"), FOUNDER) == [
        PolicyUpdated(organization.id, policy, None, "Said", None)
    ]
    record = organization.policies.by_id[policy]
    assert (record.name, record.description, record.content) == ("New", "Said", content)


def test_empty_description() -> None:
    """An empty description is accepted, and changes nothing."""
    world = World()
    organization = governed(world)
    policy = made(world, TAG)
    answer = world.reply(Request(policy, description=""), FOUNDER)
    assert answer["Policy"]["PolicySummary"]["Description"] == ""
    assert organization.policies.by_id[policy].description == "About Rules"


@pytest.mark.parametrize("changes", CHANGES)
def test_attached_policy(changes: dict[str, Any]) -> None:
    """Whatever is asked of an attached policy, even nothing, what it means is published anew."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    policy = made(world, TAG)
    attach(world, policy, organization.root)
    updated, published = world.do(Request(policy, **changes), FOUNDER)
    assert isinstance(updated, PolicyUpdated)
    assert published == EffectivePoliciesPublished(organization.id, TAG)


@pytest.mark.parametrize("changes", CHANGES)
def test_policy_that_is_not_attached(changes: dict[str, Any]) -> None:
    """A policy that is attached nowhere, or no longer, is changed, and nothing is published."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    policy = made(world, TAG)
    assert len(world.do(Request(policy, **changes), FOUNDER)) == 1
    attach(world, policy, organization.root)
    detach(world, policy, organization.root)
    assert len(world.do(Request(policy, **changes), FOUNDER)) == 1


def test_disabled_type() -> None:
    """While its type is disabled a policy can be changed, and nothing is published."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    policy = made(world, TAG)
    attach(world, policy, organization.root)
    disable(world, TAG)
    assert len(world.do(Request(policy, "Other"), FOUNDER)) == 1


def test_type_without_effective_policies() -> None:
    """Service control policies have no effective view to be published."""
    world = World()
    organization = governed(world)
    policy = made(world, SCP)
    attach(world, policy, organization.root)
    assert SCP not in EFFECTIVE
    assert len(world.do(Request(policy, "Other"), FOUNDER)) == 1


def test_realistic_latency() -> None:
    """With realistic latency what it means is published seconds later."""
    world = World(latency="realistic")
    organization = governed(world)
    enable(world, TAG)
    policy = made(world, TAG)
    attach(world, policy, organization.root)
    _, outdated = world.do(Request(policy, "Other"), FOUNDER)
    assert isinstance(outdated, EffectivePoliciesOutdated)
    assert world.advance(minutes=1) == [EffectivePoliciesPublished(organization.id, TAG)]


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ({}, {}),
        ({"Name": "New"}, {"Name": "New"}),
        ({"Description": "Said"}, {"Description": "Said"}),
        ({"Name": "New", "Description": "Said"}, {"Name": "New", "Description": "Said"}),
    ],
)
def test_reply(members: dict[str, str], shown: dict[str, str]) -> None:
    """The answer shows name and description as far as they were given, and the content always."""
    world = World()
    organization = governed(world)
    policy = made(world, TAG)
    answer = world.reply(read_request(Request, {"PolicyId": policy, **members}), FOUNDER)
    assert answer == {
        "Policy": {
            "PolicySummary": {
                "Id": policy,
                "Arn": f"arn:aws:organizations::{FOUNDER}:policy/{organization.id}/tag_policy/{policy}",
                "Type": "TAG_POLICY",
                "AwsManaged": False,
                **shown,
            },
            "Content": document(TAG),
        }
    }


def test_new_content_in_reply() -> None:
    """A new content is shown as it is now."""
    world = World()
    governed(world)
    policy = made(world, TAG)
    assert world.reply(Request(policy, content='{"tags":{} }'), FOUNDER)["Policy"]["Content"] == '{"tags":{} }'
