"""Strict parsing of a policy document's JSON, and its text form."""

import json
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn, cast

from ..errors import MalformedPolicyDocumentException

DEEPEST = 64
"""Levels of nesting; no type's syntax comes near [inferred]."""


def refuse(*_: object) -> NoReturn:
    """Refuse the document.

    Raises:
        MalformedPolicyDocumentException: always; AWS does not say what is wrong.
    """
    raise MalformedPolicyDocumentException


@lru_cache(maxsize=1024)
def parse(content: str) -> dict[str, Any]:
    """Parse a document. The result is cached and shared: do not change it.

    Raises:
        MalformedPolicyDocumentException: not JSON, not an object, a repeated key, a number that is not finite, a
            lone surrogate, or nested too deep.
    """
    try:
        document: object = json.loads(
            content, object_pairs_hook=_without_repeats, parse_constant=refuse, parse_float=_finite
        )
        # A lone surrogate can be written in JSON as an escape, but not be stored as UTF-8.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        refuse()
    if not _is_shallow(document) or not isinstance(document, dict):
        refuse()
    return cast("dict[str, Any]", document)


def effective_json(document: dict[str, Any]) -> str:
    """An effective document as AWS sends it in PolicyContent: JSON without white space (docs/aws.md 6.5)."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    return found if len(found) == len(members) else refuse()


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else refuse()


def _is_shallow(document: object) -> bool:
    """Tell whether no value is deeper than `DEEPEST`. Level by level, because recursion would overflow on deep ones."""
    level = [document]
    for _ in range(DEEPEST):
        level = [member for value in level for member in _members(value)]
        if not level:
            return True
    return False


def _members(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []
