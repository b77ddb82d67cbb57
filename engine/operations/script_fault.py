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
from collections.abc import Collection, Iterator
from typing import NamedTuple, cast, get_args

from msgspec import Struct

from .. import errors
from ..errors import Refused
from ..errors.documented import DOCUMENTED
from ..events import FaultScripted
from ..events.faults import FaultKind
from ..explaining import when
from ..operation import Events, Stamp
from ..rules.faults import CODES, KINDS, possible_operations
from ..settings import LATEST, SECOND
from ..spelling import advice_on, left_out, nearest, quoted
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


class Complaint(NamedTuple):
    """One thing that is wrong with a request."""

    message: str
    member: str
    """Of the request."""


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
    for complaint in impossible(request, stamp.now):
        raise ImpossibleFault(complaint.message)
    number = state.faults.scripted + 1 if state.faults else 1
    return [
        FaultScripted(
            script=f"fault-{number}",
            fault=cast("FaultKind", request.fault),
            operations=() if request.operations == (EVERY,) else tuple(dict.fromkeys(request.operations)),
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


def impossible(request: Request, now: int) -> Iterator[Complaint]:
    """All that is wrong with a request, in the order in which it is refused, but for what only follows from that."""
    kind = request.fault if request.fault in KINDS else None
    if kind is None:
        yield _none_of("fault", request.fault, KINDS)
    elif wrong := _wrong_code(kind, request.code):
        yield wrong
        # The operations depend on the code.
        kind = None if kind == "refuse" else kind
    elif wrong := _wrong_reason(kind, request):
        yield wrong
    yield from _wrong_operations(kind, request)
    yield from _wrong_numbers(request)
    yield from _wrong_window(request, now)
    yield from _wrong_duration(request, now)


def _none_of(member: str, value: str, choices: Collection[str], what: str = "") -> Complaint:
    advice = advice_on(value, choices, "there are:")
    return Complaint(f"There is no {what or member} {quoted(value)}; {advice}.", member)


def _wrong_code(kind: FaultKind, code: str | None) -> Complaint | None:
    if kind != "refuse":
        return None if code is None else Complaint(f"A code goes with refuse only, not with {kind}.", "code")
    codes = sorted(set[str]().union(*DOCUMENTED.values()))
    if code is None:
        return Complaint(f"Say with which code the call is refused: {', '.join(codes)}.", "code")
    return None if code in codes else _none_of("code", code, codes)


def _wrong_reason(kind: FaultKind, request: Request) -> Complaint | None:
    reasons = _reasons(kind, request.code)
    if request.reason is None:
        return Complaint(f"Say for which reason: {', '.join(reasons)}.", "reason") if reasons else None
    if not reasons:
        message = f"{request.code or kind} has no reasons, so not {quoted(request.reason)} either."
        return Complaint(message, "reason")
    reason = MEMBER.sub("", request.reason) if request.code else request.reason
    return None if reason in reasons else _none_of("reason", reason, reasons)


def _reasons(kind: FaultKind, code: str | None) -> list[str]:
    if kind == "fail_creation":
        return list(get_args(FailureReason))
    refusal: type[Refused] | None = getattr(errors, code) if code else None
    return [reason for reason in refusal.messages if reason] if refusal else []


def _wrong_operations(kind: FaultKind | None, request: Request) -> Iterator[Complaint]:
    """What is wrong with the operations; of a kind that is not known, whether there are such."""
    if not request.operations and request.fault in KINDS:
        yield Complaint(f"Name the operations that the fault is for, or {EVERY!r} for all.", "operations")
    if request.operations == (EVERY,):
        return
    code = CODES.get(kind) if kind and kind != "refuse" else request.code
    possible = possible_operations(kind, code) if kind else DOCUMENTED.keys()
    for operation in request.operations:
        if operation not in DOCUMENTED:
            yield _none_of("operations", operation, DOCUMENTED, "operation")
        elif operation not in possible:
            why = f"AWS does not document {code} for it" if code else f"{kind} is for others"
            named = ", ".join(nearest(operation, sorted(possible)))
            message = f"{operation} cannot meet this fault, {why}; possible are: {named}{left_out(possible)}."
            yield Complaint(message, "operations")


def _wrong_numbers(request: Request) -> Iterator[Complaint]:
    for account in request.accounts:
        if not ACCOUNT.fullmatch(account):
            yield Complaint(f"An account is twelve digits, not {quoted(account)}.", "accounts")
    if not 0 < request.share <= 1:
        yield Complaint(f"A share is above 0 and at most 1, not {request.share}.", "share")
    if request.times is not None and not 1 <= request.times <= MOST:
        message = f"times is a number of calls from 1 on, not {request.times}; without it, any number."
        yield Complaint(message, "times")
    if not 0 <= request.after_calls <= MOST:
        message = f"after_calls is a number of calls from 0 on, not {request.after_calls}."
        yield Complaint(message, "after_calls")


def _wrong_window(request: Request, now: int) -> Iterator[Complaint]:
    begins, ends = request.begins_at, request.ends_at
    beyond = [name for name in ("begins_at", "ends_at") if not 0 <= (getattr(request, name) or 0) <= LATEST]
    for name in beyond:
        yield Complaint("A fault begins and ends between 1970-01-01 and 8995-05-02.", name)
    begins = now if begins is None else max(begins, now)
    if ends is not None and ends <= begins and not beyond:
        message = f"The fault would end at {when(ends)}, not after it begins, {when(begins)}."
        yield Complaint(message, "ends_at")


def _wrong_duration(request: Request, now: int) -> Iterator[Complaint]:
    kind, duration = request.fault, request.duration
    if duration is None:
        if kind in TIMED:
            yield Complaint(f"Say how long: {kind} needs a duration.", "duration")
        return
    if kind in KINDS and kind not in (*TIMED, "lag"):
        yield Complaint(f"{', '.join(TIMED)} and lag take a duration, {kind} does not.", "duration")
    elif duration < 0 or now + duration > LATEST:
        message = f"A duration is from 0 on and ends before 8995-05-02, not {duration / SECOND:g} seconds."
        yield Complaint(message, "duration")
