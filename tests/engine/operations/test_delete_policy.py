import pytest
from support.given import FOUNDER, MEMBER, OTHER, STRANGER, World
from support.policy_commands import (
    FULL_ACCESS,
    RCP_FULL_ACCESS,
    SCP,
    TAG,
    UNKNOWN_POLICY,
    attach,
    detach,
    enable,
    governed,
    grant,
    made,
    made_unit,
)

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    PolicyInUseException,
    PolicyNotFoundException,
)
from orgsim.engine.events import PolicyDeleted
from orgsim.engine.operation import read_request
from orgsim.engine.operations import delete_organizational_unit, leave_organization
from orgsim.engine.operations.delete_policy import Request
from orgsim.engine.resources import arn_of
from orgsim.engine.words import PolicyType

# Refusals, in the order of the operation's head.


@pytest.mark.parametrize(
    ("members", "reason"),
    [({}, "INPUT_REQUIRED:POLICY_ID"), ({"PolicyId": "p-0123-456789"}, "INVALID_PATTERN:POLICY_ID")],
)
def test_members(members: dict[str, str], reason: str) -> None:
    """A policy's id in its form is required."""
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
    """A member may delete the policies that are granted to it; what is gone is denied to it."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    world.joined(OTHER)
    policy, other = made(world, TAG), made(world, TAG, "Other")
    grant(world, MEMBER, ["DeletePolicy"], [arn_of(policy, organization)], PolicyType=TAG)
    world.refuses(Request(policy), OTHER, AccessDeniedException)
    world.refuses(Request(other), MEMBER, AccessDeniedException)
    world.do(Request(policy), MEMBER)
    world.refuses(Request(policy), MEMBER, AccessDeniedException)
    world.refuses(Request(policy), FOUNDER, PolicyNotFoundException)


@pytest.mark.parametrize("policy", [UNKNOWN_POLICY, FULL_ACCESS])
def test_consolidated_billing(policy: str) -> None:
    """With consolidated billing only there are no policies, not even AWS's own."""
    world = World()
    world.founded()
    world.refuses(Request(policy), FOUNDER, PolicyNotFoundException)


@pytest.mark.parametrize("policy", [FULL_ACCESS, RCP_FULL_ACCESS])
def test_immutable_policy(policy: str) -> None:
    """AWS's own policies cannot be deleted, in use or not."""
    world = World()
    governed(world)
    world.refuses(Request(policy), FOUNDER, InvalidInputException, "IMMUTABLE_POLICY")


def test_in_use() -> None:
    """A policy cannot be deleted while it is attached anywhere."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    policy = made(world, SCP)
    attach(world, policy, organization.root)
    attach(world, policy, MEMBER)
    world.refuses(Request(policy), FOUNDER, PolicyInUseException)
    detach(world, policy, organization.root)
    world.refuses(Request(policy), FOUNDER, PolicyInUseException)
    detach(world, policy, MEMBER)
    assert world.do(Request(policy), FOUNDER)


def test_targets_that_are_gone() -> None:
    """A policy is no longer in use when all that it was attached to is gone."""
    world = World()
    governed(world)
    unit, member = made_unit(world), world.joined(MEMBER)
    policy = made(world, SCP)
    attach(world, policy, unit)
    attach(world, policy, member)
    world.do(delete_organizational_unit.Request(unit), FOUNDER)
    world.refuses(Request(policy), FOUNDER, PolicyInUseException)
    world.do(leave_organization.Request(), MEMBER)
    assert world.do(Request(policy), FOUNDER)


# What happens.


@pytest.mark.parametrize("policy_type", [SCP, TAG])
def test_deleted(policy_type: PolicyType) -> None:
    """The policy is gone with its tags, and nothing is published: it had no effect."""
    world = World()
    organization = governed(world)
    if policy_type is TAG:
        enable(world, TAG)
    policy = made(world, policy_type, tags=[("a", "b")])
    assert world.do(Request(policy), FOUNDER) == [PolicyDeleted(organization.id, policy)]
    assert policy not in organization.policies.by_id
    assert organization.policies.names == {}
    assert organization.tags == {}


def test_reply() -> None:
    """The answer is empty."""
    world = World()
    governed(world)
    assert world.reply(Request(made(world, TAG)), FOUNDER) == {}
