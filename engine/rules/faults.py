"""Scripted faults: which calls each kind is possible for, which calls a script hits, and what a hit comes to.

Scripts look at a call in the order in which they were scripted. Those after one that ends the call (a refusal, a
dropped connection) do not see it. Whether a share hits is a function of the seed, the script and a count of calls.
"""

from collections.abc import Collection, Sequence
from functools import cache

from .. import errors
from ..errors import Refused
from ..errors.documented import DOCUMENTED, RETRIED
from ..events import AnyEvent, FaultInjected, FaultPassedOver, FaultScripted
from ..events.faults import FaultKind
from ..operation import Stamp
from ..state import State
from ..state.faults import FaultScript
from . import latency
from .latency import Slow

CODES: dict[FaultKind, str] = {
    "throttle": "TooManyRequestsException",
    "conflict": "ConcurrentModificationException",
    "finalizing": "FinalizingOrganizationException",
    "service_exception": "ServiceException",
}
"""Kinds that refuse a call with one exception; ``refuse`` does with any that AWS documents for the operation."""

KINDS: dict[FaultKind, str] = {
    "throttle": "the call is refused with TooManyRequestsException",
    "conflict": "the call is refused with ConcurrentModificationException",
    "finalizing": "the call is refused with FinalizingOrganizationException",
    "service_exception": "the call is refused with ServiceException",
    "refuse": "the call is refused with an exception that AWS documents for it",
    "fail_creation": "the creation that the call begins fails, for one of AWS's reasons",
    "slow_creation": "the creation that the call begins takes a given time",
    "slow_closure": "the closure that the call begins takes a given time",
    "empty_page": "the answer is a page without rows that has a NextToken",
    "lag": "the answer is from before the latest changes",
    "delay": "the answer comes later",
    "drop": "the connection is closed before anything happens",
    "lose_answer": "the call is carried out, and the connection is closed without an answer",
}
"""Every kind, and what it does to a call."""

IN_DECISION: frozenset[FaultKind] = frozenset({"fail_creation", "slow_creation", "slow_closure"})
"""Kinds that concern what an accepted call begins: they are met when the operation decides, not before."""

REFUSING: frozenset[FaultKind] = frozenset({*CODES, "refuse"})
"""Kinds that refuse a call."""


@cache
def possible_operations(kind: FaultKind, code: str | None = None) -> frozenset[str]:
    """The operations that a kind of fault can happen to; for ``refuse`` those that may have the code."""
    code = CODES.get(kind, code)
    if kind in ("fail_creation", "slow_creation"):
        return frozenset({"CreateAccount", "CreateGovCloudAccount"})
    if kind == "slow_closure":
        return frozenset({"CloseAccount"})
    beginnings = {"empty_page": ("List",), "lag": ("List", "Describe")}.get(kind, ("",))
    return frozenset(
        operation
        for operation, codes in DOCUMENTED.items()
        if operation.startswith(beginnings) and (code is None or code in codes | RETRIED.get(operation, frozenset()))
    )


def meet(operation: str, account: str, state: State, stamp: Stamp, *, begins: str | None = None) -> list[AnyEvent]:
    """Show a call to the scripted faults.

    Args:
        operation: AWS's name.
        account: the caller.
        state: before the call.
        stamp: of the decision.
        begins: the account creation, or the account of the closure, that the call begins. Then the scripts of the
            kinds in ``IN_DECISION`` are asked, otherwise all others.

    Returns:
        A ``FaultInjected`` for each script that hits it, a ``FaultPassedOver`` for each that counts it and lets it
        pass.
    """
    met = list[AnyEvent]()
    for script in state.faults.scripts.values() if state.faults else ():
        fault = script.scripted
        if (fault.fault in IN_DECISION) is (begins is None) or not _concerns(script, operation, account, stamp.now):
            continue
        if _hits(script, stamp):
            met.append(FaultInjected(fault.script, fault.fault, operation, account, begins))
            if fault.fault in REFUSING or fault.fault == "drop":
                break
        else:
            met.append(FaultPassedOver(fault.script, operation, account))
    return met


def _concerns(script: FaultScript, operation: str, account: str, now: int) -> bool:
    fault = script.scripted
    operations: Collection[str] = fault.operations or possible_operations(fault.fault, fault.code)
    return (
        script.left != 0
        and operation in operations
        and (not fault.accounts or account in fault.accounts)
        and (fault.begins_at is None or fault.begins_at <= now)
        and (fault.ends_at is None or now < fault.ends_at)
    )


def _hits(script: FaultScript, stamp: Stamp) -> bool:
    fault, number = script.scripted, script.calls + 1
    if number <= fault.after_calls:
        return False
    return fault.share >= 1 or stamp.ids.fraction(number, fault.script.encode()) < fault.share


def scripts_of(met: Sequence[AnyEvent], state: State) -> list[FaultScripted]:
    """The scripts that have hit a call, in order."""
    scripts = state.faults.scripts if state.faults else {}
    return [scripts[event.script].scripted for event in met if isinstance(event, FaultInjected)]


def refusal_of(fault: FaultScripted) -> Refused:
    """The exception that a call is refused with, by a fault of a kind in ``REFUSING``."""
    code = CODES.get(fault.fault, fault.code)
    assert code is not None, "otherwise nothing is refused"
    refusal: type[Refused] = getattr(errors, code)
    return refusal(fault.reason, explanation=f"{fault.script} was scripted: {KINDS[fault.fault]}")


def done_at(what: Slow, met: Sequence[AnyEvent], state: State, stamp: Stamp) -> int:
    """When what a call begins is done, in microseconds since the epoch: as a fault says, or else the settings."""
    times = [fault.duration for fault in scripts_of(met, state) if fault.duration is not None]
    return stamp.now + times[-1] if times else latency.done_at(what, state, stamp)
