"""The records of a log's calls and of what AWS did later, each as the account's trail has it that it concerns."""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ....engine.errors import Refused
from ....engine.events import CallRecorded, RecordTaken
from ....engine.events.envelope import Envelope
from ....engine.evolve import apply
from ....engine.ids import IdSource
from ....engine.operations import OPERATIONS
from ....engine.settings import HOUR
from ....engine.shapes.base import EmptyReply
from ....engine.shapes.trail_times import event_time
from ....engine.state import State
from ....engine.words import Partition
from ....projections.reads import READS
from ..cloudtrail import API_CALL, SERVICE_EVENT, SOURCE, Record, WrittenRecord
from .elements import PLAIN, Masks, elements_of, masks_of
from .identities import origin_of
from .requests import request_of
from .service_events import ServiceEvent, Waiting, service_events

VERSION = "1.11"
"""``eventVersion`` of AWS's newest sample."""

REGIONS: dict[Partition, str] = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
"""The one region of each partition in which calls of AWS Organizations are recorded."""

OLD_ANSWER = {"DisablePolicyType"}
"""Operations that answer with the state before their change, as captured records show."""

SHOWS_NO_TAGS = {"CreateAccount", "CreateGovCloudAccount"}
"""Operations whose records have ``tags: []`` if no tags were given, as AWS's sample of the first has."""

ERROR_CODES = {"AccessDeniedException": "AccessDenied"}
"""Codes that records spell differently from the wire, as captured records show. The request is then left out, too."""

UNREAD = {"AccessDenied"}
"""Codes of calls whose request is not recorded, since they are refused before it is read."""


class Delivered(Struct, frozen=True, gc=False):
    """A record, and whose trail it stands in."""

    content: bytes
    """The record as JSON: that takes much less memory than its objects."""
    event_id: str
    account: str
    organization: str | None
    """Of which the account was a member when it called."""
    region: str
    time: int
    """Microseconds since the epoch."""


encode = msgspec.json.Encoder().encode


def commands_of(envelopes: Iterable[Envelope]) -> Iterator[list[Envelope]]:
    """Split events into those of each command; the last may be incomplete if the events end within it."""
    command: list[Envelope] = []
    for envelope in envelopes:
        if command and envelope.command != command[0].command:
            yield command
            command = []
        command.append(envelope)
    if command:
        yield command


class Trail:
    """Makes records while it follows a log from its beginning.

    Args:
        plain: whether addresses, names and contents are written as they are, instead of masked as AWS does.
        accounts: whose trails are made; empty for all.
    """

    def __init__(self, *, plain: bool = False, accounts: Container[str] = ()) -> None:
        self.state = State()
        """As it stands after the events so far."""
        self._plain = plain
        self._accounts = accounts
        self._ids = IdSource(0)
        self._waiting = Waiting({}, {})

    def skip(self, command: Sequence[Envelope]) -> None:
        """Follow a command without making records of it."""
        for envelope in command:
            self._apply(envelope)
            self._waiting.note(envelope)
            self._waiting.forget(envelope.event)

    def records_of(self, command: Sequence[Envelope]) -> list[Delivered]:
        """Follow a command, and make its records: that of the call first, if it was one, then the service events."""
        first = command[0]
        if isinstance(first.event, RecordTaken):
            # It was taken from a trail, which has the record.
            self.skip(command)
            return []
        if first.account is None or not self._wants(first.account):
            call = []
            self._apply_all(command)
        else:
            call = self._call(command, first.account)
        return [*call, *self._told(command)]

    def _wants(self, account: str) -> bool:
        return not self._accounts or account in self._accounts

    def _apply_all(self, command: Sequence[Envelope]) -> None:
        for envelope in command:
            self._apply(envelope)

    def _apply(self, envelope: Envelope) -> None:
        apply(self.state, envelope)
        if envelope.position == 1:
            self._ids = IdSource(self.state.seed)

    def _call(self, command: Sequence[Envelope], account: str) -> list[Delivered]:
        """Follow a call, and make its record, in the trail of the account that called.

        None if it was refused after its change, in a world that records refusals: then its record comes next.
        """
        state, first = self.state, command[0]
        organization = state.organization_of(account)
        partition = state.partition_of(account) or state.settings.partition
        event = first.event
        if isinstance(event, CallRecorded):
            self._apply_all(command)
            outcome = self._recorded(event)
        else:
            outcome = self._changed(command)
            if "error_code" in outcome and state.settings.record != "changes":
                return []
        origin = origin_of(account, first.principal, partition, first.time // HOUR)
        event_id = self._ids.trail_record(first.command, account)
        record: WrittenRecord = Record(
            event_version=VERSION,
            user_identity=origin.identity,
            event_time=event_time(first.time),
            event_source=SOURCE,
            event_name=first.called,
            aws_region=REGIONS[partition],
            source_ip_address=origin.address,
            user_agent=origin.agent,
            **outcome,
            request_id=self._ids.request(first.command),
            event_id=event_id,
            read_only=first.called in READS,
            event_type=API_CALL,
            management_event=True,
            recipient_account_id=account,
            event_category="Management",
        )
        content = encode(record)
        return [Delivered(content, event_id, account, organization and organization.id, REGIONS[partition], first.time)]

    def _recorded(self, event: CallRecorded) -> dict[str, Any]:
        """The outcome of a call that changed nothing: refused, or a question, whose answer is not recorded."""
        code = event.code and ERROR_CODES.get(event.code, event.code)
        asked = None if code in UNREAD else elements_of(event.members, self._masks(event.operation))
        return _outcome(asked, None, code, event.message)

    def _changed(self, command: Sequence[Envelope]) -> dict[str, Any]:
        """Follow a call that changed something; its answer is what the operation itself says of the state after it."""
        name = command[0].operation
        events = [envelope.event for envelope in command]
        request = request_of(name, events, self.state)
        if name not in OLD_ANSWER:
            self._apply_all(command)
        masks = self._masks(name)
        asked = elements_of(request, masks)
        if not asked.get("tags", True) and name not in SHOWS_NO_TAGS:
            del asked["tags"]
        try:
            reply = OPERATIONS[name].reply(request, events, self.state)
        except Refused as refusal:
            return _outcome(asked, None, refusal.code, refusal.message)
        finally:
            if name in OLD_ANSWER:
                self._apply_all(command)
        return _outcome(asked, None if isinstance(reply, EmptyReply) else elements_of(reply, masks))

    def _masks(self, operation: str) -> Masks:
        return PLAIN if self._plain else masks_of(operation)

    def _told(self, command: Sequence[Envelope]) -> Iterator[Delivered]:
        for envelope in command:
            self._waiting.note(envelope)
            for told in service_events(envelope, self.state, self._waiting):
                if self._wants(told.account):
                    yield self._service_event(told, envelope)
            self._waiting.forget(envelope.event)

    def _service_event(self, told: ServiceEvent, envelope: Envelope) -> Delivered:
        details = elements_of(told.details, self._masks(told.name))
        partition = self.state.partition_of(told.account) or self.state.settings.partition
        event_id = self._ids.trail_record(envelope.position, f"{told.account} {told.name}")
        record: WrittenRecord = Record(
            event_version=VERSION,
            user_identity={"accountId": told.account, "invokedBy": told.invoked_by},
            event_time=event_time(envelope.time),
            event_source=SOURCE,
            event_name=told.name,
            aws_region=REGIONS[partition],
            source_ip_address=told.invoked_by,
            user_agent=told.invoked_by,
            request_parameters=None,
            response_elements=None,
            event_id=event_id,
            read_only=False,
            event_type=SERVICE_EVENT,
            management_event=True,
            recipient_account_id=told.account,
            service_event_details=details,
            event_category="Management",
        )
        region, content = REGIONS[partition], encode(record)
        return Delivered(content, event_id, told.account, told.organization, region, envelope.time)


def _outcome(
    asked: dict[str, Any] | None, answer: dict[str, Any] | None, code: str | None = None, message: str | None = None
) -> dict[str, Any]:
    """The members of a record about what was asked and answered; no request has no members, but null."""
    error = {} if code is None else {"error_code": code, "error_message": message or ""}
    return {**error, "request_parameters": asked or None, "response_elements": answer}
