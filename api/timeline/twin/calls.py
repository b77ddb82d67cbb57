"""The reading operations that make a dump: what each is asked about, and what its answer leads to."""

import re
from collections.abc import Iterator
from typing import Any, cast

from msgspec import Struct

from ....engine.policies.types import MANAGED_POLICIES
from ....engine.words import PolicyType

Question = tuple[str, str]
"""An operation, and the id or the policy type that it is asked about; empty if it is about the organization."""


class Call(Struct, frozen=True):
    """A reading operation of a dump."""

    answer: str
    """The member of its answer that tells everything; a list if the operation lists."""
    member: str | None = None
    """The member of its request that names what it is about."""
    lost: str = ""
    """What the twin does not have without it."""


CALLS = {
    "DescribeOrganization": Call("Organization"),
    "ListRoots": Call("Roots"),
    "ListAccounts": Call("Accounts"),
    "ListOrganizationalUnitsForParent": Call("OrganizationalUnits", "ParentId", "OUs below"),
    "ListAccountsForParent": Call("Accounts", "ParentId", "in which OU accounts are"),
    "ListPolicies": Call("Policies", "Filter", "the policies of this type"),
    "DescribePolicy": Call("Policy", "PolicyId", "this policy, whose content is not known"),
    "ListTargetsForPolicy": Call("Targets", "PolicyId", "where this policy is attached"),
    "ListTagsForResource": Call("Tags", "ResourceId", "its tags"),
    "ListAWSServiceAccessForOrganization": Call("EnabledServicePrincipals", lost="trusted services"),
    "ListDelegatedAdministrators": Call("DelegatedAdministrators", lost="delegated administrators"),
    "ListDelegatedServicesForAccount": Call("DelegatedServices", "AccountId", "what this account administers"),
    "DescribeResourcePolicy": Call("ResourcePolicy", lost="the resource policy"),
    "ListHandshakesForOrganization": Call("Handshakes", lost="open invitations and a migration under way"),
    "ListCreateAccountStatus": Call("CreateAccountStatuses", lost="account creations"),
}
"""In the order in which they are asked."""

NEEDED = ("DescribeOrganization", "ListRoots", "ListAccounts")
"""Without these there is no twin."""


def is_list(operation: str) -> bool:
    """Whether an operation lists, in pages."""
    return operation.startswith("List")


def members_of(question: Question) -> dict[str, str]:
    """The members of the request of a question."""
    operation, subject = question
    member = CALLS[operation].member
    return {member: subject} if member else {}


def command_of(operation: str) -> str:
    """The command of the AWS CLI for an operation: ``list-roots``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", operation).lower()


def named(question: Question) -> str:
    """A question in words, as the AWS CLI has it: ``list-policies TAG_POLICY``."""
    operation, subject = question
    return f"{command_of(operation)} {subject}".rstrip()


FIRST: list[Question] = [("DescribeOrganization", ""), ("ListRoots", ""), ("ListAccounts", "")]
"""The questions with which a dump begins."""

OF_ALL_FEATURES: list[Question] = [
    *(("ListPolicies", policy_type) for policy_type in PolicyType),
    ("ListAWSServiceAccessForOrganization", ""),
    ("ListDelegatedAdministrators", ""),
    ("DescribeResourcePolicy", ""),
]
OF_ANY: list[Question] = [("ListHandshakesForOrganization", ""), ("ListCreateAccountStatus", "")]


def further(question: Question, answer: Any) -> Iterator[Question]:
    """The questions to which an answer leads.

    Args:
        question: that was asked.
        answer: the member of the answer that tells everything.
    """
    operation, _ = question
    if operation == "DescribeOrganization":
        yield from OF_ALL_FEATURES if answer.get("FeatureSet") == "ALL" else []
        yield from OF_ANY
        return
    things = cast("list[Any]", answer if isinstance(answer, list) else [answer] if answer else [])
    for thing in things:
        yield from _about(operation, thing)


def _about(operation: str, thing: Any) -> Iterator[Question]:
    if operation in ("ListRoots", "ListOrganizationalUnitsForParent"):
        yield "ListOrganizationalUnitsForParent", thing["Id"]
        yield "ListAccountsForParent", thing["Id"]
        yield "ListTagsForResource", thing["Id"]
    elif operation == "ListAccounts":
        yield "ListTagsForResource", thing["Id"]
    elif operation == "ListPolicies":
        yield "ListTargetsForPolicy", thing["Id"]
        if thing["Id"] not in MANAGED_POLICIES and not thing.get("AwsManaged"):
            yield "DescribePolicy", thing["Id"]
            yield "ListTagsForResource", thing["Id"]
    elif operation == "ListDelegatedAdministrators":
        yield "ListDelegatedServicesForAccount", thing["Id"]
    elif operation == "DescribeResourcePolicy":
        yield "ListTagsForResource", thing["ResourcePolicySummary"]["Id"]
