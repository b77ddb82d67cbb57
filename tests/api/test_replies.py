"""Every operation answered at least once, in as many forms as there are, and each answer held against AWS's model."""

# botocore's cached properties have no types.
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportOperatorIssue=false

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape
from support.botocore_model import MODEL, PAGINATORS, misfits, operation

from orgsim.api import Client, Simulation, as_dict
from orgsim.engine.settings import Settings

FOUNDER, MEMBER, OTHER, RIVAL = "111111111111", "222222222222", "333333333333", "444444444444"
TARGET = {"Type": "ACCOUNT", "Id": MEMBER}
SERVICE = "member.org.stacksets.cloudformation.amazonaws.com"
SCP = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TAG_POLICY = json.dumps({"tags": {"Team": {"tag_key": {"@@assign": "Team"}}}})
BACKUP_POLICY = json.dumps({"plans": {"P": {"regions": {"@@assign": []}}}})
DELEGATION = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
                "Action": "organizations:ListAccounts",
                "Resource": "*",
            }
        ],
    }
)

# Structures that come in several forms, each a set of members; all others always have all of their members.
CREATION = {"Id", "AccountName", "State", "RequestedTimestamp"}
FORMS: dict[str, list[set[str]]] = {
    "CreateAccountStatus": [
        CREATION,
        CREATION | {"CompletedTimestamp", "AccountId"},
        CREATION | {"CompletedTimestamp", "AccountId", "GovCloudAccountId"},
        CREATION | {"CompletedTimestamp", "FailureReason"},
    ],
    "HandshakeResource": [{"Type", "Value"}, {"Type", "Value", "Resources"}],
}
MAY_BE_ABSENT = {
    # What nobody gave, what has not happened, what there is only beside an error (docs/aws.md 6.8), what the other side
    # of a transfer called it (docs/aws.md 12).
    "ListEffectivePolicyValidationErrorsResponse": {"EvaluationTimestamp", "Path"},
    "PolicySummary": {"Description"},
    "ResponsibilityTransfer": {"EndTimestamp", "ActiveHandshakeId", "Name"},
}


# Lists whose pages have a size, and the member that is the list.
LISTED = {name: paginator["result_key"] for name, paginator in PAGINATORS.items() if "limit_key" in paginator} | {
    "ListInboundResponsibilityTransfers": "ResponsibilityTransfers",
    "ListOutboundResponsibilityTransfers": "ResponsibilityTransfers",
}


def incomplete(value: Any, shape: Shape | None, path: str) -> list[str]:
    """Where an answer lacks what AWS always sends."""
    if isinstance(shape, ListShape):
        return [line for item in value for line in incomplete(item, shape.member, f"{path}[]")]
    if not isinstance(shape, StructureShape):
        return []
    inner = [line for name in value for line in incomplete(value[name], shape.members[name], f"{path}.{name}")]
    if shape.name in FORMS:
        return inner + ([] if set(value) in FORMS[shape.name] else [f"{path}: {sorted(value)}"])
    absent = shape.members.keys() - value.keys() - {"NextToken"} - MAY_BE_ABSENT.get(shape.name, set())
    return inner + [f"{path}.{name}: missing" for name in sorted(absent)]


class Recorder:
    """A client that keeps every answer, and asks for each list once more, page by page."""

    def __init__(self, client: Client, answers: list[tuple[str, dict[str, Any]]]) -> None:
        self.client = client
        self.answers = answers

    async def call(self, name: str, **members: Any) -> dict[str, Any]:
        """An operation by AWS's name, and its answer as boto3's dictionary."""
        answer = as_dict(await self.client.call(name, members))
        self.answers.append((name, answer))
        if name in LISTED and "MaxResults" not in members:
            assert [page[LISTED[name]] for page in await self.pages(name, members)] == (
                [[item] for item in answer[LISTED[name]]] or [[]]
            )
        return answer

    async def pages(self, name: str, members: dict[str, Any]) -> list[dict[str, Any]]:
        """All pages of a list, each with one item."""
        pages, token = [], None
        while not pages or token:
            asked = members | {"MaxResults": 1, "NextToken": token}
            pages.append(as_dict(await self.client.call(name, asked)))
            token = pages[-1].get("NextToken")
        return pages


class World:
    """A simulation, and everything that its clients were answered."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.answers: list[tuple[str, dict[str, Any]]] = []
        self.org, self.member, self.other, self.rival = (
            Recorder(sim.client(account), self.answers) for account in (FOUNDER, MEMBER, OTHER, RIVAL)
        )

    async def founded(self) -> str:
        """An organization with all features and one member that was invited; the id of its root."""
        await self.org.call("CreateOrganization", FeatureSet="ALL")
        invitation = await self.org.call("InviteAccountToOrganization", Target=TARGET)
        await self.member.call("AcceptHandshake", HandshakeId=invitation["Handshake"]["Id"])
        return (await self.org.call("ListRoots"))["Roots"][0]["Id"]


Part = Callable[[World], Awaitable[None]]


async def organizations(world: World) -> None:
    """An organization comes and goes."""
    org = world.org
    await org.call("CreateOrganization", FeatureSet="ALL")
    await org.call("ListRoots")
    await org.call("DescribeOrganization")
    await org.call("DeleteOrganization")
    await org.call("CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
    await org.call("DescribeOrganization")
    await org.call("ListRoots")


async def handshakes(world: World) -> None:
    """Invitations end in all ways, and a migration goes through."""
    org, member = world.org, world.member
    await org.call("CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
    email = {"Type": "EMAIL", "Id": f"{MEMBER}@accounts.example"}
    canceled = await org.call("InviteAccountToOrganization", Target=TARGET, Notes="Come", Tags=[])
    await org.call("CancelHandshake", HandshakeId=canceled["Handshake"]["Id"])
    declined = await org.call("InviteAccountToOrganization", Target=TARGET)
    await member.call("DeclineHandshake", HandshakeId=declined["Handshake"]["Id"])
    accepted = await org.call("InviteAccountToOrganization", Target=email)
    await member.call("DescribeHandshake", HandshakeId=accepted["Handshake"]["Id"])
    await member.call("AcceptHandshake", HandshakeId=accepted["Handshake"]["Id"])
    parent = await org.call("EnableAllFeatures")
    received = await member.call("ListHandshakesForAccount", Filter={"ActionType": "APPROVE_ALL_FEATURES"})
    await org.call("ListHandshakesForOrganization", MaxResults=2)
    await member.call("AcceptHandshake", HandshakeId=received["Handshakes"][0]["Id"])
    await org.call("AcceptHandshake", HandshakeId=parent["Handshake"]["Id"])
    await member.call("DescribeOrganization")
    await org.call("DescribeAccount", AccountId=MEMBER)
    await member.call("LeaveOrganization")


async def accounts(world: World) -> None:
    """Accounts are invited, created, in vain too, looked at, removed and closed."""
    org = world.org
    await world.founded()
    failing = await org.call("CreateAccount", Email="a@example.com", AccountName="A")
    await world.sim.fail_account_creation(failing["CreateAccountStatus"]["Id"], "INTERNAL_FAILURE")
    made = await org.call("CreateAccount", Email="b@example.com", AccountName="B")
    for state in ("IN_PROGRESS", "FAILED"):
        await org.call("ListCreateAccountStatus", States=[state])
    await world.sim.advance(hours=1)
    await org.call("ListCreateAccountStatus", MaxResults=1)
    for request in (failing, made):
        wanted = request["CreateAccountStatus"]["Id"]
        status = await org.call("DescribeCreateAccountStatus", CreateAccountRequestId=wanted)
    await org.call("DescribeAccount", AccountId=MEMBER)
    await org.call("ListAccounts", MaxResults=2)
    await org.call("RemoveAccountFromOrganization", AccountId=MEMBER)
    await org.call("CloseAccount", AccountId=status["CreateAccountStatus"]["AccountId"])
    await org.call("ListAccounts")
    await world.sim.advance(days=1)
    await org.call("ListAccounts")


async def gov_cloud_accounts(world: World) -> None:
    """An account is created together with its twin in GovCloud."""
    await world.founded()
    made = await world.org.call("CreateGovCloudAccount", Email="c@example.com", AccountName="C")
    await world.sim.advance(hours=1)
    request = made["CreateAccountStatus"]["Id"]
    await world.org.call("DescribeCreateAccountStatus", CreateAccountRequestId=request)


async def units(world: World) -> None:
    """Organizational units are made, filled, looked at, renamed, emptied and deleted."""
    org = world.org
    root = await world.founded()
    unit = (await org.call("CreateOrganizationalUnit", ParentId=root, Name="Upper"))["OrganizationalUnit"]["Id"]
    await org.call("CreateOrganizationalUnit", ParentId=unit, Name="Lower", Tags=[{"Key": "Team", "Value": "A"}])
    await org.call("UpdateOrganizationalUnit", OrganizationalUnitId=unit, Name="Middle")
    await org.call("DescribeOrganizationalUnit", OrganizationalUnitId=unit)
    await org.call("MoveAccount", AccountId=MEMBER, SourceParentId=root, DestinationParentId=unit)
    lower = (await org.call("ListOrganizationalUnitsForParent", ParentId=unit))["OrganizationalUnits"][0]["Id"]
    for kind in ("ACCOUNT", "ORGANIZATIONAL_UNIT"):
        await org.call("ListChildren", ParentId=unit, ChildType=kind)
    for child in (MEMBER, unit):
        await org.call("ListParents", ChildId=child)
    await org.call("ListAccountsForParent", ParentId=unit)
    await org.call("DescribeAccount", AccountId=MEMBER)
    await org.call("DeleteOrganizationalUnit", OrganizationalUnitId=lower)


async def policies(world: World) -> None:
    """A policy is made, changed, attached, looked at, detached and deleted."""
    org = world.org
    root = await world.founded()
    members = {"Name": "One", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": SCP}
    policy = (await org.call("CreatePolicy", **members))["Policy"]["PolicySummary"]["Id"]
    await org.call("UpdatePolicy", PolicyId=policy, Name="Two", Description="The second")
    for wanted in (policy, "p-FullAWSAccess"):
        await org.call("DescribePolicy", PolicyId=wanted)
    await org.call("EnablePolicyType", RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    await org.call("AttachPolicy", PolicyId=policy, TargetId=root)
    await org.call("ListPolicies", Filter="SERVICE_CONTROL_POLICY")
    await org.call("ListPoliciesForTarget", TargetId=root, Filter="SERVICE_CONTROL_POLICY")
    await org.call("ListTargetsForPolicy", PolicyId=policy)
    await org.call("DetachPolicy", PolicyId=policy, TargetId=root)
    await org.call("DeletePolicy", PolicyId=policy)
    await org.call("DisablePolicyType", RootId=root, PolicyType="SERVICE_CONTROL_POLICY")


async def effective_policies(world: World) -> None:
    """What holds for an account, where it is valid and where it is not: a backup plan for no region, without rules."""
    org = world.org
    root = await world.founded()
    for kind, content in (("TAG_POLICY", TAG_POLICY), ("BACKUP_POLICY", BACKUP_POLICY)):
        await org.call("EnablePolicyType", RootId=root, PolicyType=kind)
        made = await org.call("CreatePolicy", Name=kind, Description="", Type=kind, Content=content)
        await org.call("AttachPolicy", PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=root)
        await world.sim.advance(hours=1)
        await org.call("DescribeEffectivePolicy", PolicyType=kind, TargetId=MEMBER)
        await world.member.call("DescribeEffectivePolicy", PolicyType=kind)
        await org.call("ListAccountsWithInvalidEffectivePolicy", PolicyType=kind)
        found = await org.call("ListEffectivePolicyValidationErrors", AccountId=MEMBER, PolicyType=kind)
        assert bool(found["EffectivePolicyValidationErrors"]) == (kind == "BACKUP_POLICY")


async def tags(world: World) -> None:
    """An account is tagged, looked at and untagged."""
    await world.founded()
    await world.org.call("TagResource", ResourceId=MEMBER, Tags=[{"Key": "Team", "Value": ""}])
    await world.org.call("ListTagsForResource", ResourceId=MEMBER)
    await world.org.call("UntagResource", ResourceId=MEMBER, TagKeys=["Team"])
    await world.org.call("ListTagsForResource", ResourceId=MEMBER)


async def delegation(world: World) -> None:
    """A service is trusted, an account administers it, and both end."""
    org = world.org
    await world.founded()
    await org.call("EnableAWSServiceAccess", ServicePrincipal=SERVICE)
    await org.call("ListAWSServiceAccessForOrganization")
    await org.call("RegisterDelegatedAdministrator", AccountId=MEMBER, ServicePrincipal=SERVICE)
    await org.call("ListDelegatedAdministrators", ServicePrincipal=SERVICE)
    await org.call("ListDelegatedServicesForAccount", AccountId=MEMBER)
    await world.member.call("ListAccounts")
    await org.call("DeregisterDelegatedAdministrator", AccountId=MEMBER, ServicePrincipal=SERVICE)
    await org.call("DisableAWSServiceAccess", ServicePrincipal=SERVICE)


async def resource_policy(world: World) -> None:
    """A member may do something by the resource policy, until it is deleted."""
    await world.founded()
    await world.org.call("PutResourcePolicy", Content=DELEGATION, Tags=[{"Key": "Team", "Value": "A"}])
    await world.org.call("DescribeResourcePolicy")
    await world.member.call("ListAccounts")
    await world.org.call("DeleteResourcePolicy")


async def transfers(world: World) -> None:
    """One organization pays for another, from the first of a month to the end of one."""
    org, rival = world.org, world.rival
    await world.founded()
    await rival.call("CreateOrganization", FeatureSet="ALL")
    invitation = await org.call(
        "InviteOrganizationToTransferResponsibility",
        Type="BILLING",
        Target={"Type": "ACCOUNT", "Id": RIVAL},
        Notes="We pay",
        StartTimestamp=datetime(2026, 2, 1, tzinfo=UTC),
        SourceName="Rival",
    )
    await rival.call("ListHandshakesForAccount")
    await rival.call("AcceptHandshake", HandshakeId=invitation["Handshake"]["Id"])
    listed = await org.call("ListInboundResponsibilityTransfers", Type="BILLING")
    await rival.call("ListOutboundResponsibilityTransfers", Type="BILLING")
    transfer = listed["ResponsibilityTransfers"][0]["Id"]
    await org.call("DescribeResponsibilityTransfer", Id=transfer)
    await org.call("UpdateResponsibilityTransfer", Id=transfer, Name="Friend")
    await org.call("TerminateResponsibilityTransfer", Id=transfer)


PARTS: list[Part] = [
    organizations,
    handshakes,
    accounts,
    gov_cloud_accounts,
    units,
    policies,
    effective_policies,
    tags,
    delegation,
    resource_policy,
    transfers,
]


async def answers_of(part: Part) -> list[tuple[str, dict[str, Any]]]:
    """What a part of the world's affairs was answered."""
    async with Simulation(seed=2, settings=Settings(latency="realistic")) as sim:
        world = World(sim)
        await part(world)
    return world.answers


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
async def test_answers(part: Part) -> None:
    """Each answer, as boto3's dictionary, has only members of the model, each of its type, and all that AWS sends; and
    a list is the same at once and in pages of one."""
    answers = await answers_of(part)

    wrong = [line for name, answer in answers for line in misfits(answer, operation(name).output_shape, name)]
    assert wrong == []
    lacking = [line for name, answer in answers for line in incomplete(answer, operation(name).output_shape, name)]
    assert lacking == []


async def test_all_operations_were_asked() -> None:
    """The parts together ask every operation of the model."""
    asked = {name for part in PARTS for name, _ in await answers_of(part)}

    assert sorted(set(MODEL.operation_names) - asked) == []


async def test_answers_are_checked() -> None:
    """The check itself finds what is wrong: a foreign member, a wrong type, an unknown value, a missing member."""
    (answer,) = [answer for name, answer in await answers_of(handshakes) if name == "DescribeAccount"]
    shape = operation("DescribeAccount").output_shape
    for name, value in {"Colour": "red", "State": "GONE", "JoinedTimestamp": 7, "Paths": "/", "Id": "7"}.items():
        assert len(misfits({"Account": answer["Account"] | {name: value}}, shape, "")) == 1
    assert len(incomplete({"Account": {}}, shape, "")) == len(answer["Account"])
    assert incomplete({}, shape, "") == [".Account: missing"]
