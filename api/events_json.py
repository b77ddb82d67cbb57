"""One event of the log as JSON: the form that the command line, the control plane and everybody else shows it in.

Generic over all events: what stands here are the names of AWS's API for the fields of our events, by the field's name.
A field that is not listed is called by its own name in PascalCase. ``docs/events.md`` describes the result.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from msgspec import structs

from ..engine.events import (
    AccountDeparted,
    CallRecorded,
    DumpTaken,
    Event,
    FaultScripted,
    HandshakeRequested,
    RecordTaken,
)
from ..engine.events.envelope import Envelope
from ..engine.ids import IdSource
from ..engine.shapes.base import moment

AWS_NAMES = {
    "account": "AccountId",
    "destination": "DestinationParentId",
    "ends_at": "EndTimestamp",
    "expires_at": "ExpirationTimestamp",
    "govcloud": "GovCloud",
    "govcloud_account": "GovCloudAccountId",
    "handshake": "HandshakeId",
    "keys": "TagKeys",
    "management_account": "MasterAccountId",
    "method": "JoinedMethod",
    "parent": "ParentId",
    "party": "PartyId",
    "policy": "PolicyId",
    "reason": "FailureReason",
    "request": "CreateAccountRequestId",
    "resource": "ResourceId",
    "resource_policy": "ResourcePolicyId",
    "root": "RootId",
    "service": "ServicePrincipal",
    "source": "SourceParentId",
    "source_account": "SourceAccountId",
    "source_organization": "SourceOrganizationId",
    "starts_at": "StartTimestamp",
    "target": "TargetId",
    "transfer": "ResponsibilityTransferId",
    "unit": "OrganizationalUnitId",
}
"""Member names by field name, where they are not the field's name in PascalCase."""

EXCEPTIONS: dict[tuple[type[Event], str], str] = {
    (HandshakeRequested, "parent"): "ParentHandshakeId",
    (AccountDeparted, "method"): "DepartureMethod",
    (DumpTaken, "source"): "Source",
    (FaultScripted, "reason"): "Reason",
    (CallRecorded, "reason"): "Reason",
}
"""Member names of fields whose name means something else in other events."""


class RequestIds:
    """The request ids of a log's events, in the order of the log: AWS's for what a record of CloudTrail says.

    Args:
        ids: of the world; the ids of its own calls derive from it.
    """

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids
        self._taken = 0
        """The position of the record of CloudTrail that was seen last."""
        self._told: str | None = None

    def of(self, envelope: Envelope) -> str | None:
        """What the caller was answered with; None without a caller."""
        if isinstance(envelope.event, RecordTaken):
            self._taken, self._told = envelope.command, envelope.event.request_id
        if envelope.account is None:
            return None
        return self._told if envelope.command == self._taken else self._ids.request(envelope.command)


def event_as_dict(envelope: Envelope, ids: IdSource | RequestIds) -> dict[str, Any]:
    """One stored event as a dict of JSON-able values.

    Args:
        envelope: the event, with where, when and by whom.
        ids: of the event's world (``sim.engine.ids``, or ``IdSource(seed)``); request ids derive from it. For many
            events of a log one ``RequestIds``, which knows those of CloudTrail, too.

    Returns:
        ``position``, ``time`` (ISO 8601, UTC), ``operation``, ``caller`` (``account`` and ``principal``; None where a
        timer or the simulation acted), ``request_id`` (what the caller was answered with; None without a caller),
        ``type``, ``organization`` (None for facts of the whole world) and ``members``, a dict under AWS's names.
    """
    called = envelope.account is not None
    requests = ids if isinstance(ids, RequestIds) else RequestIds(ids)
    return {
        "position": envelope.position,
        "time": iso_time(envelope.time),
        "operation": envelope.operation,
        "caller": {"account": envelope.account, "principal": envelope.principal} if called else None,
        "request_id": requests.of(envelope),
        "type": envelope.type,
        "organization": envelope.organization,
        "members": members_of(envelope.event),
    }


def members_of(event: Event) -> dict[str, Any]:
    """An event's own fields as JSON-able values, under AWS's names; None stays, so that a type always has the same."""
    return {name: as_json(getattr(event, field)) for field, name, as_json in _members(type(event))}


def iso_time(microseconds: int | None) -> str | int | None:
    """A time of the core in ISO 8601, such as ``2026-01-31T09:00:00Z``; beyond the calendar, the number as it is."""
    if microseconds is None:
        return None
    try:
        return msgspec.to_builtins(moment(microseconds))
    except OverflowError:
        return microseconds


@cache
def _members(event: type[Event]) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
    """Each field of an event type with its member name, and the function that makes its value JSON-able."""
    fields = [field.name for field in structs.fields(event) if field.name != "organization"]
    return tuple((field, member_name(event, field), iso_time if field.endswith("_at") else _plain) for field in fields)


def _plain(value: Any) -> Any:
    """A field's value as JSON has it: words as texts, tuples as lists, structs as dicts."""
    return msgspec.json.decode(msgspec.json.encode(value))


def member_name(event: type[Event], field: str) -> str:
    """The name of an event's field in JSON: ``HandshakeId`` for ``handshake``."""
    pascal = "".join(word.capitalize() for word in field.split("_"))
    return EXCEPTIONS.get((event, field)) or AWS_NAMES.get(field, pascal)
