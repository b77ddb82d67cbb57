"""What ``orgsim show`` can show of a world: the rows of a subject, in AWS's form, and the columns of its table."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..engine.shapes.accounts import Account
from ..engine.shapes.handshakes import Handshake
from ..engine.shapes.organizations import Organization, organization_shape
from ..engine.shapes.policies import PolicySummary, summary_shape
from ..engine.shapes.units import OrganizationalUnit, unit_shape
from ..projections.reads.accounts import account_shape
from ..projections.reads.handshakes import row_shape
from ..projections.views import Views


class Subject(StrEnum):
    """What ``show`` shows."""

    ORGANIZATION = "organization"
    UNITS = "units"
    ACCOUNTS = "accounts"
    POLICIES = "policies"
    HANDSHAKES = "handshakes"


Rows = tuple[Iterator[Any], int]
"""The rows, and how many there are."""


def minute(when: datetime) -> str:
    """A moment as tables show it."""
    return f"{when:%Y-%m-%d %H:%M}"


def _organizations(views: Views) -> Rows:
    rows = [row for row in views.organizations.rows.values() if not row.deleted]
    return (organization_shape(views.initiator(row), row.feature_set) for row in rows), len(rows)


def _units(views: Views) -> Rows:
    rows = [
        (unit, organization)
        for organization in views.organizations.rows.values()
        for unit in organization.units.by_id
        if unit != organization.units.root
    ]
    return (unit_shape(unit, organization) for unit, organization in rows), len(rows)


def _accounts(views: Views) -> Rows:
    rows = views.accounts.members
    organizations = views.organizations.rows
    return (account_shape(row, organizations[row.organization], views) for row in rows.values()), len(rows)


def _policies(views: Views) -> Rows:
    rows = [
        (policy, organization)
        for organization in views.organizations.rows.values()
        for policy in organization.policies.by_id.values()
    ]
    return (summary_shape(policy, organization) for policy, organization in rows), len(rows)


def _handshakes(views: Views) -> Rows:
    rows = views.handshakes.rows
    return (row_shape(row, views) for row in reversed(rows.values())), len(rows)


ROWS: dict[Subject, Callable[[Views], Rows]] = {
    Subject.ORGANIZATION: _organizations,
    Subject.UNITS: _units,
    Subject.ACCOUNTS: _accounts,
    Subject.POLICIES: _policies,
    Subject.HANDSHAKES: _handshakes,
}


def _organization_cells(row: Organization) -> tuple[str, ...]:
    return row.id, row.feature_set, row.master_account_id, row.master_account_email


def _unit_cells(row: OrganizationalUnit) -> tuple[str, ...]:
    return row.id, row.name, row.path


def _account_cells(row: Account) -> tuple[str, ...]:
    return row.id, row.email, row.state, row.joined_method, minute(row.joined_timestamp)


def _policy_cells(row: PolicySummary) -> tuple[str, ...]:
    return row.id, row.type, row.name or "", row.description or ""


def _handshake_cells(row: Handshake) -> tuple[str, ...]:
    recipient = row.parties[-1].id
    return row.id, row.action, row.state, recipient, minute(row.requested_timestamp)


COLUMNS: dict[Subject, tuple[tuple[str, ...], Callable[[Any], tuple[str, ...]]]] = {
    Subject.ORGANIZATION: (("id", "feature set", "management account", "email"), _organization_cells),
    Subject.UNITS: (("id", "name", "path"), _unit_cells),
    Subject.ACCOUNTS: (("id", "email", "state", "joined by", "joined at"), _account_cells),
    Subject.POLICIES: (("id", "type", "name", "description"), _policy_cells),
    Subject.HANDSHAKES: (("id", "action", "state", "recipient", "requested"), _handshake_cells),
}
