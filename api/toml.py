"""Reads TOML that comes from outside: whatever is wrong with it is one kind of error, with its place if known."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, cast

DEEPEST = 64
"""So many tables and lists may stand in each other; code that goes through them calls itself for each."""

IN_ONE_LINE = "written in one line, in braces or brackets, and gets no more keys elsewhere"
PLAIN = {
    r"Cannot mutate immutable namespace \(.*\)": f"this table, or the one around it, was {IN_ONE_LINE}",
    r"Cannot declare \(.*\) twice": f"this table is there twice, or the one around it was {IN_ONE_LINE}",
    r"Cannot redefine namespace \(.*\)": "this table is there twice",
    r"Cannot overwrite a value": "this key is there twice",
    r"Duplicate inline table key (.*)": r"the key \1 is there twice",
}
"""What tomllib says in words of its own, and what it means to somebody who writes a file."""


class NoToml(Exception):
    """A text is no TOML, or none that can be used."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        """Where, counted from 1, as is the column; None: nowhere in particular."""
        self.column = column

    @property
    def place(self) -> str:
        """The place in words; empty: nowhere in particular."""
        return f" (line {self.line}, column {self.column})" if self.line else ""


def read_toml(text: str) -> dict[str, Any]:
    """Read a text in TOML.

    Raises:
        NoToml: it is none, is nested too deep, or has a number that is too long.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(str(error), text) from None
    except RecursionError:
        raise NoToml("nested too deep") from None
    except ValueError:
        # Python reads no whole number of more than 4,300 digits, and tomllib does not say where it stands.
        raise NoToml("a whole number in it has thousands of digits") from None
    if is_too_deep(document):
        raise NoToml(f"nested too deep: more than {DEEPEST} levels")
    return document


def _no_toml(complaint: str, text: str) -> NoToml:
    message, _, place = complaint.rpartition(" (at ")
    plain = _in_plain_words(message)
    found, lines = re.match(r"line (\d+), column (\d+)", place), text.split("\n")
    if found:
        line, column = map(int, found.groups())
        there = lines[line - 1][column - 1 : column]
        # tomllib says no more of a text without quotes, which is the most frequent mistake.
        advice = ": a text stands in quotes" if message == "Invalid value" and there.isalpha() else ""
        return NoToml(plain + advice, line, column)
    ends = ", and the file ends here" if plain == message else ""
    return NoToml(plain + ends, len(lines), len(lines[-1]) + 1)


def _in_plain_words(message: str) -> str:
    for machine, plain in PLAIN.items():
        found = re.fullmatch(machine, message, re.DOTALL)
        if found:
            return found.expand(plain)
    return message


def is_too_deep(value: object) -> bool:
    """Whether more than ``DEEPEST`` tables and lists stand in each other in a value."""
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for each in level for inner in _inside(each)]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()
