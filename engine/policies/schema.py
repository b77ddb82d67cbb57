"""The building blocks of a management policy's schema: groups, leaves, and readers of values.

A reader takes a JSON value and returns it in the form that the effective document shows, or refuses it.
"""

import json
import re
from collections.abc import Callable
from typing import Final, cast

from msgspec import Struct

from .text import refuse, shown

Scalar = str | int | float | bool | None
Reader = Callable[[object], Scalar]
NameReader = Callable[[object], str]
INTEGER = re.compile(r"-?[0-9]{1,16}")


def text(value: object) -> str:
    """Read a string."""
    return value if isinstance(value, str) else refuse(f"{shown(value)} must be a string")


class One(Struct, frozen=True):
    """A leaf with one value, which can only be assigned."""

    read: Reader


class Many(Struct, frozen=True):
    """A leaf with a list of values, which can be assigned, appended to and removed from."""

    read: Reader
    appends_nothing: bool = True
    """Whether an empty ``@@append`` is valid."""
    assigns_nothing: bool = True
    """Whether an empty ``@@assign`` is valid."""


class Anything(Struct, frozen=True):
    """Any groups and leaves with valid operators, for types whose syntax is not published."""


class Group(Struct, frozen=True):
    """An object: members with fixed names, and members whose names the author of the policy chooses."""

    fields: "dict[str, Node]" = {}
    others: "Node | None" = None
    name: NameReader = text
    """Reader of chosen names."""
    required: tuple[str, ...] = ()
    """Members that a policy with the group must have."""
    may_be_empty: bool = True


Node = One | Many | Group | Anything
ANYTHING: Final = Anything()


class Syntax(Struct, frozen=True):
    """The schema of the management policies of one type."""

    document: Group | Anything
    ignores_case: bool = False
    """Whether operators and fixed names may be written in either case."""


def scalar(value: object) -> Scalar:
    """Read any value but an object or a list."""
    return (
        value if value is None or isinstance(value, str | int | float) else refuse(f"{shown(value)} must be one value")
    )


def flag(value: object) -> str | bool:
    """Read a boolean, as such or as a string."""
    is_flag = isinstance(value, bool) or (isinstance(value, str) and value in ("true", "false"))
    return cast("str | bool", value) if is_flag else refuse(f"{shown(value)} must be true or false")


def word(*words: str) -> Reader:
    """Make a reader of some words, in exactly this case."""

    def read(value: object) -> str:
        allowed = isinstance(value, str) and value in words
        return cast("str", value) if allowed else refuse(f"{shown(value)} must be one of {', '.join(words)}")

    return read


def lower(value: object) -> str:
    """Read a string, and turn it into lower case."""
    return text(value).lower()


def integer(lowest: int, highest: int = 10**16 - 1) -> Reader:
    """Make a reader of integers, as such or as strings; `60` is one, `60.0` is not (docs/aws.md 6.7)."""

    def read(value: object) -> str | int:
        wanted = f"must be an integer from {lowest} to {highest}"
        if isinstance(value, bool) or not isinstance(value, str | int):
            refuse(f"{shown(value)} {wanted}")
        # The bounds are checked before any conversion, which takes quadratic time in the number of digits.
        if not (INTEGER.fullmatch(value) if isinstance(value, str) else lowest <= value <= highest):
            refuse(f"{shown(value) if isinstance(value, str) else 'it'} {wanted}")
        return value if lowest <= int(value) <= highest else refuse(f"{shown(value)} {wanted}")

    return read


def tag_value(value: object) -> str:
    """Read a tag policy's value: at most one wildcard; numbers, booleans and null become strings (docs/aws.md 6.7)."""
    read = _written(value)
    return read if read.count("*") <= 1 else refuse(f"{shown(read)} may have one * only")


def written(pattern: str) -> NameReader:
    """Make a reader of strings that match a pattern, as which numbers, booleans and null are read too."""
    read = matching(pattern)
    return lambda value: read(_written(value))


def lowered(pattern: str) -> NameReader:
    """Make a reader of strings that match a pattern, which turns them into lower case."""
    read = matching(pattern)
    return lambda value: read(value).lower()


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(scalar(value))


def matching(pattern: str) -> NameReader:
    """Make a reader of strings that match a pattern."""
    form = re.compile(pattern)

    def read(value: object) -> str:
        matches = isinstance(value, str) and form.fullmatch(value)
        return cast("str", value) if matches else refuse(f"{shown(value)} must have the form {pattern}")

    return read
