from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER
from support.policy_commands import (
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
from support.projection_world import WatchedWorld

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    PolicyNotFoundException,
    TargetNotFoundException,
)
from orgsim.engine.events import AccountJoined, DelegatedAdministratorRegistered, PolicyAttached, PolicyDetached
from orgsim.engine.operations import (
    delete_organization,
    delete_organizational_unit,
    delete_policy,
    leave_organization,
    update_policy,
)
from orgsim.engine.resources import arn_of
from orgsim.engine.words import FeatureSet, JoinedMethod, PolicyType
from orgsim.projections.paging import OrderedRows
from orgsim.projections.policy_lists import PolicyListsView

TYPED = {"Filter": "SERVICE_CONTROL_POLICY"}
QUESTIONS = [
    ("DescribePolicy", {"PolicyId": FULL_ACCESS}),
    ("ListPolicies", TYPED),
    ("ListPoliciesForTarget", {"TargetId": FOUNDER, **TYPED}),
    ("ListTargetsForPolicy", {"PolicyId": FULL_ACCESS}),
]
LISTS = [question for question in QUESTIONS if question[0].startswith("List")]


def settled() -> WatchedWorld:
    """An organization with all features, an OU and a member."""
    world = WatchedWorld()
    governed(world)
    world.joined(MEMBER)
    made_unit(world)
    return world


def ids(pages: Sequence[Sequence[dict[str, Any]]], member: str = "Id") -> list[str]:
    return [item[member] for page in pages for item in page]


def policies(world: WatchedWorld, policy_type: PolicyType, **members: Any) -> list[str]:
    return ids(world.pages("ListPolicies", FOUNDER, "Policies", Filter=policy_type, **members))


def policies_of(world: WatchedWorld, target: str, policy_type: PolicyType, **members: Any) -> list[str]:
    members = {"TargetId": target, "Filter": policy_type, **members}
    return ids(world.pages("ListPoliciesForTarget", FOUNDER, "Policies", **members))


def targets_of(world: WatchedWorld, policy: str, **members: Any) -> list[str]:
    return ids(world.pages("ListTargetsForPolicy", FOUNDER, "Targets", PolicyId=policy, **members), "TargetId")


# Who may ask, and for what.


@pytest.mark.parametrize(("operation", "members"), QUESTIONS)
def test_callers(operation: str, members: dict[str, str]) -> None:
    """The management account and delegated administrators may ask; other members and strangers may not."""
    world = settled()
    world.joined(OTHER)
    organization = world.organization_of(FOUNDER)
    world.evolve(DelegatedAdministratorRegistered(organization.id, MEMBER, "ram.amazonaws.com"))
    assert world.ask(operation, MEMBER, **members) == world.ask(operation, FOUNDER, **members)
    world.denies(operation, OTHER, AccessDeniedException, **members)
    world.denies(operation, STRANGER, AWSOrganizationsNotInUseException, **members)


@pytest.mark.parametrize(("operation", "members"), QUESTIONS)
@pytest.mark.parametrize("resource", ["what it is about", "*"])
def test_granted_member(operation: str, members: dict[str, str], resource: str) -> None:
    """A member may ask about what the resource policy grants to it, and about policies of that type."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    about = members.get("PolicyId") or members.get("TargetId")
    granted = arn_of(about, organization) if about and resource != "*" else "*"
    grant(world, MEMBER, [operation], [granted], PolicyType=SCP)
    assert world.ask(operation, MEMBER, **members) == world.ask(operation, FOUNDER, **members)
    grant(world, MEMBER, [operation], [granted], PolicyType=TAG)
    world.denies(operation, MEMBER, AccessDeniedException, **members)
    grant(world, MEMBER, [operation], [f"arn:aws:organizations::{FOUNDER}:handshake/*"])
    world.denies(operation, MEMBER, AccessDeniedException, **members)


@pytest.mark.parametrize("operation", ["DescribePolicy", "ListTargetsForPolicy"])
def test_unknown_policy(operation: str) -> None:
    """A policy that is not there, or not any more, is not found; a member is denied it, whatever it was granted."""
    world = settled()
    world.founded(RIVAL, FeatureSet.ALL)
    deleted = made(world, SCP)
    world.do(delete_policy.Request(deleted), FOUNDER)
    grant(world, MEMBER, [operation], ["*"])
    for policy in (UNKNOWN_POLICY, deleted, made(world, SCP, caller=RIVAL)):
        world.denies(operation, FOUNDER, PolicyNotFoundException, PolicyId=policy)
        world.denies(operation, MEMBER, AccessDeniedException, PolicyId=policy)


def test_unknown_target() -> None:
    """A target that is not there is not found; a member is denied it, whatever it was granted."""
    world = settled()
    world.founded(RIVAL)
    grant(world, MEMBER, ["ListPoliciesForTarget"], ["*"])
    operation = "ListPoliciesForTarget"
    for target in (STRANGER, RIVAL, world.organization_of(RIVAL).root, UNKNOWN_ROOT, UNKNOWN_UNIT):
        world.denies(operation, FOUNDER, TargetNotFoundException, TargetId=target, Filter=TAG)
        world.denies(operation, MEMBER, AccessDeniedException, TargetId=target, Filter=TAG)


@pytest.mark.parametrize(
    ("operation", "members", "reason"),
    [
        ("DescribePolicy", {}, "INPUT_REQUIRED:POLICY_ID"),
        ("DescribePolicy", {"PolicyId": "p-x"}, "INVALID_PATTERN:POLICY_ID"),
        ("ListPolicies", {}, "INPUT_REQUIRED:FILTER"),
        ("ListPolicies", {"Filter": "ALL"}, "INVALID_ENUM:FILTER"),
        ("ListPolicies", {**TYPED, "MaxResults": 21}, "MAX_VALUE_EXCEEDED:MAX_RESULTS"),
        ("ListPoliciesForTarget", {"TargetId": FOUNDER}, "INPUT_REQUIRED:FILTER"),
        ("ListPoliciesForTarget", TYPED, "INPUT_REQUIRED:TARGET_ID"),
        ("ListPoliciesForTarget", {"TargetId": "p-FullAWSAccess", **TYPED}, "INVALID_PATTERN:TARGET_ID"),
        ("ListTargetsForPolicy", {}, "INPUT_REQUIRED:POLICY_ID"),
        ("ListTargetsForPolicy", {"PolicyId": FULL_ACCESS, "MaxResults": 0}, "MIN_VALUE_EXCEEDED:MAX_RESULTS"),
    ],
)
def test_members(operation: str, members: dict[str, Any], reason: str) -> None:
    """Policies, targets and types are required, in their forms."""
    settled().denies(operation, FOUNDER, InvalidInputException, reason, **members)


# DescribePolicy.


def test_describe_policy() -> None:
    """A policy is shown with its content byte for byte, and as it was last updated."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    policy = made(world, TAG)
    content = ' {"tags":\n{}}'
    world.do(update_policy.Request(policy, name="New", content=content), FOUNDER)
    assert world.ask("DescribePolicy", FOUNDER, PolicyId=policy) == {
        "Policy": {
            "PolicySummary": {
                "Id": policy,
                "Arn": f"arn:aws:organizations::{FOUNDER}:policy/{organization.id}/tag_policy/{policy}",
                "Name": "New",
                "Description": "About Rules",
                "Type": "TAG_POLICY",
                "AwsManaged": False,
            },
            "Content": content,
        }
    }


def test_describe_full_access() -> None:
    """FullAWSAccess belongs to AWS, and its content is pretty-printed."""
    assert settled().ask("DescribePolicy", FOUNDER, PolicyId=FULL_ACCESS) == {
        "Policy": {
            "PolicySummary": {
                "Id": "p-FullAWSAccess",
                "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
                "Name": "FullAWSAccess",
                "Description": "Allows access to every operation",
                "Type": "SERVICE_CONTROL_POLICY",
                "AwsManaged": True,
            },
            "Content": '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n'
            '      "Action": "*",\n      "Resource": "*"\n    }\n  ]\n}',
        }
    }


def test_describe_rcp_full_access() -> None:
    """RCPFullAWSAccess belongs to AWS, and can be seen though its type is not enabled."""
    policy = settled().ask("DescribePolicy", FOUNDER, PolicyId=RCP_FULL_ACCESS)["Policy"]["PolicySummary"]
    assert (policy["Name"], policy["AwsManaged"]) == ("RCPFullAWSAccess", True)
    assert policy["Arn"] == "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess"


# Consolidated billing.


def test_consolidated_billing() -> None:
    """With consolidated billing only there are no policies, AWS's own neither, and nothing is attached."""
    world = WatchedWorld()
    world.founded()
    for operation in ("DescribePolicy", "ListTargetsForPolicy"):
        world.denies(operation, FOUNDER, PolicyNotFoundException, PolicyId=FULL_ACCESS)
    for policy_type in PolicyType:
        assert policies(world, policy_type) == []
        assert policies_of(world, FOUNDER, policy_type) == []


# ListPolicies.


def test_list_policies() -> None:
    """AWS's own policy stands first, then the others of the type in the order of creation, enabled or not."""
    world = settled()
    assert policies(world, SCP) == [FULL_ACCESS]
    assert policies(world, TAG) == []
    first, tags, second = made(world, SCP, "B"), made(world, TAG, "C"), made(world, SCP, "A")
    assert policies(world, SCP) == [FULL_ACCESS, first, second]
    assert policies(world, RCP) == [RCP_FULL_ACCESS]
    assert policies(world, TAG) == [tags]
    disable(world, SCP)
    world.do(delete_policy.Request(first), FOUNDER)
    assert policies(world, SCP) == [FULL_ACCESS, second]


def test_list_policies_shape() -> None:
    """Each is shown as in DescribePolicy, without its content."""
    world = settled()
    policy = made(world, SCP)
    listed = world.ask("ListPolicies", FOUNDER, Filter=SCP)["Policies"]
    described = [world.ask("DescribePolicy", FOUNDER, PolicyId=shown)["Policy"] for shown in (FULL_ACCESS, policy)]
    assert listed == [whole["PolicySummary"] for whole in described]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_list_policies_in_pages(size: int) -> None:
    """Every policy is on one page, whatever the size of the pages, while others come and go."""
    world = settled()
    made_now = [made(world, SCP, f"Rules {number}") for number in range(9)]
    pages = world.pages("ListPolicies", FOUNDER, "Policies", Filter=SCP, MaxResults=size)
    assert ids(pages) == [FULL_ACCESS, *made_now]
    assert {len(page) for page in pages[:-1]} <= {size}
    page = world.ask("ListPolicies", FOUNDER, Filter=SCP, MaxResults=3)
    for gone in (made_now[1], made_now[2]):
        world.do(delete_policy.Request(gone), FOUNDER)
    late = made(world, SCP, "Late")
    assert len(world.views.policy_lists.of_type(SCP, world.organization_of(FOUNDER).id)) == 8
    rest = world.ask("ListPolicies", FOUNDER, Filter=SCP, NextToken=page["NextToken"])
    assert ids([rest["Policies"]]) == [*made_now[3:], late]


# ListPoliciesForTarget.


def test_list_policies_for_target() -> None:
    """Directly attached policies of one type are listed, AWS's default first, then in the order of attachment."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    enable(world, TAG)
    first, second, tags = made(world, SCP, "A"), made(world, SCP, "B"), made(world, TAG)
    for policy in (second, tags, first):
        attach(world, policy, organization.root)
    attach(world, first, MEMBER)
    assert policies_of(world, organization.root, SCP) == [FULL_ACCESS, second, first]
    assert policies_of(world, organization.root, TAG) == [tags]
    assert policies_of(world, MEMBER, SCP) == [FULL_ACCESS, first]
    assert policies_of(world, MEMBER, TAG) == []
    assert policies_of(world, MEMBER, RCP) == []
    detach(world, FULL_ACCESS, MEMBER)
    detach(world, second, organization.root)
    attach(world, second, organization.root)
    assert policies_of(world, MEMBER, SCP) == [first]
    assert policies_of(world, organization.root, SCP) == [FULL_ACCESS, first, second]
    attach(world, FULL_ACCESS, MEMBER)
    assert policies_of(world, MEMBER, SCP) == [FULL_ACCESS, first]
    disable(world, SCP)
    assert policies_of(world, MEMBER, SCP) == []


def test_list_policies_for_target_in_pages() -> None:
    """Pages go on behind the last policy shown, though it was detached meanwhile."""
    world = settled()
    attached = [made(world, SCP, f"Rules {number}") for number in range(5)]
    for policy in attached:
        attach(world, policy, MEMBER)
    for size in (1, 2, 6):
        assert policies_of(world, MEMBER, SCP, MaxResults=size) == [FULL_ACCESS, *attached]
    page = world.ask("ListPoliciesForTarget", FOUNDER, TargetId=MEMBER, Filter=SCP, MaxResults=3)
    detach(world, attached[1], MEMBER)
    rest = world.ask("ListPoliciesForTarget", FOUNDER, TargetId=MEMBER, Filter=SCP, NextToken=page["NextToken"])
    assert ids([rest["Policies"]]) == attached[2:]


def test_list_policies_for_target_shape() -> None:
    """Policies look as in ListPolicies."""
    world = settled()
    attach(world, made(world, SCP), MEMBER)
    listed = world.ask("ListPoliciesForTarget", FOUNDER, TargetId=MEMBER, Filter=SCP)
    assert listed == world.ask("ListPolicies", FOUNDER, Filter=SCP)


# ListTargetsForPolicy.


def test_list_targets_for_policy() -> None:
    """Targets are shown with their names and types, in the order of attachment."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    unit = made_unit(world, "Sandbox")
    world.describe(account_id=MEMBER, name="Payroll")
    policy = made(world, SCP)
    for target in (unit, organization.root, MEMBER):
        attach(world, policy, target)
    arn = f"arn:aws:organizations::{FOUNDER}"
    assert world.ask("ListTargetsForPolicy", FOUNDER, PolicyId=policy) == {
        "Targets": [
            {
                "TargetId": unit,
                "Arn": f"{arn}:ou/{organization.id}/{unit}",
                "Name": "Sandbox",
                "Type": "ORGANIZATIONAL_UNIT",
            },
            {
                "TargetId": organization.root,
                "Arn": f"{arn}:root/{organization.id}/{organization.root}",
                "Name": "Root",
                "Type": "ROOT",
            },
            {
                "TargetId": MEMBER,
                "Arn": f"{arn}:account/{organization.id}/{MEMBER}",
                "Name": "Payroll",
                "Type": "ACCOUNT",
            },
        ]
    }


def test_targets_that_are_gone() -> None:
    """Accounts that left, OUs that were deleted, and what the policy was detached from are no targets any more."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    world.joined(OTHER)
    unit, policy = made_unit(world, "Gone"), made(world, SCP)
    for target in (MEMBER, OTHER, unit, organization.root):
        attach(world, policy, target)
    world.do(leave_organization.Request(), MEMBER)
    world.do(delete_organizational_unit.Request(unit), FOUNDER)
    detach(world, policy, organization.root)
    assert targets_of(world, policy) == [OTHER]
    assert len(world.views.policy_lists.policies[policy].targets) == 1
    world.joined(MEMBER)
    attach(world, policy, organization.root)
    attach(world, policy, MEMBER)
    assert targets_of(world, policy) == [OTHER, organization.root, MEMBER]
    disable(world, SCP)
    assert targets_of(world, policy) == []
    enable(world, SCP)
    attach(world, policy, MEMBER)
    assert targets_of(world, policy, MaxResults=1) == [MEMBER]


def test_targets_of_default() -> None:
    """A default is attached to all that there is, in the order of time, except where it was detached."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    (unit,) = organization.units.by_id.keys() - {organization.root}
    world.joined(OTHER)
    late = made_unit(world, "Late")
    everything = [organization.root, FOUNDER, MEMBER, unit, OTHER, late]
    for size in (1, 2, 4, 20):
        assert targets_of(world, FULL_ACCESS, MaxResults=size) == everything
    assert targets_of(world, RCP_FULL_ACCESS) == []
    policy = made(world, SCP)
    for target in (organization.root, OTHER):
        attach(world, policy, target)
        detach(world, FULL_ACCESS, target)
    assert targets_of(world, FULL_ACCESS, MaxResults=1) == [FOUNDER, MEMBER, unit, late]
    world.do(delete_organizational_unit.Request(unit), FOUNDER)
    world.do(leave_organization.Request(), MEMBER)
    enable(world, RCP)
    assert targets_of(world, RCP_FULL_ACCESS) == [organization.root, FOUNDER, OTHER, late]
    disable(world, SCP)
    assert targets_of(world, FULL_ACCESS) == []


def test_targets_in_pages() -> None:
    """Pages go on behind the last target shown, though it is gone meanwhile, or one behind it is."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    (unit,) = organization.units.by_id.keys() - {organization.root}
    world.joined(OTHER)
    policy = made(world, SCP)
    for target in (organization.root, OTHER, MEMBER, unit, FOUNDER):
        attach(world, policy, target)
    shown = world.ask("ListTargetsForPolicy", FOUNDER, PolicyId=policy, MaxResults=2)
    shown_of_default = world.ask("ListTargetsForPolicy", FOUNDER, PolicyId=FULL_ACCESS, MaxResults=2)
    detach(world, policy, OTHER)
    detach(world, FULL_ACCESS, FOUNDER)
    world.do(leave_organization.Request(), MEMBER)
    assert targets_behind(world, policy, shown) == [unit, FOUNDER]
    assert targets_behind(world, FULL_ACCESS, shown_of_default) == [unit, OTHER]


def targets_behind(world: WatchedWorld, policy: str, page: dict[str, Any]) -> list[str]:
    rest = world.ask("ListTargetsForPolicy", FOUNDER, PolicyId=policy, NextToken=page["NextToken"])
    return ids([rest["Targets"]], "TargetId")


def crowded() -> tuple[WatchedWorld, list[str]]:
    """A world with two thousand accounts more."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    accounts = [f"{number:012}" for number in range(2_000)]
    world.evolve(*(AccountJoined(organization.id, account, JoinedMethod.INVITED) for account in accounts))
    return world, accounts


def watched_pages(world: WatchedWorld, policy: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], int]]:
    """All pages of a policy's targets, and at how many rows each has looked."""
    looked_at: list[Any] = []
    after = OrderedRows.after

    def watched(rows: OrderedRows[Any], position: int) -> Iterator[Any]:
        return (looked_at.append(row) or row for row in after(rows, position))

    monkeypatch.setattr(OrderedRows, "after", watched)
    pages: list[tuple[list[str], int]] = []
    token: str | None = None
    while token or not pages:
        looked_at.clear()
        page = world.ask("ListTargetsForPolicy", FOUNDER, PolicyId=policy, NextToken=token)
        pages.append((ids([page["Targets"]], "TargetId"), len(looked_at)))
        token = page.get("NextToken")
    return pages


def test_cost_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a policy's thousands of targets looks at those that it shows and at one more."""
    world, accounts = crowded()
    enable(world, TAG)
    policy = made(world, TAG)
    organization = world.organization_of(FOUNDER).id
    world.evolve(*(PolicyAttached(organization, policy, account) for account in accounts))
    pages = watched_pages(world, policy, monkeypatch)
    assert [target for page, _ in pages for target in page] == accounts
    assert max(looked_at for _, looked_at in pages) <= 21


@pytest.mark.parametrize("detached", [0, 500, 2_000])
def test_cost_of_pages_of_default(detached: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a default's targets looks at two hundred entities at most, however many it was detached from."""
    world, accounts = crowded()
    organization = world.organization_of(FOUNDER)
    before = [organization.root, FOUNDER, MEMBER, *(organization.units.by_id.keys() - {organization.root})]
    policy = made(world, SCP)
    for event in (PolicyAttached(organization.id, policy, ""), PolicyDetached(organization.id, FULL_ACCESS, "")):
        world.evolve(*(replace(event, target=account) for account in accounts[:detached]))
    pages = watched_pages(world, FULL_ACCESS, monkeypatch)
    assert [target for page, _ in pages for target in page] == [*before, *accounts[detached:]]
    assert max(len(page) for page, _ in pages) == min(20, 2_004 - detached)
    # One more tells that there is another page, and one more of each kind which of them comes next.
    assert max(looked_at for _, looked_at in pages) <= 203


def test_cost_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """While its type is disabled a default is attached nowhere, and nothing is looked at to say so."""
    world, _ = crowded()
    assert watched_pages(world, RCP_FULL_ACCESS, monkeypatch) == [([], 0)]


@pytest.mark.parametrize(("operation", "members"), LISTS)
def test_tokens(operation: str, members: dict[str, Any]) -> None:
    """A token is good for its own question only: its operation, organization, policy or target, and type."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    enable(world, TAG)
    for policy_type in (SCP, TAG):
        for number in range(2):
            policy = made(world, policy_type, f"Rules {number}")
            attach(world, policy, FOUNDER)
            attach(world, policy, organization.root)
    token = world.ask(operation, FOUNDER, **members, MaxResults=1)["NextToken"]
    others = [
        *((other, question) for other, question in LISTS if other != operation),
        *((operation, members | {name: TAG}) for name in members if name == "Filter"),
        *((operation, members | {name: organization.root}) for name in members if name == "TargetId"),
        *((operation, members | {name: policy}) for name in members if name == "PolicyId"),
    ]
    for other, question in others:
        world.denies(other, FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", **question, NextToken=token)
    world.founded(RIVAL, FeatureSet.ALL)
    if "TargetId" not in members:
        world.denies(operation, RIVAL, InvalidInputException, "INVALID_NEXT_TOKEN", **members, NextToken=token)


# The view.


def test_nothing_is_left_of_a_deleted_organization() -> None:
    """An organization that is deleted takes its policies and all their attachments with it."""
    world = settled()
    organization = world.organization_of(FOUNDER)
    enable(world, TAG)
    for target in organization.units.by_id:
        attach(world, made(world, TAG, f"For {target}"), target)
    attach(world, made(world, SCP), FOUNDER)
    made(world, SCP, "Spare")
    world.do(leave_organization.Request(), MEMBER)
    (unit,) = organization.units.by_id.keys() - {organization.root}
    assert world.views.policy_lists.attached.keys() == {organization.root, unit, FOUNDER}
    world.do(delete_organization.Request(), FOUNDER)
    left, empty = world.views.policy_lists, PolicyListsView()
    names = ("policies", "by_type", "containers", "attached", "_units")
    assert {name: getattr(left, name) for name in names} == {name: getattr(empty, name) for name in names}
