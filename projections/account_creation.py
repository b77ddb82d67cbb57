"""Account creations. Asked by DescribeCreateAccountStatus and ListCreateAccountStatus; made of the AccountCreation
events. How long AWS keeps these records is not documented (docs/aws.md 4.1); here they stay."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from heapq import merge
from typing import Any

from msgspec import Struct

from ..engine.events import AccountCreationFailed, AccountCreationRequested, AccountCreationSucceeded
from ..engine.events.envelope import Envelope
from .paging import OrderedRows
from .projection import Handler


class CreationState(StrEnum):
    """The states of a request to create an account (docs/aws.md 4.1)."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class CreationRow(Struct, gc=False, array_like=True):
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
        self.by_state: dict[tuple[str, CreationState], OrderedRows[CreationRow]] = {}
        """By organization and state; all in the order of the requests."""
        self.handlers: Mapping[type[Any], Handler] = {
            AccountCreationRequested: self._requested,
            AccountCreationSucceeded: self._succeeded,
            AccountCreationFailed: self._failed,
        }

    def dump(self) -> list[CreationRow]:
        """What a snapshot stores: the state knows those in progress only."""
        return list(self.rows.values())

    def load(self, rows: list[CreationRow]) -> None:
        """Become what was dumped."""
        for row in rows:
            self._list(row)

    def _requested(self, envelope: Envelope, event: AccountCreationRequested) -> None:
        self._list(CreationRow(event, envelope.time, envelope.position))

    def _list(self, row: CreationRow) -> None:
        event = row.requested
        self.rows[event.request] = row
        self.by_organization.setdefault(event.organization, OrderedRows()).append(row)
        self._listed(event.organization, row.state).append(row)

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
        organization, before = row.requested.organization, row.state
        row.state = state
        row.completed_at = envelope.time
        self._listed(organization, before).count_gone()
        self._listed(organization, state).insert(row)
        return row

    def _listed(self, organization: str, state: CreationState) -> OrderedRows[CreationRow]:
        rows = self.by_state.get((organization, state))
        if rows is None:
            rows = self.by_state[organization, state] = OrderedRows(lambda row: row.state is not state)
        return rows

    def in_states(
        self, organization: str, states: Collection[CreationState], before: int | None
    ) -> Iterator[CreationRow]:
        """Creations of an organization before a position (None: all), newest first; in some states, or in any."""
        if not states:
            return self.by_organization.get(organization, OrderedRows[CreationRow]()).before(before)
        wanted = (self._listed(organization, state).before(before) for state in set(states))
        return merge(*wanted, key=lambda row: -row.position)
