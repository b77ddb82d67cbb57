"""AWS's response shapes, and how they are built. Members are AWS's, in snake case; absent ones are left out.

``msgspec.to_builtins(reply, builtin_types=(datetime,))`` is boto3's dictionary. Moments become ``datetime`` here, at
the edge of the core; nothing in the core reads them back. Lists that AWS always sends have no default.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec import Struct

from .events import HandshakeRequested
from .handshake import HandshakeState
from .ids import account_arn, handshake_arn, organization_arn, root_arn
from .settings import Settings
from .state import State
from .words import Action, FeatureSet, JoinedMethod, PartyType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1_024)  # while the clock stands still, many answers speak of the same few moments
def moment(microseconds: int) -> datetime:
    """A time of the core as a datetime in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


class Shape(Struct, frozen=True, gc=False, rename="pascal", omit_defaults=True):
    """A structure of AWS's answers."""


class EmptyReply(Shape, frozen=True):
    """The answer of an operation that has nothing to say."""


class PolicyTypeSummary(Shape, frozen=True):
    type: str
    status: str


class Organization(Shape, frozen=True):
    id: str
    arn: str
    feature_set: FeatureSet
    master_account_arn: str
    master_account_id: str
    master_account_email: str
    available_policy_types: list[PolicyTypeSummary]


class OrganizationReply(Shape, frozen=True):
    organization: Organization


class Root(Shape, frozen=True):
    id: str
    arn: str
    name: str
    policy_types: list[PolicyTypeSummary]


class Account(Shape, frozen=True):
    id: str
    arn: str
    email: str
    name: str
    status: str
    state: str
    paths: list[str]
    joined_method: JoinedMethod
    joined_timestamp: datetime


class CreateAccountStatus(Shape, frozen=True):
    id: str
    account_name: str
    state: str
    requested_timestamp: datetime
    completed_timestamp: datetime | None = None
    account_id: str | None = None
    failure_reason: str | None = None


class CreateAccountStatusReply(Shape, frozen=True):
    create_account_status: CreateAccountStatus


class HandshakeParty(Shape, frozen=True):
    id: str
    type: PartyType


class HandshakeResource(Shape, frozen=True):
    type: str
    value: str
    resources: list["HandshakeResource"] | None = None


class Handshake(Shape, frozen=True):
    id: str
    arn: str
    parties: list[HandshakeParty]
    state: HandshakeState
    requested_timestamp: datetime
    expiration_timestamp: datetime
    action: Action
    resources: list[HandshakeResource]


class HandshakeReply(Shape, frozen=True):
    handshake: Handshake


class Initiator(Struct, frozen=True):
    """The organization that sent a handshake, as the handshake shows it."""

    organization: str
    management_account: str
    email: str
    name: str


def organization_shape(initiator: Initiator, feature_set: FeatureSet) -> Organization:
    """The answer of DescribeOrganization; its policy types are AWS's fixed, deprecated ones (section 3.2)."""
    management, organization = initiator.management_account, initiator.organization
    has_policies = feature_set is FeatureSet.ALL
    return Organization(
        id=organization,
        arn=organization_arn(management, organization),
        feature_set=feature_set,
        master_account_arn=account_arn(management, organization, management),
        master_account_id=management,
        master_account_email=initiator.email,
        available_policy_types=[PolicyTypeSummary("SERVICE_CONTROL_POLICY", "ENABLED")] if has_policies else [],
    )


def root_shape(management: str, organization: str, root: str, policy_types: list[PolicyTypeSummary]) -> Root:
    """The one root of an organization."""
    return Root(root, root_arn(management, organization, root), "Root", policy_types)


def handshake_shape(
    requested: HandshakeRequested,
    requested_at: int,
    state: HandshakeState,
    accepted_by: str | None,
    initiator: Initiator,
    settings: Settings,
) -> Handshake:
    """A handshake as Describe, List and the writing operations all show it (sections 2.2 and 2.3).

    Parties come in a fixed order, the organization first. ``accepted_by`` replaces the address of an invitation by the
    account that accepted it; the EMAIL resource stays.
    """
    organization = requested.organization
    prefixed = settings.fidelity == "reference"
    parties = [HandshakeParty(organization if prefixed else organization.removeprefix("o-"), PartyType.ORGANIZATION)]
    if accepted_by:
        parties.append(HandshakeParty(accepted_by, PartyType.ACCOUNT))
    elif requested.party:
        parties.append(HandshakeParty(requested.party, requested.party_type))
    return Handshake(
        id=requested.handshake,
        arn=handshake_arn(initiator.management_account, organization, requested.action, requested.handshake),
        parties=parties,
        state=state,
        requested_timestamp=moment(requested_at),
        expiration_timestamp=moment(requested.expires_at),
        action=requested.action,
        resources=_resources(requested, initiator),
    )


def _resources(requested: HandshakeRequested, initiator: Initiator) -> list[HandshakeResource]:
    organization = HandshakeResource("ORGANIZATION", requested.organization)
    if requested.action is Action.ENABLE_ALL_FEATURES:
        return [organization]
    assert requested.party is not None
    party = HandshakeResource(requested.party_type, requested.party)
    if requested.action is Action.APPROVE_ALL_FEATURES:
        assert requested.parent is not None
        # Without `h-`, unlike the filter of the lists, which takes the whole id.
        return [HandshakeResource("PARENT_HANDSHAKE", requested.parent.removeprefix("h-")), organization, party]
    assert requested.feature_set is not None
    about = [
        HandshakeResource("MASTER_EMAIL", initiator.email),
        HandshakeResource("MASTER_NAME", initiator.name),
        HandshakeResource("ORGANIZATION_FEATURE_SET", requested.feature_set),
    ]
    notes = [HandshakeResource("NOTES", requested.notes)] if requested.notes else []
    return [HandshakeResource("ORGANIZATION", requested.organization, about), party, *notes]


def handshake_reply(handshake: str, state: State) -> HandshakeReply:
    """The answer of an operation that made or changed a handshake, from the state just after it."""
    found = state.handshakes[handshake]
    initiator = initiator_of(found.requested.organization, state)
    shape = handshake_shape(found.requested, found.requested_at, found.state, found.account, initiator, state.settings)
    return HandshakeReply(shape)


def initiator_of(organization: str, state: State) -> Initiator:
    """An organization of the state as its handshakes show it."""
    management = state.organizations[organization].management_account
    return Initiator(organization, management, state.email_of(management), state.name_of(management))
