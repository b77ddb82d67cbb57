"""A CloudTrail of sixty records of a company, written by hand, and what stands at six moments of it."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

ADA, OPS, LAB, SHOP, BANK = "111111111111", "222222222222", "333333333333", "444444444444", "555555555555"
HOME, ROOT = "o-aa111bb222", "r-a1b2"
ARN = f"arn:aws:organizations::{ADA}:"
CORE, WORK, PLAY = "ou-a1b2-11111111", "ou-a1b2-22222222", "ou-a1b2-33333333"
SCP, RULES = "SERVICE_CONTROL_POLICY", "TAG_POLICY"
REGIONS, TEAMS, TAGS = "p-regions11", "p-teams2222", "p-tags333333"
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}'
STRICT = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
KEYS = '{"tags":{"team":{"tag_key":{"@@assign":"team"}}}}'
ASKED_LAB, ASKED_SHOP, ASKED_BANK = "h-1ab0000001", "h-50000000002", "h-ba000000003"
MADE_OPS, MADE_TWIN = "car-0b5000000001", "car-0b5000000002"

FOUNDED, BUILT, GOVERNED, GROWN, DELEGATED, PARTED = (
    "2026-01-05T10:00:00Z",
    "2026-01-12T10:00:00Z",
    "2026-02-02T10:00:00Z",
    "2026-02-16T10:00:00Z",
    "2026-03-02T10:00:00Z",
    "2026-04-06T10:00:00Z",
)
"""Ends of six days: what stands then is in ``EXPECTED``."""


def user(account: str, name: str) -> dict[str, Any]:
    """The identity of a user."""
    return {"type": "IAMUser", "accountId": account, "userName": name, "arn": f"arn:aws:iam::{account}:user/{name}"}


class Writer:
    """Writes records, each some seconds after the one before."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self._numbers = count(1)
        self._time = ""

    def at(self, moment: str) -> None:
        """Go on at a moment, ``2026-01-05T09:00``."""
        self._time, self._seconds = moment, count(0, 2)

    def _write(self, name: str, account: str, **members: Any) -> None:
        number = next(self._numbers)
        self.records.append(
            {
                "eventVersion": "1.11",
                "eventTime": f"{self._time}:{next(self._seconds):02}Z",
                "eventSource": "organizations.amazonaws.com",
                "eventName": name,
                "awsRegion": "us-east-1",
                "sourceIPAddress": "192.0.2.7",
                "eventID": str(UUID(int=number)),
                "recipientAccountId": account,
                **members,
            }
        )

    def call(
        self, name: str, asked: Any = None, answer: Any = None, by: str = ADA, error: tuple[str, str] | None = None
    ) -> None:
        """Somebody calls."""
        refused = {"errorCode": error[0], "errorMessage": error[1]} if error else {}
        self._write(
            name,
            by,
            userIdentity=user(by, "ada" if by == ADA else "root-of-it"),
            userAgent="aws-cli/2.31",
            requestParameters=asked,
            responseElements=answer,
            requestID=str(UUID(int=10**6 + len(self.records))),
            eventType="AwsApiCall",
            readOnly=name.startswith(("List", "Describe")),
            **refused,
        )

    def event(self, name: str, details: Any) -> None:
        """AWS does something later."""
        self._write(
            name,
            ADA,
            userIdentity={"accountId": ADA, "invokedBy": "AWS Internal"},
            requestParameters=None,
            responseElements=None,
            eventType="AwsServiceEvent",
            readOnly=False,
            serviceEventDetails=details,
        )


def handshake(key: str, account: str, state: str, requested: str, expires: str) -> dict[str, Any]:
    """The answer of an operation about an invitation."""
    organization = [
        {"type": "MASTER_EMAIL", "value": "****"},
        {"type": "MASTER_NAME", "value": "****"},
        {"type": "ORGANIZATION_FEATURE_SET", "value": "ALL"},
    ]
    return {
        "handshake": {
            "id": key,
            "arn": f"{ARN}handshake/{HOME}/invite/{key}",
            "parties": [{"type": "ORGANIZATION", "id": HOME}, {"type": "ACCOUNT", "id": account}],
            "state": state,
            "requestedTimestamp": requested,
            "expirationTimestamp": expires,
            "action": "invite",
            "resources": [
                {"type": "ORGANIZATION", "value": HOME, "resources": organization},
                {"type": "ACCOUNT", "value": account},
            ],
        }
    }


def unit(key: str, name: str) -> dict[str, Any]:
    return {"organizationalUnit": {"id": key, "name": name, "arn": f"{ARN}ou/{HOME}/{key}"}}


def policy(key: str, kind: str, name: str, content: str) -> dict[str, Any]:
    summary = {
        "id": key,
        "arn": f"{ARN}policy/{HOME}/{kind.lower()}/{key}",
        "name": name,
        "description": "",
        "type": kind,
        "awsManaged": False,
    }
    return {"policy": {"policySummary": summary, "content": content}}


def sixty_records() -> list[dict[str, Any]]:
    """The records, in order."""
    trail = Writer()
    found(trail)
    build(trail)
    govern(trail)
    grow(trail)
    delegate(trail)
    part(trail)
    return trail.records


def found(trail: Writer) -> None:
    """The organization, and an account that is made; a second one with the same address fails."""
    trail.at("2026-01-05T09:00")
    organization = {
        "id": HOME,
        "arn": f"{ARN}organization/{HOME}",
        "masterAccountId": ADA,
        "masterAccountEmail": "****",
        "featureSet": "ALL",
        "availablePolicyTypes": [{"type": SCP, "status": "ENABLED"}],
    }
    trail.call("CreateOrganization", {"featureSet": "ALL"}, {"organization": organization})
    trail.event("AccountJoinedOrganization", {"accountId": ADA, "joinedMethod": "INVITED"})
    trail.call("ListRoots")
    for request in (MADE_OPS, MADE_TWIN):
        status = {
            "id": request,
            "accountName": "****",
            "state": "IN_PROGRESS",
            "requestedTimestamp": "Jan 5, 2026 9:00:07 AM",
        }
        asked = {"email": "****", "accountName": "****", "tags": [{"key": "team", "value": "ops"}]}
        trail.call("CreateAccount", asked, {"createAccountStatus": status})
    done = {"id": MADE_OPS, "accountName": "****", "completedTimestamp": "Jan 5, 2026 9:00:10 AM"}
    trail.event("CreateAccountResult", {"createAccountStatus": done | {"state": "SUCCEEDED", "accountId": OPS}})
    trail.event("AccountJoinedOrganization", {"accountId": OPS, "joinedMethod": "Created"})
    failed = {"id": MADE_TWIN, "state": "FAILED", "failureReason": "EMAIL_ALREADY_EXISTS", "accountName": "****"}
    trail.event("CreateAccountResult", {"createAccountStatus": failed})


def build(trail: Writer) -> None:
    """OUs, an account that moves into one, and two accounts that are invited."""
    trail.at("2026-01-12T09:00")
    trail.call("CreateOrganizationalUnit", {"parentId": ROOT, "name": "Core", "tags": []}, unit(CORE, "Core"))
    trail.call("CreateOrganizationalUnit", {"parentId": ROOT, "name": "Wrok"}, unit(WORK, "Wrok"))
    trail.call("CreateOrganizationalUnit", {"parentId": WORK, "name": "Play"}, unit(PLAY, "Play"))
    trail.call("UpdateOrganizationalUnit", {"organizationalUnitId": WORK, "name": "Work"}, unit(WORK, "Work"))
    move = {"accountId": OPS, "sourceParentId": ROOT, "destinationParentId": CORE}
    trail.call("MoveAccount", move)
    trail.call("MoveAccount", move, error=("AccountNotFoundException", "You specified an account that doesn't exist."))
    for key, account in ((ASKED_LAB, LAB), (ASKED_SHOP, SHOP)):
        answer = handshake(key, account, "OPEN", "Jan 12, 2026 9:00:11 AM", "Jan 27, 2026 9:00:11 AM")
        trail.call("InviteAccountToOrganization", {"target": {"type": "ACCOUNT", "id": account}}, answer)
    answer = handshake(ASKED_LAB, LAB, "ACCEPTED", "Jan 12, 2026 9:00:11 AM", "Jan 27, 2026 9:00:11 AM")
    trail.call("AcceptHandshake", {"handshakeId": ASKED_LAB}, answer, by=LAB)
    trail.event("AccountJoinedOrganization", {"accountId": LAB, "joinedMethod": "INVITED"})
    trail.call("ListAccounts")


def govern(trail: Writer) -> None:
    """Policies; SHOP's invitation has expired by now, which nobody records."""
    trail.at("2026-02-02T09:00")
    enabled = {
        "root": {
            "id": ROOT,
            "arn": f"{ARN}root/{HOME}/{ROOT}",
            "name": "Root",
            "policyTypes": [{"type": SCP, "status": "ENABLED"}],
        }
    }
    trail.call("EnablePolicyType", {"rootId": ROOT, "policyType": SCP}, enabled)
    for key, name, content in ((REGIONS, "Regions", DENY), (TEAMS, "Teams", DENY)):
        asked = {"name": name, "description": "", "type": SCP, "content": content}
        trail.call("CreatePolicy", asked, policy(key, SCP, name, content))
    trail.call("AttachPolicy", {"policyId": REGIONS, "targetId": ROOT})
    trail.call("AttachPolicy", {"policyId": TEAMS, "targetId": WORK})
    trail.call("AttachPolicy", {"policyId": TEAMS, "targetId": LAB})
    trail.call("DetachPolicy", {"policyId": "p-FullAWSAccess", "targetId": LAB})
    asked = {"policyId": REGIONS, "content": STRICT, "description": "All of it"}
    trail.call("UpdatePolicy", asked, policy(REGIONS, SCP, "Regions", STRICT))
    denied = (
        "User: arn:aws:iam::333333333333:user/root-of-it is not authorized to perform: organizations:LeaveOrganization"
    )
    trail.call("LeaveOrganization", by=LAB, error=("AccessDenied", denied))
    trail.call("ListPolicies")


def grow(trail: Writer) -> None:
    """Another type, which is disabled again; a move; tags."""
    trail.at("2026-02-16T09:00")
    root = {"root": {"id": ROOT, "policyTypes": [{"type": RULES, "status": "ENABLED"}]}}
    trail.call("EnablePolicyType", {"rootId": ROOT, "policyType": RULES}, root)
    asked = {"name": "Tags", "description": "", "type": RULES, "content": KEYS}
    trail.call("CreatePolicy", asked, policy(TAGS, RULES, "Tags", KEYS))
    trail.call("AttachPolicy", {"policyId": TAGS, "targetId": ROOT})
    trail.call("MoveAccount", {"accountId": LAB, "sourceParentId": ROOT, "destinationParentId": PLAY})
    trail.call(
        "TagResource", {"resourceId": LAB, "tags": [{"key": "team", "value": "lab"}, {"key": "tier", "value": "1"}]}
    )
    trail.call("UntagResource", {"resourceId": LAB, "tagKeys": ["tier"]})
    trail.call("DisablePolicyType", {"rootId": ROOT, "policyType": RULES}, root)
    trail.call("DetachPolicy", {"policyId": TEAMS, "targetId": WORK})
    trail.call("MoveAccount", {"accountId": LAB, "sourceParentId": PLAY, "destinationParentId": WORK})
    trail.call("DeleteOrganizationalUnit", {"organizationalUnitId": PLAY})


def delegate(trail: Writer) -> None:
    """A trusted service with an administrator, a resource policy, and an invitation that is canceled."""
    trail.at("2026-03-02T09:00")
    service = {"servicePrincipal": "guardduty.amazonaws.com"}
    trail.call("EnableAWSServiceAccess", service)
    trail.call("RegisterDelegatedAdministrator", {"accountId": OPS, **service})
    hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    summary = {"id": "rp-vdj3leyl", "arn": f"{ARN}resourcepolicy/{HOME}/rp-vdj3leyl"}
    trail.call(
        "PutResourcePolicy",
        {"content": hidden},
        {"resourcePolicy": {"resourcePolicySummary": summary, "content": hidden}},
    )
    answer = handshake(ASKED_BANK, BANK, "OPEN", "Mar 2, 2026 9:00:06 AM", "Mar 17, 2026 9:00:06 AM")
    trail.call("InviteAccountToOrganization", {"target": {"type": "ACCOUNT", "id": BANK}}, answer)
    answer = handshake(ASKED_BANK, BANK, "CANCELED", "Mar 2, 2026 9:00:06 AM", "Mar 17, 2026 9:00:06 AM")
    trail.call("CancelHandshake", {"handshakeId": ASKED_BANK}, answer)
    trail.call("DeletePolicy", {"policyId": TEAMS}, error=("PolicyInUseException", "The policy is attached."))
    trail.call("DescribeOrganization", by=OPS)
    status = {"accountId": OPS, "policyType": RULES, "state": "VALID", "requestTimestamp": "Mar 2, 2026, 9:00:14 AM"}
    trail.event("EffectivePolicyValidation", status)
    for operation in ("DisableAWSServiceAccess", "CloseAccount"):
        trail.call(operation, error=("AccessDeniedException", "You don't have permissions to access this resource."))
    trail.call("ListDelegatedAdministrators")


def part(trail: Writer) -> None:
    """The administrator is deregistered, OPS is closed, LAB is removed."""
    trail.at("2026-04-06T09:00")
    service = {"servicePrincipal": "guardduty.amazonaws.com"}
    trail.call("DeregisterDelegatedAdministrator", {"accountId": OPS, **service})
    trail.call("DisableAWSServiceAccess", service)
    trail.call("DeleteResourcePolicy")
    trail.call("CloseAccount", {"accountId": OPS})
    closed = {"accountId": OPS, "state": "SUCCEEDED", "requestedTimestamp": "Apr 6, 2026 9:00:06 AM"}
    trail.event("CloseAccountResult", {"closeAccountStatus": closed})
    trail.call("AttachPolicy", {"policyId": "p-FullAWSAccess", "targetId": LAB})
    trail.call("DetachPolicy", {"policyId": TEAMS, "targetId": LAB})
    trail.call("DeletePolicy", {"policyId": TEAMS})
    trail.call("RemoveAccountFromOrganization", {"accountId": LAB})
    trail.event("AccountDepartedOrganization", {"accountId": LAB, "departureMethod": "REMOVED"})


Standing = dict[str, Any]

EXPECTED: dict[str, Standing] = {
    FOUNDED: {
        "members": {ADA: ROOT, OPS: ROOT},
        "units": {},
        "types": [],
        "attached": {},
        "tags": {OPS: {"team": "ops"}},
        "open": [],
    },
    BUILT: {
        "members": {ADA: ROOT, OPS: CORE, LAB: ROOT},
        "units": {CORE: "Core", WORK: "Work", PLAY: "Play"},
        "types": [],
        "attached": {},
        "tags": {OPS: {"team": "ops"}},
        "open": [ASKED_SHOP],
    },
    GOVERNED: {
        "members": {ADA: ROOT, OPS: CORE, LAB: ROOT},
        "units": {CORE: "Core", WORK: "Work", PLAY: "Play"},
        "types": [SCP],
        "attached": {ROOT: [REGIONS], WORK: [TEAMS], LAB: [TEAMS]},
        "tags": {OPS: {"team": "ops"}},
        "open": [],
    },
    GROWN: {
        "members": {ADA: ROOT, OPS: CORE, LAB: WORK},
        "units": {CORE: "Core", WORK: "Work"},
        "types": [SCP],
        "attached": {ROOT: [REGIONS], LAB: [TEAMS]},
        "tags": {OPS: {"team": "ops"}, LAB: {"team": "lab"}},
        "open": [],
    },
    DELEGATED: {
        "members": {ADA: ROOT, OPS: CORE, LAB: WORK},
        "units": {CORE: "Core", WORK: "Work"},
        "types": [SCP],
        "attached": {ROOT: [REGIONS], LAB: [TEAMS]},
        "tags": {OPS: {"team": "ops"}, LAB: {"team": "lab"}},
        "open": [],
    },
    PARTED: {
        "members": {ADA: ROOT, OPS: CORE},
        "units": {CORE: "Core", WORK: "Work"},
        "types": [SCP],
        "attached": {ROOT: [REGIONS]},
        "tags": {OPS: {"team": "ops"}},
        "open": [],
    },
}
"""Written by hand: who was where, which OUs there were, what was attached, tagged and open."""


def lines(records: list[dict[str, Any]]) -> str:
    """Records as JSON lines."""
    return "".join(map("{}\n".format, _texts(records)))


def _texts(records: list[dict[str, Any]]) -> Iterator[str]:
    return (json.dumps(record) for record in records)
