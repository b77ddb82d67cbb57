"""Accounts and whose members they are. Answers DescribeAccount and ListAccounts; made of AccountJoined,
AccountDeparted and AccountDescribed.

ListAccounts is in the order of joining, the management account first (AWS promises no order, section 4.3).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ..engine.errors import AccountNotFoundException
from ..engine.events import AccountDeparted, AccountDescribed, AccountJoined, Envelope, JoinedMethod
from ..engine.ids import AccountId, account_arn, derived_email, derived_name
from ..engine.shapes import Account, Shape, moment
from .paging import MaxResults, NextToken, OrderedRows, cut_page, read_token
from .projection import Handler

if TYPE_CHECKING:
    from .organization import OrganizationRow
    from .views import Views


class MemberRow(Struct, gc=False):
    """A member account: the fact of its joining."""

    joined: AccountJoined
    joined_at: int
    position: int
    gone: bool = False


class AccountFacts(Struct, frozen=True, gc=False):
    """What is known of an account whose address or name is not the derived one."""

    email: str | None
    name: str | None


class AccountsView:
    """Members by account and by organization, and what accounts are called."""

    def __init__(self) -> None:
        self.members: dict[str, MemberRow] = {}
        self.by_organization: dict[str, OrderedRows[MemberRow]] = {}
        self.facts: dict[str, AccountFacts] = {}
        self.handlers: Mapping[type[Any], Handler] = {
            AccountJoined: self._joined,
            AccountDeparted: self._departed,
            AccountDescribed: self._described,
        }

    def _joined(self, envelope: Envelope, event: AccountJoined) -> None:
        row = self.members[event.account] = MemberRow(event, envelope.time, envelope.position)
        rows = self.by_organization.get(event.organization)
        if rows is None:
            rows = self.by_organization[event.organization] = OrderedRows()
        rows.append(row)
        if event.email:
            self.facts[event.account] = AccountFacts(event.email, event.name)

    def _departed(self, envelope: Envelope, event: AccountDeparted) -> None:
        self.members.pop(event.account).gone = True
        self.by_organization[event.organization].count_gone()

    def _described(self, envelope: Envelope, event: AccountDescribed) -> None:
        known = self.facts.get(event.account, AccountFacts(None, None))
        self.facts[event.account] = AccountFacts(event.email or known.email, event.name or known.name)

    def organization_of(self, account: str) -> str | None:
        """The organization of which an account is a member."""
        row = self.members.get(account)
        return row.joined.organization if row else None

    def email_of(self, account: str) -> str:
        """The account's address."""
        facts = self.facts.get(account)
        return (facts and facts.email) or derived_email(account)

    def name_of(self, account: str) -> str:
        """The account's name."""
        facts = self.facts.get(account)
        return (facts and facts.name) or derived_name(account)


class AccountReply(Shape, frozen=True):
    account: Account


class AccountsReply(Shape, frozen=True):
    accounts: list[Account]
    next_token: str | None = None


def account_shape(row: MemberRow, organization: "OrganizationRow", views: "Views") -> Account:
    """A member as DescribeAccount and ListAccounts show it; all members stand directly under the root."""
    account = row.joined.account
    joined: datetime = moment(row.joined_at)
    return Account(
        id=account,
        arn=account_arn(organization.management_account, organization.id, account),
        email=views.accounts.email_of(account),
        name=views.accounts.name_of(account),
        status="ACTIVE",
        state="ACTIVE",
        paths=[f"{organization.id}/{organization.root}/{account}/"],
        joined_method=JoinedMethod(row.joined.method),
        joined_timestamp=joined,
    )


class DescribeAccount(Struct, frozen=True, rename="pascal"):
    account_id: AccountId


def describe_account(request: DescribeAccount, views: "Views", account: str) -> AccountReply:
    """The management account may ask for any member; AccountNotFound for everybody else."""
    organization = views.managed(account)
    row = views.accounts.members.get(request.account_id)
    if row is None or row.joined.organization != organization.id:
        raise AccountNotFoundException
    return AccountReply(account_shape(row, organization, views))


class ListAccounts(Struct, frozen=True, rename="pascal"):
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def list_accounts(request: ListAccounts, views: "Views", account: str) -> AccountsReply:
    """The members, in the order of joining; the management account may ask."""
    organization = views.managed(account)
    scope = f"ListAccounts {organization.id}"
    after = read_token(request.next_token, scope) or 0
    rows = views.accounts.by_organization[organization.id].after(after)
    page, token = cut_page(rows, request.max_results, scope)
    return AccountsReply([account_shape(row, organization, views) for row in page], token)
