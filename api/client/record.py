"""``sim.calls``: the calls that were made through the clients of a simulation, and what was answered."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from difflib import get_close_matches
from threading import RLock
from typing import Any

from msgspec import Struct

from ...engine.errors import Refused
from ...engine.errors.connection import ConnectionDropped
from ...engine.operation import Caller
from ...engine.operations import OPERATIONS
from ...engine.shapes.base import moment
from ...projections.reads import READS

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


class CallRecord:
    """The calls made through all clients of a simulation, in the order of their answers: iterate, count or select.

    Every call that was answered or refused, or whose connection a scripted fault closed, is counted, whichever client
    made it: Python, boto3, or HTTP. The latest 10,000 are kept, and iterated over. A call that raised anything else is
    not there.
    """

    def __init__(self) -> None:
        self._kept: deque[Call] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()
        self._lock = RLock()

    def of(self, operation: str) -> int:
        """Return how many calls of an operation there were: answered, refused, or without an answer.

        Raises:
            ValueError: there is no such operation.
        """
        _require_operation(operation)
        return self._counts[operation]

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
        kept = tuple(self._kept)
        return list(kept[max(0, len(kept) - count) :])

    def clear(self) -> None:
        """Forget all calls so far, as those of a test's preparation."""
        with self._lock:
            self._kept.clear()
            self._counts.clear()

    def __len__(self) -> int:
        """How many calls there were, those that are no longer kept included."""
        return self._counts.total()

    def __iter__(self) -> Iterator[Call]:
        """The kept calls, oldest first."""
        return iter(tuple(self._kept))

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {count:,}" for name, count in self._counts.most_common())
        return f"<calls: {counts or 'none'}>"

    def take(
        self,
        time: int,
        caller: Caller,
        operation: str,
        members: Mapping[str, Any],
        answer: Struct | Refused | ConnectionDropped,
    ) -> None:
        """Add a call; the engine's ``call_listener``."""
        with self._lock:
            self._counts[operation] += 1
            self._kept.append(
                Call(
                    number=len(self),
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
