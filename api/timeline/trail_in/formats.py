"""The forms in which records are kept: CloudTrail's own, EventBridge's, those of exports and of SIEMs.

In each a record is found, and given the form that CloudTrail itself writes, with objects where an export has texts.
"""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any, cast

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from .files import is_csv

Found = tuple[str, bytes | None]
"""``eventSource`` of a record, and the record as JSON; None where it is another service's, which may have no name."""

HAS_SOURCE = re.compile(rb'"eventSource"\s*:\s*"').search


class NoRecord(ValueError):
    """What was read is no record of CloudTrail; the message says why."""


TOO_DEEP = "is nested too deeply to be read"


class Delivery(Struct):
    """A file as CloudTrail delivers it."""

    records: list[Raw] = msgspec.field(name="Records")


class Sighted(Struct):
    """What is looked at first of a record."""

    source: str | UnsetType = msgspec.field(default=UNSET, name="eventSource")


_delivery = msgspec.json.Decoder(Delivery).decode
_sighted = msgspec.json.Decoder(Sighted).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode

_NAMES = (
    *("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress"),
    *("userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "requestID", "eventID"),
    *("readOnly", "eventType", "managementEvent", "recipientAccountId", "serviceEventDetails", "eventCategory"),
)
NAMES = {name.lower(): name for name in _NAMES}
"""CloudTrail's names by the same in small letters, which Athena's tables have."""

OBJECTS = ("userIdentity", "requestParameters", "responseElements", "serviceEventDetails")
TEXT_FOR_OBJECT = re.compile(rb'"(?:userIdentity|requestParameters|responseElements|serviceEventDetails)"\s*:\s*"')
WRAPPERS = ("detail", "result", "_source", "hits", "event")
"""In which other programs put a record, or more of what is around it."""

LISTS = ("Records", "Events", "hits", "QueryResultRows")
TEXTS = ("CloudTrailEvent", "original", "_raw", "message")
"""In which a record stands as text."""


def records_in(document: bytes, wanted: str) -> Iterator[Found | NoRecord]:
    """The records of a document, in its order; NoRecord in place of what is none.

    Args:
        document: JSON, or a table with commas.
        wanted: only records of this ``eventSource`` are read further.
    """
    try:
        yield from _records_in(document, wanted)
    except RecursionError:
        yield NoRecord(TOO_DEEP)


def _records_in(document: bytes, wanted: str) -> Iterator[Found | NoRecord]:
    if is_csv(document[: document.find(b"\n")]):
        yield from _of_table(document, wanted)
        return
    try:
        name = wanted.encode()
        for raw in _delivery(document).records:
            content = bytes(raw)
            if name not in content and HAS_SOURCE(content):
                # Most records are another service's, and need not be read to be told.
                yield "", None
            else:
                yield from _of_one(content, wanted)
    except msgspec.ValidationError:
        yield from _of_one(document, wanted)
    except msgspec.DecodeError as error:
        yield NoRecord(f"is no JSON: {error}")


def _of_one(document: bytes, wanted: str) -> Iterator[Found | NoRecord]:
    try:
        source = _sighted(document).source
    except msgspec.ValidationError:
        source = UNSET
    except msgspec.DecodeError as error:
        yield NoRecord(f"is no JSON: {error}")
        return
    if source is UNSET or (source == wanted and TEXT_FOR_OBJECT.search(document)):
        yield from _unwrapped(_decode(document), wanted)
        return
    yield source, document if source == wanted else None


def _unwrapped(value: Any, wanted: str, depth: int = 0) -> Iterator[Found | NoRecord]:
    """Look for records in what other programs have put around them."""
    if isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _unwrapped(each, wanted, depth + 1)
        return
    inner = _inside(cast("dict[str, Any]", value)) if isinstance(value, dict) and depth < 8 else None
    if inner is not None:
        yield from _unwrapped(inner, wanted, depth + 1)
        return
    try:
        found = normalised(value)
    except NoRecord as error:
        yield error
        return
    source = found["eventSource"]
    yield source, _encode(found) if source == wanted else None


def _inside(value: dict[str, Any]) -> Any:
    """What a wrapper holds; None if it is none, but a record itself."""
    if {"eventsource", "eventname"} <= {name.lower() for name in value}:
        return None
    for name in TEXTS:
        if isinstance(value.get(name), str):
            try:
                return _decode(value[name])
            except msgspec.DecodeError:
                continue
    for name in (*LISTS, *WRAPPERS):
        inner = value.get(name)
        if isinstance(inner, list) and name == "QueryResultRows":
            return [_joined(row) for row in cast("list[Any]", inner)]
        if isinstance(inner, list | dict):
            return cast("Any", inner)
    return None


def _joined(row: Any) -> Any:
    """A row of CloudTrail Lake's answer, a list of objects with one member each, as one object."""
    cells = cast("list[Any]", row) if isinstance(row, list) else []
    return {name: value for cell in cells if isinstance(cell, dict) for name, value in cast("Any", cell).items()}


def normalised(value: Any) -> dict[str, Any]:
    """A record under CloudTrail's names, with objects where an export has texts; raises NoRecord."""
    if not isinstance(value, dict):
        raise NoRecord("is no record: no JSON object")
    record = {NAMES.get(name.lower(), name): member for name, member in cast("dict[str, Any]", value).items()}
    for name in ("eventSource", "eventName"):
        if not isinstance(record.get(name), str):
            raise NoRecord(f"is no record of CloudTrail: it has no {name}")
    for name in OBJECTS:
        if isinstance(record.get(name), str):
            record[name] = as_object(record[name])
    for name in ("readOnly", "managementEvent"):
        if isinstance(record.get(name), str):
            record[name] = record[name].lower() == "true"
    return {name: member for name, member in record.items() if member not in ("", None) or name in OBJECTS}


def as_object(text: str) -> Any:
    """An object that an export has written as a text: JSON, or as Java prints a map, ``{accountId=…, name=…}``."""
    stripped = text.strip()
    if stripped in ("", "null", "None", "{}"):
        return None
    try:
        return _decode(stripped)
    except msgspec.DecodeError:
        return _map_of(stripped)


BEYOND = "beyond the head"
"""Under which a row has the cells for which its table has no name."""

PAIR = re.compile(r"(\w+)=")
ACCOUNT_NAMES = {name.lower(): name for name in ("accountId", "userName", "invokedBy", "principalId", "sessionIssuer")}


def _map_of(text: str) -> dict[str, Any] | None:
    """Read a map as Java prints it; values may be JSON or maps again."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    found: dict[str, Any] = {}
    for part in _parts(text[1:-1]):
        name, equals, value = part.strip().partition("=")
        if equals and value not in ("null", ""):
            inner = as_object(value) if value[:1] in "{[" else None
            found[ACCOUNT_NAMES.get(name, name)] = value if inner is None else inner
    return found


def _parts(text: str) -> Iterator[str]:
    """Split at commas that are in no brackets and no quotes, and before a name."""
    depth, quoted, begin = 0, False, 0
    for index, char in enumerate(text):
        if char == '"' and text[index - 1 : index] != "\\":
            quoted = not quoted
        elif not quoted and char in "{[":
            depth += 1
        elif not quoted and char in "}]":
            depth -= 1
        elif char == "," and not quoted and depth == 0 and PAIR.match(text[index + 1 :].lstrip()):
            yield text[begin:index]
            begin = index + 1
    yield text[begin:]


def _of_table(document: bytes, wanted: str) -> Iterator[Found | NoRecord]:
    csv.field_size_limit(2**31 - 1)
    rows = csv.DictReader(StringIO(document.decode(errors="replace"), newline=""), restkey=BEYOND)
    try:
        for row in rows:
            if BEYOND in row:
                yield NoRecord("has more cells than the table's first line has names")
            else:
                yield from _unwrapped(dict(row), wanted, 8)
    except csv.Error as error:
        yield NoRecord(f"is no table with commas: {error}")
