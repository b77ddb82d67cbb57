"""Handshakes of a dump against those that stand: invitations, and a migration to all features with its approvals.

Offers of responsibility transfers are left out: their other side is an organization that the dump does not have. Of
handshakes that ended before they were ever seen only those are taken that belong to a migration under way.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from ..events import (
    AccountDeparted,
    AnyEvent,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakeRequested,
)
from ..state import Organization, State
from ..state.handshake import Handshake, HandshakeState
from ..words import Action, FeatureSet, PartyType
from .form import Form, HandshakeForm, Stays

APPROVE, ENABLE, TRANSFER = Action.APPROVE_ALL_FEATURES, Action.ENABLE_ALL_FEATURES, Action.TRANSFER_RESPONSIBILITY
AGREED = (HandshakeState.OPEN, HandshakeState.ACCEPTED)
"""The states of a parent whose approvals were all given."""
ENDS = {
    HandshakeState.DECLINED: HandshakeDeclined,
    HandshakeState.CANCELED: HandshakeCanceled,
    HandshakeState.EXPIRED: HandshakeExpired,
}


def taken(form: Form, stays: Stays) -> list[HandshakeForm]:
    """The handshakes of a dump that become part of the state, if they are not there yet.

    Args:
        form: the dump.
        stays: whether an account that the form does not list is a member.
    """
    parents = {each.id for each in form.handshakes if each.action is ENABLE and each.live}
    listed = {account.id for account in form.accounts}
    return [
        each
        for each in form.handshakes
        if (
            each.action is APPROVE
            and each.parent in parents
            and each.party
            and (each.party in listed or stays(each.party))
        )
        or (each.action in (Action.INVITE, ENABLE) and each.live)
    ]


def ended_handshakes(
    form: Form, organization: Organization, state: State, leaving: frozenset[str]
) -> Iterator[AnyEvent]:
    """Handshakes that were live and are not any more; approvals come before the parent that they belong to.

    Args:
        form: the dump.
        organization: as it stands.
        state: the whole state.
        leaving: members that depart; their approvals end with their membership.
    """
    listed = {handshake.id: handshake for handshake in form.handshakes}
    new = [each for each in form.handshakes if each.live and each.id not in state.handshakes]
    live = [*organization.invitations.values()]
    if organization.migration:
        live += [*organization.migration.outstanding.values(), organization.migration.parent]
    for handshake in live:
        found, told = state.handshakes.get(handshake), listed.get(handshake)
        if found is None or found.ended_at >= 0:
            continue
        requested = found.requested
        migrated = form.feature_set is FeatureSet.ALL and requested.action is not Action.INVITE
        if requested.action is APPROVE and requested.party in leaving:
            yield HandshakeCanceled(requested.organization, handshake)
        elif told and not told.live:
            yield _end(found, told.state, form)
        elif migrated or (told is None and "handshakes" in form.whole):
            yield _end(found, _likely_end(found, form), form)
        elif told is None and _is_superseded(requested, new):
            yield HandshakeCanceled(requested.organization, handshake)


def _is_superseded(requested: HandshakeRequested, new: list[HandshakeForm]) -> bool:
    """Whether there is a new invitation to the same party, or a new migration: then the old one has ended."""
    if requested.action is not Action.INVITE:
        return any(each.action is ENABLE for each in new)
    party = (requested.party or "").lower()
    return any(each.action is Action.INVITE and (each.party or "").lower() == party for each in new)


def _likely_end(handshake: Handshake, form: Form) -> HandshakeState:
    """How a handshake ended that cannot be seen any more: what it asked for is so, or it is not."""
    requested = handshake.requested
    if requested.action is ENABLE:
        return HandshakeState.ACCEPTED if form.feature_set is FeatureSet.ALL else HandshakeState.CANCELED
    if requested.action is APPROVE:
        parent = next((each for each in form.handshakes if each.id == requested.parent), None)
        agreed = (
            parent.state in (HandshakeState.OPEN, HandshakeState.ACCEPTED)
            if parent
            else form.feature_set is FeatureSet.ALL
        )
        return HandshakeState.ACCEPTED if agreed else HandshakeState.CANCELED
    return HandshakeState.ACCEPTED if _member_invited(handshake, form) else HandshakeState.CANCELED


def _member_invited(handshake: Handshake, form: Form) -> str | None:
    """The member that an invitation was addressed to, if it has joined."""
    party = (handshake.requested.party or "").lower()
    return next((each.id for each in form.accounts if party in (each.id, (each.email or "").lower())), None)


def _end(handshake: Handshake, end: HandshakeState, form: Form) -> AnyEvent:
    requested = handshake.requested
    if end is not HandshakeState.ACCEPTED:
        return ENDS[end](requested.organization, requested.handshake)
    by_email = requested.party_type is PartyType.EMAIL
    account = _member_invited(handshake, form) if by_email else None
    return HandshakeAccepted(requested.organization, requested.handshake, account)


def new_handshakes(form: Form, stays: Stays, state: State, now: int) -> Iterator[AnyEvent]:
    """Handshakes that are new, the parent of a migration before its approvals.

    Args:
        form: the dump.
        stays: whether an account that the form does not list is a member.
        state: the whole state.
        now: the moment of the command.
    """
    timers = state.timers
    last = {Action.INVITE: _last(timers.invitations), ENABLE: _last(timers.migrations)}
    new = [each for each in taken(form, stays) if each.id not in state.handshakes]
    for handshake in sorted(new, key=lambda each: (each.requested_at, each.action is APPROVE)):
        # The timers of one kind are a queue, so none may expire before one that was set earlier.
        expires_at = max(handshake.expires_at, now, last.get(handshake.action, 0))
        last[handshake.action] = expires_at
        yield HandshakeRequested(
            form.organization,
            handshake.id,
            handshake.action,
            expires_at,
            handshake.party,
            handshake.party_type,
            handshake.parent,
            handshake.feature_set,
            handshake.notes,
        )


def _last(queue: deque[Handshake]) -> int:
    return queue[-1].requested.expires_at if queue else 0


def answered_approvals(form: Form, changes: Sequence[AnyEvent]) -> Iterator[AnyEvent]:
    """Approvals that are new and were answered by the moment of the dump."""
    new = {event.handshake for event in changes if isinstance(event, HandshakeRequested)}
    for handshake in form.handshakes:
        if handshake.id in new and handshake.action is APPROVE and not handshake.live:
            ended = ENDS.get(handshake.state, HandshakeAccepted)
            yield ended(form.organization, handshake.id)


def opened_parent(organization: Organization, state: State, changes: Sequence[AnyEvent]) -> Iterator[AnyEvent]:
    """The parent of a migration opens once no approval is outstanding after the changes that come before."""
    parent, outstanding = None, dict[str, str]()
    if organization.migration and state.handshakes[organization.migration.parent].state is HandshakeState.REQUESTED:
        parent, outstanding = organization.migration.parent, {**organization.migration.outstanding}
    for event in changes:
        if isinstance(event, HandshakeRequested) and event.action is ENABLE:
            parent = event.handshake
        elif isinstance(event, HandshakeRequested) and event.action is APPROVE:
            outstanding[str(event.party)] = event.handshake
        elif isinstance(event, HandshakeAccepted):
            outstanding = {party: each for party, each in outstanding.items() if each != event.handshake}
        elif isinstance(event, AccountDeparted):
            outstanding.pop(event.account, None)
        if isinstance(event, HandshakeAccepted | HandshakeCanceled | HandshakeExpired) and event.handshake == parent:
            parent = None
    if parent and not outstanding:
        yield HandshakeOpened(organization.id, parent)
