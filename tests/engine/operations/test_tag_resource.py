import json

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.tag_policies import TAG_POLICY, team_policy

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
    TargetNotFoundException,
)
from orgsim.engine.events import (
    AccountMoved,
    HandshakeRequested,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    PolicyCreated,
    PolicyDeleted,
    PolicyTypeDisabled,
    PolicyTypeEnabled,
    ResourceTagged,
    ResponsibilityTransferPurged,
    ResponsibilityTransferRequested,
    Tag,
)
from orgsim.engine.operation import read_request
from orgsim.engine.operations import delete_resource_policy, leave_organization, put_resource_policy, untag_resource
from orgsim.engine.operations.tag_resource import Request
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.words import Action, FeatureSet, PartyType

UNIT, POLICY, TRANSFER, HANDSHAKE = "ou-abcd-12345678", "p-1234567890", "rt-12345678", "h-12345678"
KINDS = ["root", "ou", "account", "policy", "resource policy", "transfer"]


def request(resource: str, **tags: str) -> Request:
    return Request(resource, tuple(TagMember(key, value) for key, value in tags.items()))


def organization() -> World:
    """An organization with a member, an OU, a policy, and the offer of a responsibility transfer; and another one."""
    world = World()
    found = world.founded(feature_set=FeatureSet.ALL)
    world.joined(MEMBER)
    world.founded(RIVAL, FeatureSet.ALL)
    world.joined(OTHER, RIVAL)
    expires_at = world.now + 10**12
    world.evolve(
        OrganizationalUnitCreated(found, UNIT, world.organization_of(FOUNDER).root, "Unit"),
        PolicyCreated(found, POLICY, TAG_POLICY, "Policy", "", "{}"),
        HandshakeRequested(
            found, HANDSHAKE, Action.TRANSFER_RESPONSIBILITY, expires_at, RIVAL, PartyType.ACCOUNT, tags=()
        ),
        ResponsibilityTransferRequested(found, TRANSFER, HANDSHAKE, "Transfer", expires_at),
    )
    world.do(put_resource_policy.Request(granting("DescribeAccount")), FOUNDER)
    return world


def granting(*operations: str, resource: str = "*", effect: str = "Allow") -> str:
    """A resource policy for the member."""
    actions = [f"organizations:{operation}" for operation in operations]
    statement = {"Effect": effect, "Principal": {"AWS": MEMBER}, "Action": actions, "Resource": resource}
    return json.dumps({"Statement": statement})


def resource(world: World, kind: str) -> str:
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


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("kind", KINDS)
def test_caller(kind: str) -> None:
    """A plain member may tag nothing, not even itself, and a standalone account has nothing to tag."""
    world = organization()
    asked = request(resource(world, kind), **{"aws:a": ""})
    world.refuses(asked, STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(asked, MEMBER, AccessDeniedException)


@pytest.mark.parametrize("kind", KINDS)
def test_granted(kind: str) -> None:
    """A member may tag what the resource policy grants it, by the ARN of the resource, and nothing else."""
    world = organization()
    found, wanted = world.organization_of(FOUNDER), resource(world, kind)
    segment = {"resource policy": "resourcepolicy"}.get(kind, kind)
    inner = {
        "policy": f"{found.id}/tag_policy/{wanted}",
        "transfer": f"{found.id}/billing/inbound/{wanted}",
    }.get(kind, f"{found.id}/{wanted}")
    arn = f"arn:aws:organizations::{FOUNDER}:{segment}/{inner}"
    world.do(put_resource_policy.Request(granting("TagResource", resource=arn)), FOUNDER)
    assert world.do(request(wanted, a="1"), MEMBER)
    for other in set(KINDS) - {kind}:
        world.refuses(request(resource(world, other), a="1"), MEMBER, AccessDeniedException)
    world.refuses(untag_resource.Request(wanted, ("a",)), MEMBER, AccessDeniedException)


def test_granted_for_a_policy_type() -> None:
    """A grant can be for the policies of one type, and then says nothing against other resources."""
    world = organization()
    for policy_type, allowed in (("BACKUP_POLICY", False), ("TAG_POLICY", True)):
        content = json.loads(granting("TagResource"))
        condition = {"Condition": {"StringLikeIfExists": {"organizations:PolicyType": policy_type}}}
        world.do(put_resource_policy.Request(json.dumps({"Statement": content["Statement"] | condition})), FOUNDER)
        if allowed:
            assert world.do(request(POLICY, a="1"), MEMBER)
        else:
            world.refuses(request(POLICY, a="1"), MEMBER, AccessDeniedException)
        assert world.do(request(UNIT, a=policy_type), MEMBER)


def test_denied() -> None:
    """A prohibition takes nothing from the management account."""
    world = organization()
    world.do(put_resource_policy.Request(granting("TagResource", effect="Deny")), FOUNDER)
    world.refuses(request(MEMBER, a="1"), MEMBER, AccessDeniedException)
    assert world.do(request(MEMBER, a="1"), FOUNDER)


@pytest.mark.parametrize("caller", [FOUNDER, MEMBER])
@pytest.mark.parametrize("policy", ["p-FullAWSAccess", "p-RCPFullAWSAccess"])
def test_policy_of_aws(policy: str, caller: str) -> None:
    """A policy of AWS's own cannot be tagged: its id is refused as if it were malformed."""
    organization().refuses(request(policy, a="1"), caller, InvalidInputException, "INVALID_PATTERN:RESOURCE_ID")


@pytest.mark.parametrize(
    "missing", [STRANGER, OTHER, "r-zzzz", "ou-abcd-87654321", "p-0000000000", "rp-00000000", "rt-87654321"]
)
def test_not_there(missing: str) -> None:
    """A resource that does not exist is not found by the management account, and denied to members, granted or not."""
    world = organization()
    asked = request(missing, **{"aws:a": ""})
    world.refuses(asked, FOUNDER, TargetNotFoundException)
    world.refuses(asked, MEMBER, AccessDeniedException)
    world.do(put_resource_policy.Request(granting("TagResource")), FOUNDER)
    world.refuses(asked, MEMBER, AccessDeniedException)


def test_resources_of_another_organization() -> None:
    """Resources of another organization do not exist here, the inbound side of a transfer included."""
    world = organization()
    for kind in KINDS:
        world.refuses(request(resource(world, kind), a="1"), RIVAL, TargetNotFoundException)


def test_order_of_bad_tags() -> None:
    """Of several mistakes in the tags the first one is reported, and nothing is tagged."""
    world = organization()
    many = [TagMember(f"key{number}", "") for number in range(51)]
    system, double = TagMember("AWS:a", ""), TagMember("key1", "other")
    for tags, refusal, reason in [
        ([*many, double, system], InvalidInputException, "INVALID_SYSTEM_TAGS_PARAMETER"),
        ([*many, double], InvalidInputException, "DUPLICATE_TAG_KEY"),
        (many, ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED"),
    ]:
        world.refuses(Request(MEMBER, tuple(tags)), FOUNDER, refusal, reason)
    assert world.do(Request(MEMBER, tuple(many[:50])), FOUNDER)


def test_old_and_new_keys_together() -> None:
    """Fifty keys are the most, old and new together; the values of all fifty can still be changed."""
    world = organization()
    for number in range(50):
        world.do(request(UNIT, **{f"key{number}": "old"}), FOUNDER)
    reason = "MAX_TAG_LIMIT_EXCEEDED"
    world.refuses(request(UNIT, key1="new", more=""), FOUNDER, ConstraintViolationException, reason)
    assert world.do(request(UNIT, **{f"key{number}": "new" for number in range(50)}), FOUNDER)
    assert {tag.value for tag in world.organization_of(FOUNDER).tags[UNIT]} == {"new"}
    assert world.do(request(MEMBER, more=""), FOUNDER)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Tags": []}, "INPUT_REQUIRED:RESOURCE_ID"),
        ({"ResourceId": MEMBER}, "INPUT_REQUIRED:TAGS"),
        ({"ResourceId": "o-1234567890", "Tags": []}, "INVALID_PATTERN:RESOURCE_ID"),
        ({"ResourceId": "h-12345678", "Tags": []}, "INVALID_PATTERN:RESOURCE_ID"),
        ({"ResourceId": MEMBER + "\n", "Tags": []}, "INVALID_PATTERN:RESOURCE_ID"),
        ({"ResourceId": MEMBER, "Tags": [{"Key": "a", "Value": None}]}, "INPUT_REQUIRED:TAGS_1_MEMBER_VALUE"),
        ({"ResourceId": MEMBER, "Tags": [{"Key": "", "Value": ""}]}, "MIN_LENGTH_EXCEEDED:TAGS_1_MEMBER_KEY"),
        ({"ResourceId": MEMBER, "Tags": [{"Key": "a" * 129, "Value": ""}]}, "MAX_LENGTH_EXCEEDED:TAGS_1_MEMBER_KEY"),
        ({"ResourceId": MEMBER, "Tags": [{"Key": "a", "Value": "a" * 257}]}, "MAX_LENGTH_EXCEEDED:TAGS_1_MEMBER_VALUE"),
        ({"ResourceId": MEMBER, "Tags": [{"Key": "a", "Value": "?"}]}, "INVALID_PATTERN:TAGS_1_MEMBER_VALUE"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """Resource and tags are required and well-formed; organizations and handshakes have no tags."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# Tag policies.


TYPES = {"root": "root", "ou": "ou", "account": "account", "policy": "policy"}


@pytest.mark.parametrize("enforced", [*(f"organizations:{kind}" for kind in TYPES.values()), "organizations:*"])
@pytest.mark.parametrize("kind", KINDS)
def test_tag_policy(kind: str, enforced: str) -> None:
    """Where the management account's tag policy is enforced, a wrong value or another case of the key is refused."""
    world = organization()
    world.evolve(*team_policy(world.organization_of(FOUNDER).id, FOUNDER, enforced))
    wanted = resource(world, kind)
    for tags in ({"Team": "green"}, {"team": "red"}, {"other": "x", "Team": ""}):
        if enforced in (f"organizations:{TYPES.get(kind)}", "organizations:*"):
            world.refuses(request(wanted, **tags), FOUNDER, ConstraintViolationException, "TAG_POLICY_VIOLATION")
        else:
            assert world.do(request(wanted, **tags), FOUNDER)
    assert world.do(request(wanted, Team="blue-green", other="x"), FOUNDER)


def test_places_of_tag_policies() -> None:
    """Only tag policies on the management account, the OUs above it and the root count."""
    bad = {"Team": "green"}
    for target, refused in [(MEMBER, False), (UNIT, False), (FOUNDER, True), ("root", True)]:
        world = organization()
        found = world.organization_of(FOUNDER)
        world.evolve(*team_policy(found.id, found.root if target == "root" else target))
        if refused:
            reason = "TAG_POLICY_VIOLATION"
            world.refuses(request(MEMBER, **bad), FOUNDER, ConstraintViolationException, reason)
        else:
            assert world.do(request(MEMBER, **bad), FOUNDER)
    world = organization()
    found = world.organization_of(FOUNDER)
    world.evolve(*team_policy(found.id, UNIT))
    world.evolve(AccountMoved(found.id, FOUNDER, found.root, UNIT))
    world.refuses(request(MEMBER, **bad), FOUNDER, ConstraintViolationException, "TAG_POLICY_VIOLATION")


def test_tag_policies_without_effect() -> None:
    """A type that is not enabled refuses nothing, and no tags violate nothing."""
    world = organization()
    found = world.organization_of(FOUNDER)
    world.evolve(*team_policy(found.id, found.root))
    assert world.do(request(MEMBER), FOUNDER) == []
    world.evolve(PolicyTypeDisabled(found.id, TAG_POLICY))
    assert world.do(request(MEMBER, Team="green"), FOUNDER)
    world.evolve(PolicyTypeEnabled(found.id, TAG_POLICY))
    assert world.do(request(MEMBER, Team="yellow"), FOUNDER)


def test_the_limit_before_the_policy() -> None:
    """Too many tags are refused as too many, whatever their values."""
    world = organization()
    world.evolve(*team_policy(world.organization_of(FOUNDER).id, FOUNDER))
    many = {f"key{number}": "" for number in range(50)} | {"Team": "green"}
    world.refuses(request(MEMBER, **many), FOUNDER, ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED")


# What happens.


@pytest.mark.parametrize("kind", KINDS)
def test_tagged(kind: str) -> None:
    """New keys are added behind the old, and the values of old keys are replaced."""
    world = organization()
    found, wanted = world.organization_of(FOUNDER), resource(world, kind)
    world.do(request(wanted, a="1", b=""), FOUNDER)
    events = world.do(request(wanted, c="3", a="2"), FOUNDER)
    assert events == [ResourceTagged(found.id, wanted, (Tag("c", "3"), Tag("a", "2")))]
    assert found.tags[wanted] == (Tag("a", "2"), Tag("b", ""), Tag("c", "3"))


def test_consolidated_billing() -> None:
    """Tags need no more than consolidated billing."""
    world = World()
    found = world.founded()
    assert world.do(request(FOUNDER, a=""), FOUNDER) == [ResourceTagged(found, FOUNDER, (Tag("a", ""),))]


def test_case_of_keys() -> None:
    """Keys that differ in case are different keys."""
    world = organization()
    world.do(request(MEMBER, a="1", A="2"), FOUNDER)
    assert world.organization_of(FOUNDER).tags == {MEMBER: (Tag("a", "1"), Tag("A", "2"))}


def test_tags_go_with_their_resource() -> None:
    """A removed resource has no tags; nor has one that comes back with the same id."""
    world = organization()
    found = world.organization_of(FOUNDER)
    for kind in KINDS:
        world.do(request(resource(world, kind), a=""), FOUNDER)
    world.do(leave_organization.Request(), MEMBER)
    world.do(delete_resource_policy.Request(), FOUNDER)
    world.evolve(
        OrganizationalUnitDeleted(found.id, UNIT),
        PolicyDeleted(found.id, POLICY),
        ResponsibilityTransferPurged(found.id, TRANSFER),
    )
    assert found.tags == {found.root: (Tag("a", ""),)}
    world.joined(MEMBER)
    assert MEMBER not in found.tags


def test_tags_of_another_organization_s_account() -> None:
    """An account that moves to another organization leaves its tags behind."""
    world = organization()
    world.do(request(MEMBER, a=""), FOUNDER)
    world.joined(MEMBER, RIVAL)
    assert (world.organization_of(FOUNDER).tags, world.organization_of(RIVAL).tags) == ({}, {})


@pytest.mark.parametrize("tags", [{}, {"a": "1"}])
def test_reply(tags: dict[str, str]) -> None:
    """The answer is empty, with tags and without."""
    assert organization().reply(request(MEMBER, **tags), FOUNDER) == {}
