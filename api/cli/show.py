"""The command ``orgsim show``: lists what a log leads to, in AWS's shapes, or its events, as a table or as JSON."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from ...engine.log.sqlite import SqliteLog
from ...engine.shapes.accounts import Account
from ...engine.shapes.base import moment
from ...engine.shapes.handshakes import Handshake
from ...engine.shapes.organizations import Organization, organization_shape
from ...engine.shapes.policies import PolicySummary, summary_shape
from ...engine.shapes.units import OrganizationalUnit, unit_shape
from ...projections.reads.accounts import account_shape
from ...projections.reads.handshakes import row_shape
from ...projections.rebuild import build_views
from ...projections.views import Views
from ..past import open_recorded
from ..places import PLACES, read_place
from .show_calls import ByCaller, OfOperation, Refused, show_calls, wanted_calls
from .show_events import show_events
from .show_migration import MEMBER_COLUMNS, PendingMigration, member_cells, pending_migrations
from .terminal import AsJson, print_json, print_line, print_rows, readable, reading_bar, run

DEFAULT_LIMIT = 20
"""The number of rows that are shown to people unless they say how many."""


class Subject(StrEnum):
    """The kinds of things that ``orgsim show`` lists."""

    ORGANIZATION = "organization"
    UNITS = "units"
    ACCOUNTS = "accounts"
    POLICIES = "policies"
    HANDSHAKES = "handshakes"
    MIGRATION = "migration"
    CALLS = "calls"
    EVENTS = "events"


Rows = tuple[Iterator[Any], int]
"""The rows in AWS's shapes, and their number."""


def minute(when: datetime) -> str:
    """Format a moment for a table, to the minute."""
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
    Subject.MIGRATION: pending_migrations,
}


def _organization_cells(row: Organization) -> tuple[str, ...]:
    return row.id, row.feature_set, row.master_account_id, row.master_account_email


def _unit_cells(row: OrganizationalUnit) -> tuple[str, ...]:
    return row.id, row.name, row.path


def _account_cells(row: Account) -> tuple[str, ...]:
    # AWS has the organization of an account in its ARN alone: arn:aws:organizations::…:account/o-…/111111111111.
    organization = row.arn.split("/")[1]
    return row.id, organization, row.email, row.state, row.joined_method, minute(row.joined_timestamp)


def _policy_cells(row: PolicySummary) -> tuple[str, ...]:
    return row.id, row.type, row.name or "", row.description or ""


def _handshake_cells(row: Handshake) -> tuple[str, ...]:
    recipient = row.parties[-1].id
    return row.id, row.action, row.state, recipient, minute(row.requested_timestamp)


def _migration_cells(row: PendingMigration) -> tuple[str, ...]:
    begun, expires = minute(row.requested_timestamp), minute(row.expiration_timestamp)
    approved, answered = f"{row.approved:,} of {row.asked:,}", f"{row.answered:,} of {row.asked:,}"
    return row.id, row.organization, row.state, begun, expires, approved, answered


MIGRATION_COLUMNS = ("id", "organization", "state", "begun", "expires", "have approved", "have answered")

COLUMNS: dict[Subject, tuple[tuple[str, ...], Callable[[Any], tuple[str, ...]]]] = {
    Subject.ORGANIZATION: (("id", "feature set", "management account", "email"), _organization_cells),
    Subject.UNITS: (("id", "name", "path"), _unit_cells),
    Subject.ACCOUNTS: (("id", "organization", "email", "state", "joined by", "joined at"), _account_cells),
    Subject.POLICIES: (("id", "type", "name", "description"), _policy_cells),
    Subject.HANDSHAKES: (("id", "action", "state", "recipient", "requested"), _handshake_cells),
    Subject.MIGRATION: (MIGRATION_COLUMNS, _migration_cells),
}


def _policies_of(row: OrganizationalUnit, views: Views) -> str:
    organization = views.organizations.rows[row.path.partition("/")[0]]
    attached = organization.policies.attached.get(row.id, ())
    return ", ".join(organization.policies.by_id[each].name for each in attached)


def _targets_of(row: PolicySummary, views: Views) -> str:
    """The root and OUs to which a policy is attached, by name, and accounts by id."""
    organizations = views.organizations.rows.values()
    organization = next(each for each in organizations if row.id in each.policies.by_id)
    units = organization.units.by_id
    targets = (target for target, attached in organization.policies.attached.items() if row.id in attached)
    return ", ".join(units[each].name if each in units else each for each in targets)


MORE: dict[Subject, tuple[str, Callable[[Any, Views], str]]] = {
    Subject.UNITS: ("policies", _policies_of),
    Subject.POLICIES: ("attached to", _targets_of),
}
"""A last column, for people, that AWS's shapes do not have."""


After = Annotated[
    str | None,
    typer.Option(
        callback=readable(read_place),
        metavar="MOMENT",
        help="Of events and calls: only those behind it.",
        show_default=False,
    ),
]
At = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help=f"As it was then: {PLACES}.", show_default=False),
]


def show(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    subject: Annotated[Subject, typer.Argument(help="What to show.")] = Subject.ORGANIZATION,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows; for people 20 by default.")] = None,
    after: After = None,
    at: At = None,
    refused: Refused = False,
    caller: ByCaller = None,
    operation: OfOperation = None,
    as_json: AsJson = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print each row as JSON on a line of its own.")
    ] = False,
) -> None:
    """Show what a log has led to, or its calls or events. Organizations, OUs, accounts, policies, handshakes, …"""
    if as_json and json_lines:
        raise typer.BadParameter("--json and --json-lines exclude each other", param_hint="'--json-lines'")
    wanted = limit if limit or as_json or json_lines else DEFAULT_LIMIT
    if at is not None and subject in (Subject.CALLS, Subject.EVENTS):
        raise typer.BadParameter(f"{subject} do not change; list them with --after and --limit", param_hint="'--at'")
    if subject is Subject.CALLS:
        chosen = wanted_calls(refused, caller, operation)
        run(partial(show_calls, log, after, wanted, chosen, as_json, json_lines))
        return
    if refused or caller or operation:
        raise typer.BadParameter(f"those are options of calls, not of {subject}", param_hint="'--refused' / '--caller'")
    if subject is Subject.EVENTS:
        run(partial(show_events, log, after, wanted, as_json, json_lines))
        return
    if after is not None:
        raise typer.BadParameter(f"positions are those of events, not of {subject}", param_hint="'--after'")
    _print_subject(run(partial(_views_of, log, at)), subject, wanted, as_json, json_lines)


def _print_subject(views: Views, subject: Subject, wanted: int | None, as_json: bool, json_lines: bool) -> None:
    rows, total = ROWS[subject](views)
    shown = list(islice(rows, wanted))
    if json_lines:
        for row in shown:
            print_json(row)
        return
    if as_json:
        print_json({"position": views.position, "time": moment(views.now), "total": total, str(subject): shown})
        return
    names, cells = COLUMNS[subject]
    if subject in MORE:
        title, more_of = MORE[subject]
        print_rows((*names, title), ((*cells(row), more_of(row, views)) for row in shown))
    else:
        print_rows(names, map(cells, shown))
    if subject is Subject.MIGRATION:
        members = [*chain.from_iterable(map(member_cells, shown))]
        print_rows(MEMBER_COLUMNS, members[:wanted])
        if wanted is not None and len(members) > wanted:
            print_line(f"{len(members) - wanted:,} more of the members with --limit")
    more = f", {total - len(shown):,} more with --limit" if total > len(shown) else ""
    seen = " that can be seen (ended ones disappear after 30 days)" if subject is Subject.HANDSHAKES else ""
    print_line(f"{total:,}{seen}{more}; position {views.position:,}, {minute(moment(views.now))} UTC")


async def _views_of(path: Path, at: str | None) -> Views:
    if at is not None:
        return await _past_views(path, at)
    log = await SqliteLog.open_for_reading(path)
    try:
        with reading_bar(log) as listener:
            return await build_views(log, file=path, listener=listener)
    finally:
        await log.close()


async def _past_views(path: Path, at: str) -> Views:
    async with open_recorded(path) as recorded:
        past = recorded.at_or_end(at)
        with reading_bar(recorded.log) as recorded.views.listener:
            return await past.views()
