"""FinishAccountCreation: end an account creation, with a new member or with a failure.

Caller: a timer, at the creation's ``finishes_at``; or the simulation, which may let it fail for a chosen reason.
Refused, in this order:
    - UnknownCreation: no such creation is in progress.
Happens: AccountCreationFailed (the given reason, or that of a scripted fault; EMAIL_ALREADY_EXISTS, INVALID_EMAIL,
    MISSING_PAYMENT_INSTRUMENT, INVALID_PAYMENT_INSTRUMENT), or AccountCreationSucceeded, AccountJoined (CREATED), and
    ResourceTagged for the tags.
Goes on in: nowhere; the new account is a full member, and may leave after four days.
Sources: docs/aws.md 4.1. Which reasons AWS gives for the management account's payment conditions is inferred.
"""

import re
from typing import Literal

from msgspec import Struct

from ..errors import Refused
from ..events import AccountCreationFailed, AccountCreationSucceeded, AccountJoined, ResourceTagged
from ..operation import Events, Stamp
from ..state import Creation, State
from ..words import Condition, JoinedMethod

FailureReason = Literal[
    "ACCOUNT_LIMIT_EXCEEDED",
    "CONCURRENT_ACCOUNT_MODIFICATION",
    "EMAIL_ALREADY_EXISTS",
    "FAILED_BUSINESS_VALIDATION",
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS",
    "INTERNAL_FAILURE",
    "INVALID_ADDRESS",
    "INVALID_EMAIL",
    "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION",
    "INVALID_PAYMENT_INSTRUMENT",
    "MISSING_BUSINESS_VALIDATION",
    "MISSING_PAYMENT_INSTRUMENT",
    "PENDING_BUSINESS_VALIDATION",
    "UNKNOWN_BUSINESS_VALIDATION",
]

# AWS checks more of an address than the request's pattern: 7-bit, no specials in the local part, no leading dot;
# in the domain letters, digits, hyphens and dots, neither first nor last a hyphen or dot.
ADDRESS = re.compile(r"(?!\.)[^\s\"'()<>\[\]:;,\\|%&@\x80-\U0010ffff]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")

PAYMENT_REASONS: dict[Condition, FailureReason] = {
    Condition.PAYMENT_INSTRUMENT_MISSING: "MISSING_PAYMENT_INSTRUMENT",
    Condition.PAYMENT_INSTRUMENT_INVALID: "INVALID_PAYMENT_INSTRUMENT",
}


class UnknownCreation(Refused):
    """No account creation with this id is in progress; not an exception of AWS."""

    def __init__(self, request: str) -> None:
        super().__init__(message=f"No account creation with the id {request!r} is in progress.")


class Request(Struct, frozen=True):
    request: str
    failure: FailureReason | None = None


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    creation = state.creations.get(request.request)
    if creation is None:
        raise UnknownCreation(request.request)
    failure = request.failure or creation.failure or _trouble(creation, state)
    if failure:
        return [AccountCreationFailed(creation.organization, request.request, failure)]
    account = _unused_account(state, stamp.ids.account(stamp.position))
    # Its id derives from the position of the second event, from which no other account id derives.
    govcloud = _unused_account(state, stamp.ids.account(stamp.position + 1)) if creation.govcloud else None
    tagged = [ResourceTagged(creation.organization, account, creation.tags)] if creation.tags else []
    return [
        AccountCreationSucceeded(creation.organization, request.request, account, govcloud),
        AccountJoined(creation.organization, account, JoinedMethod.CREATED, creation.email, creation.name),
        *tagged,
    ]


def _trouble(creation: Creation, state: State) -> FailureReason | None:
    if not ADDRESS.fullmatch(creation.email):
        return "INVALID_EMAIL"
    if state.owner_of(creation.email):
        return "EMAIL_ALREADY_EXISTS"
    conditions = state.conditions_of(state.organizations[creation.organization].management_account)
    for condition, reason in PAYMENT_REASONS.items():
        if condition in conditions:
            return reason
    return None


def _unused_account(state: State, account: str) -> str:
    while account in state.accounts or account in state.partitions:
        account = f"{(int(account) + 1) % 10**12:012}"
    return account
