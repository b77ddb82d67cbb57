"""InviteOrganizationToTransferResponsibility: a management account offers to pay the bills of another organization.

Caller: the management account that will pay.
Refused, in this order: AWSOrganizationsNotInUse; AccessDenied; InvalidInput (INVALID_PARTY_TYPE_TARGET,
    INVALID_PATTERN, INVALID_EMAIL_ADDRESS_TARGET, INVALID_SYSTEM_TAGS_PARAMETER, DUPLICATE_TAG_KEY);
    ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED, TAG_POLICY_VIOLATION); InvalidInput
    (START_DATE_NOT_BEGINNING_OF_DAY, START_DATE_NOT_BEGINNING_OF_MONTH, START_DATE_TOO_EARLY, START_DATE_TOO_LATE,
    INVALID_START_DATE); HandshakeConstraintViolation (SOURCE_AND_TARGET_CANNOT_MATCH); ConstraintViolation
    (ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY, UNMET_BILLING_PREREQUISITE, UNSUPPORTED_PRICING);
    HandshakeConstraintViolation (LEGACY_PERMISSIONS_STILL_IN_USE, TARGET_ACCOUNT_VALIDATION_FAILURE, PAST_DUE_INVOICE,
    UNUSED_PREPAYMENT_BALANCE); DuplicateHandshake; HandshakeConstraintViolation
    (RESPONSIBILITY_TRANSFER_ALREADY_EXISTS); ConstraintViolation (RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION,
    RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION).
Happens: HandshakeRequested (TRANSFER_RESPONSIBILITY), OPEN until 24 hours before the transfer is to start;
    ResponsibilityTransferRequested. Tags are attached when the transfer is accepted, and not checked again then.
Goes on in: accept_handshake.py, decline_handshake.py, cancel_handshake.py, expire_handshake.py.
Sources: docs/aws.md 2.7, 2.9 and 12; the order of the refusals is inferred. Who owns an address is not revealed: what
    is wrong with that account is said when it accepts.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ..errors import DuplicateHandshakeException, HandshakeConstraintViolationException
from ..events import HandshakeRequested, ResponsibilityTransferRequested
from ..operation import Events, Stamp
from ..rules import caller, transfers
from ..rules import tags as tag_rules
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
    tags = tag_rules.compliant(request.tags, "transfer", organization)
    starts_at = microseconds(request.start_timestamp)
    transfers.require_start(starts_at, stamp.now)
    if target.id == stamp.account:
        raise HandshakeConstraintViolationException("SOURCE_AND_TARGET_CANNOT_MATCH")
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
    """Nothing like it is under way, as far as the id or the address shows."""
    known = state.transfers
    unanswered = known.unanswered.get(target.lower(), ())
    if any(known.by_id[transfer].organization == organization.id for transfer in unanswered):
        raise DuplicateHandshakeException
    source = state.organization_of(target)
    if source and source.management_account == target and transfers.payers(source.id, known)[:1] == [organization.id]:
        raise HandshakeConstraintViolationException("RESPONSIBILITY_TRANSFER_ALREADY_EXISTS")


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    requested = events[0]
    assert isinstance(requested, HandshakeRequested)
    return handshake_reply(requested.handshake, state)
