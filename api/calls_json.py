"""The calls in a log as JSON: those that changed something, and those that were recorded besides.

They are made here for ``orgsim show LOG calls`` and ``GET /_orgsim/calls``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from ..engine.events import CallRecorded
from ..engine.events.envelope import Envelope
from ..engine.ids import IdSource
from ..engine.operations import OPERATIONS
from ..projections.reads import READS
from .events_json import iso_time
from .load.scenario.checks import choose

CALLER = re.compile(r"(?P<account>[0-9]{12})(?:/(?P<principal>.+))?", re.DOTALL)


class CallFilter(Struct, frozen=True, kw_only=True):
    """Which calls are wanted; all conditions must hold."""

    refused: bool = False
    """Only refused ones."""
    account: str | None = None
    """Of this account."""
    principal: str | None = None
    """Of this user or role in it."""
    operation: str | None = None
    """Of this operation."""

    def select(self, envelopes: Iterable[Envelope]) -> Iterator[Envelope]:
        """The first events of the calls that are wanted, among the events of a log."""
        for envelope in envelopes:
            if (
                envelope.position == envelope.command
                and envelope.account is not None
                and self.account in (None, envelope.account)
                and self.principal in (None, envelope.principal)
                and self.operation in (None, envelope.called)
                and not (self.refused and _code_of(envelope) is None)
            ):
                yield envelope


def call_filter(refused: bool = False, caller: str | None = None, operation: str | None = None) -> CallFilter:
    """Make a filter of what people write.

    Args:
        refused: only refused calls.
        caller: an account, or ``ACCOUNT/PRINCIPAL``.
        operation: AWS's name.

    Raises:
        ValueError: that is no account, or no operation.
    """
    found = CALLER.fullmatch(caller or "000000000000")
    if found is None:
        raise ValueError(f"{caller!r} is no caller: write twelve digits, or twelve digits/PRINCIPAL")
    if operation is not None and operation not in OPERATIONS and operation not in READS:
        raise ValueError(f"there is no operation {operation!r}{choose(operation, sorted(OPERATIONS | READS))}")
    account, principal = (found["account"], found["principal"]) if caller else (None, None)
    return CallFilter(refused=refused, account=account, principal=principal, operation=operation)


def call_as_dict(envelope: Envelope, ids: IdSource) -> dict[str, Any]:
    """One call as a dict of JSON-able values.

    Args:
        envelope: the first event that the call appended.
        ids: of the world.

    Returns:
        ``position`` of that event, ``time`` (ISO 8601, UTC), ``operation``, ``caller`` (``account`` and ``principal``),
        ``request_id``, ``outcome`` (``changed``, ``answered`` or ``refused``), ``error`` (``code``, ``reason``,
        ``message``, ``explanation``; None unless it was refused) and ``members`` of the request, None for a call that
        changed something: its events tell what.
    """
    event = envelope.event
    recorded = event if isinstance(event, CallRecorded) else None
    error = None
    if recorded and recorded.code is not None:
        names = "code", "reason", "message", "explanation"
        error = {name: getattr(recorded, name) for name in names}
    return {
        "position": envelope.position,
        "time": iso_time(envelope.time),
        "operation": envelope.called,
        "caller": {"account": envelope.account, "principal": envelope.principal},
        "request_id": ids.request(envelope.command),
        "outcome": outcome_of(envelope),
        "error": error,
        "members": recorded and recorded.members,
    }


def outcome_of(envelope: Envelope) -> str:
    """What became of a call: ``changed``, ``answered`` or ``refused``."""
    if not isinstance(envelope.event, CallRecorded):
        return "changed"
    return "answered" if envelope.event.code is None else "refused"


def _code_of(envelope: Envelope) -> str | None:
    return envelope.event.code if isinstance(envelope.event, CallRecorded) else None
