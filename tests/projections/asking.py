"""One world of the pure core whose views are fed as it goes, and questions to them as AWS's callers ask them."""

from collections.abc import Iterable
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


def ask(views: Views, operation: str, account: str, **members: Any) -> dict[str, Any]:
    """The answer of a reading operation, as boto3's dictionary."""
    read = READS[operation]
    return as_dict(read.answer(read_request(read.request, members), views, account))


def answers(views: Views, accounts: Iterable[str]) -> dict[tuple[str, ...], Any]:
    """Everything that these accounts can find out: answers and refusals to all questions about all that there is."""
    handshakes, creations = sorted(views.handshakes.rows), sorted(views.account_creations.rows)
    accounts = sorted({*accounts, *views.accounts.members})
    questions = [
        *(("DescribeHandshake", "HandshakeId", handshake) for handshake in handshakes),
        *(("DescribeCreateAccountStatus", "CreateAccountRequestId", creation) for creation in creations),
        *(("DescribeAccount", "AccountId", account) for account in accounts),
    ]
    found: dict[tuple[str, ...], Any] = {}
    for account in accounts:
        for operation in ("DescribeOrganization", "ListRoots"):
            found[account, operation] = _answer_or_refusal(views, operation, account)
        for operation in LISTS:
            found[account, operation] = _whole_list(views, operation, account)
        for operation, member, value in questions:
            found[account, operation, value] = _answer_or_refusal(views, operation, account, **{member: value})
    return found


def _answer_or_refusal(views: Views, operation: str, account: str, **members: Any) -> Any:
    try:
        return ask(views, operation, account, **members)
    except Refused as refusal:
        return refusal.code, refusal.reason


def _whole_list(views: Views, operation: str, account: str) -> list[Any]:
    pages = [_answer_or_refusal(views, operation, account)]
    while isinstance(pages[-1], dict) and "NextToken" in pages[-1]:
        pages.append(ask(views, operation, account, NextToken=pages[-1]["NextToken"]))
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
