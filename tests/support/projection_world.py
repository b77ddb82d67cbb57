"""Test bed of the pure core with views, and reading operations asked of them as AWS's callers would."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from orgsim.api import as_dict
from orgsim.engine.errors import Refused
from orgsim.engine.operation import read_request
from orgsim.engine.operations import OPERATIONS, describe_account_outside
from orgsim.engine.policies.types import MANAGED_POLICIES, POLICY_TYPES
from orgsim.projections.reads import READS
from orgsim.projections.views import Views
from support.given import World

LISTS = ("ListAccounts", "ListCreateAccountStatus", "ListHandshakesForAccount", "ListHandshakesForOrganization")
"""Lists of what an organization or account has, which need no other member than the caller."""

WHOLE: list[tuple[str, dict[str, str]]] = [
    *((operation, {}) for operation in LISTS),
    ("DescribeOrganization", {}),
    ("DescribeResourcePolicy", {}),
    ("ListAWSServiceAccessForOrganization", {}),
    ("ListDelegatedAdministrators", {}),
    ("ListInboundResponsibilityTransfers", {"Type": "BILLING"}),
    ("ListOutboundResponsibilityTransfers", {"Type": "BILLING"}),
    ("ListRoots", {}),
]
"""Questions about all that an organization or account has, and what has to be said."""

ABOUT: list[tuple[str, str, dict[str, str]]] = [
    ("DescribeHandshake", "HandshakeId", {}),
    ("DescribeCreateAccountStatus", "CreateAccountRequestId", {}),
    ("DescribeAccount", "AccountId", {}),
    ("DescribeOrganizationalUnit", "OrganizationalUnitId", {}),
    ("DescribePolicy", "PolicyId", {}),
    ("DescribeResponsibilityTransfer", "Id", {}),
    ("ListAccountsForParent", "ParentId", {}),
    ("ListChildren", "ParentId", {"ChildType": "ACCOUNT"}),
    ("ListChildren", "ParentId", {"ChildType": "ORGANIZATIONAL_UNIT"}),
    ("ListDelegatedServicesForAccount", "AccountId", {}),
    ("ListOrganizationalUnitsForParent", "ParentId", {}),
    ("ListParents", "ChildId", {}),
    ("ListTagsForResource", "ResourceId", {}),
    ("ListTargetsForPolicy", "PolicyId", {}),
]
"""Questions about one thing: the member that names it, and what else has to be said."""

ABOUT_TYPE: list[tuple[str, str, str | None]] = [
    ("DescribeEffectivePolicy", "PolicyType", "TargetId"),
    ("ListAccountsWithInvalidEffectivePolicy", "PolicyType", None),
    ("ListEffectivePolicyValidationErrors", "PolicyType", "AccountId"),
    ("ListPolicies", "Filter", None),
    ("ListPoliciesForTarget", "Filter", "TargetId"),
]
"""Questions about one policy type, and perhaps about one thing: the members that name them."""

EFFECTIVE_ONLY = ("DescribeEffectivePolicy", "ListEffectivePolicyValidationErrors")
"""Of those, the ones that are for accounts, and for types with an effective policy."""


def ask(views: Views, operation: str, account: str, **members: Any) -> dict[str, Any]:
    """Ask a reading operation; returns the answer as boto3's dictionary."""
    read = READS[operation]
    return as_dict(read.answer(read_request(read.request, members), views, account))


def answers(views: Views, accounts: Iterable[str]) -> dict[tuple[str, ...], Any]:
    """Ask every reading operation about everything as each of these accounts; returns answers and refusals."""
    accounts = sorted({*accounts, *views.accounts.members})
    found: dict[tuple[str, ...], Any] = {}
    for operation, members in questions(views, accounts):
        answer = _whole_list if operation.startswith("List") else _answer_or_refusal
        for account in accounts:
            found[account, operation, *members.values()] = answer(views, operation, account, **members)
    return found


def questions(views: Views, accounts: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every reading operation about everything that there is: AWS's name, and the members of the request."""
    subjects = _subjects(views, accounts)
    yield from WHOLE
    for operation, member, more in ABOUT:
        yield from ((operation, {member: subject, **more}) for subject in subjects[member])
    rows = views.organizations.rows.values()
    for policy_type in sorted({policy_type for row in rows for policy_type in row.policies.enabled}):
        for operation, type_member, member in ABOUT_TYPE:
            if member is None:
                yield operation, {type_member: policy_type}
            elif operation not in EFFECTIVE_ONLY or POLICY_TYPES[policy_type].effective:
                targets = subjects["AccountId" if operation in EFFECTIVE_ONLY else "TargetId"]
                yield from ((operation, {type_member: policy_type, member: target}) for target in targets)


def _subjects(views: Views, accounts: list[str]) -> dict[str, list[str]]:
    """List the ids that can be asked about, by the request member that names them."""
    rows = views.organizations.rows.values()
    containers = sorted(unit for row in rows for unit in row.units.by_id)
    units = [unit for unit in containers if unit.startswith("ou-")]
    policies = sorted(policy for row in rows for policy in row.policies.by_id)
    transfers = sorted(views.transfers.facts.by_id)
    written = sorted(row.access.resource_policy.id for row in rows if row.access.resource_policy)
    return {
        "HandshakeId": sorted(views.handshakes.rows),
        "CreateAccountRequestId": sorted(views.account_creations.rows),
        "AccountId": accounts,
        "OrganizationalUnitId": units,
        "ParentId": containers,
        "ChildId": units + accounts,
        "TargetId": containers + accounts,
        "PolicyId": [*MANAGED_POLICIES, *policies],
        "Id": transfers,
        "ResourceId": [*containers, *accounts, *policies, *transfers, *written],
    }


def _answer_or_refusal(views: Views, operation: str, account: str, **members: Any) -> Any:
    try:
        return ask(views, operation, account, **members)
    except Refused as refusal:
        return refusal.code, refusal.reason


def _whole_list(views: Views, operation: str, account: str, **members: Any) -> list[Any]:
    pages = [_answer_or_refusal(views, operation, account, **members)]
    while isinstance(pages[-1], dict) and "NextToken" in pages[-1]:
        pages.append(ask(views, operation, account, **members, NextToken=pages[-1]["NextToken"]))
    return pages


class WatchedWorld(World):
    """A world with views that are fed with all its events."""

    def __init__(self, **settings: Any) -> None:
        self._views = Views()
        super().__init__(**settings)

    @property
    def views(self) -> Views:
        """The views, fed with what they have not seen yet."""
        self._views.feed(self.log[self._views.position :])
        return self._views

    def ask(self, operation: str, account: str, **members: Any) -> dict[str, Any]:
        """Ask a reading operation as an account; returns the answer."""
        return ask(self.views, operation, account, **members)

    def denies(
        self, operation: str, account: str, refusal: type[Refused], reason: str | None = None, **members: Any
    ) -> None:
        """Assert that a reading operation is refused in this way."""
        with pytest.raises(Refused) as caught:
            self.ask(operation, account, **members)
        assert (type(caught.value), caught.value.reason) == (refusal, reason)

    def call(self, operation: str, account: str, **members: Any) -> Sequence[Any]:
        """Do a writing operation; returns its events."""
        return self.do(read_request(OPERATIONS[operation].Request, members), account)

    def describe(self, **members: Any) -> Sequence[Any]:
        """State what an account is like outside Organizations."""
        return self.do(read_request(describe_account_outside.Request, members))

    def pages(self, operation: str, account: str, member: str, **members: Any) -> list[list[dict[str, Any]]]:
        """Read all pages of a list."""
        pages: list[list[dict[str, Any]]] = []
        token: str | None = None
        while True:
            reply = self.ask(operation, account, **members, NextToken=token)
            pages.append(reply[member])
            token = reply.get("NextToken")
            if token is None:
                return pages
