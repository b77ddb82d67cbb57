"""DeleteOrganization: the management account deletes its organization and becomes a standalone account.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - OrganizationNotEmpty: member accounts remain, or an account creation is in progress [inferred].
    - ConstraintViolation (ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS): it is on either side of a transfer or of an open
      invitation to one; one that was withdrawn counts until its end [inferred].
Happens: HandshakeCanceled for every open handshake [inferred], AccountDeparted (LEFT) for the management account,
    OrganizationDeleted.
Goes on in: purge_handshake.py.
Sources: docs/aws.md 3.3, 11.3 and 12.
"""

from msgspec import Struct

from ..errors import ConstraintViolationException, OrganizationNotEmptyException
from ..explaining import number, some
from ..operation import Events, Stamp
from ..rules import caller, membership, transfers
from ..shapes.base import EmptyReply
from ..state import Organization, State


class Request(Struct, frozen=True, rename="pascal"):
    pass


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("DeleteOrganization", state, stamp)
    if len(organization.members) > 1 or organization.creations:
        raise OrganizationNotEmptyException(explanation=_why_not_empty(organization))
    if transfers.is_involved(organization, state, stamp.now):
        raise ConstraintViolationException(
            "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
            explanation=f"{organization.id} pays for another organization, is paid for, or has an open offer of it; "
            "all of these must end first",
        )
    return membership.deletion_events(organization)


def _why_not_empty(organization: Organization) -> str:
    others = [account for account in organization.members if account != organization.management_account]
    members = f"{number(len(others), 'other members')} ({some(others)})" if others else ""
    creations = number(len(organization.creations), "running creations") if organization.creations else ""
    return f"{organization.id} has {' and '.join(filter(None, (members, creations)))}; it must have none"


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
