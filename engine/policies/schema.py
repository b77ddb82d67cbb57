"""The words in which the syntax of a management policy is written down: groups, leaves, and readers of values.

A reader takes a value of JSON and returns it as the effective document will show it, or refuses it.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from .text import refuse

Scalar = str | int | float | bool | None
Reader = Callable[[object], Scalar]


class One(Struct, frozen=True):
    """A leaf with one value, which can only be assigned."""

    read: Reader


class Many(Struct, frozen=True):
    """A leaf with a list of values, which can be assigned, appended to and removed from."""

    read: Reader
    appends_nothing: bool = True
    """Whether an empty ``@@append`` is well formed."""


class Anything(Struct, frozen=True):
    """Where the syntax is not published: groups and leaves of any name, as long as their operators are in order."""


class Group(Struct, frozen=True):
    """Named members: known ones, and those whose names the author of the policy chooses."""

    fields: "dict[str, Node]" = {}
    others: "Node | None" = None
    ignores_case: bool = False
    """Whether chosen names are the same in either case, and come out in lower case."""


Node = One | Many | Group | Anything
ANYTHING: Final = Anything()


def scalar(value: object) -> Scalar:
    """Any value but an object or a list."""
    return value if value is None or isinstance(value, str | int | float) else refuse()


def text(value: object) -> str:
    """A string."""
    return value if isinstance(value, str) else refuse()


def flag(value: object) -> str | bool:
    """A boolean, as such or as a string."""
    return value if isinstance(value, bool) or (isinstance(value, str) and value in ("true", "false")) else refuse()


def word(*words: str) -> Reader:
    """A reader of some words, in this very case."""

    def read(value: object) -> str:
        return value if isinstance(value, str) and value in words else refuse()

    return read


def integer(lowest: int = 0, highest: int = 999_999_999) -> Reader:
    """A reader of integers, as such or as strings; `60` is one, `60.0` is not (section 6.7)."""

    def read(value: object) -> str | int:
        if isinstance(value, bool) or not isinstance(value, str | int):
            refuse()
        if not re.fullmatch(r"-?[0-9]{1,9}", str(value) if isinstance(value, str) or abs(value) < 10**9 else ""):
            refuse()
        return value if lowest <= int(value) <= highest else refuse()

    return read


def tag_value(value: object) -> str:
    """A value of a tag policy: at most one wildcard; numbers, booleans and null become strings (section 6.7)."""
    written = value if isinstance(value, str) else json.dumps(scalar(value))
    return written if written.count("*") <= 1 else refuse()


def matching(pattern: str) -> Reader:
    """A reader of strings of one form."""
    form = re.compile(pattern)

    def read(value: object) -> str:
        return value if isinstance(value, str) and form.fullmatch(value) else refuse()

    return read
