"""Events about accounts: creation, joining, closure, departure."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ..events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    AccountReinstated,
)
from ..settings import CLOSED_ACCOUNT_RETENTION
from ..state import Account, Creation, State
from ..words import DepartureMethod


def on_account_described(state: State, event: AccountDescribed) -> None:
    known = state.accounts.get(event.account) or Account(event.account)
    if event.email:
        if known.email:
            del state.emails[known.email.lower()]
        state.emails[event.email.lower()] = known.id
    email, name = event.email or known.email, event.name or known.name
    account = state.accounts[known.id] = replace(known, email=email, name=name, conditions=event.conditions)
    if account.organization:
        state.organizations[account.organization].members[account.id] = account


def on_account_creation_requested(state: State, event: AccountCreationRequested) -> None:
    organization = state.organizations[event.organization]
    organization.creations[event.email.lower()] = event.request
    state.creations[event.request] = Creation(
        event.organization, event.email, event.name, event.finishes_at, event.govcloud, event.tags, event.role_name
    )
    state.timers.schedule(event.finishes_at, state.now, state.position, "FinishAccountCreation", event.request)


def on_account_creation_succeeded(state: State, event: AccountCreationSucceeded) -> None:
    role_name = state.creations[event.request].role_name
    if role_name:
        state.role_names[event.account] = role_name
    if event.govcloud_account:
        state.partitions[event.govcloud_account] = "aws-us-gov"
    _finish_creation(state, event.request)


def on_account_creation_failed(state: State, event: AccountCreationFailed) -> None:
    _finish_creation(state, event.request)


def on_account_joined(state: State, event: AccountJoined) -> None:
    organization, known = state.organizations[event.organization], state.accounts.get(event.account)
    key, email, name, conditions = event.account, event.email, event.name, ()
    if known:
        key, conditions = known.id, known.conditions
    if email:
        state.emails[email.lower()] = key
    elif known:
        email, name = known.email, known.name
    account = Account(key, organization.id, event.method, state.now, email, name, conditions)
    state.accounts[key] = organization.members[key] = account
    if state.cleaned:
        # A dump shows that one is still there that seemed to be closed for good.
        state.cleaned.pop(key, None)
    if organization.partition != "aws":
        state.partitions[account.id] = organization.partition


def on_account_departed(state: State, event: AccountDeparted) -> None:
    organization, known = state.organizations[event.organization], state.accounts[event.account]
    account = replace(known, organization=None, joined_method=None, membership_changed_at=state.now)
    state.accounts[account.id] = account
    del organization.members[account.id]
    if organization.migration:
        organization.migration.outstanding.pop(account.id, None)
    if event.method is DepartureMethod.CLEANED:
        state.cleaned[account.id] = None
        organization.cleaned += 1
        state.timers.clear_appointment("CleanClosedAccount", account.id)


def on_account_closure_requested(state: State, event: AccountClosureRequested) -> None:
    state.timers.schedule(event.finishes_at, state.now, state.position, "FinishAccountClosure", event.account)


def on_account_closed(state: State, event: AccountClosed) -> None:
    state.timers.clear_appointment("FinishAccountClosure", event.account)
    leaves_at = state.now + CLOSED_ACCOUNT_RETENTION
    state.timers.schedule(leaves_at, state.now, state.position, "CleanClosedAccount", event.account)


def on_account_reinstated(state: State, event: AccountReinstated) -> None:
    state.timers.clear_appointment("FinishAccountClosure", event.account)
    state.timers.clear_appointment("CleanClosedAccount", event.account)


def _finish_creation(state: State, request: str) -> None:
    creation = state.creations.pop(request)
    del state.organizations[creation.organization].creations[creation.email.lower()]
    state.timers.clear_appointment("FinishAccountCreation", request)


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {
    AccountDescribed: on_account_described,
    AccountCreationRequested: on_account_creation_requested,
    AccountCreationSucceeded: on_account_creation_succeeded,
    AccountCreationFailed: on_account_creation_failed,
    AccountJoined: on_account_joined,
    AccountDeparted: on_account_departed,
    AccountClosureRequested: on_account_closure_requested,
    AccountClosed: on_account_closed,
    AccountReinstated: on_account_reinstated,
}
