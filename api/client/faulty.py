"""Carrying out a call that may have met scripted faults: refused, answered late, emptily, from before, or never.

What a creation or a closure meets is decided with it, in the engine.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from ...engine.errors import Refused
from ...engine.errors.connection import ConnectionDropped
from ...engine.events import FaultScripted
from ...engine.events.faults import FaultKind
from ...engine.operation import SIMULATION, Caller
from ...engine.operations import advance_time, meet_faults
from ...engine.rules.faults import REFUSING, refusal_of, scripts_of
from ...engine.runtime.clock import PacedClock, SimulatedClock
from ...engine.runtime.driver import advance_by, jump_to
from ...engine.runtime.engine import Engine
from ...engine.runtime.waiting import in_event_loop
from ...engine.settings import LATEST, SECOND
from ...engine.state.timers import NEVER
from ...projections.views import Views

Answer = tuple[Struct, int]
"""A reply, and the position of the first event that the call appended; 0 if it appended none."""

EMPTY = re.compile(r"ZW1wdHk[0-9]+\.(?P<meant>.*)", re.DOTALL)
"""The token of an empty page: a number, so that no two are the same, which botocore would take for a list without end;
and the token with which the page was asked for. Tokens of other pages begin with zeros."""


async def call_with_faults(
    engine: Engine,
    views: Views,
    caller: Caller,
    operation: str,
    members: Mapping[str, Any],
    carry_out: Callable[[Mapping[str, Any], Views], Awaitable[Answer]],
) -> Answer:
    """Carry out a call in a world with scripted faults.

    Args:
        engine: of the world.
        views: that answer questions, unless a fault shows older ones.
        caller: an account.
        operation: AWS's name.
        members: of the request, under AWS's names.
        carry_out: carries the call out as if there were no faults: called with the members and the views.

    Raises:
        Refused: as the operation documents, or as AWS's limits or a fault say.
        ConnectionDropped: a fault closes the connection.
    """
    with engine.exclusive:
        engine.admit(operation, caller)
        faults = met_faults(engine, operation, caller)
        hit_at = engine.state.position
        if faults:
            await engine.flush()
    _end_early(operation, faults)
    by_kind: dict[FaultKind, FaultScripted] = {fault.fault: fault for fault in faults}
    token, members = _without_empty_page(members)
    lag = by_kind.get("lag")
    outcome = await _outcome(carry_out(members, views.behind(lag.script) if lag else views))
    delay = sum(fault.duration or 0 for fault in faults if fault.fault == "delay")
    if delay:
        await _pass_time(engine, delay)
    if "lose_answer" in by_kind:
        raise ConnectionDropped(operation, after_change=not isinstance(outcome, Refused))
    if isinstance(outcome, Refused):
        raise outcome
    reply, position = outcome
    return (_emptied(reply, token, hit_at) if "empty_page" in by_kind else reply), position


def met_faults(engine: Engine, operation: str, caller: Caller) -> list[FaultScripted]:
    """Show a call that AWS's limits let pass to the scripted faults; returns those that hit it, in order.

    That they did becomes durable a little later.
    """
    assert caller.account is not None, "an account calls"
    met = engine.post(meet_faults.Request(operation, caller.account), SIMULATION)
    return scripts_of(met, engine.state)


def _end_early(operation: str, faults: Sequence[FaultScripted]) -> None:
    for fault in faults:
        if fault.fault in REFUSING:
            raise refusal_of(fault)
        if fault.fault == "drop":
            raise ConnectionDropped(operation, after_change=False)


async def _outcome(answer: Awaitable[Answer]) -> Answer | Refused:
    try:
        return await answer
    except Refused as refusal:
        return refusal


def _without_empty_page(members: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """The token of the page that is meant, and the members with it: after an empty page the same one again."""
    token = members.get("NextToken")
    empty = EMPTY.fullmatch(token) if isinstance(token, str) else None
    if empty is None:
        return token, members
    meant = empty["meant"] or None
    return meant, {**members, "NextToken": meant}


def _emptied(reply: Struct, token: str | None, number: int) -> Struct:
    """A page without its rows, whose token asks for them again."""
    rows: dict[str, list[object]] = {
        name: [] for name in reply.__struct_fields__ if isinstance(getattr(reply, name), list)
    }
    return structs.replace(reply, **rows, next_token=f"ZW1wdHk{number}.{token or ''}")


async def _pass_time(engine: Engine, duration: int) -> None:
    """Let the time of an answer pass: on a simulated clock, which nobody else may be moving, by moving it."""
    clock, duration = engine.clock, min(duration, LATEST - engine.now)
    if (
        isinstance(clock, SimulatedClock)
        and not in_event_loop()
        and (clock.processes.busy or clock.next_sleeper != NEVER)
    ):
        # Who sleeps is woken when its own event loop moves the clock next.
        await jump_to(engine, engine.now + duration)
        await engine.perform(advance_time.Request())
        clock.processes.changed.set()
    elif isinstance(clock, SimulatedClock) and clock.processes.current() is None:
        await advance_by(engine, duration)
    elif not in_event_loop():
        factor = clock.factor if isinstance(clock, PacedClock) else 1
        time.sleep(duration / SECOND / factor)  # noqa: ASYNC251  # there is no event loop that could wait
    else:
        await clock.sleep_until(engine.now + duration)
