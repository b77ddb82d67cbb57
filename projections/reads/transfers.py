"""DescribeResponsibilityTransfer and the lists of responsibility transfers (docs/aws.md 12).

Both lists are newest first and contain invitations as well as transfers. Accepted ones are listed for ever, those that
were declined, canceled or expired for thirty days.
"""

from typing import Literal

from msgspec import Struct

from ...engine.arns import transfer_arn
from ...engine.authorization.check import denied_to_members
from ...engine.errors import ResponsibilityTransferNotFoundException
from ...engine.explaining import absent
from ...engine.ids import ResponsibilityTransferId
from ...engine.rules.transfers import has_effect, payers
from ...engine.shapes.base import Shape
from ...engine.shapes.transfers import (
    ResponsibilityTransfer,
    ResponsibilityTransferReply,
    Side,
    side_of,
    transfer_shape,
)
from ...engine.state import OrganizationFacts, Transfer
from ..authorization import reader
from ..paging import MaxResults, NextToken, cut_page, read_token
from ..transfers import TransferRow
from ..views import Views


class DescribeResponsibilityTransfer(Struct, frozen=True, rename="pascal"):
    id: ResponsibilityTransferId


class ListInboundResponsibilityTransfers(Struct, frozen=True, rename="pascal"):
    type: Literal["BILLING"]
    id: ResponsibilityTransferId | None = None
    next_token: NextToken | None = None
    max_results: MaxResults | None = None


class ListOutboundResponsibilityTransfers(Struct, frozen=True, rename="pascal"):
    type: Literal["BILLING"]
    next_token: NextToken | None = None
    max_results: MaxResults | None = None


class ResponsibilityTransfersReply(Shape, frozen=True):
    responsibility_transfers: list[ResponsibilityTransfer]
    next_token: str | None = None


def describe_responsibility_transfer(
    request: DescribeResponsibilityTransfer, views: Views, account: str
) -> ResponsibilityTransferReply:
    """Return a transfer.

    Both sides may ask, and any organization that pays in the end, because it pays for the payer [inferred].

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member without a grant, or the resource policy denies it; for a member, also
          where there is no such transfer.
        - ResponsibilityTransferNotFound: there is no such transfer, or the organization is on neither side of it.
    Views: transfers, accounts.
    """
    organization = views.member(account)
    transfer = views.transfers.facts.by_id.get(request.id)
    side = _side_of(transfer, organization, views) if transfer else None
    if transfer is None or side is None:
        refusal = ResponsibilityTransferNotFoundException(explanation=absent(request.id, organization))
        raise denied_to_members(refusal, "DescribeResponsibilityTransfer", organization, account)
    arn = transfer_arn(organization, side, transfer.id)
    reader(views, "DescribeResponsibilityTransfer", account, [arn])
    return ResponsibilityTransferReply(_shape(transfer, side, organization, views))


def _side_of(transfer: Transfer, organization: OrganizationFacts, views: Views) -> Side | None:
    side = side_of(transfer, organization, views.accounts.email_of(organization.management_account))
    if side is None and has_effect(transfer, views.now):
        return "inbound" if organization.id in payers(transfer.organization, views.transfers.facts) else None
    return side


def _shape(transfer: Transfer, side: Side, organization: OrganizationFacts, views: Views) -> ResponsibilityTransfer:
    payer = views.organizations.rows[transfer.organization].management_account
    return transfer_shape(transfer, side, organization, payer, views.accounts.email_of)


def list_inbound_responsibility_transfers(
    request: ListInboundResponsibilityTransfers, views: Views, account: str
) -> ResponsibilityTransfersReply:
    """List the transfers by which the caller's organization pays for others, or offers to, newest first; with an id
    only that one.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member without a grant, or the resource policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
        - ResponsibilityTransferNotFound: the request names a transfer that the organization does not pay for.
    Views: transfers, accounts.
    """
    organization = reader(views, "ListInboundResponsibilityTransfers", account)
    scope = f"ListInboundResponsibilityTransfers {organization.id} {account} {request.id}"
    before = read_token(request.next_token, scope)
    if request.id is None:
        page, token = cut_page(views.transfers.inbound(organization.id, before), request.max_results, scope)
        return _listed(page, "inbound", token, organization, views)
    # One transfer is one page: no token has ever been given out.
    transfer = views.transfers.facts.by_id.get(request.id)
    if transfer is None or _side_of(transfer, organization, views) != "inbound":
        raise ResponsibilityTransferNotFoundException(
            explanation=f"{organization.id} pays for nobody by {request.id}, and does not offer to; "
            "without an id all by which it does are listed"
        )
    return ResponsibilityTransfersReply([_shape(transfer, "inbound", organization, views)])


def list_outbound_responsibility_transfers(
    request: ListOutboundResponsibilityTransfers, views: Views, account: str
) -> ResponsibilityTransfersReply:
    """List the transfers by which others pay for the caller's organization, newest first; invitations to its management
    account are among them.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member without a grant, or the resource policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: transfers, accounts.
    """
    organization = reader(views, "ListOutboundResponsibilityTransfers", account)
    scope = f"ListOutboundResponsibilityTransfers {organization.id} {account}"
    before = read_token(request.next_token, scope)
    asked = organization.management_account
    rows = views.transfers.outbound(organization.id, asked, views.accounts.email_of(asked), before)
    page, token = cut_page(rows, request.max_results, scope)
    return _listed(page, "outbound", token, organization, views)


def _listed(
    page: list[TransferRow], side: Side, token: str | None, organization: OrganizationFacts, views: Views
) -> ResponsibilityTransfersReply:
    return ResponsibilityTransfersReply([_shape(row.transfer, side, organization, views) for row in page], token)
