"""Strict parsing of a policy document's JSON, and its text form."""

import json
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn, cast

from ..errors import MalformedPolicyDocumentException

DEEPEST = 64
"""Levels of nesting; no type's syntax comes near [inferred]."""
TOO_DEEP = f"the document is nested too deep; it may have {DEEPEST} levels"


LONGEST_SHOWN = 60
"""Characters of a value that an explanation quotes."""


def refuse(why: str) -> NoReturn:
    """Refuse the document.

    Args:
        why: what is wrong, and what would be right; AWS does not say it.

    Raises:
        MalformedPolicyDocumentException: always.
    """
    raise MalformedPolicyDocumentException(explanation=why)


@contextmanager
def located(place: str) -> Generator[None]:
    """Let the explanation of whatever is refused inside begin with the place in the document."""
    try:
        yield
    except MalformedPolicyDocumentException as refusal:
        raise MalformedPolicyDocumentException(explanation=f"{place}: {refusal.explanation}") from None


def shown(value: object) -> str:
    """Quote a JSON value in an explanation; of a long one the beginning."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= LONGEST_SHOWN else f"{written[: LONGEST_SHOWN - 1]}…"


@lru_cache(maxsize=1024)
def parse(content: str) -> dict[str, Any]:
    """Parse a document. The result is cached and shared: do not change it.

    Raises:
        MalformedPolicyDocumentException: not JSON, not an object, a repeated key, a number that is not finite, a
            lone surrogate, or nested too deep.
    """
    try:
        document: object = json.loads(
            content, object_pairs_hook=_without_repeats, parse_constant=_finite, parse_float=_finite
        )
        # A lone surrogate can be written in JSON as an escape, but not be stored as UTF-8.
        json.dumps(document, ensure_ascii=False).encode()
    except ValueError as error:
        refuse(f"the document is no JSON that can be stored: {error}")
    except RecursionError:
        refuse(TOO_DEEP)
    if not _is_shallow(document):
        refuse(TOO_DEEP)
    if not isinstance(document, dict):
        refuse(f"the document is {shown(document)}; it must be an object")
    return cast("dict[str, Any]", document)


def effective_json(document: dict[str, Any]) -> str:
    """An effective document as AWS sends it in PolicyContent: JSON without white space (docs/aws.md 6.5)."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        twice = next(name for name, count in Counter(name for name, _ in members).items() if count > 1)
        refuse(f"the key {shown(twice)} is there more than once in an object")
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else refuse(f"the number {digits} is not finite")


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
