import pytest
from support.given import FOUNDER, MEMBER, STRANGER, World
from support.policy_commands import (
    BACKUP,
    FULL_ACCESS,
    RCP,
    SCP,
    TAG,
    UNKNOWN_ROOT,
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
    ConstraintViolationException,
    PolicyTypeNotEnabledException,
    RootNotFoundException,
)
from orgsim.engine.events import EffectivePoliciesPublished, PolicyTypeDisabled
from orgsim.engine.operations import delete_policy
from orgsim.engine.operations.disable_policy_type import Request
from orgsim.engine.resources import arn_of
from orgsim.engine.rules.policies import attached
from orgsim.engine.words import PolicyType

# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """A standalone account is in no organization, and a member may not do it, be there such a root or not."""
    world = World()
    root = governed(world).root
    world.joined(MEMBER)
    world.refuses(Request(root, SCP), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(root, SCP), MEMBER, AccessDeniedException)
    world.refuses(Request(UNKNOWN_ROOT, SCP), MEMBER, AccessDeniedException)


def test_granted_member() -> None:
    """A member may do it to the policy type and on the root that the resource policy names."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    enable(world, TAG)
    grant(world, MEMBER, ["DisablePolicyType"], [arn_of(organization.root, organization)], PolicyType=TAG)
    world.refuses(Request(organization.root, SCP), MEMBER, AccessDeniedException)
    world.do(Request(organization.root, TAG), MEMBER)
    assert TAG not in organization.policies.enabled


def test_consolidated_billing() -> None:
    """With consolidated billing only there is nothing to disable, whatever the root; a member hears of no reason."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    request = Request(UNKNOWN_ROOT, SCP)
    world.refuses(request, FOUNDER, ConstraintViolationException, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    world.refuses(request, MEMBER, AccessDeniedException)
    world.refuses(request, STRANGER, AWSOrganizationsNotInUseException)


def test_unknown_root() -> None:
    """A root that is not the organization's is unknown, whether the type is enabled or not."""
    world = World()
    governed(world)
    world.refuses(Request(UNKNOWN_ROOT, SCP), FOUNDER, RootNotFoundException)
    world.refuses(Request(UNKNOWN_ROOT, TAG), FOUNDER, RootNotFoundException)


def test_not_enabled() -> None:
    """Only what is enabled can be disabled, and that once."""
    world = World()
    root = governed(world).root
    world.refuses(Request(root, TAG), FOUNDER, PolicyTypeNotEnabledException)
    world.do(Request(root, SCP), FOUNDER)
    world.refuses(Request(root, SCP), FOUNDER, PolicyTypeNotEnabledException)


# What happens.


@pytest.mark.parametrize("latency", ["instant", "realistic"])
def test_at_once(latency: str) -> None:
    """Disabling is one fact, and what was to be published of the type no longer is."""
    world = World(latency=latency)
    organization = governed(world)
    enable(world, TAG)
    assert world.do(Request(organization.root, TAG), FOUNDER) == [PolicyTypeDisabled(organization.id, TAG)]
    assert organization.policies.publications == {}
    assert world.advance(minutes=1) == []


def test_other_publications_stay() -> None:
    """A pending publication of another type still takes place."""
    world = World(latency="realistic")
    organization = governed(world)
    enable(world, TAG)
    enable(world, BACKUP)
    world.do(Request(organization.root, TAG), FOUNDER)
    assert world.advance(minutes=1) == [EffectivePoliciesPublished(organization.id, BACKUP)]


@pytest.mark.parametrize("policy_type", [SCP, RCP, TAG])
def test_attachments_are_lost(policy_type: PolicyType) -> None:
    """Policies of the type are attached nowhere, can be deleted, and stay detached when it is enabled again."""
    world = World()
    organization = governed(world)
    if policy_type is not SCP:
        enable(world, policy_type)
    unit, member = made_unit(world), world.joined(MEMBER)
    policy = made(world, policy_type)
    targets = (organization.root, unit, member)
    for target in targets:
        attach(world, policy, target)
    before = {target: attached(target, policy_type, organization)[:-1] for target in targets}
    world.do(Request(organization.root, policy_type), FOUNDER)
    assert policy in organization.policies.by_id
    assert not any(attached(target, policy_type, organization) for target in targets)
    enable(world, policy_type)
    assert {target: attached(target, policy_type, organization) for target in targets} == before
    world.do(delete_policy.Request(policy), FOUNDER)


def test_other_types_stay_attached() -> None:
    """Policies of other types stay where they are."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    policy, other = made(world, TAG), made(world, SCP)
    attach(world, policy, organization.root)
    attach(world, other, organization.root)
    world.do(Request(organization.root, TAG), FOUNDER)
    assert attached(organization.root, SCP, organization) == [FULL_ACCESS, other]


def test_full_access_comes_back() -> None:
    """FullAWSAccess is everywhere again after the type was enabled again, where it had been detached too."""
    world = World()
    organization = governed(world)
    attach(world, made(world, SCP), organization.root)
    detach(world, FULL_ACCESS, organization.root)
    world.do(Request(organization.root, SCP), FOUNDER)
    enable(world, SCP)
    assert attached(organization.root, SCP, organization) == [FULL_ACCESS]


def test_reply() -> None:
    """The answer is the root with the types that are left."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    answer = world.reply(Request(organization.root, SCP), FOUNDER)
    assert answer == {
        "Root": {
            "Id": organization.root,
            "Arn": f"arn:aws:organizations::{FOUNDER}:root/{organization.id}/{organization.root}",
            "Name": "Root",
            "PolicyTypes": [{"Type": "TAG_POLICY", "Status": "ENABLED"}],
        }
    }
