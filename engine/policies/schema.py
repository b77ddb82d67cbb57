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
NameReader = Callable[[object], str]
INTEGER = re.compile(r"-?[0-9]{1,16}")


def text(value: object) -> str:
    """A string."""
    return value if isinstance(value, str) else refuse()


class One(Struct, frozen=True):
    """A leaf with one value, which can only be assigned."""

    read: Reader


class Many(Struct, frozen=True):
    """A leaf with a list of values, which can be assigned, appended to and removed from."""

    read: Reader
    appends_nothing: bool = True
    """Whether an empty ``@@append`` is well formed."""
    assigns_nothing: bool = True
    """Whether an empty ``@@assign`` is."""


class Anything(Struct, frozen=True):
    """Where the syntax is not published: groups and leaves of any name, as long as their operators are in order."""


class Group(Struct, frozen=True):
    """Named members: known ones, and those whose names the author of the policy chooses."""

    fields: "dict[str, Node]" = {}
    others: "Node | None" = None
    name: NameReader = text
    """Of chosen names."""
    required: tuple[str, ...] = ()
    """Members that every policy with the group has."""
    may_be_empty: bool = True


Node = One | Many | Group | Anything
ANYTHING: Final = Anything()


class Syntax(Struct, frozen=True):
    """What a management policy of one type looks like."""

    document: Group | Anything
    ignores_case: bool = False
    """Whether operators and the names of known members may be written in either case."""


def scalar(value: object) -> Scalar:
    """Any value but an object or a list."""
    return value if value is None or isinstance(value, str | int | float) else refuse()


def flag(value: object) -> str | bool:
    """A boolean, as such or as a string."""
    return value if isinstance(value, bool) or (isinstance(value, str) and value in ("true", "false")) else refuse()


def word(*words: str) -> Reader:
    """A reader of some words, in this very case."""

    def read(value: object) -> str:
        return value if isinstance(value, str) and value in words else refuse()

    return read


def lower(value: object) -> str:
    """A string that is the same in either case, and comes out in lower case."""
    return text(value).lower()


def integer(lowest: int, highest: int = 10**16 - 1) -> Reader:
    """A reader of integers, as such or as strings; `60` is one, `60.0` is not (docs/aws.md 6.7)."""

    def read(value: object) -> str | int:
        if isinstance(value, bool) or not isinstance(value, str | int):
            refuse()
        # Bounded before anything is converted: turning endless digits into a number, or back, takes forever.
        if not (INTEGER.fullmatch(value) if isinstance(value, str) else lowest <= value <= highest):
            refuse()
        return value if lowest <= int(value) <= highest else refuse()

    return read


def tag_value(value: object) -> str:
    """A value of a tag policy: at most one wildcard; numbers, booleans and null become strings (docs/aws.md 6.7)."""
    written = value if isinstance(value, str) else json.dumps(scalar(value))
    return written if written.count("*") <= 1 else refuse()


def matching(pattern: str) -> NameReader:
    """A reader of strings of one form."""
    form = re.compile(pattern)

    def read(value: object) -> str:
        return value if isinstance(value, str) and form.fullmatch(value) else refuse()

    return read
