"""``sim.calls``: the calls that were made through the clients of a simulation, and what was answered."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from difflib import get_close_matches
from threading import RLock
from typing import Any, overload

from msgspec import Struct

from ...engine.errors import Refused
from ...engine.errors.connection import ConnectionDropped
from ...engine.operation import Caller
from ...engine.operations import OPERATIONS
from ...engine.runtime.forked import in_forked_child
from ...engine.shapes.base import moment
from ...projections.reads import READS
from ..testing.recent import tick

KEPT = 10_000
"""How many calls are kept, the latest; all are counted."""


class Call(Struct, frozen=True, kw_only=True):
    """One call of an operation, and its answer."""

    number: int
    """1 for the first call."""
    time: datetime
    """When it was answered, by the simulation's clock, in UTC."""
    operation: str
    """AWS's name of it."""
    account: str
    """Who called: twelve digits."""
    principal: str | None
    """The user or role in the account, if the client was made for one."""
    members: dict[str, Any]
    """What was asked, under AWS's names."""
    reply: Any
    """The answer, a struct as clients return it; None if the call was refused."""
    refusal: Refused | None
    """Why it was refused, with ``code``, ``reason``, ``message`` and ``explanation``; None if it was not."""
    dropped: ConnectionDropped | None
    """How its connection was lost, by a scripted fault; None if it was not."""

    def __str__(self) -> str:
        who = f"{self.account} {self.principal}" if self.principal else self.account
        said = "".join(f" {name}={value!r}" for name, value in self.members.items())
        return f"{self.time:%Y-%m-%dT%H:%M:%SZ} {who} {self.operation}{said}{self._ending}"

    @property
    def _ending(self) -> str:
        """What is said of an answer that was none."""
        refusal = self.refusal
        if refusal is None:
            return f" -> {self.dropped}" if self.dropped else ""
        reason = f" ({refusal.reason})" if refusal.reason else ""
        return f" -> {refusal.code}{reason}: {refusal.explanation or refusal.message}"


class CallsNotRecorded(RuntimeError):
    """Calls are asked for of which some were made before recording began."""


_taking = RLock()
"""Held while any record of calls changes; a call may come in the midst, from a signal handler."""


def _take_anew() -> None:
    global _taking
    _taking = RLock()


in_forked_child(_take_anew)


class CallRecord:
    """The calls made through all clients of a simulation, in the order of their answers: iterate, count or select.

    Every call that was answered or refused, or whose connection a scripted fault closed, is counted, whichever client
    made it: Python, boto3, or HTTP. The latest 10,000 are kept, and iterated over. A call that raised anything else is
    not there.

    Args:
        missed: calls were made before this record began: until ``clear``, looking at it raises ``CallsNotRecorded``.
    """

    def __init__(self, *, missed: bool = False) -> None:
        self.missed = missed
        """Whether calls were made that are not here."""
        self._kept: deque[Call] = deque(maxlen=KEPT)
        self.latest = 0
        """When the latest call was made, on the scale of ``testing.recent``; ``clear`` does not forget it."""
        self._total = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        """By operation and account."""

    def of(self, operation: str, *, account: str | None = None) -> int:
        """Return how many calls of an operation there were: answered, refused, or without an answer.

        Args:
            operation: AWS's name of it.
            account: who called, twelve digits; by default all accounts.

        Raises:
            ValueError: there is no such operation.
            CallsNotRecorded: calls were made before recording began.
        """
        _require_operation(operation)
        self._require_all()
        if account is not None:
            return self._counts[operation, account]
        return sum(count for (name, _), count in self._counts.items() if name == operation)

    def select(
        self,
        operation: str | None = None,
        *,
        account: str | None = None,
        principal: str | None = None,
        refused: bool | None = None,
    ) -> list[Call]:
        """Return the kept calls that meet all conditions, oldest first.

        Args:
            operation: AWS's name of the operation called.
            account: who called, twelve digits.
            principal: the user or role in it.
            refused: True for refused calls only, False for answered ones only; those whose connection was lost are
                neither.

        Raises:
            ValueError: there is no such operation.
            CallsNotRecorded: calls were made before recording began.
        """
        if operation is not None:
            _require_operation(operation)
        return [
            call
            for call in self
            if operation in (None, call.operation)
            and account in (None, call.account)
            and principal in (None, call.principal)
            and (refused is None or (not call.dropped and refused is (call.refusal is not None)))
        ]

    def last(self, count: int) -> list[Call]:
        """Return the last calls, at most so many, oldest first."""
        kept = tuple(self)
        return list(kept[max(0, len(kept) - count) :])

    def clear(self) -> None:
        """Forget all calls so far, as those of a test's preparation, and record from here on."""
        with _taking:
            self.missed = False
            self._kept.clear()
            self._counts.clear()
            self._total = 0

    def __len__(self) -> int:
        """How many calls there were, those that are no longer kept included."""
        self._require_all()
        return self._total

    def __iter__(self) -> Iterator[Call]:
        """The kept calls, oldest first."""
        self._require_all()
        return iter(tuple(self._kept))

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        """One of the kept calls, or some: ``calls[-1]`` is the latest, ``calls[0]`` the oldest that is kept."""
        kept = list(self)
        return kept[index]

    def __repr__(self) -> str:
        by_name: Counter[str] = Counter()
        for (name, _), count in self._counts.items():
            by_name[name] += count
        counts = ", ".join(f"{name} {count:,}" for name, count in by_name.most_common())
        return f"<calls: {counts or 'none'}{', others were made before' if self.missed else ''}>"

    def _require_all(self) -> None:
        if self.missed:
            raise CallsNotRecorded(
                "calls were made before anybody asked for sim.calls, and were not recorded: look at it before the "
                "first call, or begin here with sim.calls.clear()"
            )

    def take(
        self,
        time: int,
        caller: Caller,
        operation: str,
        members: Mapping[str, Any],
        answer: Struct | Refused | ConnectionDropped,
    ) -> None:
        """Add a call; the engine's ``call_listener``."""
        with _taking:
            self.latest = tick()
            self._total += 1
            self._counts[operation, caller.account or ""] += 1
            self._kept.append(
                Call(
                    number=self._total,
                    time=moment(time),
                    operation=operation,
                    account=caller.account or "",
                    principal=caller.principal,
                    members=_copied({name: value for name, value in members.items() if value is not None}),
                    reply=answer if isinstance(answer, Struct) else None,
                    refusal=answer if isinstance(answer, Refused) else None,
                    dropped=answer if isinstance(answer, ConnectionDropped) else None,
                )
            )


def _copied(members: dict[str, Any]) -> dict[str, Any]:
    """Copy what the caller may change afterwards; a value of a type that no operation takes may have no copy."""
    try:
        return deepcopy(members)
    except Exception:
        return members


def _require_operation(name: str) -> None:
    known = OPERATIONS.keys() | READS.keys()
    if name not in known:
        close = get_close_matches(name, known, n=3)
        advice = f"did you mean {' or '.join(close)}?" if close else "they are listed in docs/operations.md"
        raise ValueError(f"there is no operation {name!r}; {advice}")
