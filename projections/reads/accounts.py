"""DescribeAccount and ListAccounts (docs/aws.md 4.3).

ListAccounts is in the order of joining, the management account first; AWS promises no order.
"""

from msgspec import Struct

from ...engine.arns import account_arn
from ...engine.errors import AccountNotFoundException
from ...engine.ids import AccountId
from ...engine.shapes.accounts import Account
from ...engine.shapes.base import Shape, moment
from ...engine.shapes.units import path_of
from ...engine.state import OrganizationFacts
from ...engine.words import Condition
from ..accounts import MemberRow
from ..authorization import reader, reader_about
from ..paging import MaxResults, NextToken, cut_page, read_token
from ..views import Views


class AccountReply(Shape, frozen=True):
    account: Account


class AccountsReply(Shape, frozen=True):
    accounts: list[Account]
    next_token: str | None = None


def account_shape(row: MemberRow, organization: OrganizationFacts, views: Views) -> Account:
    """Convert a member to AWS's form."""
    account = row.account
    status, state = _status_and_state(account, organization, views)
    return Account(
        id=account,
        arn=account_arn(organization, account),
        email=views.accounts.email_of(account),
        name=views.accounts.name_of(account),
        status=status,
        state=state,
        paths=[f"{path_of(organization.units.parent_of(account), organization)}{account}/"],
        joined_method=row.method,
        joined_timestamp=moment(row.joined_at),
    )


def _status_and_state(account: str, organization: OrganizationFacts, views: Views) -> tuple[str, str]:
    """Return AWS's old ``Status`` and its new ``State``, which alone tells closed accounts from suspended ones."""
    if account in organization.closures.pending:
        return "PENDING_CLOSURE", "PENDING_CLOSURE"
    if account in organization.closures.closed:
        return "SUSPENDED", "CLOSED"
    conditions = views.accounts.conditions_of(account)
    if Condition.SUSPENDED in conditions:
        return "SUSPENDED", "SUSPENDED"
    # Which Status an account has whose sign-up is not finished is not documented.
    return "ACTIVE", "PENDING_ACTIVATION" if Condition.SIGN_UP_INCOMPLETE in conditions else "ACTIVE"


class DescribeAccount(Struct, frozen=True, rename="pascal"):
    account_id: AccountId


def describe_account(request: DescribeAccount, views: Views, account: str) -> AccountReply:
    """Return a member account of the caller's organization.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such account.
        - AccountNotFound: there is no such account in the organization.
    Views: accounts, units, closures.
    """
    organization = reader_about(views, "DescribeAccount", account, request.account_id, AccountNotFoundException)
    return AccountReply(account_shape(views.accounts.members[request.account_id], organization, views))


class ListAccounts(Struct, frozen=True, rename="pascal"):
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def list_accounts(request: ListAccounts, views: Views, account: str) -> AccountsReply:
    """List the members, closed ones too, in the order of joining.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: accounts, units, closures.
    """
    organization = reader(views, "ListAccounts", account)
    scope = f"ListAccounts {organization.id} {account}"
    after = read_token(request.next_token, scope) or 0
    rows = views.accounts.by_organization[organization.id].after(after)
    page, token = cut_page(rows, request.max_results, scope)
    return AccountsReply([account_shape(row, organization, views) for row in page], token)
