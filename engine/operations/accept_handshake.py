"""AcceptHandshake: the recipient agrees to an invitation, to a migration, or finalizes its own migration.

Caller: the recipient: the invited account, the member asked for approval, or the management account for the parent.
Refused, in this order: HandshakeNotFound; AccessDenied; HandshakeAlreadyInState; InvalidHandshakeTransition (the parent
    while approvals are outstanding included [inferred]). An invitation further: HandshakeConstraintViolation
    (ALREADY_IN_AN_ORGANIZATION); MasterCannotLeaveOrganization; ConstraintViolation as leave_organization.py, if it has
    to leave another; AccessDenied for a suspended account [inferred]; HandshakeConstraintViolation
    (ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD,
    MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED, PAYMENT_INSTRUMENT_REQUIRED,
    ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED); AccessDeniedForDependency
    (ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE); HandshakeConstraintViolation (ACCOUNT_NUMBER_LIMIT_EXCEEDED).
Happens: HandshakeAccepted. INVITE: AccountDeparted (LEFT) from a former organization, AccountJoined (INVITED).
    APPROVE_ALL_FEATURES: HandshakeOpened for the parent, if this was the last. ENABLE_ALL_FEATURES: FeatureSetChanged.
Goes on in: purge_handshake.py.
Sources: sections 2.2, 2.4, 2.9 and 10.5; the order among the refusals is inferred. An address whose owner is a member
    already: AWS answers ALREADY_IN_AN_ORGANIZATION and yet records the acceptance [capture]; here `reply` raises it.
"""

from msgspec import Struct

from ..errors import HandshakeConstraintViolationException, MasterCannotLeaveOrganizationException
from ..events import AccountJoined, FeatureSetChanged, HandshakeAccepted, HandshakeOpened
from ..handshake import Handshake, HandshakeState
from ..ids import HandshakeId
from ..operation import Events, Stamp
from ..rules import handshakes, membership, quotas
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..state import State
from ..words import Action, DepartureMethod, FeatureSet, JoinedMethod, PartyType

ACCEPTED = HandshakeState.ACCEPTED
APPROVE, INVITE = Action.APPROVE_ALL_FEATURES, Action.INVITE
EMAIL, INVITED = PartyType.EMAIL, JoinedMethod.INVITED


class Request(Struct, frozen=True, gc=False, rename="pascal"):
    handshake_id: HandshakeId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    handshake = handshakes.find(state, request.handshake_id)
    account = stamp.account
    handshakes.require_recipient(state, handshake, account)
    handshakes.require_open(handshake, ACCEPTED)
    action = handshake.requested.action
    if action is APPROVE:
        return _approve(handshake, state)
    if action is INVITE:
        return _join(handshake, account, state, stamp.now)
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


def _join(handshake: Handshake, account: str, state: State, now: int) -> Events:
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
            raise HandshakeConstraintViolationException("ALREADY_IN_AN_ORGANIZATION")
        if former.management_account == account:
            raise MasterCannotLeaveOrganizationException
        record = former.members[account]
        membership.require_may_leave(record, state, now)
        departure = membership.departure(record, former, state, DepartureMethod.LEFT)
    membership.require_may_join(account, organization, state, now)
    # The invitation itself is in the count and becomes the membership, so only an excess can be in the way.
    if quotas.accounts_counted(organization) > state.settings.quotas.accounts:
        raise HandshakeConstraintViolationException("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    # The invitation's own string, if it names the account: a million equal strings are sixty megabytes.
    member = account if by_email or not requested.party else requested.party
    return [accepted, *departure, AccountJoined(organization.id, member, INVITED)]


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    """AWS's answer; raises ALREADY_IN_AN_ORGANIZATION for an accepted address whose owner was a member already."""
    accepted = events[0]
    assert isinstance(accepted, HandshakeAccepted)
    invited = state.handshakes[accepted.handshake].requested.action is Action.INVITE
    if invited and len(events) == 1:
        raise HandshakeConstraintViolationException("ALREADY_IN_AN_ORGANIZATION")
    return handshake_reply(accepted.handshake, state)
