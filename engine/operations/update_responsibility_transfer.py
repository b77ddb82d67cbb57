"""UpdateResponsibilityTransfer: the paying management account renames a transfer.

Caller: the management account that sent the invitation.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - ResponsibilityTransferNotFound: there is no such transfer, or the organization is on neither side of it.
    - AccessDenied: the organization is the one that is paid for [inferred].
    - ConstraintViolation (TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED): it was declined, canceled, withdrawn or has
      expired.
Happens: ResponsibilityTransferRenamed. Only the inviter and those who inherit the transfer see the name.
Goes on in: nowhere.
Sources: docs/aws.md 10.4 and 12. A transfer that was withdrawn, declined, canceled or has expired cannot be changed;
    one whose invitation is still open can [inferred].
"""

from msgspec import Struct

from ..errors import AccessDeniedException, ConstraintViolationException
from ..events import ResponsibilityTransferRenamed
from ..ids import ResponsibilityTransferId
from ..operation import Events, Stamp
from ..rules import caller, transfers
from ..shapes.transfers import ResponsibilityTransferReply, transfer_reply
from ..state import State
from ..words import TransferStatus


class Request(Struct, frozen=True, rename="pascal"):
    id: ResponsibilityTransferId
    name: transfers.Name


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("UpdateResponsibilityTransfer", state, stamp)
    transfer, side = transfers.find(request.id, organization, state)
    if side != "inbound":
        raise AccessDeniedException(
            explanation=f"{transfer.id} pays for {organization.id}; only {transfer.organization}, which pays, names it"
        )
    if transfer.status not in (TransferStatus.REQUESTED, TransferStatus.ACCEPTED):
        raise ConstraintViolationException(
            "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED",
            explanation=f"{transfer.id} is {transfer.status}; it can be renamed while it is REQUESTED or ACCEPTED",
        )
    return [ResponsibilityTransferRenamed(organization.id, transfer.id, request.name)]


def reply(request: Request, events: Events, state: State) -> ResponsibilityTransferReply:
    renamed = events[0]
    assert isinstance(renamed, ResponsibilityTransferRenamed)
    return transfer_reply(request.id, renamed.organization, state)
