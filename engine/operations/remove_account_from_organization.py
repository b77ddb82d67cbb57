"""RemoveAccountFromOrganization: the management account makes a member a standalone account.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - AccountNotFound: there is no such account in the organization.
    - MasterCannotLeaveOrganization: it is the management account.
    - ConstraintViolation (CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG): the account is a delegated administrator.
    - ConstraintViolation (WAIT_PERIOD_ACTIVE): the account was created here less than four days ago.
    - ConstraintViolation (MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED): the account has no payment method.
    - ConstraintViolation (ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION): the account's phone number is not verified.
    - ConstraintViolation (ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA): the account has not signed the customer agreement.
    - ConstraintViolation (INVALID_PAYMENT_INSTRUMENT): the account's payment method is not valid.
    - ConstraintViolation (ACCOUNT_CANNOT_LEAVE_ORGANIZATION): the account is suspended, closed or about to be
      [inferred].
Happens: AccountDeparted (REMOVED). During a migration: HandshakeCanceled for its unanswered approval, and
    HandshakeOpened for the parent if no other is outstanding.
Goes on in: accept_handshake.py, if the parent opened.
Sources: docs/aws.md 2.4 and 4.5.
"""

from msgspec import Struct

from ..errors import AccountNotFoundException, MasterCannotLeaveOrganizationException
from ..explaining import absent
from ..ids import AccountId
from ..operation import Events, Stamp
from ..rules import caller, membership
from ..shapes.base import EmptyReply
from ..state import State
from ..words import DepartureMethod


class Request(Struct, frozen=True, rename="pascal"):
    account_id: AccountId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("RemoveAccountFromOrganization", state, stamp)
    member = organization.members.get(request.account_id)
    if member is None:
        raise AccountNotFoundException(explanation=absent(request.account_id, organization))
    if member.id == organization.management_account:
        raise MasterCannotLeaveOrganizationException(explanation=membership.why_master_stays(organization))
    membership.require_may_leave(member, state, stamp.now)
    return membership.departure_events(member, organization, state, DepartureMethod.REMOVED)


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
