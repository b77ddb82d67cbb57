"""Accounts of a dump against those that stand: who joined, departed, was moved, renamed, closed or reopened."""

from collections.abc import Iterator

from ..events import (
    AccountClosed,
    AccountClosureRequested,
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    AccountMoved,
    AccountReinstated,
    AnyEvent,
)
from ..ids import DERIVED_DOMAIN, derived_email, derived_name
from ..rules.membership import departure_events
from ..settings import SECOND
from ..state import Account, Organization, State
from ..words import Condition, DepartureMethod, JoinedMethod
from .form import AccountForm, AccountState, Form

TOLD_TWICE = 60 * SECOND
"""Two moments of one thing that are no further apart are the same, told by two sources that differ by seconds."""

LONGEST_CLOSURE = 660 * SECOND
"""How long a closure takes at most (docs/aws.md 4.4): a dump does not say when it was asked for."""

CONDITIONS: dict[AccountState, Condition] = {
    "SUSPENDED": Condition.SUSPENDED,
    "PENDING_ACTIVATION": Condition.SIGN_UP_INCOMPLETE,
}
"""The states that are conditions outside Organizations."""


def leaving_members(form: Form, organization: Organization) -> list[Account]:
    """Members that are gone, or that have departed and joined anew."""
    members = organization.members
    anew = [members[each.id] for each in form.accounts if each.id in members and _joined_anew(each, members[each.id])]
    if "accounts" not in form.whole:
        return anew
    listed = {account.id for account in form.accounts}
    return [*(member for member in members.values() if member.id not in listed), *anew]


def _joined_anew(account: AccountForm, member: Account) -> bool:
    assert member.membership_changed_at is not None, "a member has joined"
    return account.joined_at is not None and account.joined_at > member.membership_changed_at + TOLD_TWICE


def departures(form: Form, organization: Organization, state: State) -> Iterator[AnyEvent]:
    """The departures of members, and of members of other organizations that are in this one now."""
    for member in leaving_members(form, organization):
        yield from _departure(member.id, organization)
    for account in form.accounts:
        elsewhere = state.organization_of(account.id)
        if elsewhere and elsewhere.id != form.organization:
            yield from departure_events(elsewhere.members[account.id], elsewhere, state, DepartureMethod.REMOVED)


def _departure(member: str, organization: Organization) -> Iterator[AnyEvent]:
    """A dump does not say how an account departed; one that was closed is gone for good."""
    pending, closed = member in organization.closures.pending, member in organization.closures.closed
    if pending:
        yield AccountClosed(organization.id, member)
    method = DepartureMethod.CLEANED if pending or closed else DepartureMethod.REMOVED
    yield AccountDeparted(organization.id, member, method)


def arrivals(form: Form, organization: Organization, state: State) -> Iterator[AnyEvent]:
    """Accounts that have joined, the management account first, with their addresses and names; and those of members."""
    emails = _Emails(state)
    yield from emails.free(form.accounts)
    for account in sorted(form.accounts, key=lambda account: account.id != form.management_account):
        member = organization.members.get(account.id)
        email, name = account.email, account.name
        if member is None or _joined_anew(account, member):
            known = state.accounts.get(account.id)
            fresh = (known is None or known.email is None) and not _is_derived(account)
            given = (email or derived_email(account.id), name or derived_name(account.id)) if fresh else (None, None)
            yield AccountJoined(form.organization, account.id, account.joined_method or JoinedMethod.INVITED, *given)
            if fresh:
                email, name = None, None
        yield from _description(account, email, name, emails)


def _is_derived(account: AccountForm) -> bool:
    return account.email in (None, derived_email(account.id)) and account.name in (None, derived_name(account.id))


def _description(account: AccountForm, email: str | None, name: str | None, emails: "_Emails") -> Iterator[AnyEvent]:
    """What differs of address, name and conditions."""
    state = emails.state
    new_email = email if email not in (None, emails.of(account.id)) else None
    new_name = name if name not in (None, state.name_of(account.id)) else None
    record = state.accounts.get(account.id)
    conditions = record.conditions if record else ()
    wanted = conditions
    if account.state is not None:
        others = [each for each in conditions if each not in CONDITIONS.values()]
        own = CONDITIONS.get(account.state)
        wanted = tuple(sorted([*others, own] if own else others))
    if new_email or new_name or wanted != conditions:
        yield AccountDescribed(account.id, new_email, new_name, wanted)


class _Emails:
    """Who owns which address while addresses change hands."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._freed: set[str] = set()

    def free(self, accounts: tuple[AccountForm, ...]) -> Iterator[AnyEvent]:
        """Give the owners of addresses that are somebody else's now made-up ones, until they get their own."""
        for account in accounts:
            owner = self.state.emails.get(account.email.lower()) if account.email else None
            if owner and owner != account.id and owner not in self._freed:
                self._freed.add(owner)
                yield AccountDescribed(owner, _made_up(owner), None, self._conditions_of(owner))

    def of(self, account: str) -> str:
        """The address that an account has by now."""
        return _made_up(account) if account in self._freed else self.state.email_of(account)

    def _conditions_of(self, account: str) -> tuple[Condition, ...]:
        # Not those that the state derives, as of an account that was closed for good.
        return self.state.accounts[account].conditions


def _made_up(account: str) -> str:
    """An address of an account whose own is another's now; it is no derived one, which may be the very one."""
    return f"former-{account}@{DERIVED_DOMAIN}"


def moves(form: Form, organization: Organization) -> Iterator[AnyEvent]:
    """Accounts that are in another root or OU than they were, or than where they joined."""
    for account in form.accounts:
        member = organization.members.get(account.id)
        stays = member is not None and not _joined_anew(account, member)
        parent = organization.units.parent_of(account.id) if stays else form.root
        if account.parent not in (None, parent):
            yield AccountMoved(form.organization, account.id, parent, account.parent)


def closures(form: Form, organization: Organization, now: int) -> Iterator[AnyEvent]:
    """Accounts that were closed or reopened, or are about to be closed."""
    for account in form.accounts:
        key, wanted = account.id, account.state
        pending, closed = key in organization.closures.pending, key in organization.closures.closed
        member = organization.members.get(key)
        if member and _joined_anew(account, member):
            pending = closed = False
        if wanted is None or (wanted == "PENDING_CLOSURE" and pending) or (wanted == "CLOSED" and closed):
            continue
        if closed or (pending and wanted != "CLOSED"):
            yield AccountReinstated(form.organization, key)
        if wanted in ("PENDING_CLOSURE", "CLOSED") and not (pending and wanted == "CLOSED"):
            yield AccountClosureRequested(form.organization, key, now + LONGEST_CLOSURE)
        if wanted == "CLOSED":
            yield AccountClosed(form.organization, key)
