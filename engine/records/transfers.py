"""Records about responsibility transfers.

What is older than the trail is not inferred: a transfer concerns two organizations, and one of them tells too little.
"""

from ..events import (
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeRequested,
    ResourceTagged,
    ResponsibilityTransferAccepted,
    ResponsibilityTransferEnded,
    ResponsibilityTransferRenamed,
    ResponsibilityTransferRequested,
    ResponsibilityTransferWithdrawn,
)
from ..operation import Events
from ..rules.transfers import end_of_month
from ..settings import TRANSFER_DEADLINE
from ..state import Organization, Transfer
from ..words import Action, PartyType, TransferStatus
from . import placeholders
from .record import Members, Unplaced, listed, needed, part, tags_under, text, time_under, unmasked
from .taking import Taking

EMAIL, ACCOUNT = PartyType.EMAIL, PartyType.ACCOUNT
REQUESTED, ACCEPTED = TransferStatus.REQUESTED, TransferStatus.ACCEPTED


def offered(taking: Taking) -> Events:
    asked, answer = taking.parameters, part(taking.record.answer, "handshake")
    handshake = needed(answer, "id", "responseElements.handshake")
    if handshake in taking.state.handshakes:
        return []
    starts_at = time_under(asked, "startTimestamp")
    if starts_at is None:
        raise Unplaced("requestParameters.startTimestamp is missing")
    if starts_at - TRANSFER_DEADLINE <= taking.stamp.now:
        raise Unplaced("requestParameters.startTimestamp is over")
    target = part(asked, "target")
    party = unmasked(text(target, "id")) or placeholders.address(handshake)
    _end_twin(taking, party)
    kind = EMAIL if "@" in party else ACCOUNT
    transfer = _transfer_in(answer) or placeholders.transfer(handshake)
    if transfer in taking.state.transfers.by_id:
        raise Unplaced(f"{transfer} was offered before, by another handshake than {handshake}")
    return [
        HandshakeRequested(
            taking.id,
            handshake,
            Action.TRANSFER_RESPONSIBILITY,
            starts_at - TRANSFER_DEADLINE,
            party,
            kind,
            notes=text(asked, "notes"),
            tags=tags_under(asked),
        ),
        ResponsibilityTransferRequested(
            taking.id, transfer, handshake, text(asked, "sourceName") or transfer, starts_at, party
        ),
    ]


def _transfer_in(answer: Members) -> str | None:
    """The id of the transfer that a handshake offers."""
    resources = listed(answer, "resources")
    found = (text(each, "value") for each in resources if text(each, "type") == "RESPONSIBILITY_TRANSFER")
    return next(found, None)


def _end_twin(taking: Taking, party: str) -> None:
    """Infer the end of an earlier offer to the same party: AWS lets one at a time be open."""
    known = taking.state.transfers
    for twin in known.unanswered.get(party.lower(), ()):
        if known.by_id[twin].organization == taking.id:
            taking.infer(*_ended(known.by_id[twin], TransferStatus.DECLINED))


def _ended(transfer: Transfer, status: TransferStatus) -> Events:
    event = HandshakeCanceled if status is TransferStatus.CANCELED else HandshakeDeclined
    return [
        event(transfer.organization, transfer.handshake),
        ResponsibilityTransferEnded(transfer.organization, transfer.id, status),
    ]


def accepted(taking: Taking, handshake: str) -> Events:
    """The events with which the caller's organization lets another pay for it."""
    transfer = _of(taking, handshake)
    source = taking.state.organization_of(taking.caller or "")
    if transfer.status is not REQUESTED:
        return []
    if source is None or source.id == transfer.organization:
        raise Unplaced(f"{taking.caller} is not known to manage an organization, for which {handshake} would pay")
    return _accepted(taking, transfer, source)


def _accepted(taking: Taking, transfer: Transfer, source: Organization) -> Events:
    state, organization = taking.state, transfer.organization
    last = state.transfers.by_id.get(state.transfers.outbound.get(source.id, ""))
    if last and last.status is ACCEPTED:
        taking.infer(ResponsibilityTransferWithdrawn(source.id, last.id, taking.stamp.now))
    requested = state.handshakes[transfer.handshake].requested
    by_email = requested.party_type is EMAIL
    tags = requested.tags
    return [
        HandshakeAccepted(organization, transfer.handshake, source.management_account if by_email else None),
        ResponsibilityTransferAccepted(organization, transfer.id, source.id, source.management_account),
        *([ResourceTagged(organization, transfer.id, tags)] if tags else []),
    ]


def declined(taking: Taking, handshake: str) -> Events:
    transfer = _of(taking, handshake)
    return _ended(transfer, TransferStatus.DECLINED) if transfer.status is REQUESTED else []


def canceled(taking: Taking, handshake: str) -> Events:
    transfer = _of(taking, handshake)
    return _ended(transfer, TransferStatus.CANCELED) if transfer.status is REQUESTED else []


def _of(taking: Taking, handshake: str) -> Transfer:
    transfer = taking.state.transfers.by_handshake.get(handshake)
    if transfer is None:
        raise Unplaced(f"the transfer that {handshake} offers began before the trail")
    return taking.state.transfers.by_id[transfer]


def _named(taking: Taking) -> Transfer:
    transfer = taking.parameter("id")
    found = taking.state.transfers.by_id.get(transfer)
    if found is None:
        raise Unplaced(f"the transfer {transfer} began before the trail")
    return found


def renamed(taking: Taking) -> Events:
    transfer = _named(taking)
    return [ResponsibilityTransferRenamed(transfer.organization, transfer.id, taking.parameter("name"))]


def terminated(taking: Taking) -> Events:
    transfer = _named(taking)
    if transfer.status is not ACCEPTED:
        raise Unplaced(f"{transfer.id} is {transfer.status}, and only an accepted transfer is terminated")
    answer = part(taking.record.answer, "responsibilityTransfer")
    asked = time_under(answer, "endTimestamp") or time_under(taking.parameters, "endTimestamp") or taking.stamp.now
    caller = taking.state.organization_of(taking.caller or "")
    ends = end_of_month(asked)
    return [ResponsibilityTransferWithdrawn(caller.id if caller else transfer.organization, transfer.id, ends)]


def told_accepted(taking: Taking) -> Events:
    """AWS tells everybody whom it concerns; mostly the record of the call has told it before."""
    transfer = _told(taking)
    if transfer.status is not REQUESTED:
        return []
    invited = taking.state.organization_of(transfer.party) or taking.state.organization_of(
        taking.state.owner_of(transfer.party) or ""
    )
    if invited is None or invited.id == transfer.organization:
        raise Unplaced(f"nobody knows whose bills {transfer.id} is about")
    return _accepted(taking, transfer, invited)


def told_terminated(taking: Taking) -> Events:
    """AWS tells everybody whom it concerns; mostly the record of the call has told it before."""
    transfer = _told(taking)
    if transfer.status is not ACCEPTED:
        return []
    ends = time_under(taking.details, "endTimestamp") or taking.stamp.now
    return [ResponsibilityTransferWithdrawn(transfer.organization, transfer.id, end_of_month(ends))]


def _told(taking: Taking) -> Transfer:
    transfer = text(taking.details, "id", "transferId", "responsibilityTransferId") or ""
    found = taking.state.transfers.by_id.get(transfer)
    if found is None:
        raise Unplaced(f"the transfer {transfer or 'that it is about'} began before the trail")
    return found


RECORDS = {
    "ResponsibilityTransferAccepted": told_accepted,
    "ResponsibilityTransferTerminated": told_terminated,
    "InviteOrganizationToTransferResponsibility": offered,
    "UpdateResponsibilityTransfer": renamed,
    "TerminateResponsibilityTransfer": terminated,
}
