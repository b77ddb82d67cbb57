"""InviteAccountToOrganization: the management account invites an account, by its id or its email address.

Caller: the management account.
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
    - FinalizingOrganization: the organization is younger than organization_finalization_seconds of the settings.
    - AccountOwnerNotVerified: the management account's address is not verified.
    - HandshakeConstraintViolation (INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES): a migration is in progress, and
      invitations_during_migration is off in the settings.
    - HandshakeConstraintViolation (ALREADY_IN_AN_ORGANIZATION): the account, given by its id, is a member already.
    - DuplicateHandshake: an invitation to the same id or address is open.
    - HandshakeConstraintViolation (ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD): the account, given by its id, has
      another seller of record, or is known to be in another partition.
    - HandshakeConstraintViolation (HANDSHAKE_RATE_LIMIT_EXCEEDED): the unaccepted invitations of the last 24 hours are
      as many as the account quota, at least 20.
    - HandshakeConstraintViolation (ACCOUNT_NUMBER_LIMIT_EXCEEDED): members, open invitations and creations fill the
      account quota.
Happens: HandshakeRequested (INVITE), OPEN for fifteen days.
Goes on in: accept_handshake.py, decline_handshake.py, cancel_handshake.py, expire_handshake.py.
Sources: docs/aws.md 2.2, 2.5 and 2.9; the order of the refusals is inferred. Inviting the address of a member
    succeeds, so that nobody learns whose it is. Members of other organizations can be invited. Tags are checked now,
    and put on the account when it accepts.
"""

from typing import Annotated

from msgspec import Meta, Struct

from ..errors import (
    AccountOwnerNotVerifiedException,
    DuplicateHandshakeException,
    HandshakeConstraintViolationException,
)
from ..events import HandshakeRequested
from ..explaining import number, suffers, until, when
from ..operation import Events, Stamp
from ..rules import caller, membership, migration, quotas
from ..rules import tags as tag_rules
from ..rules.invitees import Target, party_type_of
from ..rules.limits import invitation_leaves_window
from ..settings import INVITATION_LIFETIME
from ..shapes.handshakes import HandshakeReply, handshake_reply
from ..state import Organization, State
from ..words import Action, Condition, FeatureSet

INVITE, EMAIL_UNVERIFIED, OTHER_SELLER = Action.INVITE, Condition.EMAIL_UNVERIFIED, Condition.OTHER_SELLER_OF_RECORD


class Request(Struct, frozen=True, rename="pascal"):
    target: Target
    notes: Annotated[str, Meta(max_length=1024)] | None = None
    tags: tuple[tag_rules.TagMember, ...] = ()


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("InviteAccountToOrganization", state, stamp)
    target = request.target
    party_type = party_type_of(target)
    tags = tag_rules.compliant_tags(request.tags, "account", organization)
    membership.require_finalized(organization, state, stamp.now)
    if EMAIL_UNVERIFIED in state.conditions_of(stamp.account):
        raise AccountOwnerNotVerifiedException(explanation=suffers(stamp.account, EMAIL_UNVERIFIED))
    migrating = organization.migration is not None
    if migrating and not state.settings.invitations_during_migration:
        raise HandshakeConstraintViolationException(
            "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES", explanation=migration.under_way(organization, state)
        )
    if target.id in organization.members:
        raise HandshakeConstraintViolationException(
            "ALREADY_IN_AN_ORGANIZATION", explanation=membership.why_member(target.id, organization)
        )
    if target.id.lower() in organization.invitations:
        raise DuplicateHandshakeException(explanation=_why_duplicate(target.id, organization, state))
    if OTHER_SELLER in state.conditions_of(target.id):
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD", explanation=suffers(target.id, OTHER_SELLER)
        )
    membership.require_partition(target.id, state.partition_of(target.id), organization)
    _require_room(organization, state, stamp.now)
    return [
        HandshakeRequested(
            organization.id,
            stamp.ids.handshake(stamp.position),
            INVITE,
            expires_at=stamp.now + INVITATION_LIFETIME,
            party=target.id,
            party_type=party_type,
            # During a migration an invitation shows the feature set that the organization will have (docs/aws.md 2.4).
            feature_set=FeatureSet.ALL if migrating else organization.feature_set,
            notes=request.notes,
            tags=tags,
        )
    ]


def _why_duplicate(target: str, organization: Organization, state: State) -> str:
    invitation = organization.invitations[target.lower()]
    expires_at = state.handshakes[invitation].requested.expires_at
    return (
        f"the invitation {invitation} to {target} is OPEN until {when(expires_at)}; "
        "it must be declined or canceled, or expire, before another is sent"
    )


def _require_room(organization: Organization, state: State, now: int) -> None:
    allowed = quotas.invitations_allowed(state.settings.quotas)
    counted = quotas.invitations_counted(organization, now)
    if counted >= allowed:
        raise HandshakeConstraintViolationException(
            "HANDSHAKE_RATE_LIMIT_EXCEEDED",
            explanation=until(
                f"{organization.id} sent {number(counted, 'invitations')} within 24 hours that nobody accepted",
                allowed,
                invitation_leaves_window(organization, state, now),
            ),
        )
    if quotas.accounts_counted(organization) >= state.settings.quotas.accounts:
        raise HandshakeConstraintViolationException(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED", explanation=quotas.why_no_account(organization, state.settings.quotas)
        )


def reply(request: Request, events: Events, state: State) -> HandshakeReply:
    requested = events[0]
    assert isinstance(requested, HandshakeRequested)
    return handshake_reply(requested.handshake, state)
