"""Accounts: whose members they are, and what they are called. Asked by DescribeAccount and ListAccounts, and by all
that need to know who calls; made of AccountJoined, AccountDeparted and AccountDescribed."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ..engine.envelope import Envelope
from ..engine.events import AccountDeparted, AccountDescribed, AccountJoined
from ..engine.ids import derived_email, derived_name
from ..engine.words import Condition, JoinedMethod
from .paging import OrderedRows
from .projection import Handler


class MemberRow(Struct, gc=False):
    """A member account."""

    account: str
    organization: str
    method: JoinedMethod
    joined_at: int
    position: int
    gone: bool = False


class AccountFacts(Struct, frozen=True, gc=False):
    """What is known of an account whose address or name is not the derived one."""

    email: str | None
    name: str | None
    suspended: bool = False


class AccountsView:
    """Members by account and by organization, and what accounts are called."""

    name = "accounts"

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
        row = self.members[event.account] = MemberRow(
            event.account, event.organization, event.method, envelope.time, envelope.position
        )
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
        self.facts[event.account] = AccountFacts(
            event.email or known.email, event.name or known.name, Condition.SUSPENDED in event.conditions
        )

    def organization_of(self, account: str) -> str | None:
        """The organization of which an account is a member."""
        row = self.members.get(account)
        return row.organization if row else None

    def email_of(self, account: str) -> str:
        """The account's address."""
        facts = self.facts.get(account)
        return (facts and facts.email) or derived_email(account)

    def is_suspended(self, account: str) -> bool:
        """Whether AWS has suspended the account."""
        facts = self.facts.get(account)
        return facts is not None and facts.suspended

    def name_of(self, account: str) -> str:
        """The account's name."""
        facts = self.facts.get(account)
        return (facts and facts.name) or derived_name(account)
