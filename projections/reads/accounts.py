"""DescribeAccount and ListAccounts (fact sheet, section 4.3).

ListAccounts is in the order of joining, the management account first; AWS promises no order.
"""

from msgspec import Struct

from ...engine.errors import AccountNotFoundException
from ...engine.ids import AccountId, account_arn
from ...engine.shapes.accounts import Account
from ...engine.shapes.base import Shape, moment
from ...engine.state import OrganizationFacts
from ..accounts import MemberRow
from ..paging import MaxResults, NextToken, cut_page, read_token
from ..views import Views


class AccountReply(Shape, frozen=True):
    account: Account


class AccountsReply(Shape, frozen=True):
    accounts: list[Account]
    next_token: str | None = None


def account_shape(row: MemberRow, organization: OrganizationFacts, views: Views) -> Account:
    """A member as DescribeAccount and ListAccounts show it; all members stand directly under the root."""
    account = row.account
    state = "SUSPENDED" if views.accounts.is_suspended(account) else "ACTIVE"
    return Account(
        id=account,
        arn=account_arn(organization.management_account, organization.id, account),
        email=views.accounts.email_of(account),
        name=views.accounts.name_of(account),
        status=state,
        state=state,
        paths=[f"{organization.id}/{organization.root}/{account}/"],
        joined_method=row.method,
        joined_timestamp=moment(row.joined_at),
    )


class DescribeAccount(Struct, frozen=True, rename="pascal"):
    account_id: AccountId


def describe_account(request: DescribeAccount, views: Views, account: str) -> AccountReply:
    """The management account may ask for any member; AccountNotFound for everybody else."""
    organization = views.reader("DescribeAccount", account)
    row = views.accounts.members.get(request.account_id)
    if row is None or row.organization != organization.id:
        raise AccountNotFoundException
    return AccountReply(account_shape(row, organization, views))


class ListAccounts(Struct, frozen=True, rename="pascal"):
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def list_accounts(request: ListAccounts, views: Views, account: str) -> AccountsReply:
    """The members, in the order of joining; the management account may ask."""
    organization = views.reader("ListAccounts", account)
    scope = f"ListAccounts {organization.id}"
    after = read_token(request.next_token, scope) or 0
    rows = views.accounts.by_organization[organization.id].after(after)
    page, token = cut_page(rows, request.max_results, scope)
    return AccountsReply([account_shape(row, organization, views) for row in page], token)
