"""What of a call is recorded: its members as plain values that every log can store, not more than 64 Ki characters."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

LARGEST = 64 * 1024
"""Characters of a call's members, names included, that are recorded; every value counts as one more."""
DEEPEST = 16
"""Levels of nesting; AWS's deepest request has five."""
LONGEST_TEXT = 1_000
"""Characters of an error's message, and of its explanation."""
CUT = "…"
"""Stands for what was left out."""


def plain_members(members: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a request's members as plain values; absent ones (None) are left out.

    Lone surrogates, which UTF-8 does not have, are written out as ``\\ud800``; moments are in ISO 8601; of a value of
    a type that no operation takes, the name of the type is left. Behind ``LARGEST`` characters all is cut off.
    """
    return _Copy(LARGEST).mapping(members, 0)


def plain_text(text: str | None) -> str | None:
    """Make a text encodable, and cut it to ``LONGEST_TEXT`` characters."""
    return None if text is None else _Copy(LONGEST_TEXT).text(text)


class _Copy:
    """Copies values until so many characters are used up. What is nested in itself ends there, too."""

    def __init__(self, left: int) -> None:
        self._left = left

    def mapping(self, members: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for name, value in members.items():
            if value is not None:
                if self._left <= 0:
                    copy[CUT] = CUT
                    break
                key = self.text(str(name))
                copy[key] = self._value(value, depth + 1)
        return copy

    def text(self, text: str) -> str:
        kept = text if len(text) <= self._left else text[: max(self._left, 0)] + CUT
        self._left -= len(text)
        return kept if kept.isascii() else kept.encode("utf-8", "backslashreplace").decode()

    def _items(self, items: Iterable[Any], depth: int) -> list[Any]:
        copy: list[Any] = []
        for item in items:
            if self._left <= 0:
                return [*copy, CUT]
            copy.append(self._value(item, depth + 1))
        return copy

    def _value(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if -(2**63) <= value < 2**63 else "an integer of more than 64 bits"
        if isinstance(value, float):
            return value if value - value == 0 else str(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return self.mapping(cast("Mapping[Any, Any]", value), depth) if depth < DEEPEST else CUT
        if isinstance(value, list | tuple):
            return self._items(cast("Iterable[Any]", value), depth) if depth < DEEPEST else CUT
        return f"<{type(value).__name__}>"
