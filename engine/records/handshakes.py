"""Records about handshakes: invitations, migrations to all features, and their answers.

Every answer has the whole handshake, so one that is older than the trail is inferred from the record that ends it.
"""

from msgspec import Struct

from ..events import (
    AnyEvent,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeOpened,
    HandshakeRequested,
    ResourceTagged,
)
from ..operation import Events
from ..rules import migration
from ..rules.handshakes import is_open
from ..settings import INVITATION_LIFETIME, MIGRATION_LIFETIME
from ..state.handshake import Handshake, HandshakeState
from ..words import Action, DepartureMethod, FeatureSet, JoinedMethod, PartyType
from . import placeholders, transfers
from .organizations import FEATURE_SETS, described
from .record import Members, Unplaced, listed, needed, part, tags_under, text, time_under, unmasked
from .taking import Taking

INVITE, ENABLE, APPROVE = Action.INVITE, Action.ENABLE_ALL_FEATURES, Action.APPROVE_ALL_FEATURES
TRANSFER = Action.TRANSFER_RESPONSIBILITY
LEFT, INVITED = DepartureMethod.LEFT, JoinedMethod.INVITED
ACCOUNT, EMAIL, ORGANIZATION = PartyType.ACCOUNT, PartyType.EMAIL, PartyType.ORGANIZATION


class Told(Struct):
    """What an answer tells of a handshake."""

    id: str
    action: Action
    party: str | None
    party_type: PartyType
    resources: dict[str, Members]
    """By type; those within others, too."""
    expires_at: int | None

    def value(self, resource: str) -> str | None:
        """The unmasked value of a resource."""
        return unmasked(text(self.resources.get(resource, {}), "value"))


def told(taking: Taking) -> Told:
    """Read the handshake of an answer; raises Unplaced if there is none, or of an unknown kind."""
    answer = part(taking.record.answer, "handshake")
    handshake = needed(answer, "id", "responseElements.handshake")
    action = (text(answer, "action") or "").upper()
    if action not in (INVITE, ENABLE, APPROVE, TRANSFER):
        raise Unplaced(f"{handshake} is about {action or 'nothing'}, which is not known")
    resources: dict[str, Members] = {}
    _gather(answer, resources)
    party, party_type = None, ORGANIZATION
    for each in listed(answer, "parties"):
        kind, named = text(each, "type"), text(each, "id")
        if named and kind in (ACCOUNT, EMAIL):
            party, party_type = unmasked(named) or placeholders.address(handshake), PartyType(kind)
    return Told(handshake, Action(action), party, party_type, resources, time_under(answer, "expirationTimestamp"))


def _gather(holder: Members, found: dict[str, Members]) -> None:
    for resource in listed(holder, "resources"):
        found.setdefault(text(resource, "type") or "", resource)
        _gather(resource, found)


def invited(taking: Taking) -> Events:
    invitation = told(taking)
    if invitation.id in taking.state.handshakes:
        return []
    if invitation.party is None:
        invitation.party, invitation.party_type = _target(taking, invitation.id)
    _end_twin(taking, invitation)
    member, manager = invitation.party, taking.organization.management_account
    if member in taking.organization.members and member != manager:
        # Nobody is invited by the id of an account who is a member.
        taking.infer(*taking.leave(member, LEFT))
        taking.gone.add(member)
    return [_requested(taking, invitation), *_learned(taking, invitation)]


def _target(taking: Taking, handshake: str) -> tuple[str, PartyType]:
    target = part(taking.parameters, "target")
    kind = text(target, "type")
    party = unmasked(text(target, "id")) or placeholders.address(handshake)
    return party, EMAIL if kind == EMAIL else ACCOUNT


def _end_twin(taking: Taking, invitation: Told) -> None:
    """Infer the end of an earlier invitation of the same party: AWS lets one at a time be open."""
    party, organization = invitation.party or "", taking.organization
    twin = organization.invitations.get(party.lower())
    if twin:
        taking.infer(HandshakeDeclined(organization.id, twin))
    else:
        taking.require_room(party)


def _requested(taking: Taking, new: Told) -> HandshakeRequested:
    """The event that requests an invitation, at the time of the record."""
    return HandshakeRequested(
        taking.id,
        new.id,
        INVITE,
        _expiry(taking, new, INVITATION_LIFETIME),
        new.party,
        new.party_type,
        feature_set=FEATURE_SETS.get(new.value("ORGANIZATION_FEATURE_SET") or "", taking.organization.feature_set),
        notes=text(taking.parameters, "notes") or new.value("NOTES"),
        tags=tags_under(taking.parameters),
    )


def _expiry(taking: Taking, new: Told, lifetime: int) -> int:
    """When a handshake expires, as the answer tells it, which may be some seconds before the record's time and delay.

    Those of one kind expire in the order in which they were requested (``state.timers``), so it is never before the
    latest of them.
    """
    timers = taking.state.timers
    queue = timers.invitations if lifetime == INVITATION_LIFETIME else timers.migrations
    latest = queue[-1].requested.expires_at if queue else 0
    due = taking.stamp.now + lifetime
    return max(min(new.expires_at or due, due), latest, taking.stamp.now + 1)


def _learned(taking: Taking, invitation: Told) -> Events:
    """What an invitation tells of the management account."""
    email, name = invitation.value("MASTER_EMAIL"), invitation.value("MASTER_NAME")
    return described(taking, taking.organization.management_account, email, name)


def migration_begun(taking: Taking) -> Events:
    """The answer names the parent only; the approvals that members are asked for get ids when they are answered."""
    parent = told(taking)
    if parent.id in taking.state.handshakes:
        return []
    organization = taking.organization
    _require_billing_only(taking)
    if organization.migration:
        taking.infer(*_canceled(taking, taking.state.handshakes[organization.migration.parent]))
    invitations = () if organization.migration else organization.invitations.values()
    canceled = [HandshakeCanceled(organization.id, invitation) for invitation in invitations]
    answer = part(taking.record.answer, "handshake")
    asked = [] if text(answer, "state") == "OPEN" else _approvals(taking, parent)
    opened = [] if asked else [HandshakeOpened(organization.id, parent.id)]
    return [*canceled, _parent(taking, parent), *asked, *opened]


def _require_billing_only(taking: Taking) -> None:
    """Infer that the organization has had consolidated billing only; raises Unplaced if that cannot be."""
    organization = taking.organization
    if organization.feature_set is FeatureSet.CONSOLIDATED_BILLING:
        return
    policies, access, closures = organization.policies, organization.access, organization.closures
    needing = (policies.by_id, policies.enabled, access.services, access.administrators, access.resource_policy)
    if any(needing) or closures.pending or closures.closed:
        raise Unplaced(f"{organization.id} has all features already")
    taking.infer(FeatureSetChanged(organization.id, FeatureSet.CONSOLIDATED_BILLING))


def _parent(taking: Taking, parent: Told) -> HandshakeRequested:
    expires_at = _expiry(taking, parent, MIGRATION_LIFETIME)
    return HandshakeRequested(taking.id, parent.id, ENABLE, expires_at, None, ORGANIZATION)


def _approvals(taking: Taking, parent: Told) -> list[HandshakeRequested]:
    asked = [account for account in migration.members_to_ask(taking.organization) if account not in taking.gone]
    return [_approval(taking, placeholders.approval(parent.id, account), account, parent.id) for account in asked]


def _approval(taking: Taking, handshake: str, account: str, parent: str) -> HandshakeRequested:
    known = taking.state.handshakes.get(parent)
    expires_at = known.requested.expires_at if known else taking.stamp.now + MIGRATION_LIFETIME
    return HandshakeRequested(taking.id, handshake, APPROVE, expires_at, account, ACCOUNT, parent)


def accepted(taking: Taking) -> Events:
    answer = told(taking)
    if answer.action is TRANSFER:
        return transfers.accepted(taking, answer.id)
    handshake = _known(taking, answer)
    if answer.action is INVITE:
        return _joined(taking, answer, handshake)
    if handshake is None or handshake.ended_at >= 0:
        return []
    if answer.action is APPROVE:
        return _approved(taking, handshake)
    taking.infer(*taking.approvals(taking.organization))
    return [HandshakeAccepted(taking.id, answer.id), FeatureSetChanged(taking.id, FeatureSet.ALL)]


def _joined(taking: Taking, answer: Told, handshake: Handshake | None) -> Events:
    """The invited account becomes a member; its acceptance may stand in its own trail only."""
    account = taking.caller or answer.party or ""
    requested = handshake.requested if handshake else None
    events: list[AnyEvent] = []
    waiting = requested is None or (handshake is not None and handshake.ended_at < 0)
    if waiting:
        by_email = (requested.party_type if requested else answer.party_type) is EMAIL
        events.append(HandshakeAccepted(taking.id, answer.id, account if by_email else None))
    if taking.is_member(account):
        return events
    *left, joined = taking.joining_events(account, INVITED, counted=waiting)
    tags = requested.tags if requested else ()
    return [*events, *left, joined, *([ResourceTagged(taking.id, account, tags)] if tags else [])]


def _approved(taking: Taking, handshake: Handshake) -> Events:
    accepted = HandshakeAccepted(taking.id, handshake.requested.handshake)
    under_way = taking.organization.migration
    assert under_way is not None, "an open approval has a migration"
    last = len(under_way.outstanding) == 1
    return [accepted, HandshakeOpened(taking.id, under_way.parent)] if last else [accepted]


def declined(taking: Taking) -> Events:
    answer = told(taking)
    if answer.action is TRANSFER:
        return transfers.declined(taking, answer.id)
    handshake = _known(taking, answer)
    ended = handshake is not None and handshake.ended_at >= 0
    return [] if ended or answer.action is ENABLE else [HandshakeDeclined(taking.id, answer.id)]


def canceled(taking: Taking) -> Events:
    answer = told(taking)
    if answer.action is TRANSFER:
        return transfers.canceled(taking, answer.id)
    handshake = _known(taking, answer)
    if handshake is None:
        return [HandshakeCanceled(taking.id, answer.id)]
    return [] if handshake.ended_at >= 0 else _canceled(taking, handshake)


def _canceled(taking: Taking, handshake: Handshake) -> Events:
    return migration.ending_events(handshake, HandshakeCanceled(taking.id, handshake.requested.handshake), taking.state)


def _known(taking: Taking, answer: Told) -> Handshake | None:
    """The handshake that an answer is about; None if it was inferred just now, and so is open.

    Raises:
        Unplaced: it belongs to a migration that is not under way.
    """
    known = taking.state.handshakes.get(answer.id)
    if known:
        taking.be_about(known.requested.organization)
        return known
    if answer.action is APPROVE:
        return _identified(taking, answer)
    if answer.action is ENABLE:
        raise Unplaced(f"the migration {answer.id} began before the trail")
    if answer.party is None:
        raise Unplaced(f"the invitation {answer.id} names no party")
    _end_twin(taking, answer)
    taking.infer(_requested(taking, answer))
    return None


def _identified(taking: Taking, answer: Told) -> Handshake:
    """The approval of a member under the id that its answer is the first to tell; a placeholder stood in for it."""
    under_way, account = taking.organization.migration, answer.party or taking.caller or ""
    approval = under_way.outstanding.get(account) if under_way else None
    if under_way is None or approval is None:
        raise Unplaced(f"no approval of {account} is outstanding in {taking.id}")
    requested = _approval(taking, answer.id, account, under_way.parent)
    if is_open(taking.state, approval):
        taking.infer(HandshakeCanceled(taking.id, approval))
    taking.infer(requested)
    return Handshake(requested, taking.stamp.now, HandshakeState.OPEN)


RECORDS = {
    "InviteAccountToOrganization": invited,
    "EnableAllFeatures": migration_begun,
    "AcceptHandshake": accepted,
    "DeclineHandshake": declined,
    "CancelHandshake": canceled,
}
