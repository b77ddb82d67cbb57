"""Account creations. Asked by DescribeCreateAccountStatus and ListCreateAccountStatus; made of the AccountCreation
events. How long AWS keeps these records is not documented (section 4.1); here they stay."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ..engine.envelope import Envelope
from ..engine.events import AccountCreationFailed, AccountCreationRequested, AccountCreationSucceeded
from .paging import OrderedRows
from .projection import Handler


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
    completed_at: int | None = None
    account: str | None = None
    govcloud_account: str | None = None
    failure: str | None = None
    gone: bool = False


class AccountCreationsView:
    """Account creations by request and by organization."""

    name = "account creations"

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
        row = self._complete(envelope, event.request, CreationState.SUCCEEDED)
        row.account, row.govcloud_account = event.account, event.govcloud_account

    def _failed(self, envelope: Envelope, event: AccountCreationFailed) -> None:
        self._complete(envelope, event.request, CreationState.FAILED).failure = event.reason

    def summary(self) -> dict[str, int]:
        """What became of all creations: SUCCEEDED, IN_PROGRESS, or FAILED and the reason, to number."""
        return dict(
            Counter(f"{row.state} {row.failure}" if row.failure else str(row.state) for row in self.rows.values())
        )

    def _complete(self, envelope: Envelope, request: str, state: CreationState) -> CreationRow:
        row = self.rows[request]
        row.state = state
        row.completed_at = envelope.time
        return row
