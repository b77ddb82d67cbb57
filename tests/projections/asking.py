"""One world of the pure core whose views are fed as it goes, and questions to them as AWS's callers ask them."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from given import World

from orgsim.api import as_dict
from orgsim.engine.errors import Refused
from orgsim.engine.operation import Events, read_request
from orgsim.engine.operations import OPERATIONS, describe_account_outside
from orgsim.projections.reads import READS
from orgsim.projections.views import Views

LISTS = ("ListAccounts", "ListCreateAccountStatus", "ListHandshakesForAccount", "ListHandshakesForOrganization")
"""Lists of what an organization or account has, which need no other member than the caller."""

ABOUT: list[tuple[str, str, dict[str, str]]] = [
    ("DescribeHandshake", "HandshakeId", {}),
    ("DescribeCreateAccountStatus", "CreateAccountRequestId", {}),
    ("DescribeAccount", "AccountId", {}),
    ("DescribeOrganizationalUnit", "OrganizationalUnitId", {}),
    ("ListAccountsForParent", "ParentId", {}),
    ("ListChildren", "ParentId", {"ChildType": "ACCOUNT"}),
    ("ListChildren", "ParentId", {"ChildType": "ORGANIZATIONAL_UNIT"}),
    ("ListOrganizationalUnitsForParent", "ParentId", {}),
    ("ListParents", "ChildId", {}),
]
"""Questions about one thing: the member that names it, and what else has to be said."""


def ask(views: Views, operation: str, account: str, **members: Any) -> dict[str, Any]:
    """The answer of a reading operation, as boto3's dictionary."""
    read = READS[operation]
    return as_dict(read.answer(read_request(read.request, members), views, account))


def answers(views: Views, accounts: Iterable[str]) -> dict[tuple[str, ...], Any]:
    """Everything that these accounts can find out: answers and refusals to all questions about all that there is."""
    accounts = sorted({*accounts, *views.accounts.members})
    found: dict[tuple[str, ...], Any] = {}
    for operation, members in _questions(views, accounts):
        answer = _whole_list if operation.startswith("List") else _answer_or_refusal
        for account in accounts:
            found[account, operation, *members.values()] = answer(views, operation, account, **members)
    return found


def _questions(views: Views, accounts: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    units = [unit for row in views.organizations.rows.values() for unit in row.units.by_id]
    subjects = {
        "HandshakeId": sorted(views.handshakes.rows),
        "CreateAccountRequestId": sorted(views.account_creations.rows),
        "AccountId": accounts,
        "OrganizationalUnitId": sorted(unit for unit in units if unit.startswith("ou-")),
        "ParentId": sorted(units),
        "ChildId": sorted(unit for unit in units if unit.startswith("ou-")) + accounts,
    }
    yield "DescribeOrganization", {}
    yield from ((operation, {}) for operation in (*LISTS, "ListRoots"))
    for operation, member, more in ABOUT:
        yield from ((operation, {member: subject, **more}) for subject in subjects[member])


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
    """A world with views that have seen everything, and what else these tests begin with."""

    def __init__(self, **settings: Any) -> None:
        self._views = Views()
        super().__init__(**settings)

    @property
    def views(self) -> Views:
        """The views, fed with what they have not seen yet."""
        self._views.feed(self.log[self._views.position :])
        return self._views

    def ask(self, operation: str, account: str, **members: Any) -> dict[str, Any]:
        """The answer to a question that an account asks now."""
        return ask(self.views, operation, account, **members)

    def denies(
        self, operation: str, account: str, refusal: type[Refused], reason: str | None = None, **members: Any
    ) -> None:
        """The question is refused so."""
        with pytest.raises(Refused) as caught:
            self.ask(operation, account, **members)
        assert (type(caught.value), caught.value.reason) == (refusal, reason)

    def call(self, operation: str, account: str, **members: Any) -> Events:
        """What a writing operation makes true."""
        return self.do(read_request(OPERATIONS[operation].Request, members), account)

    def describe(self, **members: Any) -> Events:
        """State what an account is like outside Organizations."""
        return self.do(read_request(describe_account_outside.Request, members))

    def pages(self, operation: str, account: str, member: str, **members: Any) -> list[list[dict[str, Any]]]:
        """All pages of a list."""
        pages: list[list[dict[str, Any]]] = []
        token: str | None = None
        while True:
            reply = self.ask(operation, account, **members, NextToken=token)
            pages.append(reply[member])
            token = reply.get("NextToken")
            if token is None:
                return pages
