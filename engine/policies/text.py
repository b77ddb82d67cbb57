"""From the text of a policy document to JSON, strictly, and back."""

import json
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn, cast

from ..errors import MalformedPolicyDocumentException

DEEPEST = 64
"""No type's syntax comes near [inferred]."""


def refuse(*_: object) -> NoReturn:
    """The document is not what its type asks for.

    Raises:
        MalformedPolicyDocumentException: always; AWS does not say what is wrong.
    """
    raise MalformedPolicyDocumentException


@lru_cache(maxsize=1024)
def parse(content: str) -> dict[str, Any]:
    """The document in a text. It is shared: do not change it.

    Raises:
        MalformedPolicyDocumentException: not JSON, not an object, a repeated key, a number that is none, a lone
            surrogate, or nested too deep.
    """
    try:
        document: object = json.loads(
            content, object_pairs_hook=_without_repeats, parse_constant=refuse, parse_float=_finite
        )
        # A lone surrogate can be written in JSON, but not sent.
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
    """Whether no value lies deeper than `DEEPEST`; asked level by level, since depth is what is in doubt."""
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
