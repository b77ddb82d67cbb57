"""CloudTrail's form of requests and answers: names in camel case, times as text, addresses and names masked.

The forms are those of AWS's samples (docs/aws.md 11), as far as there are any; docs/fidelity.md lists what is inferred.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import msgspec
from msgspec import Struct

from ....engine.shapes.timestamps import microseconds
from ....engine.shapes.trail_times import read_time, text_time
from ..cloudtrail import HIDDEN, MASKED

MASKS: dict[str, str] = dict.fromkeys(
    ("accountName", "email", "managementAccountEmail", "masterAccountEmail", "sourceName"), MASKED
)
"""Members that are masked wherever they stand, and by what."""

MASKS_OF: dict[str, dict[str, str]] = {
    "PutResourcePolicy": MASKS | {"content": HIDDEN},
    "TerminateResponsibilityTransfer": MASKS | {"name": MASKED},
    "UpdateResponsibilityTransfer": MASKS | {"name": MASKED},
}
"""The same for operations of which more is masked: AWS's model calls the name of a transfer sensitive, as addresses."""

PERSONAL = {"EMAIL", "MASTER_EMAIL", "MASTER_NAME", "MANAGEMENT_EMAIL", "MANAGEMENT_NAME"}
"""Types of targets, parties and resources of handshakes whose id or value is masked."""


def elements_of(members: Struct | Mapping[str, Any]) -> dict[str, Any]:
    """Convert a request or an answer, or the members of one under AWS's names."""
    if isinstance(members, Struct):
        members = cast("dict[str, Any]", msgspec.to_builtins(members, builtin_types=(datetime,)))
    return {_camel(name): _element(name, value) for name, value in members.items() if value is not None}


def _element(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return elements_of(cast("Mapping[str, Any]", value))
    if isinstance(value, list | tuple):
        return [_element("", item) for item in cast("list[Any]", value)]
    if isinstance(value, datetime):
        return text_time(microseconds(value))
    if name == "Action" and isinstance(value, str):
        return value.lower()
    # In a recorded call a time is as the caller wrote it.
    recorded = read_time(value) if name.endswith("Timestamp") else None
    return value if recorded is None else text_time(recorded)


@lru_cache(maxsize=1_024)
def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def masked(elements: dict[str, Any], operation: str) -> dict[str, Any]:
    """Replace what CloudTrail does not show: addresses, names of accounts, and the content of a resource policy."""
    return _masked(elements, MASKS_OF.get(operation, MASKS))


def _masked(elements: dict[str, Any], masks: Mapping[str, str]) -> dict[str, Any]:
    shown = {name: masks.get(name) or _shown(value, masks) for name, value in elements.items()}
    if shown.get("type") in PERSONAL:
        shown.update(dict.fromkeys({"id", "value"} & shown.keys(), MASKED))
    return shown


def _shown(value: Any, masks: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return _masked(cast("dict[str, Any]", value), masks)
    if isinstance(value, list):
        return [_shown(item, masks) for item in cast("list[Any]", value)]
    return value
