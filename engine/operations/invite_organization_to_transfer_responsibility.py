"""InviteOrganizationToTransferResponsibility: a management account offers to pay the bills of another organization.

Caller: the management account that will pay.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (INVALID_PARTY_TYPE_TARGET): the target's type is neither ACCOUNT nor EMAIL.
    - InvalidInput (INVALID_PATTERN): the target is an ACCOUNT, and not twelve digits.
    - InvalidInput (INVALID_EMAIL_ADDRESS_TARGET): the target is an EMAIL, and no address of 6 to 64 characters.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
    - InvalidInput (DUPLICATE_TAG_KEY): a key is given twice.
    - ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED): more than 50 tags.
    - ConstraintViolation (TAG_POLICY_VIOLATION): the management account's effective tag policy forbids one of the tags.
    - InvalidInput (START_DATE_NOT_BEGINNING_OF_DAY): the start is not midnight UTC.
    - InvalidInput (START_DATE_NOT_BEGINNING_OF_MONTH): the start is not the first of a month.
    - InvalidInput (START_DATE_TOO_EARLY): the start is before the next month.
    - InvalidInput (START_DATE_TOO_LATE): the start is after the month after the next.
    - InvalidInput (INVALID_START_DATE): the last day before the start has begun [inferred].
    - HandshakeConstraintViolation (SOURCE_AND_TARGET_CANNOT_MATCH): the target is the caller's id.
    - ConstraintViolation (ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY): the caller is suspended, or its sign-up
      incomplete.
    - ConstraintViolation (UNMET_BILLING_PREREQUISITE): the caller's billing set-up is not eligible.
    - ConstraintViolation (UNSUPPORTED_PRICING): the caller has a pricing agreement that rules transfers out.
    - HandshakeConstraintViolation (LEGACY_PERMISSIONS_STILL_IN_USE): the caller still has the old billing permissions.
    - HandshakeConstraintViolation (TARGET_ACCOUNT_VALIDATION_FAILURE): transfers are not available to the caller.
    - HandshakeConstraintViolation (PAST_DUE_INVOICE): the caller has an invoice that is past due.
    - HandshakeConstraintViolation (UNUSED_PREPAYMENT_BALANCE): the caller has prepaid for what it has not used.
    - DuplicateHandshake: an invitation of this kind to the same id or address is open.
    - HandshakeConstraintViolation (RESPONSIBILITY_TRANSFER_ALREADY_EXISTS): the caller pays for the target, given by
      its id, already.
    - ConstraintViolation (RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION): transfers and open invitations fill the
      quota, 1,000.
    - ConstraintViolation (RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION): the chain of payers above the caller is as long
      as its quota.
Happens: HandshakeRequested (TRANSFER_RESPONSIBILITY), OPEN until 24 hours before the transfer is to start;
    ResponsibilityTransferRequested. Tags are attached when the transfer is accepted, and not checked again then.
Goes on in: accept_handshake.py, decline_handshake.py, cancel_handshake.py, expire_handshake.py.
Sources: docs/aws.md 2.7, 2.9 and 12; the order of the refusals is inferred. Who owns an address is not revealed, so
    the owner's conditions are checked only when it accepts.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ..errors import DuplicateHandshakeException, HandshakeConstraintViolationException
from ..events import HandshakeRequested, ResponsibilityTransferRequested
from ..explaining import when
from ..operation import Events, Stamp
from ..rules import caller, transfers
from ..rules import tags as tag_rules
from ..rules.handshakes import named
from ..rules.invitees import Target, party_type_of
from ..settings import TRANSFER_DEADLINE
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..shapes.timestamps import Timestamp, microseconds
from ..state import Organization, State
from ..words import Action


class Request(Struct, frozen=True, rename="pascal"):
    type: Literal["BILLING"]
    target: Target
    start_timestamp: Timestamp
    source_name: transfers.Name
    notes: Annotated[str, Meta(max_length=1024)] | None = None
    tags: tuple[tag_rules.TagMember, ...] = ()


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("InviteOrganizationToTransferResponsibility", state, stamp)
    target = request.target
    party_type = party_type_of(target)
    tags = tag_rules.compliant_tags(request.tags, "transfer", organization)
    starts_at = microseconds(request.start_timestamp)
    transfers.require_start(starts_at, stamp.now)
    if target.id == stamp.account:
        raise HandshakeConstraintViolationException(
            "SOURCE_AND_TARGET_CANNOT_MATCH",
            explanation=f"{stamp.account} would invite itself; the target must manage another organization",
        )
    transfers.require_eligible(stamp.account, state)
    _require_first(target.id, organization, state)
    transfers.require_room(organization, state)
    handshake = stamp.ids.handshake(stamp.position)
    return [
        HandshakeRequested(
            organization.id,
            handshake,
            Action.TRANSFER_RESPONSIBILITY,
            expires_at=starts_at - TRANSFER_DEADLINE,
            party=target.id,
            party_type=party_type,
            notes=request.notes,
            tags=tags,
        ),
        ResponsibilityTransferRequested(
            organization.id,
            stamp.ids.responsibility_transfer(stamp.position + 1),
            handshake,
            request.source_name,
            starts_at,
            target.id,
        ),
    ]


def _require_first(target: str, organization: Organization, state: State) -> None:
    """Require that there is no such offer or transfer yet, as far as the invited id or address shows."""
    known = state.transfers
    unanswered = known.unanswered.get(target.lower(), ())
    twin = next((one for one in unanswered if known.by_id[one].organization == organization.id), None)
    if twin:
        offer = state.handshakes[known.by_id[twin].handshake].requested
        raise DuplicateHandshakeException(
            explanation=f"{named(offer)} to {target} is OPEN until {when(offer.expires_at)}; "
            "it must be declined or canceled, or expire, before another is sent"
        )
    source = state.organization_of(target)
    if source and source.management_account == target and transfers.payers(source.id, known)[:1] == [organization.id]:
        paid = transfers.why_paid(known.by_id[known.outbound[source.id]])
        raise HandshakeConstraintViolationException("RESPONSIBILITY_TRANSFER_ALREADY_EXISTS", explanation=paid)


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    requested = events[0]
    assert isinstance(requested, HandshakeRequested)
    return handshake_reply(requested.handshake, state)
