"""CloudTrail's form of requests and answers: names in camel case, times as text, addresses and names masked.

The forms are those of AWS's samples (docs/aws.md 11), as far as there are any; docs/fidelity.md lists what is inferred.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import msgspec
from msgspec import Struct

from ....engine.shapes.timestamps import microseconds
from ....engine.shapes.trail_times import read_time, text_time
from ..cloudtrail import HIDDEN, MASKED

Masks = Mapping[str, str]
"""Members, under AWS's names, and what stands instead of each; nothing at all is masked if it is empty."""

PLAIN: Masks = {}
USUAL: Masks = dict.fromkeys(
    ("AccountName", "Email", "ManagementAccountEmail", "MasterAccountEmail", "SourceName"), MASKED
)
MASKS: dict[str, Masks] = {
    "PutResourcePolicy": {**USUAL, "Content": HIDDEN},
    "TerminateResponsibilityTransfer": {**USUAL, "Name": MASKED},
    "UpdateResponsibilityTransfer": {**USUAL, "Name": MASKED},
}
"""The masks of operations of which more is masked than usual."""

PERSONAL = {"EMAIL", "MASTER_EMAIL", "MASTER_NAME", "MANAGEMENT_EMAIL", "MANAGEMENT_NAME"}
"""Types of targets, parties and resources of handshakes whose id or value is masked."""

TIMES = {"EndTimestamp", "StartTimestamp"}
"""Times in requests; a recorded call has them as its caller wrote them."""


def masks_of(operation: str) -> Masks:
    """What CloudTrail does not show of an operation: addresses, names of accounts and transfers, a resource policy."""
    return MASKS.get(operation, USUAL)


def elements_of(members: Struct | Mapping[str, Any], masks: Masks) -> dict[str, Any]:
    """Convert a request or an answer, or the members of one under AWS's names."""
    return _object(msgspec.to_builtins(members, builtin_types=(datetime,)), masks)


def _object(members: dict[str, Any], masks: Masks) -> dict[str, Any]:
    elements: dict[str, Any] = {}
    for name, value in members.items():
        # Exact types, of which alone msgspec makes what it is given; this runs for every member of every record.
        kind = value.__class__
        if name in masks:
            value = masks[name]
        elif kind is dict:
            value = _object(value, masks)
        elif kind is list or kind is tuple:
            value = _array(value, masks)
        elif kind is datetime:
            value = _text(value)
        elif name == "Action" and kind is str:
            value = value.lower()
        elif name in TIMES:
            time = read_time(value)
            value = value if time is None else text_time(time)
        if value is not None:
            elements[_camel(name)] = value
    if masks and elements.get("type") in PERSONAL:
        elements.update(dict.fromkeys({"id", "value"} & elements.keys(), MASKED))
    return elements


def _array(items: Sequence[Any], masks: Masks) -> list[Any]:
    return [_object(cast("dict[str, Any]", item), masks) if isinstance(item, dict) else item for item in items]


@lru_cache(maxsize=4_096)
def _text(when: datetime) -> str:
    return text_time(microseconds(when))


@lru_cache(maxsize=1_024)
def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
