"""The calls in a log as JSON: those that changed something, and those that were recorded besides.

They are made here for ``orgsim show LOG calls`` and ``GET /_orgsim/calls``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from ..engine.events import CallRecorded, RecordTaken
from ..engine.events.envelope import Envelope
from ..engine.operations import OPERATIONS
from ..engine.records.table import RECORDS
from ..projections.reads import READS
from .choices import choose
from .events_json import RequestIds, iso_time

CALLER = re.compile(r"(?P<account>[0-9]{12})(?:/(?P<principal>.+))?", re.DOTALL)


class LoggedCall(Struct, frozen=True):
    """A call that a log has."""

    told: Envelope
    """The event that tells of it: the first that it appended, or CallRecorded."""
    request_id: str | None
    """What it was answered with."""


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

    def select(self, envelopes: Iterable[Envelope], ids: RequestIds) -> Iterator[LoggedCall]:
        """The calls that are wanted, among the events of a log.

        Args:
            envelopes: the next events of the log.
            ids: of the world; one for all events of a log.
        """
        for envelope in envelopes:
            request_id = ids.of(envelope)
            if (
                _tells(envelope)
                and envelope.account is not None
                and self.account in (None, envelope.account)
                and self.principal in (None, envelope.principal)
                and self.operation in (None, envelope.called)
                and not (self.refused and _code_of(envelope) is None)
            ):
                yield LoggedCall(envelope, request_id)


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
    known = {*OPERATIONS, *READS, *RECORDS}
    if operation is not None and operation not in known:
        raise ValueError(f"there is no operation {operation!r}{choose(operation, sorted(known))}")
    account, principal = (found["account"], found["principal"]) if caller else (None, None)
    return CallFilter(refused=refused, account=account, principal=principal, operation=operation)


def _tells(envelope: Envelope) -> bool:
    """Whether an event tells of a call: its first, or what comes behind a record of one that changed nothing."""
    event = envelope.event
    if isinstance(event, RecordTaken):
        return event.changed
    return envelope.position == envelope.command or isinstance(event, CallRecorded)


def call_as_dict(call: LoggedCall) -> dict[str, Any]:
    """One call as a dict of JSON-able values.

    Returns:
        ``position`` of its first event, ``time`` (ISO 8601, UTC), ``operation``, ``caller`` (``account`` and
        ``principal``), ``request_id``, ``outcome`` (``changed``, ``answered`` or ``refused``), ``error`` (``code``,
        ``reason``, ``message``, ``explanation``; None unless it was refused) and ``members`` of the request, None for a
        call that changed something: its events tell what.
    """
    envelope = call.told
    event = envelope.event
    recorded = event if isinstance(event, CallRecorded) else None
    error = None
    if recorded and recorded.code is not None:
        names = "code", "reason", "message", "explanation"
        error = {name: getattr(recorded, name) for name in names}
    return {
        "position": envelope.command,
        "time": iso_time(envelope.time),
        "operation": envelope.called,
        "caller": {"account": envelope.account, "principal": envelope.principal},
        "request_id": call.request_id,
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
