"""TerminateResponsibilityTransfer: one side withdraws from a transfer, which then runs to the end of a month.

Caller: the management account of either side.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - ResponsibilityTransferNotFound: there is no such transfer, or the organization is on neither side of it.
    - InvalidInput (END_DATE_TOO_EARLY): the end is before this month.
    - InvalidInput (END_DATE_TOO_LATE): the end is after the next month.
    - InvalidInput (END_DATE_NOT_END_OF_MONTH): the end is not in the last second of a month.
    - InvalidInput (INVALID_END_DATE): the end is sooner than transfer_notice_days of the settings allow.
    - ResponsibilityTransferAlreadyInStatus: it was withdrawn.
    - InvalidResponsibilityTransferTransition: it was not accepted.
Happens: ResponsibilityTransferWithdrawn. It ends with the current month, unless the request names the next.
Goes on in: nowhere; no event marks the end, and the details stay visible.
Sources: docs/aws.md 12; the end of a request that names none, and the order of the refusals, are inferred.
    INVALID_END_DATE is for less notice than a partner agreement asks for, which is a setting (transfer_notice_days).
"""

from msgspec import Struct

from ..errors import InvalidResponsibilityTransferTransitionException, ResponsibilityTransferAlreadyInStatusException
from ..events import ResponsibilityTransferWithdrawn
from ..explaining import when
from ..ids import ResponsibilityTransferId
from ..operation import Events, Stamp
from ..rules import caller, transfers
from ..shapes.timestamps import Timestamp, microseconds
from ..shapes.transfers import ResponsibilityTransferReply, transfer_reply
from ..state import State, Transfer
from ..words import TransferStatus


class Request(Struct, frozen=True, rename="pascal"):
    id: ResponsibilityTransferId
    end_timestamp: Timestamp | None = None


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("TerminateResponsibilityTransfer", state, stamp)
    transfer, _ = transfers.find(request.id, organization, state)
    wanted = microseconds(request.end_timestamp) if request.end_timestamp is not None else None
    ends_at = transfers.checked_end(wanted, stamp.now, state.settings.transfer_notice_days)
    if transfer.status is TransferStatus.WITHDRAWN:
        assert transfer.ends_at is not None, "a withdrawn transfer has an end"
        raise ResponsibilityTransferAlreadyInStatusException(
            explanation=f"{transfer.id} is WITHDRAWN and ends on {when(transfer.ends_at)}; there is nothing left to do"
        )
    if transfer.status is not TransferStatus.ACCEPTED:
        raise InvalidResponsibilityTransferTransitionException(explanation=_why_not_accepted(transfer))
    return [ResponsibilityTransferWithdrawn(organization.id, transfer.id, ends_at)]


def _why_not_accepted(transfer: Transfer) -> str:
    if transfer.status is TransferStatus.REQUESTED:
        return (
            f"{transfer.id} is REQUESTED, an offer that nobody has accepted; until then CancelHandshake or "
            f"DeclineHandshake of {transfer.handshake} ends it"
        )
    return f"{transfer.id} is {transfer.status}, so it never began; only an ACCEPTED one can be terminated"


def reply(request: Request, events: Events, state: State) -> ResponsibilityTransferReply:
    withdrawn = events[0]
    assert isinstance(withdrawn, ResponsibilityTransferWithdrawn)
    return transfer_reply(request.id, withdrawn.organization, state)
