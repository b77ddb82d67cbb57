"""Scripted faults: what is to go wrong with which calls of a world, how often and when.

A fault is a part of the world and of its log, which says too which call met which fault. The same words serve Python
(``Simulation.faults``), the control plane and scenarios.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, TypedDict, Unpack

import msgspec
from msgspec import Struct, structs

from ..engine.events import FaultScripted
from ..engine.operation import Events
from ..engine.operations import clear_faults, script_fault
from ..engine.operations.clear_faults import UnknownFault
from ..engine.operations.script_fault import ImpossibleFault
from ..engine.rules.faults import IN_DECISION, possible_operations
from ..engine.runtime.engine import Engine, EngineStopped
from ..engine.shapes import timestamps
from ..engine.shapes.base import moment
from ..engine.spelling import quoted
from ..engine.state.faults import FaultScript
from .durations import HOW, total_duration

When = datetime | timedelta | str
"""A moment, or a time from now on; as a text in ISO 8601, or such as ``1d12h``."""


Post = Callable[[Struct], Events]
"""Posts an internal operation to an engine, and returns its events."""


class Choosing(TypedDict, total=False):
    """Which calls a fault hits. Each call that it concerns is one that it looks at."""

    account: str | Iterable[str]
    """Of this caller, or these; by default of any."""
    times: int
    """How many calls it hits at most; by default any number."""
    share: float
    """The share of the calls that it hits, above 0 and at most 1, drawn from the world's seed."""
    after_calls: int
    """How many calls it lets pass first."""
    since: When
    """From when on; by default from now."""
    until: When
    """Until when; by default without end."""


class FaultTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A fault as it is written in a scenario file."""

    fault: str
    operations: str | tuple[str, ...] | None = None
    account: str | tuple[str, ...] = ()
    share: float = 1.0
    times: int | None = None
    after_calls: int = 0
    since: str | None = None
    until: str | None = None
    code: str | None = None
    reason: str | None = None
    duration: str | None = None


def fault_request(
    now: int,
    fault: str,
    operations: str | Iterable[str] | None = None,
    *,
    account: str | Iterable[str] = (),
    times: int | None = None,
    share: float = 1.0,
    after_calls: int = 0,
    since: When | None = None,
    until: When | None = None,
    code: str | None = None,
    reason: str | None = None,
    duration: timedelta | str | None = None,
) -> script_fault.Request:
    """Build the request that scripts a fault; see ``Choosing`` for what chooses the calls.

    Args:
        now: from which times count, in microseconds since the epoch.
        fault: the kind, one of ``orgsim.engine.rules.faults.KINDS``.
        operations: AWS's names; ``*`` for all for which the kind is possible, which need not be said for what
            creations and closures meet.
        code: AWS's name of an exception, for ``refuse``.
        reason: of that exception, or of the failure of a creation.
        duration: how late an answer is or shows the world, or how long a creation or a closure takes.

    Raises:
        ImpossibleFault: a time or a duration is none. All else is checked when the request is posted.
    """
    if operations is None:
        operations = "*" if fault in IN_DECISION else ()
    members = {
        "fault": fault,
        "operations": _names(operations),
        "accounts": _names(account),
        "times": times,
        "share": share,
        "after_calls": after_calls,
        "begins_at": _at(since, "since", now),
        "ends_at": _at(until, "until", now),
        "code": code,
        "reason": reason,
        "duration": None if duration is None else _microseconds(duration),
    }
    try:
        return msgspec.convert(members, script_fault.Request)
    except msgspec.ValidationError as error:
        raise ImpossibleFault(f"That is no fault: {error}.") from None


def table_request(now: int, table: FaultTable) -> script_fault.Request:
    """Build the request from a fault of a scenario file; raises as ``fault_request``."""
    return fault_request(now, **structs.asdict(table))


def _names(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _microseconds(duration: timedelta | str) -> int:
    try:
        return timestamps.microseconds(total_duration(duration))
    except (ValueError, TypeError) as error:
        raise ImpossibleFault(f"The duration makes no sense: {error}.") from None


def _at(when: When | None, name: str, now: int) -> int | None:
    if when is None:
        return None
    with suppress(ValueError):
        when = datetime.fromisoformat(when) if isinstance(when, str) else when
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise ImpossibleFault(f"{name} has no time zone; write it as 2026-03-01T00:00:00Z, not {when.isoformat()}.")
        return timestamps.microseconds(when)
    try:
        return now + timestamps.microseconds(total_duration(when))
    except (ValueError, TypeError):
        raise ImpossibleFault(
            f"{name} is a moment such as 2026-03-01T00:00:00Z or {HOW}; not {quoted(when)}."
        ) from None


class Script:
    """A scripted fault. As a context manager it is taken back at the end of the block.

    Args:
        engine: of the world.
        post: as for ``Faults``.
        id: such as ``fault-1``.
    """

    def __init__(self, engine: Engine, post: Post, id: str) -> None:
        self.id = id
        self._engine, self._post = engine, post
        self._last = _scripts(engine)[id]

    @property
    def _script(self) -> FaultScript:
        self._last = _scripts(self._engine).get(self.id, self._last)
        return self._last

    @property
    def hits(self) -> int:
        """How many calls it has hit."""
        return self._script.hits

    @property
    def left(self) -> int | None:
        """How many calls it can still hit; None: any number."""
        return self._script.left

    @property
    def scripted(self) -> FaultScripted:
        """What was scripted, as the log has it."""
        return self._script.scripted

    def clear(self) -> None:
        """Take it back, if that has not happened."""
        script = self._script
        with suppress(UnknownFault):
            self._post(clear_faults.Request(self.id))
        self._last = script

    def as_dict(self) -> dict[str, Any]:
        """In the words of JSON, with what it has done: ``hits``, and ``left`` (None: any number)."""
        scripted = self.scripted
        return {
            "id": self.id,
            "fault": scripted.fault,
            "operations": list(scripted.operations) or ["*"],
            "account": list(scripted.accounts),
            "share": scripted.share,
            "times": scripted.times,
            "after_calls": scripted.after_calls,
            "since": None if scripted.begins_at is None else moment(scripted.begins_at),
            "until": None if scripted.ends_at is None else moment(scripted.ends_at),
            "code": scripted.code,
            "reason": scripted.reason,
            "duration": None if scripted.duration is None else f"{scripted.duration / 1_000_000:g}s",
            "hits": self.hits,
            "left": self.left,
        }

    def __enter__(self) -> "Script":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(EngineStopped):
            self.clear()

    def __repr__(self) -> str:
        operations = ", ".join(self.scripted.operations) or "*"
        return f"<{self.id}: {self.scripted.fault} {operations}, {self.hits} hits, {self.left} left>"


def _scripts(engine: Engine) -> dict[str, FaultScript]:
    faults = engine.state.faults
    return faults.scripts if faults else {}


class Faults:
    """Scripts faults of a world; one method for each kind.

    A fault is there from the call of its method on: for as long as a ``with`` block around it, or until it is cleared
    or has hit as many calls as it was to. Operations are AWS's names, ``"*"`` stands for all for which the kind is
    possible. All raise ``ImpossibleFault``, a ``ValueError``, which names the mistake and the choices.

    Several faults look at a call in the order in which they were scripted; those after one that refuses it, or drops
    its connection, do not see it.

    Args:
        engine: of the world.
        post: posts an internal operation to it.
    """

    def __init__(self, engine: Engine, post: Post) -> None:
        self._engine, self._post = engine, post

    def script(self, request: script_fault.Request) -> Script:
        """Script a fault of any kind, as ``fault_request`` builds them."""
        (scripted,) = self._post(request)
        assert isinstance(scripted, FaultScripted)
        return Script(self._engine, self._post, scripted.script)

    def throttle(self, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Refuse calls with TooManyRequestsException."""
        return self._script("throttle", operations, choosing)

    def conflict(self, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Refuse calls with ConcurrentModificationException."""
        return self._script("conflict", operations, choosing)

    def finalizing(self, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Refuse calls with FinalizingOrganizationException."""
        return self._script("finalizing", operations, choosing)

    def service_exception(self, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Refuse calls with ServiceException."""
        return self._script("service_exception", operations, choosing)

    def refuse(
        self, *operations: str, code: str | None = None, reason: str | None = None, **choosing: Unpack[Choosing]
    ) -> Script:
        """Refuse calls with an exception that AWS documents for the operation, and its reason if it has any."""
        return self._script("refuse", operations, choosing, code=code, reason=reason)

    def fail_creation(self, reason: str, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Let account creations fail: they are accepted, are IN_PROGRESS, and end FAILED for a reason of AWS's list."""
        return self._script("fail_creation", operations or None, choosing, reason=reason)

    def fail_next(
        self, operation: str, code: str | None = None, *, reason: str | None = None, **choosing: Unpack[Choosing]
    ) -> Script:
        """Let the next call of an operation fail.

        With a reason of AWS's failures of account creations and no code the creation is accepted, and fails
        (``fail_creation``); with a code the call is refused (``refuse``).
        """
        choosing.setdefault("times", 1)
        if code is None and reason is not None and operation in possible_operations("fail_creation"):
            return self.fail_creation(reason, operation, **choosing)
        return self.refuse(operation, code=code, reason=reason, **choosing)

    def slow_creation(
        self, *operations: str, duration: timedelta | str | None = None, **choosing: Unpack[Choosing]
    ) -> Script:
        """Let account creations take so long, whatever the settings say of their latency."""
        return self._script("slow_creation", operations or None, choosing, duration=duration)

    def slow_closure(self, *, duration: timedelta | str | None = None, **choosing: Unpack[Choosing]) -> Script:
        """Let closures of accounts take so long, whatever the settings say of their latency."""
        return self._script("slow_closure", None, choosing, duration=duration)

    def empty_page(self, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Answer lists with a page without rows that has a NextToken; the rows are on the page that it asks for."""
        return self._script("empty_page", operations, choosing)

    def lag(self, *operations: str, duration: timedelta | str | None = None, **choosing: Unpack[Choosing]) -> Script:
        """Answer questions from so long ago, but not from before now; without a duration, from now."""
        return self._script("lag", operations, choosing, duration=duration)

    def delay(self, *operations: str, duration: timedelta | str | None = None, **choosing: Unpack[Choosing]) -> Script:
        """Answer so much later, in the time of the world; a simulated clock is moved on by it."""
        return self._script("delay", operations, choosing, duration=duration)

    def drop(self, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Close the connection before anything happens; in Python ``ConnectionDropped``."""
        return self._script("drop", operations, choosing)

    def lose_answer(self, *operations: str, **choosing: Unpack[Choosing]) -> Script:
        """Carry calls out, and close the connection without an answer; in Python ``ConnectionDropped``."""
        return self._script("lose_answer", operations, choosing)

    def list(self) -> list[Script]:
        """All that were scripted and not cleared, spent ones too, in that order."""
        return [Script(self._engine, self._post, id) for id in _scripts(self._engine)]

    @property
    def active(self) -> "list[Script]":
        """Those of ``list`` that can still hit a call."""
        now = self._engine.now
        return [each for each in self.list() if each.left != 0 and now < (each.scripted.ends_at or now + 1)]

    def clear(self, id: str | None = None) -> None:
        """Take back all faults, or one.

        Raises:
            UnknownFault: no fault with this id is there.
        """
        self._post(clear_faults.Request(id))

    def _script(self, fault: str, operations: Iterable[str] | None, choosing: Choosing, **rest: Any) -> Script:
        known = Choosing.__annotations__
        for name in choosing:
            if name not in known:
                raise TypeError(f"{fault}() has no parameter {quoted(name)}; what chooses calls is: {', '.join(known)}")
        words: dict[str, Any] = {**choosing, **rest}
        return self.script(fault_request(self._engine.now, fault, operations, **words))
