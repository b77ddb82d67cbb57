import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.policy_commands import EFFECTIVE, RCP, SCP, TAG, UNKNOWN_ROOT, disable, enable, governed, grant

from orgsim.engine.authorization.services import REQUIRED_BY
from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
    RootNotFoundException,
)
from orgsim.engine.events import (
    EffectivePoliciesOutdated,
    EffectivePoliciesPublished,
    PolicyTypeEnabled,
    ServiceAccessEnabled,
)
from orgsim.engine.operation import read_request
from orgsim.engine.operations.enable_policy_type import Request
from orgsim.engine.resources import arn_of
from orgsim.engine.rules.policies import attached
from orgsim.engine.settings import SECOND
from orgsim.engine.words import PolicyType

SECURITYHUB = PolicyType.SECURITYHUB_POLICY


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:ROOT_ID"),
        ({"RootId": "r-abcd"}, "INPUT_REQUIRED:POLICY_TYPE"),
        ({"RootId": "r-abc", "PolicyType": "TAG_POLICY"}, "INVALID_PATTERN:ROOT_ID"),
        ({"RootId": "r-abcd", "PolicyType": "tag_policy"}, "INVALID_ENUM:POLICY_TYPE"),
    ],
)
def test_members(members: dict[str, str], reason: str) -> None:
    """A root in its form and one of AWS's policy types are required."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


def test_caller() -> None:
    """A standalone account is in no organization, and a member may not do it, be there such a root or not."""
    world = World()
    root = governed(world).root
    world.joined(MEMBER)
    world.refuses(Request(root, TAG), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(root, TAG), MEMBER, AccessDeniedException)
    world.refuses(Request(UNKNOWN_ROOT, TAG), MEMBER, AccessDeniedException)


def test_granted_member() -> None:
    """A member may do it to the policy type and on the root that the resource policy names."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    world.joined(OTHER)
    grant(world, MEMBER, ["EnablePolicyType"], [arn_of(organization.root, organization)], PolicyType=TAG)
    world.refuses(Request(organization.root, TAG), OTHER, AccessDeniedException)
    world.refuses(Request(organization.root, RCP), MEMBER, AccessDeniedException)
    world.refuses(Request(UNKNOWN_ROOT, TAG), MEMBER, AccessDeniedException)
    world.do(Request(organization.root, TAG), MEMBER)
    assert TAG in organization.policies.enabled


def test_unknown_root() -> None:
    """Another organization's root is as unknown as one that never was, with consolidated billing too."""
    world = World()
    governed(world)
    world.founded(RIVAL)
    rivals = world.organization_of(RIVAL).root
    world.refuses(Request(rivals, TAG), FOUNDER, RootNotFoundException)
    world.refuses(Request(UNKNOWN_ROOT, SCP), RIVAL, RootNotFoundException)


@pytest.mark.parametrize("policy_type", [SCP, TAG, SECURITYHUB])
def test_consolidated_billing(policy_type: PolicyType) -> None:
    """No policy type is available with consolidated billing only."""
    world = World()
    world.founded()
    request = Request(world.organization_of(FOUNDER).root, policy_type)
    world.refuses(request, FOUNDER, PolicyTypeNotAvailableForOrganizationException)


def test_enabled_already() -> None:
    """An enabled type cannot be enabled again; service control policies are enabled from the start."""
    world = World()
    root = governed(world).root
    world.refuses(Request(root, SCP), FOUNDER, PolicyTypeAlreadyEnabledException)
    enable(world, TAG)
    world.refuses(Request(root, TAG), FOUNDER, PolicyTypeAlreadyEnabledException)


def test_service_access() -> None:
    """A type that depends on a service can be enabled once that service is trusted."""
    world = World()
    organization = governed(world)
    request = Request(organization.root, SECURITYHUB)
    world.evolve(ServiceAccessEnabled(organization.id, "sso.amazonaws.com"))
    world.refuses(request, FOUNDER, ConstraintViolationException, "SERVICE_ACCESS_NOT_ENABLED")
    world.evolve(ServiceAccessEnabled(organization.id, REQUIRED_BY[SECURITYHUB]))
    world.do(request, FOUNDER)
    assert SECURITYHUB in organization.policies.enabled


# What happens.


@pytest.mark.parametrize("policy_type", [kind for kind in EFFECTIVE if kind not in REQUIRED_BY])
def test_effective_type(policy_type: PolicyType) -> None:
    """A type with an effective policy is enabled, and what it means is published at once."""
    world = World()
    organization = governed(world)
    assert world.do(Request(organization.root, policy_type), FOUNDER) == [
        PolicyTypeEnabled(organization.id, policy_type),
        EffectivePoliciesPublished(organization.id, policy_type),
    ]
    assert organization.policies.enabled[policy_type] == world.now


def test_realistic_latency() -> None:
    """With realistic latency what it means is published seconds later."""
    world = World(latency="realistic")
    organization = governed(world)
    enabled, outdated = world.do(Request(organization.root, TAG), FOUNDER)
    assert enabled == PolicyTypeEnabled(organization.id, TAG)
    assert isinstance(outdated, EffectivePoliciesOutdated)
    assert world.now < outdated.published_at <= world.now + 8 * SECOND


def test_default_policy() -> None:
    """Enabling resource control policies is one fact, and AWS's default is attached to all that is there or comes."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    assert world.do(Request(organization.root, RCP), FOUNDER) == [PolicyTypeEnabled(organization.id, RCP)]
    world.joined(OTHER)
    for target in (organization.root, FOUNDER, MEMBER, OTHER):
        assert attached(target, RCP, organization) == ["p-RCPFullAWSAccess"]
        assert attached(target, TAG, organization) == []


def test_reply() -> None:
    """The answer is the root, which shows all enabled types as ENABLED, in the order of the alphabet."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    answer = world.reply(Request(organization.root, RCP), FOUNDER)
    assert answer == {
        "Root": {
            "Id": organization.root,
            "Arn": f"arn:aws:organizations::{FOUNDER}:root/{organization.id}/{organization.root}",
            "Name": "Root",
            "PolicyTypes": [
                {"Type": "RESOURCE_CONTROL_POLICY", "Status": "ENABLED"},
                {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"},
                {"Type": "TAG_POLICY", "Status": "ENABLED"},
            ],
        }
    }


def test_again() -> None:
    """A type that was disabled can be enabled again."""
    world = World()
    organization = governed(world)
    disable(world, SCP)
    assert world.do(Request(organization.root, SCP), FOUNDER) == [PolicyTypeEnabled(organization.id, SCP)]
