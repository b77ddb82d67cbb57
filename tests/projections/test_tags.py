import json

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, invite
from support.projection_world import WatchedWorld

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    TargetNotFoundException,
)
from orgsim.engine.events import (
    HandshakeRequested,
    OrganizationalUnitCreated,
    PolicyCreated,
    ResponsibilityTransferRequested,
)
from orgsim.engine.words import Action, FeatureSet, PartyType, PolicyType

UNIT, POLICY, TRANSFER, HANDSHAKE = "ou-abcd-12345678", "p-1234567890", "rt-12345678", "h-12345678"
KINDS = ["root", "ou", "account", "policy", "resource policy", "transfer"]
LIST = "ListTagsForResource"


def settled(*grants: str, resource: str = "*") -> WatchedWorld:
    """An organization with a member, one resource of each kind, and a resource policy with grants for the member."""
    world = WatchedWorld()
    found = world.founded(FOUNDER, FeatureSet.ALL)
    world.joined(MEMBER)
    world.founded(RIVAL, FeatureSet.ALL)
    expires_at = world.now + 10**12
    world.evolve(
        OrganizationalUnitCreated(found, UNIT, world.organization_of(FOUNDER).root, "Unit"),
        PolicyCreated(found, POLICY, PolicyType.BACKUP_POLICY, "Policy", "", "{}"),
        HandshakeRequested(found, HANDSHAKE, Action.TRANSFER_RESPONSIBILITY, expires_at, RIVAL, PartyType.ACCOUNT),
        ResponsibilityTransferRequested(found, TRANSFER, HANDSHAKE, "Transfer", expires_at),
    )
    grant(world, *(grants or ("ListRoots",)), resource=resource)
    return world


def grant(world: WatchedWorld, *operations: str, resource: str = "*") -> None:
    """Let MEMBER do what is named."""
    actions = [f"organizations:{operation}" for operation in operations]
    statement = {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": actions, "Resource": resource}
    world.call("PutResourcePolicy", FOUNDER, Content=json.dumps({"Statement": statement}))


def resource_of(world: WatchedWorld, kind: str) -> str:
    """The organization's resource of a kind."""
    found = world.organization_of(FOUNDER)
    return {
        "root": found.root,
        "ou": UNIT,
        "account": MEMBER,
        "policy": POLICY,
        "resource policy": found.access.resource_policy.id,
        "transfer": TRANSFER,
    }[kind]


def tag(world: WatchedWorld, resource: str, **tags: str) -> None:
    """Tag a resource."""
    members = [{"Key": key, "Value": value} for key, value in tags.items()]
    world.call("TagResource", FOUNDER, ResourceId=resource, Tags=members)


@pytest.mark.parametrize("kind", KINDS)
def test_tags(kind: str) -> None:
    """Tags are listed in the order in which their keys came; what was taken away is not."""
    world = settled()
    resource = resource_of(world, kind)
    assert world.ask(LIST, FOUNDER, ResourceId=resource) == {"Tags": []}
    tag(world, resource, b="1", a="")
    tag(world, resource, c="3", b="2")
    tags = [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": ""}, {"Key": "c", "Value": "3"}]
    assert world.ask(LIST, FOUNDER, ResourceId=resource) == {"Tags": tags}
    world.call("UntagResource", FOUNDER, ResourceId=resource, TagKeys=["b"])
    assert world.ask(LIST, FOUNDER, ResourceId=resource) == {"Tags": tags[1:]}


def test_fifty_tags() -> None:
    """The most tags that a resource can have are one page, and no token is valid."""
    world = settled()
    tag(world, MEMBER, **{f"key{number}": "" for number in range(50)})
    answer = world.ask(LIST, FOUNDER, ResourceId=MEMBER)
    assert len(answer["Tags"]) == 50
    assert "NextToken" not in answer
    for token in ("", "x", "A" * 28):
        reason = "INVALID_NEXT_TOKEN"
        world.denies(LIST, FOUNDER, InvalidInputException, reason, ResourceId=MEMBER, NextToken=token)


@pytest.mark.parametrize(
    "resource", [STRANGER, RIVAL, "r-zzzz", "ou-abcd-87654321", "p-0000000000", "rp-0000", "rt-00000000"]
)
def test_not_there(resource: str) -> None:
    """An unknown resource is not found by the management account, and denied to members, with a grant or without."""
    world = settled()
    for operation in ("ListRoots", LIST):
        grant(world, operation)
        world.denies(LIST, FOUNDER, TargetNotFoundException, ResourceId=resource)
        world.denies(LIST, MEMBER, AccessDeniedException, ResourceId=resource)


@pytest.mark.parametrize("kind", KINDS)
def test_another_organization(kind: str) -> None:
    """Nobody sees the tags of another organization's resources, not even of a transfer that it is offered."""
    world = settled()
    world.denies(LIST, RIVAL, TargetNotFoundException, ResourceId=resource_of(world, kind))


def test_deleted_resource_policy() -> None:
    """The tags of a deleted resource policy are not found under its id; the next one has another."""
    world = settled()
    resource = resource_of(world, "resource policy")
    tag(world, resource, a="")
    world.call("DeleteResourcePolicy", FOUNDER)
    world.denies(LIST, FOUNDER, TargetNotFoundException, ResourceId=resource)
    grant(world, "ListRoots")
    assert world.ask(LIST, FOUNDER, ResourceId=resource_of(world, "resource policy")) == {"Tags": []}
    world.denies(LIST, FOUNDER, TargetNotFoundException, ResourceId=resource)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ("p-FullAWSAccess", "INVALID_PATTERN:RESOURCE_ID"),
        ("p-RCPFullAWSAccess", "INVALID_PATTERN:RESOURCE_ID"),
        ("h-12345678", "INVALID_PATTERN:RESOURCE_ID"),
        ("o-1234567890", "INVALID_PATTERN:RESOURCE_ID"),
        (None, "INPUT_REQUIRED:RESOURCE_ID"),
    ],
)
def test_ids(resource: str | None, reason: str) -> None:
    """Policies of AWS's own, handshakes and organizations have no tags: their ids are refused as malformed."""
    settled().denies(LIST, FOUNDER, InvalidInputException, reason, ResourceId=resource)


def test_invitation() -> None:
    """The tags of an invitation are the account's from its acceptance until it leaves."""
    world = settled()
    handshake = world.do(invite(OTHER, tags=[("team", "a")]), FOUNDER)[0].handshake
    world.denies(LIST, FOUNDER, TargetNotFoundException, ResourceId=OTHER)
    world.call("AcceptHandshake", OTHER, HandshakeId=handshake)
    assert world.ask(LIST, FOUNDER, ResourceId=OTHER) == {"Tags": [{"Key": "team", "Value": "a"}]}
    world.call("LeaveOrganization", OTHER)
    world.joined(OTHER)
    assert world.ask(LIST, FOUNDER, ResourceId=OTHER) == {"Tags": []}


# Who may ask.


def test_callers() -> None:
    """A plain member may not ask, not even for its own tags; a delegated administrator may; a stranger has none."""
    world = settled()
    world.joined(OTHER)
    world.denies(LIST, MEMBER, AccessDeniedException, ResourceId=MEMBER)
    world.denies(LIST, STRANGER, AWSOrganizationsNotInUseException, ResourceId=STRANGER)
    world.call("EnableAWSServiceAccess", FOUNDER, ServicePrincipal="sso.amazonaws.com")
    world.call("RegisterDelegatedAdministrator", FOUNDER, AccountId=OTHER, ServicePrincipal="sso.amazonaws.com")
    for kind in KINDS:
        assert world.ask(LIST, OTHER, ResourceId=resource_of(world, kind)) == {"Tags": []}
    world.denies(LIST, OTHER, TargetNotFoundException, ResourceId=STRANGER)


@pytest.mark.parametrize("kind", KINDS)
def test_granted(kind: str) -> None:
    """A grant can be for one kind of resources, by their ARNs."""
    segment = {"resource policy": "resourcepolicy"}.get(kind, kind)
    world = settled(LIST, resource=f"arn:aws:organizations::{FOUNDER}:{segment}/*")
    assert world.ask(LIST, MEMBER, ResourceId=resource_of(world, kind)) == {"Tags": []}
    for other in set(KINDS) - {kind}:
        world.denies(LIST, MEMBER, AccessDeniedException, ResourceId=resource_of(world, other))


@pytest.mark.parametrize(("policy_type", "allowed"), [("BACKUP_POLICY", True), ("TAG_POLICY", False)])
def test_granted_for_a_policy_type(policy_type: str, allowed: bool) -> None:
    """A grant can be for the policies of one type."""
    world = settled()
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": MEMBER},
        "Action": f"organizations:{LIST}",
        "Resource": "*",
        "Condition": {"StringLikeIfExists": {"organizations:PolicyType": policy_type}},
    }
    world.call("PutResourcePolicy", FOUNDER, Content=json.dumps({"Statement": statement}))
    if allowed:
        assert world.ask(LIST, MEMBER, ResourceId=POLICY) == {"Tags": []}
    else:
        world.denies(LIST, MEMBER, AccessDeniedException, ResourceId=POLICY)
    assert world.ask(LIST, MEMBER, ResourceId=UNIT) == {"Tags": []}
