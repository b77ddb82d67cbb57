"""Checks of responsibility transfers: their sides, chains, dates and limits (docs/aws.md 12).

An accepted transfer leads from the source, whose bills are paid, to its payer. A payer may itself be the source of
another transfer, so the transfers form trees; at the root of each is a payer for whom nobody pays.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from ..errors import (
    ConstraintViolationException,
    HandshakeConstraintViolationException,
    InvalidInputException,
    ResponsibilityTransferNotFoundException,
)
from ..events import ResponsibilityTransferEnded, ResponsibilityTransferPurged
from ..explaining import absent, full, number, some, suffers, when
from ..operation import Events
from ..settings import DAY, SECOND, TRANSFER_DEADLINE, TRANSFERS_PER_CHAIN, Quotas
from ..shapes.timestamps import month_start
from ..shapes.transfers import Side, side_of
from ..state import Organization, State, Transfer, Transfers
from ..state.handshake import Handshake, HandshakeState
from ..words import Action, Condition, TransferStatus

REQUESTED, ACCEPTED, WITHDRAWN = TransferStatus.REQUESTED, TransferStatus.ACCEPTED, TransferStatus.WITHDRAWN
TRANSFER = Action.TRANSFER_RESPONSIBILITY

# Conditions of an account outside Organizations, and AWS's reason for each (docs/aws.md 2.9 and 10.4).
CONSTRAINTS = {
    Condition.SUSPENDED: "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY",
    Condition.SIGN_UP_INCOMPLETE: "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY",
    Condition.BILLING_PREREQUISITE_UNMET: "UNMET_BILLING_PREREQUISITE",
    Condition.PRICING_UNSUPPORTED: "UNSUPPORTED_PRICING",
}
HANDSHAKE_CONSTRAINTS = {
    Condition.LEGACY_BILLING_PERMISSIONS: "LEGACY_PERMISSIONS_STILL_IN_USE",
    Condition.TRANSFER_UNAVAILABLE: "TARGET_ACCOUNT_VALIDATION_FAILURE",
    Condition.INVOICE_PAST_DUE: "PAST_DUE_INVOICE",
    Condition.PREPAYMENT_UNUSED: "UNUSED_PREPAYMENT_BALANCE",
}

Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[ -~]+\Z")]
"""The payer's name for a transfer."""


def find(transfer: str, organization: Organization, state: State) -> tuple[Transfer, Side]:
    """Find a transfer, and the side of it on which the organization is.

    Raises:
        ResponsibilityTransferNotFoundException: there is none, or the organization is on neither side.
    """
    found = state.transfers.by_id.get(transfer)
    side = found and side_of(found, organization, state.email_of(organization.management_account))
    if found is None or side is None:
        raise ResponsibilityTransferNotFoundException(explanation=absent(transfer, organization))
    return found, side


def has_effect(transfer: Transfer, now: int) -> bool:
    """Tell whether a transfer is in effect: accepted, or withdrawn but not ended yet."""
    is_ending = transfer.status is WITHDRAWN and transfer.ends_at is not None and now <= transfer.ends_at
    return transfer.status is ACCEPTED or is_ending


def payers(organization: str, transfers: Transfers) -> list[str]:
    """The chain of payers above an organization: its payer, the payer of that one, and so on."""
    above: list[str] = []
    while (last := transfers.outbound.get(organization)) and transfers.by_id[last].status is ACCEPTED:
        organization = transfers.by_id[last].organization
        above.append(organization)
    return above


def transfers_below(organization: str, transfers: Transfers) -> list[int]:
    """Number of transfers below an organization, level by level: to itself, to the sources of those, and so on."""
    sizes: list[int] = []
    level = [organization]
    while level := [source for payer in level for source in _sources(payer, transfers)]:
        sizes.append(len(level))
    return sizes


def _sources(payer: str, transfers: Transfers) -> Iterator[str]:
    for inbound in transfers.inbound.get(payer, ()):
        transfer = transfers.by_id[inbound]
        if transfer.status is ACCEPTED and transfer.source_organization:
            yield transfer.source_organization


def ending_events(handshake: Handshake, status: TransferStatus, state: State) -> Events:
    """Build the event that ends a transfer along with its handshake; none if the handshake is not about a transfer."""
    requested = handshake.requested
    if requested.action is not TRANSFER:
        return []
    transfer = state.transfers.by_handshake[requested.handshake]
    return [ResponsibilityTransferEnded(requested.organization, transfer, status)]


def purging_events(handshake: Handshake, state: State) -> Events:
    """Build the event that purges a transfer along with its handshake; none unless it was never accepted."""
    requested = handshake.requested
    if requested.action is not TRANSFER or handshake.state is HandshakeState.ACCEPTED:
        return []
    transfer = state.transfers.by_handshake[requested.handshake]
    return [ResponsibilityTransferPurged(requested.organization, transfer)]


def is_involved(organization: Organization, state: State, now: int) -> bool:
    """Tell whether an organization has a live transfer or an invitation to one; withdrawn ones live until their end."""
    transfers = state.transfers
    email = state.email_of(organization.management_account).lower()
    if organization.management_account in transfers.unanswered or email in transfers.unanswered:
        return True
    last = transfers.outbound.get(organization.id)
    involved = [*transfers.inbound.get(organization.id, ()), *([last] if last else [])]
    return any(_is_live(transfers.by_id[transfer], now) for transfer in involved)


def _is_live(transfer: Transfer, now: int) -> bool:
    return transfer.status in (REQUESTED, ACCEPTED) or now < _runs_until(transfer)


def _runs_until(transfer: Transfer) -> int:
    """The end of a withdrawn transfer; 0 for any other, and for one that ends before it starts."""
    return transfer.ends_at if transfer.ends_at is not None and transfer.starts_at < transfer.ends_at else 0


def require_eligible(account: str, state: State) -> None:
    """Require that no condition keeps a management account from sending or accepting an invitation.

    Raises:
        ConstraintViolationException: ``ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY``,
            ``UNMET_BILLING_PREREQUISITE``, ``UNSUPPORTED_PRICING``.
        HandshakeConstraintViolationException: ``LEGACY_PERMISSIONS_STILL_IN_USE``,
            ``TARGET_ACCOUNT_VALIDATION_FAILURE``, ``PAST_DUE_INVOICE``, ``UNUSED_PREPAYMENT_BALANCE``.
    """
    conditions = state.conditions_of(account)
    for condition, reason in CONSTRAINTS.items():
        if condition in conditions:
            raise ConstraintViolationException(reason, explanation=suffers(account, condition))
    for condition, reason in HANDSHAKE_CONSTRAINTS.items():
        if condition in conditions:
            raise HandshakeConstraintViolationException(reason, explanation=suffers(account, condition))


def require_room(payer: Organization, state: State) -> None:
    """Require that an organization may offer to pay for one more.

    Raises:
        ConstraintViolationException: ``RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION``, or
            ``RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION`` if the chain above it is too long already.
    """
    transfers, quotas = state.transfers, state.settings.quotas
    inbound = transfers.inbound.get(payer.id, ())
    count = sum(transfers.by_id[transfer].status is not WITHDRAWN for transfer in inbound)
    if count >= quotas.inbound_transfers:
        raise ConstraintViolationException(
            "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION",
            explanation=full(
                f"{payer.id} pays, or offers to pay, by {number(count, 'transfers')}",
                quotas.inbound_transfers,
                "one must be terminated, or an offer canceled",
            ),
        )
    above = payers(payer.id, transfers)
    if len(above) >= quotas.transfer_chain_length:
        raise ConstraintViolationException(
            "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
            explanation=full(
                f"{payer.id} has {number(len(above), 'payers')} above it ({some(above)})",
                quotas.transfer_chain_length,
                "the chain must be shorter before a transfer below it",
            ),
        )


def require_acceptable(transfer: Transfer, source: Organization, state: State) -> None:
    """Require that an organization may accept a transfer, and so have its bills paid.

    Raises:
        HandshakeConstraintViolationException: ``SOURCE_AND_TARGET_CANNOT_MATCH``;
            ``ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD`` if the payer is in another partition [inferred];
            ``RESPONSIBILITY_TRANSFER_ALREADY_EXISTS`` if there is one to the same payer, if the source itself pays for
            the payer, or if a withdrawn one of the source still runs when this one starts [inferred].
        ConstraintViolationException: ``RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION``,
            ``RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION``, ``RESPONSIBILITY_TRANSFER_MAX_TRANSFERS_QUOTA_VIOLATION``.
    """
    transfers, payer = state.transfers, transfer.organization
    if source.id == payer:
        raise HandshakeConstraintViolationException(
            "SOURCE_AND_TARGET_CANNOT_MATCH", explanation=f"{source.id} offered this itself; another must accept it"
        )
    if source.partition != state.organizations[payer].partition:
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
            explanation=f"{source.id} is in the partition {source.partition}, its payer {payer} is not",
        )
    _require_unpaid(transfer, source, transfers)
    _require_short_chain(payer, source, transfers, state.settings.quotas)


def _require_unpaid(transfer: Transfer, source: Organization, transfers: Transfers) -> None:
    """Require that nobody pays for the source when the transfer starts, and that the source does not pay the payer."""
    payer, last = transfer.organization, transfers.by_id.get(transfers.outbound.get(source.id, ""))
    if source.id in payers(payer, transfers):
        raise HandshakeConstraintViolationException(
            "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
            explanation=f"{source.id} itself pays for {payer}; that must end before {payer} can pay for it",
        )
    if last and _runs_until(last) >= transfer.starts_at:
        raise HandshakeConstraintViolationException(
            "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
            explanation=f"{last.id}, by which {last.organization} pays for {source.id}, runs until "
            f"{when(_runs_until(last))}, and {transfer.id} would start on {when(transfer.starts_at)}, not after that",
        )
    if last and last.status is ACCEPTED:
        why = why_paid(last)
        if last.organization == payer:
            raise HandshakeConstraintViolationException("RESPONSIBILITY_TRANSFER_ALREADY_EXISTS", explanation=why)
        raise ConstraintViolationException("RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION", explanation=why)


def why_paid(transfer: Transfer) -> str:
    """Explain that an organization's bills are paid already by an accepted transfer."""
    return (
        f"{transfer.organization} pays for {transfer.source_organization} already, by {transfer.id}; "
        "TerminateResponsibilityTransfer must end that first"
    )


def _require_short_chain(payer: str, source: Organization, transfers: Transfers, quotas: Quotas) -> None:
    """Require that a chain with a transfer from the source to the payer is neither too long nor too large."""
    above, below = payers(payer, transfers), transfers_below(source.id, transfers)
    length = len(below) + 1 + len(above)
    if length > quotas.transfer_chain_length:
        raise ConstraintViolationException(
            "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
            explanation=full(
                f"the chain through {source.id} and {payer} would be {number(length, 'transfers')} long",
                quotas.transfer_chain_length,
                "one above or below must end first",
            ),
        )
    top = above[-1] if above else payer
    count = sum(transfers_below(top, transfers)) + 1 + sum(below)
    if count > TRANSFERS_PER_CHAIN:
        raise ConstraintViolationException(
            "RESPONSIBILITY_TRANSFER_MAX_TRANSFERS_QUOTA_VIOLATION",
            explanation=full(
                f"{top} would pay in the end for {number(count, 'transfers')}",
                TRANSFERS_PER_CHAIN,
                "one must end first",
            ),
        )


def require_start(start: int, now: int) -> None:
    """Require that a transfer starts with one of the next two months, and that there is time left to accept it.

    Raises:
        InvalidInputException: ``START_DATE_NOT_BEGINNING_OF_DAY``, ``START_DATE_NOT_BEGINNING_OF_MONTH``,
            ``START_DATE_TOO_EARLY``, ``START_DATE_TOO_LATE``; ``INVALID_START_DATE`` if the last day before it has
            begun [inferred].
    """
    first, second = month_start(now, 1), month_start(now, 2)
    reason = None
    if start % DAY:
        reason = "START_DATE_NOT_BEGINNING_OF_DAY"
    elif start != month_start(start):
        reason = "START_DATE_NOT_BEGINNING_OF_MONTH"
    elif start < first:
        reason = "START_DATE_TOO_EARLY"
    elif start > second:
        reason = "START_DATE_TOO_LATE"
    if reason:
        why = f"a transfer that is offered now starts on {when(first)} or {when(second)}, not on {when(start)}"
        raise InvalidInputException(reason, explanation=why)
    if start - TRANSFER_DEADLINE <= now:
        raise InvalidInputException(
            "INVALID_START_DATE",
            explanation=f"to start on {when(start)} it must be accepted by {when(start - TRANSFER_DEADLINE)}, "
            f"which is over; the next start is {when(second)}",
        )


def checked_end(end: int | None, now: int, notice_days: int) -> int:
    """Check the end of a transfer that is withdrawn now; without one it is the end of this month [inferred].

    Any moment of the month's last second is valid, because some SDKs send whole seconds only.

    Returns:
        The last millisecond of the month, in microseconds.

    Raises:
        InvalidInputException: ``END_DATE_TOO_EARLY``, ``END_DATE_TOO_LATE``, ``END_DATE_NOT_END_OF_MONTH``;
            ``INVALID_END_DATE`` if the settings demand more notice.
    """
    if end is None:
        end = end_of_month(now)
    reason = None
    if end < month_start(now):
        reason = "END_DATE_TOO_EARLY"
    elif end >= month_start(now, 2):
        reason = "END_DATE_TOO_LATE"
    elif end < month_start(end, 1) - SECOND:
        reason = "END_DATE_NOT_END_OF_MONTH"
    if reason:
        this, following = end_of_month(now), end_of_month(month_start(now, 1))
        why = f"a transfer that is withdrawn now ends on {when(this)} or {when(following)}, not on {when(end)}"
        raise InvalidInputException(reason, explanation=why)
    noticed = now + notice_days * DAY
    if end_of_month(end) < noticed:
        raise InvalidInputException(
            "INVALID_END_DATE",
            explanation=f"it would end on {when(end_of_month(end))}, but with {number(notice_days, 'days')} of notice "
            f"it ends on {when(noticed)} or later",
        )
    return end_of_month(end)


def end_of_month(time: int) -> int:
    """23:59:59.999 UTC on the last day of a month."""
    return month_start(time, 1) - SECOND // 1_000
