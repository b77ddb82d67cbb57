"""ScriptFault: script a fault: what is to go wrong with which calls, how often and when.

Caller: the simulation.
Refused, in this order:
    - ImpossibleFault: there is no such kind, operation, exception or reason, AWS does not document the exception for
      the operation, or an account, a share, a number or a time makes no sense.
Happens: FaultScripted.
Goes on in: meet_faults.py, and where what takes time begins: create_account.py and close_account.py.
Sources: the exceptions of docs/aws.md 9, the reasons of 2.9, 10.2 and 10.4, the failures of 4.1.
"""

import re
from collections.abc import Collection
from typing import cast, get_args

from msgspec import Struct

from .. import errors
from ..errors import Refused
from ..errors.documented import DOCUMENTED
from ..events import FaultScripted
from ..events.faults import FaultKind
from ..explaining import advice_on, left_out, nearest, when
from ..operation import Events, Stamp
from ..rules.faults import CODES, KINDS, possible_operations
from ..settings import LATEST, SECOND
from ..state import State
from .finish_account_creation import FailureReason

ACCOUNT = re.compile(r"[0-9]{12}")
MEMBER = re.compile(r":[A-Z_]+\Z")
"""What may stand behind a reason: the member of the request that is meant, as in INVALID_PATTERN:HANDSHAKE_ID."""
EVERY = "*"
MOST = 2**31
TIMED = ("slow_creation", "slow_closure", "delay")
"""Kinds that need a duration."""


class ImpossibleFault(Refused, ValueError):
    """A fault cannot be scripted so; not an exception of AWS."""

    def __init__(self, complaint: str) -> None:
        super().__init__(message=complaint)


class Request(Struct, frozen=True, kw_only=True):
    fault: str
    operations: tuple[str, ...]
    """AWS's names; ``*`` stands for all for which the kind is possible."""
    accounts: tuple[str, ...] = ()
    """Of these callers; none means of any."""
    share: float = 1.0
    times: int | None = None
    after_calls: int = 0
    begins_at: int | None = None
    """In microseconds since the epoch."""
    ends_at: int | None = None
    code: str | None = None
    reason: str | None = None
    duration: int | None = None
    """In microseconds."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    kind = cast("FaultKind", _one_of("fault", request.fault, KINDS))
    _require_code(kind, request)
    _require_reason(kind, request)
    operations = _operations(kind, request)
    _require_numbers(kind, request, stamp.now)
    number = state.faults.scripted + 1 if state.faults else 1
    return [
        FaultScripted(
            script=f"fault-{number}",
            fault=kind,
            operations=operations,
            accounts=request.accounts,
            share=float(request.share),
            times=request.times,
            after_calls=request.after_calls,
            begins_at=request.begins_at,
            ends_at=request.ends_at,
            code=request.code,
            reason=request.reason,
            duration=request.duration,
        )
    ]


def _one_of(what: str, value: str, choices: Collection[str]) -> str:
    if value not in choices:
        raise ImpossibleFault(f"There is no {what} {value!r}; {advice_on(value, choices, 'there are:')}.")
    return value


def _require_code(kind: FaultKind, request: Request) -> None:
    if kind != "refuse":
        if request.code is not None:
            raise ImpossibleFault(f"A code goes with refuse only, not with {kind}.")
        return
    codes = sorted(set[str]().union(*DOCUMENTED.values()))
    if request.code is None:
        raise ImpossibleFault(f"Say with which code the call is refused: {', '.join(codes)}.")
    _one_of("code", request.code, codes)


def _require_reason(kind: FaultKind, request: Request) -> None:
    reasons = _reasons(kind, request.code)
    if request.reason is None:
        if reasons:
            raise ImpossibleFault(f"Say for which reason: {', '.join(reasons)}.")
    elif not reasons:
        raise ImpossibleFault(f"{request.code or kind} has no reasons, so not {request.reason!r} either.")
    else:
        _one_of("reason", MEMBER.sub("", request.reason) if request.code else request.reason, reasons)


def _reasons(kind: FaultKind, code: str | None) -> list[str]:
    if kind == "fail_creation":
        return list(get_args(FailureReason))
    refusal: type[Refused] | None = getattr(errors, code) if code else None
    return [reason for reason in refusal.messages if reason] if refusal else []


def _operations(kind: FaultKind, request: Request) -> tuple[str, ...]:
    if not request.operations:
        raise ImpossibleFault(f"Name the operations that the fault is for, or {EVERY!r} for all.")
    if request.operations == (EVERY,):
        return ()
    possible = possible_operations(kind, request.code)
    for operation in request.operations:
        _one_of("operation", operation, DOCUMENTED)
        if operation not in possible:
            code = CODES.get(kind, request.code)
            why = f"AWS does not document {code} for it" if code else f"{kind} is for others"
            named = ", ".join(nearest(operation, sorted(possible)))
            raise ImpossibleFault(
                f"{operation} cannot meet this fault, {why}; possible are: {named}{left_out(possible)}."
            )
    return tuple(dict.fromkeys(request.operations))


def _require_numbers(kind: FaultKind, request: Request, now: int) -> None:
    for account in request.accounts:
        if not ACCOUNT.fullmatch(account):
            raise ImpossibleFault(f"An account is twelve digits, not {account!r}.")
    if not 0 < request.share <= 1:
        raise ImpossibleFault(f"A share is above 0 and at most 1, not {request.share}.")
    if request.times is not None and not 1 <= request.times <= MOST:
        raise ImpossibleFault(f"times is a number of calls from 1 on, not {request.times}; without it, any number.")
    if not 0 <= request.after_calls <= MOST:
        raise ImpossibleFault(f"after_calls is a number of calls from 0 on, not {request.after_calls}.")
    _require_window(request, now)
    _require_duration(kind, request.duration, now)


def _require_duration(kind: FaultKind, duration: int | None, now: int) -> None:
    if duration is None:
        if kind in TIMED:
            raise ImpossibleFault(f"Say how long: {kind} needs a duration.")
        return
    if kind not in (*TIMED, "lag"):
        raise ImpossibleFault(f"{', '.join(TIMED)} and lag take a duration, {kind} does not.")
    if duration < 0 or now + duration > LATEST:
        raise ImpossibleFault(f"A duration is from 0 on and ends before 8995-05-02, not {duration / SECOND:g} seconds.")


def _require_window(request: Request, now: int) -> None:
    for moment in (request.begins_at, request.ends_at):
        if moment is not None and not 0 <= moment <= LATEST:
            raise ImpossibleFault("A fault begins and ends between 1970-01-01 and 8995-05-02.")
    if request.ends_at is None:
        return
    begins = now if request.begins_at is None else max(request.begins_at, now)
    if request.ends_at <= begins:
        raise ImpossibleFault(f"The fault would end at {when(request.ends_at)}, not after it begins, {when(begins)}.")
