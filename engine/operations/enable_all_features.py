"""EnableAllFeatures: the management account starts the migration from consolidated billing to all features.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - HandshakeConstraintViolation (ORGANIZATION_ALREADY_HAS_ALL_FEATURES): the organization has all features.
    - HandshakeConstraintViolation (ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION): a migration is in progress.
    - ConstraintViolation (ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED): the organization has more than
      5,000 members.
Happens: HandshakeCanceled for each open invitation; HandshakeRequested (ENABLE_ALL_FEATURES), the parent, REQUESTED for
    ninety days; HandshakeRequested (APPROVE_ALL_FEATURES) for each invited member, not for those created here, whose
    consent is implied. If there is nobody to ask, HandshakeOpened for the parent at once.
Goes on in: accept_handshake.py (each approval, then the parent), decline_handshake.py,
    remove_account_from_organization.py, cancel_handshake.py, expire_handshake.py.
Sources: docs/aws.md 2.3 and 2.4. Which action belongs to whom is contradictory in AWS's prose; docs/decisions/0004
    settles it. The parent's OPEN state when nobody is asked is inferred, as is that a suspended member is not asked.
"""

from itertools import count

from msgspec import Struct

from ..errors import ConstraintViolationException, HandshakeConstraintViolationException
from ..events import HandshakeCanceled, HandshakeOpened, HandshakeRequested
from ..explaining import full, number
from ..operation import Events, Stamp
from ..rules import caller, migration
from ..settings import MIGRATION_LIFETIME
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..state import State
from ..words import Action, FeatureSet, PartyType

APPROVE, ACCOUNT = Action.APPROVE_ALL_FEATURES, PartyType.ACCOUNT


class Request(Struct, frozen=True, rename="pascal"):
    pass


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("EnableAllFeatures", state, stamp)
    if organization.feature_set is FeatureSet.ALL:
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
            explanation=f"{organization.id} has all features already; there is nothing left to enable",
        )
    if organization.migration:
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
            explanation=migration.under_way(organization, state),
        )
    limit = state.settings.quotas.all_features_migration_accounts
    if len(organization.members) > limit:
        raise ConstraintViolationException(
            "ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED",
            explanation=full(
                f"{organization.id} has {number(len(organization.members), 'members')}", limit, "some must go first"
            ),
        )
    canceled = [HandshakeCanceled(organization.id, invitation) for invitation in organization.invitations.values()]
    # A handshake's id derives from the position of its HandshakeRequested event, so these positions are counted.
    positions = count(stamp.position + len(canceled))
    expires_at = stamp.now + MIGRATION_LIFETIME
    parent = HandshakeRequested(
        organization.id,
        stamp.ids.handshake(next(positions)),
        Action.ENABLE_ALL_FEATURES,
        expires_at,
        party=None,
        party_type=PartyType.ORGANIZATION,
    )
    approvals = [
        HandshakeRequested(
            organization.id,
            stamp.ids.handshake(next(positions)),
            APPROVE,
            expires_at,
            party=account,
            party_type=ACCOUNT,
            parent=parent.handshake,
        )
        for account in migration.members_to_ask(organization)
    ]
    opened = [] if approvals else [HandshakeOpened(organization.id, parent.handshake)]
    return [*canceled, parent, *approvals, *opened]


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    parent = next(event for event in events if isinstance(event, HandshakeRequested))
    return handshake_reply(parent.handshake, state)
