"""AcceptHandshake: the recipient accepts an invitation, a transfer or a migration, or finalizes its own migration.

Caller: the recipient: the invited account, the member asked for approval, or the management account for the parent and
    for a responsibility transfer.
Refused, in this order:
    - HandshakeNotFound: there is no such handshake, or it has been purged.
    - AccessDenied: the caller is not the recipient.
    - HandshakeAlreadyInState: it was accepted.
    - InvalidHandshakeTransition: it was declined, canceled or has expired; or it is the parent of a migration, and
      approvals are outstanding [inferred].
    An invitation, further:
    - HandshakeConstraintViolation (ALREADY_IN_AN_ORGANIZATION): the account is a member of this organization already.
    - MasterCannotLeaveOrganization: the account is the management account of another organization.
    - ConstraintViolation: the account is a member elsewhere and cannot leave; with the reasons of
      leave_organization.py.
    - AccessDenied: the account is suspended [inferred].
    - HandshakeConstraintViolation (ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD): the account has another seller of
      record, or is in another partition.
    - HandshakeConstraintViolation (MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED): the inviting management account's address is
      not verified.
    - HandshakeConstraintViolation (PAYMENT_INSTRUMENT_REQUIRED): the account has no payment method.
    - HandshakeConstraintViolation (ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED): the account's last change of
      membership is younger than membership_change_interval_seconds of the settings.
    - AccessDeniedForDependency (ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE): the service-linked role cannot be
      made in the account.
    - HandshakeConstraintViolation (ACCOUNT_NUMBER_LIMIT_EXCEEDED): members, open invitations and creations exceed the
      account quota.
    A responsibility transfer, further:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - ConstraintViolation (ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY): the account is suspended, or its sign-up
      incomplete.
    - ConstraintViolation (UNMET_BILLING_PREREQUISITE): the account's billing set-up is not eligible.
    - ConstraintViolation (UNSUPPORTED_PRICING): the account has a pricing agreement that rules transfers out.
    - HandshakeConstraintViolation (LEGACY_PERMISSIONS_STILL_IN_USE): the account still has the old billing permissions.
    - HandshakeConstraintViolation (TARGET_ACCOUNT_VALIDATION_FAILURE): transfers are not available to the account.
    - HandshakeConstraintViolation (PAST_DUE_INVOICE): the account has an invoice that is past due.
    - HandshakeConstraintViolation (UNUSED_PREPAYMENT_BALANCE): the account has prepaid for what it has not used.
    - HandshakeConstraintViolation (SOURCE_AND_TARGET_CANNOT_MATCH): the caller's organization sent it.
    - HandshakeConstraintViolation (ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD): the sender is in another partition
      [inferred].
    - HandshakeConstraintViolation (RESPONSIBILITY_TRANSFER_ALREADY_EXISTS): the sender pays already, or is paid for by
      the caller's organization, or a withdrawn transfer still runs when this one starts [inferred].
    - ConstraintViolation (RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION): somebody else pays for the caller's
      organization.
    - ConstraintViolation (RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION): the chain of payers would be longer than its
      quota.
    - ConstraintViolation (RESPONSIBILITY_TRANSFER_MAX_TRANSFERS_QUOTA_VIOLATION): more than 1,000 transfers would hang
      together.
Happens: HandshakeAccepted. INVITE: AccountDeparted (LEFT) from a former organization, AccountJoined (INVITED),
    ResourceTagged if the invitation had tags. APPROVE_ALL_FEATURES: HandshakeOpened for the parent, if this was the
    last. ENABLE_ALL_FEATURES: FeatureSetChanged. TRANSFER_RESPONSIBILITY: ResponsibilityTransferAccepted, and
    ResourceTagged if it had tags.
Goes on in: purge_handshake.py, terminate_responsibility_transfer.py, update_responsibility_transfer.py.
Sources: docs/aws.md 2.2, 2.4, 2.9, 10.5 and 12; the order among the refusals is inferred. An address whose owner is a
    member already: AWS answers ALREADY_IN_AN_ORGANIZATION and yet records the acceptance [capture]; here `reply` raises
    it.
"""

from msgspec import Struct

from ..errors import (
    AccessDeniedException,
    HandshakeConstraintViolationException,
    MasterCannotLeaveOrganizationException,
)
from ..events import (
    AccountJoined,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeOpened,
    ResourceTagged,
    ResponsibilityTransferAccepted,
)
from ..ids import HandshakeId
from ..operation import Events, Stamp
from ..rules import caller, handshakes, membership, quotas, transfers
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..state import State
from ..state.handshake import Handshake, HandshakeState
from ..words import Action, DepartureMethod, FeatureSet, JoinedMethod, PartyType

ACCEPTED = HandshakeState.ACCEPTED
APPROVE, INVITE, TRANSFER = Action.APPROVE_ALL_FEATURES, Action.INVITE, Action.TRANSFER_RESPONSIBILITY
EMAIL, INVITED = PartyType.EMAIL, JoinedMethod.INVITED


class Request(Struct, frozen=True, gc=False, rename="pascal"):
    handshake_id: HandshakeId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    handshake = handshakes.find(state, request.handshake_id)
    account = stamp.account
    handshakes.require_recipient(state, handshake, account)
    handshakes.require_open(handshake, ACCEPTED, state)
    action = handshake.requested.action
    if action is APPROVE:
        return _approve(handshake, state)
    if action is INVITE:
        return _join(handshake, account, state, stamp)
    if action is TRANSFER:
        return _transfer(handshake, state, stamp)
    return _finalize(handshake)


def _approve(handshake: Handshake, state: State) -> Events:
    requested = handshake.requested
    migration = state.organizations[requested.organization].migration
    assert migration is not None, "an open approval has a migration"
    accepted = HandshakeAccepted(requested.organization, requested.handshake)
    if len(migration.outstanding) > 1:
        return [accepted]
    return [accepted, HandshakeOpened(requested.organization, migration.parent)]


def _finalize(handshake: Handshake) -> Events:
    requested = handshake.requested
    return [
        HandshakeAccepted(requested.organization, requested.handshake),
        FeatureSetChanged(requested.organization, FeatureSet.ALL),
    ]


def _join(handshake: Handshake, account: str, state: State, stamp: Stamp) -> Events:
    requested = handshake.requested
    organization = state.organizations[requested.organization]
    former = state.organization_of(account)
    by_email = requested.party_type is EMAIL
    accepted = HandshakeAccepted(requested.organization, requested.handshake, account if by_email else None)
    departure: Events = []
    if former:
        if former is organization:
            if by_email:
                return [accepted]
            raise HandshakeConstraintViolationException(
                "ALREADY_IN_AN_ORGANIZATION", explanation=membership.why_member(account, organization)
            )
        if former.management_account == account:
            raise MasterCannotLeaveOrganizationException(explanation=membership.why_master_stays(former))
        record = former.members[account]
        membership.require_may_leave(record, state, stamp.now)
        departure = membership.departure_events(record, former, state, DepartureMethod.LEFT)
    membership.require_may_join(organization, state, stamp)
    # The count includes this invitation, which becomes the membership; so only a count above the quota is refused.
    limits = state.settings.quotas
    if quotas.accounts_counted(organization) > limits.accounts:
        raise HandshakeConstraintViolationException(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED", explanation=quotas.why_no_account(organization, limits)
        )
    # Reuse the invitation's string if it names the account: a million copies would take sixty megabytes.
    member = account if by_email or not requested.party else requested.party
    joined = AccountJoined(organization.id, member, INVITED)
    if not requested.tags:
        return [accepted, *departure, joined]
    return [accepted, *departure, joined, ResourceTagged(organization.id, member, requested.tags)]


def _transfer(handshake: Handshake, state: State, stamp: Stamp) -> Events:
    requested, account = handshake.requested, stamp.account
    source = caller.organization_of(state, stamp)
    if source.management_account != account:
        raise AccessDeniedException(
            explanation=f"only the management account {source.management_account} of {source.id} can accept a "
            f"transfer; the caller {account} is a member"
        )
    transfers.require_eligible(account, state)
    transfer = state.transfers.by_id[state.transfers.by_handshake[requested.handshake]]
    transfers.require_acceptable(transfer, source, state)
    organization = requested.organization
    by_email = requested.party_type is EMAIL
    tagged = [ResourceTagged(organization, transfer.id, requested.tags)] if requested.tags else []
    return [
        HandshakeAccepted(organization, requested.handshake, account if by_email else None),
        ResponsibilityTransferAccepted(organization, transfer.id, source.id, account),
        *tagged,
    ]


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    """Build the answer; raises ALREADY_IN_AN_ORGANIZATION if the owner of an invited address was a member already."""
    accepted = events[0]
    assert isinstance(accepted, HandshakeAccepted)
    invited = state.handshakes[accepted.handshake].requested.action is Action.INVITE
    if invited and len(events) == 1:
        organization, account = state.organizations[accepted.organization], accepted.account or ""
        raise HandshakeConstraintViolationException(
            "ALREADY_IN_AN_ORGANIZATION", explanation=membership.why_member(account, organization)
        )
    return handshake_reply(accepted.handshake, state)
