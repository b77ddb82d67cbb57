"""LeaveOrganization: a member makes itself a standalone account.

Caller: a member account.
Refused, in this order: AWSOrganizationsNotInUse; MasterCannotLeaveOrganization; ConstraintViolation
    (CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG, WAIT_PERIOD_ACTIVE, MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED,
    ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION, ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA, INVALID_PAYMENT_INSTRUMENT,
    ACCOUNT_CANNOT_LEAVE_ORGANIZATION for an account that is suspended, closed or about to be [inferred]).
Happens: AccountDeparted (LEFT). During a migration: HandshakeCanceled for its unanswered approval, and HandshakeOpened
    for the parent if no other is outstanding.
Goes on in: accept_handshake.py, if the parent opened.
Sources: docs/aws.md 2.4 and 4.5. AWS lists AccountNotFound too; nothing is known that raises it.
"""

from msgspec import Struct

from ..errors import MasterCannotLeaveOrganizationException
from ..operation import Events, Stamp
from ..rules import caller, membership
from ..shapes.base import EmptyReply
from ..state import State
from ..words import DepartureMethod


class Request(Struct, frozen=True, rename="pascal"):
    pass


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.organization_of(state, stamp)
    if stamp.account == organization.management_account:
        raise MasterCannotLeaveOrganizationException
    member = organization.members[stamp.account]
    membership.require_may_leave(member, state, stamp.now)
    return membership.departure_events(member, organization, state, DepartureMethod.LEFT)


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
