"""Service events: what AWS records by itself when something that it does later is done, or a membership changes.

Of CreateAccountResult and CloseAccountResult AWS prints samples; of membership and transfer events only prose, so the
shape of their details is inferred (docs/aws.md 11.3, docs/fidelity.md). EffectivePolicyValidation is not written.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from ....engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountJoined,
    Event,
    ResponsibilityTransferAccepted,
    ResponsibilityTransferWithdrawn,
)
from ....engine.events.envelope import Envelope
from ....engine.operations import OPERATIONS
from ....engine.rules.transfers import payers
from ....engine.shapes.accounts import CreateAccountStatus
from ....engine.shapes.base import moment
from ....engine.shapes.trail_times import text_time
from ....engine.state import State, Transfer
from ..cloudtrail import AWS_INTERNAL, SOURCE

BY_AWS = {"CleanClosedAccount", "FinishAccountClosure", "FinishAccountCreation"}
"""Internal operations that stand for what AWS does by itself; others, such as an import, are no work of AWS."""


class ServiceEvent(Struct, frozen=True):
    """A service event, as one account is told of it."""

    name: str
    account: str
    """Whose trail has it."""
    organization: str | None
    """Of that account."""
    details: dict[str, Any]
    """Under AWS's names, as of a reply."""
    invoked_by: str = AWS_INTERNAL


class Creation(Struct, frozen=True):
    """A creation of an account that is in progress."""

    requested_at: int
    name: str


class Waiting(Struct):
    """What is in progress: the results tell when it was asked for, which the state does not always know."""

    creations: dict[str, Creation] = {}
    closures: dict[str, int] = {}
    """Account to when its closure was requested."""

    def note(self, envelope: Envelope) -> None:
        """Remember what an event begins."""
        event = envelope.event
        if isinstance(event, AccountCreationRequested):
            self.creations[event.request] = Creation(envelope.time, event.name)
        elif isinstance(event, AccountClosureRequested):
            self.closures[event.account] = envelope.time

    def forget(self, event: Event) -> None:
        """Forget what an event ends."""
        if isinstance(event, AccountCreationSucceeded | AccountCreationFailed):
            self.creations.pop(event.request, None)
        elif isinstance(event, AccountClosed):
            self.closures.pop(event.account, None)


def service_events(envelope: Envelope, state: State, waiting: Waiting) -> Iterator[ServiceEvent]:
    """The service events that an event leads to.

    Args:
        envelope: the event.
        state: right after its command.
        waiting: what was in progress before the event.
    """
    make = MAKERS.get(type(envelope.event))
    if make is None or not (envelope.operation in OPERATIONS or envelope.operation in BY_AWS):
        return iter(())
    return make(envelope, envelope.event, state, waiting)


def _to_manager(
    name: str, organization: str, details: dict[str, Any], state: State, invoked_by: str = AWS_INTERNAL
) -> Iterator[ServiceEvent]:
    """An event in the trail of an organization's management account."""
    manager = state.organizations[organization].management_account
    yield ServiceEvent(name, manager, organization, details, invoked_by)


def _created(envelope: Envelope, event: Any, state: State, waiting: Waiting) -> Iterator[ServiceEvent]:
    """An account creation has ended, one way or the other."""
    creation, failed = waiting.creations[event.request], isinstance(event, AccountCreationFailed)
    status = CreateAccountStatus(
        id=event.request,
        state="FAILED" if failed else "SUCCEEDED",
        account_name=creation.name,
        requested_timestamp=moment(creation.requested_at),
        completed_timestamp=moment(envelope.time),
        account_id=None if failed else event.account,
        gov_cloud_account_id=None if failed else event.govcloud_account,
        failure_reason=event.reason if failed else None,
    )
    return _to_manager("CreateAccountResult", event.organization, {"CreateAccountStatus": status}, state)


def _closed(envelope: Envelope, event: AccountClosed, state: State, waiting: Waiting) -> Iterator[ServiceEvent]:
    status = {
        "AccountId": event.account,
        "State": "SUCCEEDED",
        "RequestedTimestamp": moment(waiting.closures[event.account]),
        "CompletedTimestamp": moment(envelope.time),
    }
    return _to_manager("CloseAccountResult", event.organization, {"CloseAccountStatus": status}, state, SOURCE)


def _joined(envelope: Envelope, event: AccountJoined, state: State, _: Waiting) -> Iterator[ServiceEvent]:
    details = {
        "AccountId": event.account,
        "JoinedMethod": str(event.method),
        "JoinedTime": text_time(envelope.time, comma=True),
    }
    return _to_manager("AccountJoinedOrganization", event.organization, details, state)


def _departed(envelope: Envelope, event: AccountDeparted, state: State, _: Waiting) -> Iterator[ServiceEvent]:
    details = {
        "AccountId": event.account,
        "DepartureMethod": str(event.method),
        "DepartureTime": text_time(envelope.time, comma=True),
    }
    return _to_manager("AccountDepartedOrganization", event.organization, details, state)


def _transfer_accepted(
    _: Envelope, event: ResponsibilityTransferAccepted, state: State, __: Waiting
) -> Iterator[ServiceEvent]:
    return _to_all("ResponsibilityTransferAccepted", state.transfers.by_id[event.transfer], state)


def _transfer_terminated(
    _: Envelope, event: ResponsibilityTransferWithdrawn, state: State, __: Waiting
) -> Iterator[ServiceEvent]:
    """Told when the end is decided: that is when AWS could tell it; the end itself is no event."""
    return _to_all("ResponsibilityTransferTerminated", state.transfers.by_id[event.transfer], state)


def _to_all(name: str, transfer: Transfer, state: State) -> Iterator[ServiceEvent]:
    """An event in the trails of both sides of a transfer, and of those that pay for the payer."""
    source = transfer.source_organization
    assert source is not None, "it was accepted"
    details = {"ResponsibilityTransfer": _transfer(transfer, source, state)}
    for organization in dict.fromkeys([source, transfer.organization, *payers(transfer.organization, state.transfers)]):
        yield from _to_manager(name, organization, details, state)


def _transfer(transfer: Transfer, source: str, state: State) -> dict[str, Any]:
    managers = {side: state.organizations[side].management_account for side in (source, transfer.organization)}
    end = {} if transfer.ends_at is None else {"EndTimestamp": moment(transfer.ends_at)}
    return {
        "Id": transfer.id,
        "Type": "BILLING",
        "Status": str(transfer.status),
        "Source": {"ManagementAccountId": managers[source]},
        "Target": {"ManagementAccountId": managers[transfer.organization]},
        "StartTimestamp": moment(transfer.starts_at),
        **end,
        "ActiveHandshakeId": transfer.handshake,
    }


MAKERS: dict[type[Any], Callable[[Envelope, Any, State, Waiting], Iterator[ServiceEvent]]] = {
    AccountClosed: _closed,
    AccountCreationFailed: _created,
    AccountCreationSucceeded: _created,
    AccountDeparted: _departed,
    AccountJoined: _joined,
    ResponsibilityTransferAccepted: _transfer_accepted,
    ResponsibilityTransferWithdrawn: _transfer_terminated,
}
"""Types of events of which AWS tells, and what makes the service events."""
