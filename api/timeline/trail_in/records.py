"""One record as it stands in a trail, and as the engine takes it: who called, when, and what it says."""

import re
from hashlib import blake2b
from typing import Any, cast

import msgspec
from msgspec import Struct

from ....engine.operation import SIMULATION, Caller
from ....engine.records.record import Known, Members, Record
from ....engine.shapes.trail_times import read_time
from ....engine.words import FeatureSet, Partition
from ....projections.reads import READS
from ..cloudtrail import SERVICE_EVENT
from .formats import TOO_DEEP

_decode = msgspec.json.Decoder(dict[str, Any]).decode

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ACCOUNT = re.compile(r"[0-9]{12}")
ARN = re.compile(rb"arn:(aws[a-z-]*):organizations::([0-9]{12}):[a-z]+/(o-[a-z0-9]{10,32})")
ROOT = re.compile(rb'"(r-[0-9a-z]{4,32})"')
UNIT = re.compile(rb'"ou-([0-9a-z]{4,32})-[0-9a-z]{8,32}"')
SESSION = re.compile(r"arn:[a-z-]+:sts::[0-9]{12}:assumed-role/(.+)")
FEATURE_SET = b"ORGANIZATION_FEATURE_SET"

READING = ("List", "Describe", "Get", "EffectivePolicyValidation")
"""How the names of records begin that only ask, or tell what follows from other changes."""


class BadRecord(ValueError):
    """A record lacks what every record has; the message says what."""


class TrailRecord(Struct, frozen=True):
    """A record of Organizations, read as far as putting it in order needs it."""

    time: int
    """Microseconds since the epoch."""
    identity: str
    """What tells it from others: its eventID, or that and a digest of the record if it is a placeholder."""
    content: bytes
    accounts: tuple[str | None, str | None] = (None, None)
    """Who called, and who got the record: one of them may be a management account."""


def sighted(content: bytes) -> TrailRecord:
    """Read the time and the identity of a record; raises BadRecord."""
    record = _decoded(content)
    event_id = record.get("eventID")
    named = event_id if isinstance(event_id, str) else "no eventID"
    time = read_time(record.get("eventTime"))
    if time is None:
        raise BadRecord(f"{named}: eventTime {_shown(record.get('eventTime'))} is no time")
    identity = named if UUID.fullmatch(named) else f"{named}#{blake2b(content, digest_size=8).hexdigest()}"
    recipient = _text(record.get("recipientAccountId"))
    try:
        accounts = caller_of(record).account, recipient
    except BadRecord:
        accounts = None, recipient
    return TrailRecord(time, identity, content, accounts)


def _decoded(content: bytes) -> Members:
    try:
        return _decode(content)
    except RecursionError:
        raise BadRecord(TOO_DEEP) from None


def _shown(value: object) -> str:
    return "is missing and" if value is None else repr(value)[:60]


def taken(record: TrailRecord, elsewhere: Known) -> tuple[Record, Caller]:
    """The request with which the engine takes a record, and who called.

    Raises:
        BadRecord: it does not say who called.
    """
    read = _decoded(record.content)
    name = str(read.get("eventName", ""))
    code = read.get("errorCode")
    request = Record(
        event_id=record.identity,
        event_name=name,
        request_id=_text(read.get("requestID")),
        parameters=_object(read.get("requestParameters")),
        answer=_object(read.get("responseElements")),
        details=_object(read.get("serviceEventDetails")),
        code=_text(code),
        message=_text(read.get("errorMessage")),
        reads=read.get("readOnly") is True or name in READS or name.startswith(READING),
        recipient=record.accounts[1],
        source_ip_address=_text(read.get("sourceIPAddress")),
        user_agent=_text(read.get("userAgent")),
        said=said(record.content),
        elsewhere=elsewhere,
    )
    return request, caller_of(read)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _object(value: object) -> Members | None:
    return cast("Members", value) if isinstance(value, dict) else None


def caller_of(read: Members) -> Caller:
    """Who called: the account, and the user, or the role and its session; nobody for an event that AWS made itself."""
    identity = _object(read.get("userIdentity")) or {}
    kind = _text(identity.get("type"))
    if read.get("eventType") == SERVICE_EVENT or (kind is None and read.get("serviceEventDetails")):
        return SIMULATION
    account = identity.get("accountId") or _account_in(identity) or read.get("recipientAccountId")
    if not isinstance(account, str) or not ACCOUNT.fullmatch(account):
        raise BadRecord(f"userIdentity.accountId {_shown(account)} is no account")
    return Caller(account, _principal(kind, identity))


def _account_in(identity: Members) -> str | None:
    parts = (_text(identity.get("arn")) or "").split(":")
    return parts[4] if len(parts) > 5 else None  # arn:partition:service:region:account:resource


def _principal(kind: str | None, identity: Members) -> str | None:
    if kind == "Root":
        return None
    arn = _text(identity.get("arn")) or ""
    session = SESSION.fullmatch(arn)
    if session:
        return session[1]
    name = _text(identity.get("userName")) or arn.rpartition("/")[2]
    return name or _text(identity.get("invokedBy")) or _text(identity.get("principalId"))


def said(content: bytes) -> Known:
    """What a record itself says about its organization: in its ARNs, and the root in ids of roots and OUs."""
    arn, root, unit = ARN.search(content), ROOT.search(content), UNIT.search(content)
    named = root[1].decode() if root else f"r-{unit[1].decode()}" if unit else None
    if arn is None:
        return Known(root=named)
    partition, manager, organization = (group.decode() for group in arn.groups())
    known: Partition | None = partition if partition in ("aws", "aws-cn", "aws-us-gov") else None
    feature_set = _feature_set(content) if FEATURE_SET in content else None
    return Known(organization, manager, named, known, feature_set)


def _feature_set(content: bytes) -> FeatureSet:
    return FeatureSet.CONSOLIDATED_BILLING if b"CONSOLIDATED_BILLING" in content else FeatureSet.ALL
