"""Three organizations and a standalone account in one world, rich in everything, to see what they know of each other.

Whatever an organization gave a name, an address, a note, a tag or a document bears its mark, so that no answer can show
any of it unnoticed. ALPHA and BRAVO are alike, have invited each other's members and offer to pay each other's bills;
CHARLIE pays BRAVO's, and is in the middle of a migration.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from orgsim.api import Client, Simulation, as_dict
from orgsim.engine.authorization.callers import GRANTABLE
from orgsim.engine.errors import Refused
from orgsim.engine.settings import Settings
from orgsim.projections.reads import READS
from support.given import check_explained, encoded

STANDALONE = "777777000001"
SETTINGS = Settings(latency="realistic")
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY", "BACKUP_POLICY")
SERVICES = ("config.amazonaws.com", "health.amazonaws.com")
BY_ACCOUNT, BY_EMAIL = "ACCOUNT", "EMAIL"

Members = dict[str, Any]


@dataclass
class Neighbour:
    """An organization with its accounts and the ids of everything in it."""

    mark: str
    digit: str
    organization: str = ""
    root: str = ""
    units: list[str] = field(default_factory=list[str])
    created: list[str] = field(default_factory=list[str])
    policies: dict[str, str] = field(default_factory=dict[str, str])
    """Policy type to policy."""
    handshakes: dict[str, str] = field(default_factory=dict[str, str])
    """What it is about, such as ``parent`` or whom it was sent to, to handshake."""
    requests: list[str] = field(default_factory=list[str])
    """Of account creations."""
    transfers: dict[str, str] = field(default_factory=dict[str, str])
    """Whose bills are to be paid, to transfer."""
    resource_policy: str = ""
    words: set[str] = field(default_factory=set[str])
    """Whom it addressed and what notes it sent along: what it said of others itself."""

    def account(self, number: int) -> str:
        """One of the accounts that were there before."""
        return f"{self.digit * 6}{number:06}"

    @property
    def management(self) -> str:
        return self.account(1)

    @property
    def plain(self) -> str:
        """A member with no rights of its own."""
        return self.account(2)

    @property
    def administrator(self) -> str:
        """A delegated administrator."""
        return self.account(3)

    @property
    def granted(self) -> str:
        """A member to whom the resource policy grants all that it can."""
        return self.account(4)

    @property
    def accounts(self) -> list[str]:
        return [*map(self.account, range(1, 5)), *self.created]

    @property
    def email(self) -> str:
        """The management account's."""
        return self.email_of(self.management)

    @property
    def name(self) -> str:
        """The management account's."""
        return f"{self.mark} {self.management}"

    def email_of(self, account: str) -> str:
        return f"{self.mark.lower()}.{account}@mail.example"

    def note(self, about: str) -> str:
        """The notes of a handshake."""
        return f"{self.mark} note to {about}"

    def ids(self) -> dict[str, list[str]]:
        """Return all ids, by the name of AWS's shape for such ids."""
        policies, transfers = list(self.policies.values()), list(self.transfers.values())
        containers, accounts = [self.root, *self.units], self.accounts
        written = [self.resource_policy] if self.resource_policy else []
        return {
            "AccountId": accounts,
            "ChildId": [*accounts, *self.units],
            "CreateAccountRequestId": self.requests,
            "HandshakeId": list(self.handshakes.values()),
            "OrganizationalUnitId": self.units,
            "ParentId": containers,
            "PolicyId": policies,
            "PolicyTargetId": [*containers, *accounts],
            "ResponsibilityTransferId": transfers,
            "RootId": [self.root],
            "TaggableResourceId": [*containers, *accounts, *policies, *transfers, *written],
        }

    def traces(self) -> set[str]:
        """Return the texts that, in an answer, would disclose something about this organization."""
        found = {self.organization, self.organization.removeprefix("o-"), self.mark.lower()}
        found |= {one for ids in self.ids().values() for one in ids}
        return found | {handshake.removeprefix("h-") for handshake in self.handshakes.values()}


NOBODY = "999999999999"

UNKNOWN = {
    "car": "car-00000000",
    "ou": "ou-0000-00000000",
    "p": "p-0000000000",
    "r": "r-0000",
    "rp": "rp-00000000",
    "rt": "rt-00000000",
}
"""Ids that nothing has, by how they begin."""


def unknown_like(known: str) -> str:
    """Return an unused id of the same kind."""
    prefix, hyphen, _ = known.partition("-")
    return UNKNOWN[prefix] if hyphen else NOBODY


@dataclass(frozen=True)
class Answer:
    """An answer as text, with the refusal's name and reason if it is one."""

    text: str
    refusal: str | None = None
    content: Any = None

    def shows(self, neighbour: Neighbour, known: set[str] = frozenset()) -> set[str]:
        """Return the texts in the answer that disclose an organization, except those the caller may know."""
        text = self.text
        for each in sorted(known, key=len, reverse=True):
            text = text.replace(each, "…")
        return {trace for trace in neighbour.traces() if trace and trace in text.lower()}


async def ask(client: Client, operation: str, members: Mapping[str, Any]) -> Answer:
    """Call an operation as the wire does, which ignores unknown members; a refusal is an answer too."""
    try:
        reply, _ = await client.call_at(operation, members)
        content = as_dict(reply)
    except Refused as refusal:
        check_explained(refusal)
        code = refusal.code + (f" {refusal.reason}" if refusal.reason else "")
        return Answer(f"{refusal.code} {refusal.reason} {refusal.message} {refusal}", code)
    return Answer(json.dumps(content, default=str, ensure_ascii=False), content=content)


class Neighbours:
    """A world of three organizations, with clients for all its accounts."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.alpha, self.bravo, self.charlie = (
            Neighbour("ALPHAMARK", "1"),
            Neighbour("BRAVOMARK", "2"),
            Neighbour("CHARLIEMARK", "3"),
        )
        self.described: dict[str, str] = {}
        """Account to address."""
        self.told: dict[str, set[str]] = {}
        """Account to what handshakes have told it: their own ids, who sent them, and what was written into them."""

    async def do(self, account: str, operation: str, **members: Any) -> Any:
        """Call an operation that must not be refused."""
        return as_dict(await self.sim.client(account).call(operation, members))

    async def build(self) -> None:
        """Everything that there is to know."""
        for each in (self.alpha, self.bravo):
            await self._found(each)
            await self._migrate(each)
            await self._grow(each)
            await self._govern(each)
            await self._delegate(each)
            await self._shrink(each)
        await self._found(self.charlie)
        await self._join(self.charlie, self.charlie.plain)
        await self._begin_migration(self.charlie)
        for each, other in ((self.alpha, self.bravo), (self.bravo, self.alpha)):
            await self._invite(each, BY_ACCOUNT, other.plain)
            await self._invite(each, BY_EMAIL, other.email_of(other.administrator))
            await self._invite(each, BY_ACCOUNT, STANDALONE)
            ended = await self._invite(each, BY_EMAIL, f"nobody.{each.mark.lower()}@mail.example")
            await self.do(each.management, "CancelHandshake", HandshakeId=ended)
            await self._offer(each, BY_EMAIL, other)
        paid = await self._offer(self.charlie, BY_ACCOUNT, self.bravo)
        await self.do(self.bravo.management, "AcceptHandshake", HandshakeId=paid)
        for each in (self.alpha, self.bravo):
            # In progress until the clock moves, as is the closure.
            await self._create(each, "late")
            await self.do(each.management, "CloseAccount", AccountId=each.created[1])

    async def _found(self, each: Neighbour) -> None:
        for account in map(each.account, range(1, 5)):
            self.described[account] = each.email_of(account)
            await self.sim.describe_account(account, email=each.email_of(account), name=f"{each.mark} {account}")
        found = await self.do(each.management, "CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
        each.organization = found["Organization"]["Id"]
        each.root = (await self.do(each.management, "ListRoots"))["Roots"][0]["Id"]

    async def _invite(self, each: Neighbour, kind: str, target: str) -> str:
        members = {"Target": {"Type": kind, "Id": target}, "Notes": each.note(target)}
        tags = [{"Key": f"{each.mark}-key", "Value": f"{each.mark}-value"}]
        sent = await self.do(each.management, "InviteAccountToOrganization", **members, Tags=tags)
        each.handshakes[target] = sent["Handshake"]["Id"]
        self._tell(target, each, each.handshakes[target], each.note(target))
        return each.handshakes[target]

    def _tell(self, target: str, each: Neighbour, handshake: str, *more: str) -> None:
        each.words |= {target, *more}
        account = next((one for one in self.described if self.described[one] == target), target)
        sender = {each.organization, each.organization.removeprefix("o-"), each.management, each.email, each.name}
        self.told.setdefault(account, set()).update({handshake, *sender, *more})

    async def _offer(self, each: Neighbour, kind: str, other: Neighbour) -> str:
        members = {
            "Type": "BILLING",
            "Target": {"Type": kind, "Id": other.email if kind == BY_EMAIL else other.management},
            "StartTimestamp": FEBRUARY,
            "SourceName": f"{each.mark} pays",
            "Notes": each.note(other.mark),
            "Tags": [{"Key": f"{each.mark}-key", "Value": f"{each.mark}-value"}],
        }
        sent = await self.do(each.management, "InviteOrganizationToTransferResponsibility", **members)
        each.handshakes[other.management] = sent["Handshake"]["Id"]
        listed = await self.do(each.management, "ListInboundResponsibilityTransfers", Type="BILLING")
        each.transfers[other.management] = listed["ResponsibilityTransfers"][0]["Id"]
        target, transfer = members["Target"]["Id"], each.transfers[other.management]
        self._tell(target, each, sent["Handshake"]["Id"], each.note(other.mark), transfer)
        return sent["Handshake"]["Id"]

    async def _join(self, each: Neighbour, account: str) -> None:
        await self.do(account, "AcceptHandshake", HandshakeId=await self._invite(each, BY_ACCOUNT, account))

    async def _begin_migration(self, each: Neighbour) -> None:
        started = await self.do(each.management, "EnableAllFeatures")
        each.handshakes["parent"] = started["Handshake"]["Id"]
        asked = await self.do(each.plain, "ListHandshakesForAccount", Filter={"ActionType": "APPROVE_ALL_FEATURES"})
        each.handshakes["approval"] = asked["Handshakes"][0]["Id"]
        self._tell(each.plain, each, each.handshakes["approval"], each.handshakes["parent"].removeprefix("h-"))

    async def _migrate(self, each: Neighbour) -> None:
        await self._join(each, each.plain)
        await self._begin_migration(each)
        await self.do(each.plain, "AcceptHandshake", HandshakeId=each.handshakes["approval"])
        await self.do(each.management, "AcceptHandshake", HandshakeId=each.handshakes["parent"])

    async def _create(self, each: Neighbour, name: str) -> None:
        members = {"Email": each.email_of(name), "AccountName": f"{each.mark} {name}"}
        started = await self.do(each.management, "CreateAccount", **members)
        each.requests.append(started["CreateAccountStatus"]["Id"])

    async def _grow(self, each: Neighbour) -> None:
        await self._join(each, each.administrator)
        await self._join(each, each.granted)
        for name in ("first", "second"):
            await self._create(each, name)
        await self.sim.advance(hours=1)
        listed = await self.do(each.management, "ListCreateAccountStatus")
        each.created += [status["AccountId"] for status in reversed(listed["CreateAccountStatuses"])]
        tags = [{"Key": f"{each.mark}-key", "Value": f"{each.mark}-value"}]
        for parent in (each.root, each.root, "inner"):
            members = {"ParentId": each.units[0] if parent == "inner" else parent, "Tags": tags}
            name = f"{each.mark} unit {len(each.units)}"
            made = await self.do(each.management, "CreateOrganizationalUnit", **members, Name=name)
            each.units.append(made["OrganizationalUnit"]["Id"])
        for account in (each.plain, each.granted):
            places = {"SourceParentId": each.root, "DestinationParentId": each.units[0]}
            await self.do(each.management, "MoveAccount", AccountId=account, **places)

    async def _govern(self, each: Neighbour) -> None:
        for policy_type in TYPES:
            await self.do(each.management, "EnablePolicyType", RootId=each.root, PolicyType=policy_type)
            for name in ("other", "main"):
                made = await self.do(each.management, "CreatePolicy", **new_policy(each, policy_type, name))
                each.policies[policy_type] = made["Policy"]["PolicySummary"]["Id"]
                for target in (each.units[0], each.plain):
                    attached = {"PolicyId": each.policies[policy_type], "TargetId": target}
                    await self.do(each.management, "AttachPolicy", **attached)
        await self.sim.advance(hours=1)

    async def _delegate(self, each: Neighbour) -> None:
        for service in SERVICES:
            await self.do(each.management, "EnableAWSServiceAccess", ServicePrincipal=service)
            for account in (each.administrator, each.created[0]):
                members = {"AccountId": account, "ServicePrincipal": service}
                await self.do(each.management, "RegisterDelegatedAdministrator", **members)
        tags = [{"Key": f"{each.mark}-key", "Value": f"{each.mark}-value"}]
        put = await self.do(each.management, "PutResourcePolicy", Content=granting(each, each.granted), Tags=tags)
        each.resource_policy = put["ResourcePolicy"]["ResourcePolicySummary"]["Id"]
        for resource in (each.root, each.plain, *each.policies.values()):
            await self.do(each.management, "TagResource", ResourceId=resource, Tags=tags)

    async def _shrink(self, each: Neighbour) -> None:
        await self._create(each, "third")
        await self.sim.advance(hours=1)
        listed = await self.do(each.management, "ListCreateAccountStatus")
        each.created.append(listed["CreateAccountStatuses"][0]["AccountId"])
        await self.do(each.management, "CloseAccount", AccountId=each.created[2])
        await self.sim.advance(hours=1)

    def state_of(self, each: Neighbour) -> bytes:
        """Whatever decisions of the organization go by, as bytes."""
        state = self.sim.engine.state
        organization = state.organizations[each.organization]
        own = {id: found for id, found in state.handshakes.items() if found.requested.organization == each.organization}
        sides = [
            found
            for found in state.transfers.by_id.values()
            if each.organization in (found.organization, found.source_organization)
        ]
        parts = [
            organization,
            own,
            sides,
            state.transfers.outbound.get(each.organization),
            [found for found in state.creations.values() if found.organization == each.organization],
            {email: owner for email, owner in state.emails.items() if owner in organization.members},
        ]
        return msgspec.msgpack.encode([encoded(part) for part in parts])

    async def survey(self, each: Neighbour) -> list[Answer]:
        """Whatever the organization's management account and delegated administrator can read of their own."""
        callers = [self.sim.client(account) for account in (each.management, each.administrator)]
        # What others send to it is not its own.
        operations = sorted(READS.keys() - {"ListHandshakesForAccount", "ListOutboundResponsibilityTransfers"})
        own = requests(each)
        return [await ask(caller, operation, own[operation]) for caller in callers for operation in operations]


def new_policy(each: Neighbour, policy_type: str, name: str) -> Members:
    """A policy that bears the mark in every part."""
    mark = each.mark
    statement = {"Sid": mark, "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    contents: dict[str, Any] = {
        "SERVICE_CONTROL_POLICY": {"Version": "2012-10-17", "Statement": [statement]},
        "RESOURCE_CONTROL_POLICY": {"Version": "2012-10-17", "Statement": [statement | {"Principal": "*"}]},
        "TAG_POLICY": {"tags": {mark + name: {"tag_key": {"@@assign": mark + name}}}},
        # It has no rules, so what becomes of it is not valid, and there is something to list.
        "BACKUP_POLICY": {"plans": {mark + name: {"regions": {"@@assign": ["us-east-1"]}}}},
    }
    members = {"Name": f"{mark} {name}", "Description": f"{mark} {name}", "Type": policy_type}
    tags = [{"Key": f"{mark}-key", "Value": f"{mark}-value"}]
    return {**members, "Content": json.dumps(contents[policy_type]), "Tags": tags}


def granting(each: Neighbour, account: str) -> str:
    """A resource policy that lets an account do all that one can grant."""
    statement = {
        "Sid": each.mark,
        "Effect": "Allow",
        "Principal": {"AWS": account},
        "Action": [f"organizations:{action}" for action in sorted(GRANTABLE)],
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def each_of(operations: tuple[str, ...], members: Members) -> dict[str, Members]:
    """Operations with one and the same request."""
    return dict.fromkeys(operations, members)


def requests(each: Neighbour) -> dict[str, Members]:
    """A request that is in order for the organization, for each operation; most of the writing ones would do nothing
    but be refused a moment later."""
    account, unit, policy = {"AccountId": each.plain}, {"OrganizationalUnitId": each.units[0]}, each.policies
    handshake = {"HandshakeId": each.handshakes[STANDALONE]}
    attachment = {"PolicyId": policy["TAG_POLICY"], "TargetId": each.plain}
    policy_type = {"RootId": each.root, "PolicyType": "TAG_POLICY"}
    delegation = {"AccountId": each.administrator, "ServicePrincipal": SERVICES[0]}
    billing, transfer = {"Type": "BILLING"}, {"Id": next(iter(each.transfers.values()))}
    new_account = {"Email": each.email_of("another"), "AccountName": f"{each.mark} another"}
    parent, tagged = {"ParentId": each.root}, {"ResourceId": each.units[0]}
    moved = {"SourceParentId": each.units[0], "DestinationParentId": each.units[1]}
    page = {"MaxResults": 1}
    return {
        **each_of(("AcceptHandshake", "CancelHandshake", "DeclineHandshake", "DescribeHandshake"), handshake),
        **each_of(("AttachPolicy", "DetachPolicy"), attachment),
        **each_of(("CloseAccount", "DescribeAccount", "RemoveAccountFromOrganization"), account),
        **each_of(("CreateAccount", "CreateGovCloudAccount"), new_account),
        **each_of(("CreateOrganization", "DeleteOrganization", "DeleteResourcePolicy", "EnableAllFeatures"), {}),
        **each_of(("DescribeOrganization", "DescribeResourcePolicy", "LeaveOrganization", "ListRoots"), {}),
        **each_of(("DeleteOrganizationalUnit", "DescribeOrganizationalUnit"), unit),
        **each_of(("DeletePolicy", "DescribePolicy"), {"PolicyId": policy["TAG_POLICY"]}),
        **each_of(("DeregisterDelegatedAdministrator", "RegisterDelegatedAdministrator"), delegation),
        **each_of(("DescribeResponsibilityTransfer", "TerminateResponsibilityTransfer"), transfer),
        **each_of(("DisableAWSServiceAccess", "EnableAWSServiceAccess"), {"ServicePrincipal": SERVICES[0]}),
        **each_of(("DisablePolicyType", "EnablePolicyType"), policy_type),
        **each_of(("ListAccounts", "ListAWSServiceAccessForOrganization", "ListCreateAccountStatus"), page),
        **each_of(("ListAccountsForParent", "ListOrganizationalUnitsForParent"), parent | page),
        **each_of(("ListHandshakesForAccount", "ListHandshakesForOrganization"), page),
        "CreateOrganizationalUnit": {**parent, "Name": f"{each.mark} new"},
        "CreatePolicy": new_policy(each, "TAG_POLICY", "new"),
        "DescribeCreateAccountStatus": {"CreateAccountRequestId": each.requests[0]},
        "DescribeEffectivePolicy": {"PolicyType": "TAG_POLICY", "TargetId": each.plain},
        "InviteAccountToOrganization": {"Target": {"Type": BY_ACCOUNT, "Id": NOBODY}},
        "InviteOrganizationToTransferResponsibility": {
            **billing,
            "Target": {"Type": BY_ACCOUNT, "Id": NOBODY},
            "StartTimestamp": FEBRUARY,
            "SourceName": each.mark,
        },
        "ListAccountsWithInvalidEffectivePolicy": {"PolicyType": "BACKUP_POLICY", **page},
        "ListChildren": {**parent, "ChildType": "ORGANIZATIONAL_UNIT", **page},
        "ListDelegatedAdministrators": {"ServicePrincipal": SERVICES[0], **page},
        "ListDelegatedServicesForAccount": {"AccountId": each.administrator, **page},
        "ListEffectivePolicyValidationErrors": {"PolicyType": "BACKUP_POLICY", "AccountId": each.plain, **page},
        "ListInboundResponsibilityTransfers": {**billing, **page},
        "ListOutboundResponsibilityTransfers": {**billing, **page},
        "ListParents": {"ChildId": each.plain},
        "ListPolicies": {"Filter": "TAG_POLICY", **page},
        "ListPoliciesForTarget": {"Filter": "TAG_POLICY", "TargetId": each.plain, **page},
        "ListTagsForResource": tagged,
        "ListTargetsForPolicy": {"PolicyId": policy["TAG_POLICY"], **page},
        "MoveAccount": account | moved,
        "PutResourcePolicy": {"Content": granting(each, each.granted)},
        "TagResource": {**tagged, "Tags": [{"Key": each.mark, "Value": each.mark}]},
        "UntagResource": {**tagged, "TagKeys": [each.mark]},
        "UpdateOrganizationalUnit": {**unit, "Name": f"{each.mark} renamed"},
        "UpdatePolicy": {"PolicyId": policy["TAG_POLICY"], "Name": f"{each.mark} renamed"},
        "UpdateResponsibilityTransfer": {**transfer, "Name": f"{each.mark} renamed"},
    }
