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
    UNKNOWN_ROOT,
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
    DuplicatePolicyAttachmentException,
    InvalidInputException,
    PolicyNotFoundException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from orgsim.engine.events import EffectivePoliciesOutdated, EffectivePoliciesPublished, PolicyAttached
from orgsim.engine.operation import read_request
from orgsim.engine.operations import create_account, leave_organization
from orgsim.engine.operations.attach_policy import Request
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.resources import arn_of
from orgsim.engine.rules.policies import attached
from orgsim.engine.words import FeatureSet, PolicyType

# Refusals, in the order of the operation's head.


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"TargetId": MEMBER}, "INPUT_REQUIRED:POLICY_ID"),
        ({"PolicyId": UNKNOWN_POLICY}, "INPUT_REQUIRED:TARGET_ID"),
        ({"PolicyId": UNKNOWN_POLICY, "TargetId": "1111"}, "INVALID_PATTERN:TARGET_ID"),
        ({"PolicyId": "policy", "TargetId": MEMBER}, "INVALID_PATTERN:POLICY_ID"),
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
    for policy in (made(world, SCP), UNKNOWN_POLICY, FULL_ACCESS):
        for target in (MEMBER, STRANGER):
            world.refuses(Request(policy, target), STRANGER, AWSOrganizationsNotInUseException)
            world.refuses(Request(policy, target), MEMBER, AccessDeniedException)


def test_granted_member() -> None:
    """A member needs a grant on the policy and one on the target, and is denied what is not there."""
    world = World()
    organization = governed(world)
    for account in (MEMBER, OTHER):
        world.joined(account)
    policy, target = made(world, SCP), made_unit(world)
    arns = [arn_of(policy, organization), arn_of(target, organization)]
    for granted in arns:
        grant(world, MEMBER, ["AttachPolicy"], [granted])
        world.refuses(Request(policy, target), MEMBER, AccessDeniedException)
    grant(world, MEMBER, ["AttachPolicy"], arns)
    world.refuses(Request(policy, target), OTHER, AccessDeniedException)
    world.refuses(Request(policy, organization.root), MEMBER, AccessDeniedException)
    assert world.do(Request(policy, target), MEMBER)
    grant(world, MEMBER, ["AttachPolicy"], ["*"])
    world.refuses(Request(policy, STRANGER), MEMBER, AccessDeniedException)
    world.refuses(Request(UNKNOWN_POLICY, target), MEMBER, AccessDeniedException)
    grant(world, MEMBER, ["AttachPolicy"], ["*"], PolicyType=TAG)
    world.refuses(Request(policy, organization.root), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("policy", [UNKNOWN_POLICY, FULL_ACCESS])
@pytest.mark.parametrize("target", [FOUNDER, STRANGER])
def test_consolidated_billing(policy: str, target: str) -> None:
    """With consolidated billing only nothing can be attached to anything; a member hears of no reason."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    reason = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"
    world.refuses(Request(policy, target), FOUNDER, ConstraintViolationException, reason)
    world.refuses(Request(policy, target), MEMBER, AccessDeniedException)


def test_unknown_policy() -> None:
    """There has to be such a policy in the organization, whatever the target."""
    world = World()
    governed(world)
    world.founded(RIVAL, FeatureSet.ALL)
    theirs = made(world, SCP, caller=RIVAL)
    for policy in (theirs, UNKNOWN_POLICY):
        world.refuses(Request(policy, FOUNDER), FOUNDER, PolicyNotFoundException)
        world.refuses(Request(policy, STRANGER), FOUNDER, PolicyNotFoundException)


@pytest.mark.parametrize("policy_type", [SCP, TAG])
def test_unknown_target(policy_type: PolicyType) -> None:
    """There has to be such a target in the organization, whether the type is enabled or not."""
    world = World()
    governed(world)
    world.founded(RIVAL)
    rivals = world.organization_of(RIVAL).root
    policy = made(world, policy_type)
    for target in (STRANGER, RIVAL, rivals, UNKNOWN_ROOT, UNKNOWN_UNIT):
        world.refuses(Request(policy, target), FOUNDER, TargetNotFoundException)


def test_former_member() -> None:
    """An account that left is no target any more."""
    world = World()
    governed(world)
    world.joined(MEMBER)
    policy = made(world, SCP)
    attach(world, policy, MEMBER)
    world.do(leave_organization.Request(), MEMBER)
    world.refuses(Request(policy, MEMBER), FOUNDER, TargetNotFoundException)


def test_type_not_enabled() -> None:
    """Policies of a type that is not enabled, or no longer, can be attached nowhere; AWS's own neither."""
    world = World()
    organization = governed(world)
    policy = made(world, TAG)
    for unattachable in (policy, RCP_FULL_ACCESS):
        world.refuses(Request(unattachable, organization.root), FOUNDER, PolicyTypeNotEnabledException)
    attach_to_root = Request(made(world, SCP), organization.root)
    world.do(attach_to_root, FOUNDER)
    disable(world, SCP)
    for request in (attach_to_root, Request(FULL_ACCESS, organization.root)):
        world.refuses(request, FOUNDER, PolicyTypeNotEnabledException)


def test_attached_already() -> None:
    """A policy is attached to a target once; what is attached above it does not matter."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    policy = made(world, SCP)
    attach(world, policy, organization.root)
    world.refuses(Request(policy, organization.root), FOUNDER, DuplicatePolicyAttachmentException)
    assert world.do(Request(policy, MEMBER), FOUNDER)


@pytest.mark.parametrize("policy", [FULL_ACCESS, RCP_FULL_ACCESS])
def test_default_attached_already(policy: str) -> None:
    """AWS's defaults are attached to everything already: to roots, OUs and accounts, old and new."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    unit = made_unit(world)
    enable(world, RCP)
    world.joined(OTHER)
    for target in (organization.root, unit, made_unit(world, "New", unit), FOUNDER, MEMBER, OTHER):
        world.refuses(Request(policy, target), FOUNDER, DuplicatePolicyAttachmentException)


@pytest.mark.parametrize("policy_type", [kind for kind in PolicyType if kind not in REQUIRED_BY])
def test_maximum(policy_type: PolicyType) -> None:
    """A target has a maximum of attached policies per type, AWS's default included; no policy is attached twice."""
    world = World()
    organization = governed(world)
    if policy_type is not SCP:
        enable(world, policy_type)
    facts = POLICY_TYPES[policy_type]
    others = facts.max_attached - (1 if facts.default_policy else 0)
    policies = [made(world, policy_type, f"Rules {number}") for number in range(others + 1)]
    for policy in policies[:-1]:
        attach(world, policy, organization.root)
    one_more = Request(policies[-1], organization.root)
    world.refuses(one_more, FOUNDER, ConstraintViolationException, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    world.refuses(Request(policies[0], organization.root), FOUNDER, DuplicatePolicyAttachmentException)
    detach(world, policies[0], organization.root)
    assert world.do(one_more, FOUNDER)
    assert world.do(Request(policies[0], FOUNDER), FOUNDER)


def test_types_are_counted_apart() -> None:
    """Policies of other types do not count."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    for number in range(9):
        attach(world, made(world, SCP, f"Rules {number}"), organization.root)
    assert world.do(Request(made(world, TAG), organization.root), FOUNDER)


# What happens.


@pytest.mark.parametrize("policy_type", [SCP, RCP])
def test_attached(policy_type: PolicyType) -> None:
    """A policy without an effective view is attached, behind what is there, and that is all."""
    world = World()
    organization = governed(world)
    if policy_type is RCP:
        enable(world, RCP)
    first, second = made(world, policy_type, "First"), made(world, policy_type, "Second")
    unit = made_unit(world)
    attach(world, second, unit)
    assert world.do(Request(first, unit), FOUNDER) == [PolicyAttached(organization.id, first, unit)]
    default = POLICY_TYPES[policy_type].default_policy
    assert attached(unit, policy_type, organization) == [default, second, first]
    assert attached(organization.root, policy_type, organization) == [default]


@pytest.mark.parametrize("policy_type", [kind for kind in EFFECTIVE if kind not in REQUIRED_BY])
def test_effective_type(policy_type: PolicyType) -> None:
    """The effective policies of the type are published."""
    world = World()
    organization = governed(world)
    enable(world, policy_type)
    policy = made(world, policy_type)
    assert world.do(Request(policy, FOUNDER), FOUNDER) == [
        PolicyAttached(organization.id, policy, FOUNDER),
        EffectivePoliciesPublished(organization.id, policy_type),
    ]


def test_realistic_latency() -> None:
    """With realistic latency it is published seconds later."""
    world = World(latency="realistic")
    organization = governed(world)
    enable(world, TAG)
    world.advance(minutes=1)
    attached_now, outdated = world.do(Request(made(world, TAG), FOUNDER), FOUNDER)
    assert isinstance(attached_now, PolicyAttached)
    assert isinstance(outdated, EffectivePoliciesOutdated)
    assert world.advance(minutes=1) == [EffectivePoliciesPublished(organization.id, TAG)]


def test_default_comes_back() -> None:
    """FullAWSAccess can be attached where it was detached, counts there again, and stands first."""
    world = World()
    organization = governed(world)
    policies = [made(world, SCP, f"Rules {number}") for number in range(10)]
    attach(world, policies[0], FOUNDER)
    detach(world, FULL_ACCESS, FOUNDER)
    for policy in policies[1:]:
        attach(world, policy, FOUNDER)
    again = Request(FULL_ACCESS, FOUNDER)
    world.refuses(again, FOUNDER, ConstraintViolationException, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    detach(world, policies[3], FOUNDER)
    assert world.do(again, FOUNDER) == [PolicyAttached(organization.id, FULL_ACCESS, FOUNDER)]
    assert attached(FOUNDER, SCP, organization) == [FULL_ACCESS, *policies[:3], *policies[4:]]


def test_created_account() -> None:
    """An account that was created a moment ago is a target like any other."""
    world = World()
    organization = governed(world)
    world.do(create_account.Request("new@example.com", "New"), FOUNDER)
    world.advance(seconds=1)
    account = world.state.emails["new@example.com"]
    policy = made(world, SCP)
    attach(world, policy, account)
    assert attached(account, SCP, organization) == [FULL_ACCESS, policy]


def test_reply() -> None:
    """The answer is empty."""
    world = World()
    governed(world)
    assert world.reply(Request(made(world, SCP), FOUNDER), FOUNDER) == {}
