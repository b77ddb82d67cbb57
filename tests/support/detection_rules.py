"""Detection rules over records of CloudTrail, of the kinds that are public, in our own words.

Each takes records in the order of their time, and returns those that it fires on.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

Record = dict[str, Any]
Records = Iterable[Record]

SOURCE = "organizations.amazonaws.com"
WRITING = ("Attach", "Create", "Delete", "Detach", "Disable", "Enable", "Put", "Update")
MAPPING = {
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "DescribeResourcePolicy",
    "ListAccounts",
    "ListAccountsForParent",
    "ListDelegatedAdministrators",
    "ListOrganizationalUnitsForParent",
    "ListPolicies",
    "ListRoots",
}
"""Calls with which somebody finds out how an organization is made up."""

HISTORY = timedelta(days=10)


def denied(record: Record) -> bool:
    return "errorCode" in record


def caller(record: Record) -> str:
    """Who called, without the session: an ARN of a user, or of a role."""
    identity = record["userIdentity"]
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
    return issuer.get("arn") or identity.get("arn") or identity.get("invokedBy", "")


def attempts_to_leave(records: Records) -> list[Record]:
    """A member tries to leave its organization, whether it is let or not."""
    return [each for each in records if (each["eventSource"], each["eventName"]) == (SOURCE, "LeaveOrganization")]


def guardrails_taken_away(records: Records) -> list[Record]:
    """A service control policy is detached or deleted, or the whole type is disabled."""
    records = list(records)
    types = {
        each["responseElements"]["policy"]["policySummary"]["id"]: each["requestParameters"]["type"]
        for each in records
        if each["eventName"] == "CreatePolicy" and not denied(each)
    }

    def is_guardrail(asked: Record) -> bool:
        kind = asked.get("policyType") or types.get(asked.get("policyId", ""), "SERVICE_CONTROL_POLICY")
        return kind == "SERVICE_CONTROL_POLICY"

    names = {"DetachPolicy", "DeletePolicy", "DisablePolicyType"}
    done = [each for each in records if each["eventName"] in names and not denied(each)]
    return [each for each in done if is_guardrail(each["requestParameters"])]


def people_writing(records: Records, manager: str, automation: Collection[str]) -> list[Record]:
    """Somebody changes something in the management account who is no pipeline and no service.

    Args:
        records: of the trail.
        manager: the management account.
        automation: names of the roles of pipelines.
    """
    return [
        each
        for each in records
        if each["recipientAccountId"] == manager
        and each["eventType"] == "AwsApiCall"
        and each["eventName"].startswith(WRITING)
        and each["userIdentity"]["type"] != "AWSService"
        and caller(each).rpartition("/")[2] not in automation
    ]


def mapping_by_rare_users(records: Records) -> list[Record]:
    """Somebody maps the organization who has not done so in the ten days before."""
    last: dict[str, datetime] = {}
    found: list[Record] = []
    for each in records:
        if each["eventName"] not in MAPPING or denied(each) or not each["sourceIPAddress"]:
            continue
        who, when = caller(each), datetime.fromisoformat(each["eventTime"])
        if who not in last or when - last[who] > HISTORY:
            found.append(each)
        last[who] = when
    return found


def never_produced(names: Collection[str], records: Records) -> set[str]:
    """Event names of a rule that no record has, although the records have every operation."""
    return set(names) - {each["eventName"] for each in records}
