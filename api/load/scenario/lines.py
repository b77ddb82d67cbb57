"""Where each key of a TOML file stands, line and column: tomllib gives values without positions.

A scan of text that tomllib has read already, so that it need not look for mistakes: it only tells tables, keys, strings
and brackets apart.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ....engine.spelling import LONGEST
from .problems import KeyPath

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[][{}=,.\n])
    |(?P<bare>[^][{}=,.\n\#"'\s]+)
    |(?P<space>[^\S\n]+)""",
    re.DOTALL | re.VERBOSE,
)


class Place(NamedTuple):
    """A place in a text; line and column are counted from 1, the column in characters."""

    line: int
    column: int


BEHIND = ("", "\n", ",", "]", "}")
"""What can stand behind a value."""


def key_places(text: str) -> dict[KeyPath, Place]:
    """The place of every table, key and element of a list in the text of a TOML file."""
    return _Scan(text).places


def excerpt(lines: Sequence[str], line: int, column: int) -> str:
    """The end of a message about a place in a text that is no TOML: what stands there, or else in the line before.

    Args:
        lines: of the text.
        line: counted from 1, as is the column.
        column: of a long line, what is told lies around it.
    """
    found = next((number for number in range(line, 0, -1) if lines[number - 1].strip()), 0)
    if not found:
        return ""
    text, begin = lines[found - 1], max(0, (column if found == line else sys.maxsize) - LONGEST // 2)
    begin = min(begin, max(0, len(text) - LONGEST))
    part = text[begin : begin + LONGEST].strip()
    shown = f"{'…' if begin else ''}{part}{'…' if begin + LONGEST < len(text) else ''}"
    return f", {'in' if found == line else 'after'} `{shown}`"


def nearest_place(places: Mapping[KeyPath, Place], path: KeyPath) -> Place | None:
    """The place of a key, or else of the innermost table around it that the file has; None for the file as a whole."""
    return next((places[path[:end]] for end in range(len(path), 0, -1) if path[:end] in places), None)


def _tokens(text: str) -> Iterator[tuple[str, Place]]:
    line, begins = 1, 0
    for found in TOKEN.finditer(text):
        if found.lastgroup not in ("comment", "space"):
            yield found[0], Place(line, found.start() - begins + 1)
        if "\n" in found[0]:
            line += found[0].count("\n")
            begins = found.start() + found[0].rindex("\n") + 1
    yield "", Place(line, 1)


class _Scan:
    """One pass through a text."""

    def __init__(self, text: str) -> None:
        self.places: dict[KeyPath, Place] = {}
        self._tokens = _tokens(text)
        self._lengths: dict[KeyPath, int] = {}
        """Of each list of tables, so far."""
        self._next()
        table: KeyPath = ()
        while self._token:
            if self._token == "\n":
                self._next()
            elif self._token == "[":
                table = self._header()
            else:
                self._assignment(table)

    def _next(self) -> str:
        """Go on to the next token, and give the one before."""
        before = getattr(self, "_token", "")
        self._token, self._place = next(self._tokens, ("", Place(0, 0)))
        return before

    def _header(self) -> KeyPath:
        self._next()
        is_list = self._token == "["
        if is_list:
            self._next()
        keys = self._keys("]")
        path: KeyPath = ()
        for number, (key, place) in enumerate(keys, 1):
            path = (*path, key)
            self.places.setdefault(path, place)
            if is_list and number == len(keys):
                self._lengths[path] = self._lengths.get(path, 0) + 1
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
                self.places.setdefault(path, place)
        if is_list:
            self._next()
        return path

    def _assignment(self, table: KeyPath) -> None:
        for key, place in self._keys("="):
            table = (*table, key)
            self.places.setdefault(table, place)
        self._value(table)

    def _keys(self, end: str) -> list[tuple[str, Place]]:
        """The keys with dots between them up to a mark, which is passed, with their places."""
        keys: list[tuple[str, Place]] = []
        while self._token != end:
            place, token = self._place, self._next()
            if token != ".":
                keys.append((next(iter(tomllib.loads(f"{token} = 0"))), place))
        self._next()
        return keys

    def _value(self, path: KeyPath) -> None:
        opening = self._token
        if opening not in ("[", "{"):
            while self._token not in BEHIND:
                self._next()
            return
        index = 0
        self._next()
        while self._token not in ("]", "}", ""):
            if self._token in (",", "\n"):
                self._next()
            elif opening == "{":
                self._assignment(path)
            else:
                self.places[*path, index] = self._place
                self._value((*path, index))
                index += 1
        self._next()
