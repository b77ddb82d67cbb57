"""DescribeHandshake, ListHandshakesForAccount and ListHandshakesForOrganization (docs/aws.md 2.8).

Both lists are newest first, so that unanswered handshakes tend to be on the first page; AWS documents no order.
"""

import heapq

from msgspec import Struct

from ...engine.arns import handshake_arn
from ...engine.errors import AccessDeniedException, HandshakeNotFoundException, InvalidInputException
from ...engine.ids import HandshakeId
from ...engine.rules.handshakes import named, why_not_found
from ...engine.shapes.base import Shape
from ...engine.shapes.handshakes import Handshake, HandshakeReply, handshake_shape
from ...engine.words import Action, PartyType
from ..authorization import reader
from ..handshakes import HandshakeRow
from ..paging import MaxResults, NextToken, cut_page, read_token
from ..views import Views


class HandshakesReply(Shape, frozen=True):
    handshakes: list[Handshake]
    next_token: str | None = None


class HandshakeFilter(Struct, frozen=True, rename="pascal"):
    action_type: Action | None = None
    parent_handshake_id: HandshakeId | None = None


class DescribeHandshake(Struct, frozen=True, rename="pascal"):
    handshake_id: HandshakeId


class ListHandshakesForAccount(Struct, frozen=True, rename="pascal"):
    filter: HandshakeFilter = HandshakeFilter()
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class ListHandshakesForOrganization(Struct, frozen=True, rename="pascal"):
    filter: HandshakeFilter = HandshakeFilter()
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def row_shape(row: HandshakeRow, views: Views) -> Handshake:
    """Convert a row to AWS's form."""
    initiator = views.initiator(views.organizations.rows[row.requested.organization])
    settings = views.organizations.settings
    accepted_by = views.handshakes.accepted_by.get(row.requested.handshake)
    transfer = views.transfers.of_handshake(row.requested.handshake)
    return handshake_shape(row.requested, row.requested_at, row.state, accepted_by, initiator, settings, transfer)


def describe_handshake(request: DescribeHandshake, views: Views, account: str) -> HandshakeReply:
    """Return a handshake.

    Both parties may ask, and whoever may ask for the sending organization; a third account is refused (AccessDenied
    [inferred]; docs/aws.md 2.8).

    Refused, in this order:
        - HandshakeNotFound: there is no such handshake, or it has been purged.
        - AccessDenied: the caller is no party, and may not ask for the organization that sent it.
    Views: handshakes, accounts, transfers, organizations.
    """
    row = views.handshakes.rows.get(request.handshake_id)
    if row is None:
        raise HandshakeNotFoundException(explanation=why_not_found(request.handshake_id))
    if not _is_recipient(row, views, account):
        _require_of_sender(row, views, account)
    return HandshakeReply(row_shape(row, views))


def _require_of_sender(row: HandshakeRow, views: Views, account: str) -> None:
    requested = row.requested
    if views.accounts.organization_of(account) != requested.organization:
        raise AccessDeniedException(
            explanation=f"{account} is neither a party of {named(requested)} nor a member of {requested.organization}, "
            "which sent it"
        )
    initiator = views.organizations.rows[requested.organization]
    arn = handshake_arn(initiator, requested.action, requested.handshake)
    reader(views, "DescribeHandshake", account, [arn])


def _is_recipient(row: HandshakeRow, views: Views, account: str) -> bool:
    if row.requested.party_type is PartyType.EMAIL:
        accepted_by = views.handshakes.accepted_by.get(row.requested.handshake)
        if accepted_by:
            return accepted_by == account
        assert row.requested.party is not None
        return row.requested.party.lower() == views.accounts.email_of(account).lower()
    return row.requested.party == account


def list_handshakes_for_account(request: ListHandshakesForAccount, views: Views, account: str) -> HandshakesReply:
    """List the handshakes that the caller received, newest first; standalone accounts may ask too.

    A management account does not see invitations of other organizations (docs/aws.md 2.2).

    Refused, in this order:
        - AccessDenied: the caller is a member to which the resource policy denies it.
        - InvalidInput (MAX_LIMIT_EXCEEDED_FILTER): the filter names both an action and a parent.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: handshakes, accounts, transfers.
    """
    if views.accounts.organization_of(account):
        reader(views, "ListHandshakesForAccount", account)
    _require_one_filter(request.filter)
    scope = f"ListHandshakesForAccount {account} {request.filter}"
    before = read_token(request.next_token, scope)
    organization = views.accounts.organization_of(account)
    manages = organization and views.organizations.rows[organization].management_account == account
    received = heapq.merge(
        views.handshakes.received(account),
        views.handshakes.received(views.accounts.email_of(account)),
        key=lambda row: -row.position,
    )
    rows = (
        row
        for row in received
        if (before is None or row.position < before)
        and _matches(row, request.filter)
        and _is_recipient(row, views, account)
        and not (manages and row.requested.action is Action.INVITE and row.requested.organization != organization)
    )
    page, token = cut_page(rows, request.max_results, scope)
    return HandshakesReply([row_shape(row, views) for row in page], token)


def list_handshakes_for_organization(
    request: ListHandshakesForOrganization, views: Views, account: str
) -> HandshakesReply:
    """List the handshakes that the organization sent, newest first. An unknown parent gives an empty list.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (MAX_LIMIT_EXCEEDED_FILTER): the filter names both an action and a parent.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: handshakes, transfers.
    """
    organization = reader(views, "ListHandshakesForOrganization", account)
    _require_one_filter(request.filter)
    scope = f"ListHandshakesForOrganization {organization.id} {account} {request.filter}"
    before = read_token(request.next_token, scope)
    sent = views.handshakes.sent(organization.id, request.filter.action_type, request.filter.parent_handshake_id)
    rows = (row for row in sent.before(before) if row.requested.organization == organization.id)
    page, token = cut_page(rows, request.max_results, scope)
    return HandshakesReply([row_shape(row, views) for row in page], token)


def _require_one_filter(wanted: HandshakeFilter) -> None:
    if wanted.action_type and wanted.parent_handshake_id:
        raise InvalidInputException(
            "MAX_LIMIT_EXCEEDED_FILTER",
            explanation="the filter has an ActionType and a ParentHandshakeId; one of them must go",
        )


def _matches(row: HandshakeRow, wanted: HandshakeFilter) -> bool:
    if wanted.action_type:
        return row.requested.action is wanted.action_type
    return wanted.parent_handshake_id in (None, row.requested.parent)
