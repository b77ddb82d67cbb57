from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, STRANGER, World
from support.policy_commands import RCP, SCP, TAG, document, enable, governed, grant, made

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    DuplicatePolicyException,
    InvalidInputException,
    MalformedPolicyDocumentException,
    PolicyTypeNotAvailableForOrganizationException,
)
from orgsim.engine.events import PolicyCreated, ResourceTagged, Tag
from orgsim.engine.operation import read_request
from orgsim.engine.operations import attach_policy, delete_policy, update_policy
from orgsim.engine.operations.create_policy import Request
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.words import PolicyType

MEMBERS = {"Content": "{}", "Description": "", "Name": "N", "Type": "TAG_POLICY"}


def request(policy_type: PolicyType = TAG, name: str = "Rules", content: str | None = None, **tags: str) -> Request:
    members = tuple(TagMember(key, value) for key, value in tags.items())
    return Request(document(policy_type) if content is None else content, "", name, policy_type, members)


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Content": None}, "INPUT_REQUIRED:CONTENT"),
        ({"Description": None}, "INPUT_REQUIRED:DESCRIPTION"),
        ({"Name": None}, "INPUT_REQUIRED:NAME"),
        ({"Type": None}, "INPUT_REQUIRED:TYPE"),
        ({"Content": ""}, "MIN_LENGTH_EXCEEDED:CONTENT"),
        ({"Description": "x" * 513}, "MAX_LENGTH_EXCEEDED:DESCRIPTION"),
        ({"Name": ""}, "MIN_LENGTH_EXCEEDED:NAME"),
        ({"Name": "x" * 129}, "MAX_LENGTH_EXCEEDED:NAME"),
        ({"Type": "POLICY"}, "INVALID_ENUM:TYPE"),
    ],
)
def test_members(changes: dict[str, Any], reason: str) -> None:
    """Content, description, name and type are required, and as long as AWS says."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, MEMBERS | changes)
    assert caught.value.reason == reason


@pytest.mark.parametrize("changes", [{}, {"Description": "ü\n" * 256, "Name": "名" * 128, "Tags": []}])
def test_members_at_their_limits(changes: dict[str, Any]) -> None:
    """A description may be empty or of 512 characters, a name of 128, of any script."""
    assert read_request(Request, MEMBERS | changes)


def test_caller() -> None:
    """A standalone account is in no organization, and a member may not do it, whatever else is wrong."""
    world = World()
    governed(world)
    world.joined(MEMBER)
    for wrong in (request(), request(content="nonsense")):
        world.refuses(wrong, STRANGER, AWSOrganizationsNotInUseException)
        world.refuses(wrong, MEMBER, AccessDeniedException)


@pytest.mark.parametrize("resource", ["*", "arn:aws:organizations::111111111111:policy/*/tag_policy/*"])
def test_granted_member(resource: str) -> None:
    """A member may create policies of the type that is granted to it, by condition or by the form of their ARNs."""
    world = World()
    governed(world)
    world.joined(MEMBER)
    world.joined(OTHER)
    grant(world, MEMBER, ["CreatePolicy"], [resource], PolicyType=TAG)
    world.refuses(request(), OTHER, AccessDeniedException)
    world.refuses(request(SCP), MEMBER, AccessDeniedException)
    assert world.do(request(), MEMBER)


def test_grant_by_arn() -> None:
    """Without a condition too the ARNs that are granted say of which type the policies are."""
    world = World()
    organization = governed(world)
    world.joined(MEMBER)
    grant(world, MEMBER, ["CreatePolicy"], [f"arn:aws:organizations::{FOUNDER}:policy/{organization.id}/tag_policy/*"])
    world.refuses(request(SCP), MEMBER, AccessDeniedException)
    assert world.do(request(TAG), MEMBER)


def test_granted_member_with_tags() -> None:
    """To create a policy with tags a member needs to be granted TagResource too."""
    world = World()
    governed(world)
    world.joined(MEMBER)
    grant(world, MEMBER, ["CreatePolicy"], ["*"])
    world.refuses(request(Stage="test"), MEMBER, AccessDeniedException)
    world.do(request(), MEMBER)
    grant(world, MEMBER, ["CreatePolicy", "TagResource"], ["*"])
    assert len(world.do(request(name="Tagged", Stage="test"), MEMBER)) == 2


@pytest.mark.parametrize(
    ("tags", "refusal", "reason"),
    [
        ([("aws:x", "1"), ("a", "1"), ("a", "2")], InvalidInputException, "INVALID_SYSTEM_TAGS_PARAMETER"),
        ([("a", "1"), ("a", "2")], InvalidInputException, "DUPLICATE_TAG_KEY"),
        ([(str(n), "") for n in range(51)], ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED"),
    ],
)
def test_bad_tags(tags: list[tuple[str, str]], refusal: type[Exception], reason: str) -> None:
    """One bad tag fails the whole request, even where no policy can be created."""
    world = World()
    world.founded()
    members = tuple(TagMember(*tag) for tag in tags)
    world.refuses(Request("nonsense", "", "Rules", TAG, members), FOUNDER, refusal, reason)


def test_tag_policy() -> None:
    """A tag against the tag policies of the management account fails the whole request."""
    world = World()
    organization = governed(world)
    enable(world, TAG)
    content = (
        '{"tags":{"stage":{"tag_key":{"@@assign":"Stage"},"tag_value":{"@@assign":["live"]},'
        '"enforced_for":{"@@assign":["organizations:policy"]}}}}'
    )
    policy = world.do(request(content=content), FOUNDER)[0].policy
    world.do(attach_policy.Request(policy, organization.root), FOUNDER)
    wrong = request(name="Other", content="nonsense", Stage="test")
    world.refuses(wrong, FOUNDER, ConstraintViolationException, "TAG_POLICY_VIOLATION")
    assert world.do(request(name="Other", Stage="live"), FOUNDER)


@pytest.mark.parametrize("content", ["nonsense", document(TAG)])
def test_consolidated_billing(content: str) -> None:
    """With consolidated billing only there are no policies, good or bad; members are denied."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    world.refuses(request(content=content), FOUNDER, PolicyTypeNotAvailableForOrganizationException)
    world.refuses(request(content=content), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("policy_type", PolicyType)
def test_size(policy_type: PolicyType) -> None:
    """A document may have as many characters as its type allows, white space included, and not one more."""
    world = World()
    governed(world)
    limit = POLICY_TYPES[policy_type].max_size
    too_long = request(policy_type, content=document(policy_type, limit + 1))
    world.refuses(too_long, FOUNDER, ConstraintViolationException, "POLICY_CONTENT_LIMIT_EXCEEDED")
    nonsense = request(policy_type, content="x" * (limit + 1))
    world.refuses(nonsense, FOUNDER, ConstraintViolationException, "POLICY_CONTENT_LIMIT_EXCEEDED")
    assert world.do(request(policy_type, content=document(policy_type, limit)), FOUNDER)


@pytest.mark.parametrize("policy_type", PolicyType)
def test_malformed_document(policy_type: PolicyType) -> None:
    """An invalid document is refused, whether the name is free or not."""
    world = World()
    governed(world)
    made(world, policy_type)
    world.refuses(request(policy_type, content="nonsense"), FOUNDER, MalformedPolicyDocumentException)


def test_document_of_another_type() -> None:
    """A tag policy is no service control policy."""
    world = World()
    governed(world)
    world.refuses(request(SCP, content=document(TAG)), FOUNDER, MalformedPolicyDocumentException)


def test_duplicate_name() -> None:
    """A name is given once per type; in any other spelling, or for another type, it is another name."""
    world = World()
    governed(world)
    made(world, TAG, "Rules")
    world.refuses(request(TAG, "Rules"), FOUNDER, DuplicatePolicyException)
    assert world.do(request(TAG, "rules"), FOUNDER)
    assert world.do(request(SCP, "Rules"), FOUNDER)


@pytest.mark.parametrize(("policy_type", "name"), [(SCP, "FullAWSAccess"), (RCP, "RCPFullAWSAccess")])
def test_names_of_aws(policy_type: PolicyType, name: str) -> None:
    """The name of a policy of AWS's own is taken, among those of its type."""
    world = World()
    governed(world)
    world.refuses(request(policy_type, name), FOUNDER, DuplicatePolicyException)
    assert world.do(request(TAG, name), FOUNDER)


def test_names_become_free() -> None:
    """A policy that was renamed or deleted leaves its name to others."""
    world = World()
    governed(world)
    policy = made(world, TAG, "Rules")
    world.do(update_policy.Request(policy, "Others"), FOUNDER)
    again = made(world, TAG, "Rules")
    world.refuses(request(TAG, "Others"), FOUNDER, DuplicatePolicyException)
    world.do(delete_policy.Request(again), FOUNDER)
    assert world.do(request(TAG, "Rules"), FOUNDER)


@pytest.mark.parametrize("policy_type", [RCP, TAG, PolicyType.GUARDDUTY_POLICY])
def test_number(policy_type: PolicyType) -> None:
    """There may be so many policies of a type in an organization, and as many of any other; a name comes first."""
    world = World()
    organization = governed(world)
    limit = POLICY_TYPES[policy_type].max_policies
    world.evolve(
        *(PolicyCreated(organization.id, f"p-{n:010}", policy_type, f"{n}", "", "{}") for n in range(limit - 1))
    )
    assert world.do(request(policy_type, "Last"), FOUNDER)
    world.refuses(request(policy_type), FOUNDER, ConstraintViolationException, "POLICY_NUMBER_LIMIT_EXCEEDED")
    world.refuses(request(policy_type, "Last"), FOUNDER, DuplicatePolicyException)
    assert world.do(request(SCP), FOUNDER)
    world.do(delete_policy.Request(f"p-{0:010}"), FOUNDER)
    assert world.do(request(policy_type), FOUNDER)


# What happens.


def test_created() -> None:
    """A policy is created with its content byte for byte, whether its type is enabled or not."""
    world = World()
    organization = governed(world)
    content = '\t{ "tags":\r\n {} }  \n'
    command = Request(content, "What it says", "Ümlaut", TAG)
    policy = world.ids.policy(world.state.position + 1)
    assert world.do(command, FOUNDER) == [
        PolicyCreated(organization.id, policy, TAG, "Ümlaut", "What it says", content)
    ]
    assert organization.policies.by_id[policy].content == content
    assert organization.policies.attached == {}


def test_created_with_tags() -> None:
    """The tags that come with it are a fact of their own."""
    world = World()
    organization = governed(world)
    created, tagged = world.do(request(Stage="test", Empty=""), FOUNDER)
    assert tagged == ResourceTagged(organization.id, created.policy, (Tag("Stage", "test"), Tag("Empty", "")))
    assert organization.tags[created.policy] == (Tag("Stage", "test"), Tag("Empty", ""))


def test_reply() -> None:
    """The answer is the whole policy, as AWS sends it."""
    world = World()
    organization = governed(world)
    answer = world.reply(Request(document(SCP), "", "Rules", SCP, (TagMember("a", "b"),)), FOUNDER)
    (policy,) = organization.policies.by_id
    assert answer == {
        "Policy": {
            "PolicySummary": {
                "Id": policy,
                "Arn": f"arn:aws:organizations::{FOUNDER}:policy/{organization.id}/service_control_policy/{policy}",
                "Name": "Rules",
                "Description": "",
                "Type": "SERVICE_CONTROL_POLICY",
                "AwsManaged": False,
            },
            "Content": document(SCP),
        }
    }
