"""Where each key of a TOML file stands: tomllib gives values without positions.

A scan of text that tomllib has read already, so that it need not look for mistakes: it only tells tables, keys, strings
and brackets apart.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping

from .problems import KeyPath

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[][{}=,.\n])
    |(?P<bare>[^][{}=,.\n\#"'\s]+)
    |(?P<space>[^\S\n]+)""",
    re.DOTALL | re.VERBOSE,
)
BEHIND = ("", "\n", ",", "]", "}")
"""What can stand behind a value."""


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every table, key and element of a list in the text of a TOML file."""
    return _Scan(text).lines


def nearest_line(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """The line of a key, or else of the innermost table around it that the file has; None for the file as a whole."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for found in TOKEN.finditer(text):
        if found.lastgroup not in ("comment", "space"):
            yield found[0], line
        line += found[0].count("\n")
    yield "", line


class _Scan:
    """One pass through a text."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
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
        self._token, self._line = next(self._tokens, ("", 0))
        return before

    def _header(self) -> KeyPath:
        line = self._line
        self._next()
        is_list = self._token == "["
        if is_list:
            self._next()
        keys = self._keys("]")
        path: KeyPath = ()
        for number, key in enumerate(keys, 1):
            path = (*path, key)
            self.lines.setdefault(path, line)
            if is_list and number == len(keys):
                self._lengths[path] = self._lengths.get(path, 0) + 1
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
                self.lines.setdefault(path, line)
        if is_list:
            self._next()
        return path

    def _assignment(self, table: KeyPath) -> None:
        line = self._line
        for key in self._keys("="):
            table = (*table, key)
            self.lines.setdefault(table, line)
        self._value(table)

    def _keys(self, end: str) -> list[str]:
        """The keys with dots between them up to a mark, which is passed."""
        keys: list[str] = []
        while (token := self._next()) != end:
            if token != ".":
                keys.append(next(iter(tomllib.loads(f"{token} = 0"))))
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
                self.lines[*path, index] = self._line
                self._value((*path, index))
                index += 1
        self._next()
