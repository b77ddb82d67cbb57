"""The view of account creations.

Asked by DescribeCreateAccountStatus and ListCreateAccountStatus; made of the AccountCreation events. How long AWS keeps
these records is not documented (docs/aws.md 4.1); here they stay.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from heapq import merge
from typing import Any

from msgspec import Struct

from ..engine.events import AccountCreationFailed, AccountCreationRequested, AccountCreationSucceeded
from ..engine.events.envelope import Envelope
from ..engine.state import State
from .paging import OrderedRows
from .projection import Handler


class CreationState(StrEnum):
    """The states of a request to create an account (docs/aws.md 4.1)."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class CreationRow(Struct, gc=False, array_like=True):
    """An account creation: its request, and what has become of it."""

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
    image = list[CreationRow]

    def __init__(self) -> None:
        self.rows: dict[str, CreationRow] = {}
        self.by_organization: dict[str, OrderedRows[CreationRow]] = {}
        self.by_state: dict[tuple[str, CreationState], OrderedRows[CreationRow]] = {}
        """By organization and state; all in the order of the requests."""

    def dump(self) -> list[CreationRow]:
        """Make the image for a snapshot: all rows, because the state has only those in progress."""
        return list(self.rows.values())

    def load(self, image: list[CreationRow], state: State) -> None:
        """Restore from a snapshot image."""
        for row in image:
            self._add(row)

    def _requested(self, envelope: Envelope, event: AccountCreationRequested) -> None:
        self._add(CreationRow(event, envelope.time, envelope.position))

    def _add(self, row: CreationRow) -> None:
        event = row.requested
        self.rows[event.request] = row
        self.by_organization.setdefault(event.organization, OrderedRows()).append(row)
        self._rows_in(event.organization, row.state).append(row)

    def _succeeded(self, envelope: Envelope, event: AccountCreationSucceeded) -> None:
        row = self._complete(envelope, event.request, CreationState.SUCCEEDED)
        row.account, row.govcloud_account = event.account, event.govcloud_account

    def _failed(self, envelope: Envelope, event: AccountCreationFailed) -> None:
        self._complete(envelope, event.request, CreationState.FAILED).failure = event.reason

    handlers: Mapping[type[Any], Handler] = {
        AccountCreationRequested: _requested,
        AccountCreationSucceeded: _succeeded,
        AccountCreationFailed: _failed,
    }

    def summary(self) -> dict[str, int]:
        """Count creations by outcome: SUCCEEDED, IN_PROGRESS, or FAILED and the reason."""
        return dict(
            Counter(f"{row.state} {row.failure}" if row.failure else str(row.state) for row in self.rows.values())
        )

    def _complete(self, envelope: Envelope, request: str, state: CreationState) -> CreationRow:
        row = self.rows[request]
        organization, before = row.requested.organization, row.state
        row.state = state
        row.completed_at = envelope.time
        self._rows_in(organization, before).count_gone()
        self._rows_in(organization, state).insert(row)
        return row

    def _rows_in(self, organization: str, state: CreationState) -> OrderedRows[CreationRow]:
        rows = self.by_state.get((organization, state))
        if rows is None:
            rows = self.by_state[organization, state] = OrderedRows(lambda row: row.state is not state)
        return rows

    def in_states(
        self, organization: str, states: Collection[CreationState], before: int | None
    ) -> Iterator[CreationRow]:
        """Iterate over the creations of an organization, newest first.

        Args:
            organization: its id.
            states: only those in one of these states; empty for all.
            before: only those requested before this position; None for all.
        """
        if not states:
            return self.by_organization.get(organization, OrderedRows[CreationRow]()).before(before)
        wanted = (self._rows_in(organization, state).before(before) for state in set(states))
        return merge(*wanted, key=lambda row: -row.position)
