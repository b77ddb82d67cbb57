"""Response shapes of handshakes."""

from datetime import datetime

from ..arns import handshake_arn
from ..events import HandshakeRequested
from ..settings import Settings
from ..state import State, Transfer
from ..state.handshake import HandshakeState
from ..words import Action, PartyType
from .base import Shape, moment
from .organizations import Initiator, initiator_of

TRANSFER = Action.TRANSFER_RESPONSIBILITY


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


def handshake_shape(
    requested: HandshakeRequested,
    requested_at: int,
    state: HandshakeState,
    accepted_by: str | None,
    initiator: Initiator,
    settings: Settings,
    transfer: Transfer | None = None,
) -> Handshake:
    """Build a handshake as Describe, List and the writing operations all show it (docs/aws.md 2.2, 2.3 and 2.7).

    Parties come in a fixed order, the organization first. ``accepted_by`` replaces the address of an invitation by the
    account that accepted it; the EMAIL resource stays. ``transfer`` is the transfer that it offers, if any.
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
        arn=handshake_arn(initiator, requested.action, requested.handshake),
        parties=parties,
        state=state,
        requested_timestamp=moment(requested_at),
        expiration_timestamp=moment(requested.expires_at),
        action=requested.action,
        resources=_resources(requested, initiator)
        if transfer is None
        else _transfer_resources(transfer, requested, initiator),
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
    if requested.feature_set is None:
        # A transfer's handshake, in a past state between HandshakeRequested and ResponsibilityTransferRequested.
        return [organization, party, *_notes(requested)]
    inviter = [
        HandshakeResource("MASTER_EMAIL", initiator.email),
        HandshakeResource("MASTER_NAME", initiator.name),
        HandshakeResource("ORGANIZATION_FEATURE_SET", requested.feature_set),
    ]
    return [HandshakeResource("ORGANIZATION", requested.organization, inviter), party, *_notes(requested)]


def _transfer_resources(
    transfer: Transfer, requested: HandshakeRequested, initiator: Initiator
) -> list[HandshakeResource]:
    """The resources of a transfer. AWS publishes only their types; the nesting is inferred (docs/aws.md 2.7)."""
    inviter = [
        HandshakeResource("MANAGEMENT_ACCOUNT", initiator.management_account),
        HandshakeResource("MANAGEMENT_EMAIL", initiator.email),
        HandshakeResource("MANAGEMENT_NAME", initiator.name),
    ]
    terms = [
        HandshakeResource("TRANSFER_TYPE", "BILLING"),
        HandshakeResource("TRANSFER_START_TIMESTAMP", moment(transfer.starts_at).strftime("%Y-%m-%dT%H:%M:%SZ")),
    ]
    return [
        HandshakeResource("ORGANIZATION", requested.organization, inviter),
        HandshakeResource(requested.party_type, transfer.party),
        HandshakeResource("RESPONSIBILITY_TRANSFER", transfer.id, terms),
        *_notes(requested),
    ]


def _notes(requested: HandshakeRequested) -> list[HandshakeResource]:
    return [HandshakeResource("NOTES", requested.notes)] if requested.notes else []


def handshake_reply(handshake: str, state: State) -> HandshakeReply:
    """Build the answer of an operation that created or changed a handshake, from the state right after it."""
    found = state.handshakes[handshake]
    requested, transfers = found.requested, state.transfers
    initiator = initiator_of(requested.organization, state)
    transfer = transfers.by_id[transfers.by_handshake[handshake]] if requested.action is TRANSFER else None
    return HandshakeReply(
        handshake_shape(requested, found.requested_at, found.state, found.account, initiator, state.settings, transfer)
    )
