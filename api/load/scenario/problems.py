"""What is wrong with a scenario file: where, in which line, and why."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Self

from msgspec import Struct

from ....engine.spelling import shortened

KeyPath = tuple[str | int, ...]
"""Keys, and places in lists counted from 0: ``("steps", 2, "days")``."""


def place_text(path: KeyPath) -> str:
    """A path for people, who count from 1: ``step 3, days``, ``track a, step 3`` or ``populations.p.migration``."""
    parts: list[str] = []
    path = tuple(shortened(part) if isinstance(part, str) else part for part in path)
    if path[:1] == ("tracks",) and len(path) > 1:
        parts, path = [f"track {path[1]}"], path[2:]
    if path[:1] == ("steps",) and len(path) > 1:
        parts, path = [*parts, f"step {int(path[1]) + 1}"], path[2:]
    keys = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    return ", ".join([*parts, *([keys] if keys else [])])


class Problem(Struct, frozen=True):
    """One thing that is wrong."""

    message: str
    path: KeyPath = ()
    """The table or key that it is about."""
    key: str = ""
    """The key in that table, if the message names it."""
    line: int | None = None
    """Of the file, counted from 1."""
    column: int | None = None
    """In the line, counted from 1."""

    @property
    def place(self) -> str:
        """The path for people; empty for the file as a whole."""
        return place_text(self.path)

    def __str__(self) -> str:
        # A name in a file may hold a line break.
        return " ".join(f"{self.place}: {self.message}".removeprefix(": ").splitlines())


class ScenarioError(Exception):
    """A scenario cannot be read or played; the message names the file and the first place, on one line.

    Args:
        problems: all that is wrong, in the order of the file.
        file: where it stands.
    """

    def __init__(self, *problems: Problem | str, file: str = "") -> None:
        super().__init__(*problems)
        self.problems = tuple(Problem(each) if isinstance(each, str) else each for each in problems)
        self.file = file

    @property
    def messages(self) -> list[str]:
        """One line for each problem: ``FILE:LINE:COLUMN: place: what is wrong``."""
        return [f"{self._where(each)}{each}" for each in self.problems]

    def _where(self, problem: Problem) -> str:
        if not self.file:
            return ""
        file = " ".join(self.file.splitlines())
        return ":".join(str(each) for each in (file, problem.line, problem.column) if each is not None) + ": "

    def __str__(self) -> str:
        more = len(self.problems) - 1
        return self.messages[0] + (f" (and {more} more)" if more else "")


class Problems(list[Problem]):
    """What was found wrong so far; but for what is about a key that cannot be read, which has been told."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        super().__init__(problems)
        self.lost = set[KeyPath]()
        """The paths of those keys."""

    def append(self, problem: Problem, /) -> None:
        """Add a problem."""
        self += (problem,)

    def __iadd__(self, problems: Iterable[Problem], /) -> Self:
        self.extend(each for each in problems if each.path not in self.lost)
        return self

    @contextmanager
    def gathered(self) -> Generator[None]:
        """Keep what a block finds wrong, and go on behind it."""
        try:
            yield
        except ScenarioError as error:
            self += error.problems

    def require_none(self) -> None:
        """Raise all of them.

        Raises:
            ScenarioError: there is one.
        """
        if self:
            raise ScenarioError(*self)
