import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.policy_commands import (
    EFFECTIVE,
    FULL_ACCESS,
    RCP,
    RCP_FULL_ACCESS,
    SCP,
    TAG,
    UNKNOWN_POLICY,
    UNKNOWN_UNIT,
    attach,
    detach,
    disable,
    enable,
    governed,
    grant,
    made,
    made_unit,
)

from orgsim.engine.authorization.services import REQUIRED_BY
from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
    PolicyNotAttachedException,
    PolicyNotFoundException,
    TargetNotFoundException,
)
from orgsim.engine.events import EffectivePoliciesOutdated, EffectivePoliciesPublished, PolicyDetached
from orgsim.engine.operation import read_request
from orgsim.engine.operations import leave_organization
from orgsim.engine.operations.detach_policy import Request
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.resources import arn_of
from orgsim.engine.rules.policies import attached
from orgsim.engine.words import PolicyType

# Refusals, in the order of the operation's head.


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"TargetId": MEMBER}, "INPUT_REQUIRED:POLICY_ID"),
        ({"PolicyId": UNKNOWN_POLICY}, "INPUT_REQUIRED:TARGET_ID"),
        ({"PolicyId": UNKNOWN_POLICY, "TargetId": "o-1111111111"}, "INVALID_PATTERN:TARGET_ID"),
    ],
)
def test_members(members: dict[str, str], reason: str) -> None:
    """A policy and a root, OU or account in their forms are required."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


def test_caller() -> None:
    """A standalone account is in no organization, and a member may not do it, whatever is there or not."""
    world = World()
    governed(world)
    world.joined(MEMBER)
    policy = made(world, SCP)
    attach(world, policy, MEMBER)
    for detached in (policy, UNKNOWN_POLICY, FULL_ACCESS, RCP_FULL_ACCESS):
        for target in (MEMBER, STRANGER):
            world.refuses(Request(detached, target), STRANGER, AWSOrganizationsNotInUseException)
            world.refuses(Request(detached, target), MEMBER, AccessDeniedException)


def test_granted_member() -> None:
    """A member needs a grant on the policy and one on the target; AWS's own policies have ARNs too."""
    world = World()
    organization = governed(world)
    for account in (MEMBER, OTHER):
        world.joined(account)
    target = made_unit(world)
    attach(world, made(world, SCP), target)
    arns = ["arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", arn_of(target, organization)]
    for granted in arns:
        grant(world, MEMBER, ["DetachPolicy"], [granted])
        world.refuses(Request(FULL_ACCESS, target), MEMBER, AccessDeniedException)
    grant(world, MEMBER, ["DetachPolicy"], arns, PolicyType=SCP)
    world.refuses(Request(FULL_ACCESS, target), OTHER, AccessDeniedException)
    assert world.do(Request(FULL_ACCESS, target), MEMBER)


@pytest.mark.parametrize("policy", [UNKNOWN_POLICY, FULL_ACCESS, RCP_FULL_ACCESS])
def test_consolidated_billing(policy: str) -> None:
    """With consolidated billing only nothing is attached to anything; a member hears of no reason."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    reason = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"
    world.refuses(Request(policy, STRANGER), FOUNDER, ConstraintViolationException, reason)
    world.refuses(Request(policy, STRANGER), MEMBER, AccessDeniedException)


def test_unknown_policy_and_target() -> None:
    """There has to be such a policy, and then such a target."""
    world = World()
    governed(world)
    world.founded(RIVAL)
    for target in (STRANGER, RIVAL, UNKNOWN_UNIT):
        world.refuses(Request(UNKNOWN_POLICY, target), FOUNDER, PolicyNotFoundException)
        for policy in (made(world, TAG, f"For {target}"), FULL_ACCESS, RCP_FULL_ACCESS):
            world.refuses(Request(policy, target), FOUNDER, TargetNotFoundException)


def test_default_that_stays() -> None:
    """RCPFullAWSAccess cannot be detached, with others beside it neither, nor while its type is disabled."""
    world = World()
    governed(world)
    request = Request(RCP_FULL_ACCESS, FOUNDER)
    world.refuses(request, FOUNDER, InvalidInputException, "NON_DETACHABLE_POLICY")
    enable(world, RCP)
    attach(world, made(world, RCP), FOUNDER)
    world.refuses(request, FOUNDER, InvalidInputException, "NON_DETACHABLE_POLICY")


def test_not_attached() -> None:
    """Only what is attached to the very target can be detached from it, and that once."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    policy = made(world, SCP)
    attach(world, policy, organization.root)
    world.refuses(Request(policy, MEMBER), FOUNDER, PolicyNotAttachedException)
    detach(world, policy, organization.root)
    world.refuses(Request(policy, organization.root), FOUNDER, PolicyNotAttachedException)


def test_default_not_attached() -> None:
    """FullAWSAccess is not attached where it was detached, and nowhere while its type is disabled."""
    world = World()
    governed(world)
    world.joined(MEMBER)
    attach(world, made(world, SCP), MEMBER)
    detach(world, FULL_ACCESS, MEMBER)
    world.refuses(Request(FULL_ACCESS, MEMBER), FOUNDER, PolicyNotAttachedException)
    disable(world, SCP)
    for target in (MEMBER, FOUNDER):
        world.refuses(Request(FULL_ACCESS, target), FOUNDER, PolicyNotAttachedException)


def test_last_service_control_policy() -> None:
    """One service control policy has to stay, be it AWS's or another; what is attached above does not count."""
    world = World()
    organization = governed(world)
    policy = made(world, SCP)
    reason = "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    attach(world, policy, organization.root)
    for target in (FOUNDER, made_unit(world)):
        world.refuses(Request(FULL_ACCESS, target), FOUNDER, ConstraintViolationException, reason)
        attach(world, policy, target)
        detach(world, FULL_ACCESS, target)
        world.refuses(Request(policy, target), FOUNDER, ConstraintViolationException, reason)


# What happens.


@pytest.mark.parametrize("policy_type", [SCP, RCP])
def test_detached(policy_type: PolicyType) -> None:
    """A policy without an effective view is detached, from this target alone, and that is all."""
    world = World()
    organization = governed(world)
    if policy_type is RCP:
        enable(world, RCP)
    policy = made(world, policy_type)
    attach(world, policy, organization.root)
    attach(world, policy, FOUNDER)
    assert world.do(Request(policy, FOUNDER), FOUNDER) == [PolicyDetached(organization.id, policy, FOUNDER)]
    default = POLICY_TYPES[policy_type].default_policy
    assert attached(FOUNDER, policy_type, organization) == [default]
    assert attached(organization.root, policy_type, organization) == [default, policy]


def test_default_detached() -> None:
    """FullAWSAccess can be detached where another service control policy is attached; it stays everywhere else."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    policy = made(world, SCP)
    attach(world, policy, MEMBER)
    assert world.do(Request(FULL_ACCESS, MEMBER), FOUNDER) == [PolicyDetached(organization.id, FULL_ACCESS, MEMBER)]
    assert attached(MEMBER, SCP, organization) == [policy]
    assert attached(FOUNDER, SCP, organization) == [FULL_ACCESS]


def test_default_of_another_membership() -> None:
    """An account that comes back has FullAWSAccess, whatever was detached from it before."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    attach(world, made(world, SCP), MEMBER)
    detach(world, FULL_ACCESS, MEMBER)
    world.do(leave_organization.Request(), MEMBER)
    world.joined(MEMBER)
    assert attached(MEMBER, SCP, organization) == [FULL_ACCESS]


@pytest.mark.parametrize("policy_type", [kind for kind in EFFECTIVE if kind not in REQUIRED_BY])
def test_effective_type(policy_type: PolicyType) -> None:
    """The last policy of a type with an effective view can be detached, and what accounts see is published."""
    world = World()
    organization = governed(world)
    enable(world, policy_type)
    policy = made(world, policy_type)
    attach(world, policy, FOUNDER)
    assert world.do(Request(policy, FOUNDER), FOUNDER) == [
        PolicyDetached(organization.id, policy, FOUNDER),
        EffectivePoliciesPublished(organization.id, policy_type),
    ]


def test_realistic_latency() -> None:
    """With realistic latency it is published seconds later."""
    world = World(latency="realistic")
    organization = governed(world)
    enable(world, TAG)
    policy = made(world, TAG)
    attach(world, policy, FOUNDER)
    world.advance(minutes=1)
    _, outdated = world.do(Request(policy, FOUNDER), FOUNDER)
    assert isinstance(outdated, EffectivePoliciesOutdated)
    assert world.advance(minutes=1) == [EffectivePoliciesPublished(organization.id, TAG)]


def test_reply() -> None:
    """The answer is empty."""
    world = World()
    governed(world)
    policy = made(world, SCP)
    attach(world, policy, FOUNDER)
    assert world.reply(Request(policy, FOUNDER), FOUNDER) == {}
