"""Account creations. Answers DescribeCreateAccountStatus and ListCreateAccountStatus; made of the AccountCreation
events.

The list is newest first. How long AWS keeps these records is not documented (section 4.1); here they stay.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ..engine.errors import CreateAccountStatusNotFoundException
from ..engine.events import (
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    Envelope,
)
from ..engine.ids import CreateAccountRequestId
from ..engine.shapes import CreateAccountStatus, CreateAccountStatusReply, Shape, moment
from .paging import MaxResults, NextToken, OrderedRows, cut_page, read_token
from .projection import Handler

if TYPE_CHECKING:
    from .views import Views


class CreationState(StrEnum):
    """Section 4.1."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class CreationRow(Struct, gc=False):
    """An account creation."""

    requested: AccountCreationRequested
    requested_at: int
    position: int
    state: CreationState = CreationState.IN_PROGRESS
    completed_at: int = 0
    account: str | None = None
    failure: str | None = None
    gone: bool = False


class AccountCreationsView:
    """Account creations by request and by organization."""

    def __init__(self) -> None:
        self.rows: dict[str, CreationRow] = {}
        self.by_organization: dict[str, OrderedRows[CreationRow]] = {}
        self.handlers: Mapping[type[Any], Handler] = {
            AccountCreationRequested: self._requested,
            AccountCreationSucceeded: self._succeeded,
            AccountCreationFailed: self._failed,
        }

    def _requested(self, envelope: Envelope, event: AccountCreationRequested) -> None:
        row = self.rows[event.request] = CreationRow(event, envelope.time, envelope.position)
        self.by_organization.setdefault(event.organization, OrderedRows()).append(row)

    def _succeeded(self, envelope: Envelope, event: AccountCreationSucceeded) -> None:
        self._complete(envelope, event.request, CreationState.SUCCEEDED).account = event.account

    def _failed(self, envelope: Envelope, event: AccountCreationFailed) -> None:
        self._complete(envelope, event.request, CreationState.FAILED).failure = event.reason

    def _complete(self, envelope: Envelope, request: str, state: CreationState) -> CreationRow:
        row = self.rows[request]
        row.state = state
        row.completed_at = envelope.time
        return row


def creation_shape(row: CreationRow) -> CreateAccountStatus:
    """A row in AWS's form."""
    return CreateAccountStatus(
        id=row.requested.request,
        account_name=row.requested.name,
        state=row.state,
        requested_timestamp=moment(row.requested_at),
        completed_timestamp=moment(row.completed_at) if row.completed_at else None,
        account_id=row.account,
        failure_reason=row.failure,
    )


class DescribeCreateAccountStatus(Struct, frozen=True, rename="pascal"):
    create_account_request_id: CreateAccountRequestId


def describe_create_account_status(
    request: DescribeCreateAccountStatus, views: "Views", account: str
) -> CreateAccountStatusReply:
    """The management account may ask for the requests of its organization."""
    organization = views.managed(account)
    row = views.account_creations.rows.get(request.create_account_request_id)
    if row is None or row.requested.organization != organization.id:
        raise CreateAccountStatusNotFoundException
    return CreateAccountStatusReply(creation_shape(row))


class ListCreateAccountStatus(Struct, frozen=True, rename="pascal"):
    states: tuple[CreationState, ...] = ()
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class CreateAccountStatusesReply(Shape, frozen=True):
    create_account_statuses: list[CreateAccountStatus]
    next_token: str | None = None


def list_create_account_status(
    request: ListCreateAccountStatus, views: "Views", account: str
) -> CreateAccountStatusesReply:
    """Requests of the organization, newest first, in the wanted states (none named: in all)."""
    organization = views.managed(account)
    scope = f"ListCreateAccountStatus {organization.id} {sorted(set(request.states))}"
    before = read_token(request.next_token, scope)
    listed = views.account_creations.by_organization.get(organization.id, OrderedRows[CreationRow]())
    rows = (row for row in listed.before(before) if not request.states or row.state in request.states)
    page, token = cut_page(rows, request.max_results, scope)
    return CreateAccountStatusesReply([creation_shape(row) for row in page], token)
