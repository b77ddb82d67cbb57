"""Tables of a scenario file whose keys are possible each, but not together."""

from collections.abc import Iterator

from msgspec import Struct

from .problems import KeyPath


class Contradiction(Struct, frozen=True):
    """Keys of one table that cannot be together, or not without another."""

    message: str
    path: KeyPath = ()
    """The key at which it is told, seen from the table; empty: the table."""
    lacking: tuple[str, ...] = ()
    """The keys that would mend it: it is not told if the file has one of them that cannot be read."""


class Table(Struct, frozen=True):
    """A table whose keys may contradict each other."""

    def contradictions(self) -> Iterator[Contradiction]:
        """All of its contradictions, as far as its keys could be read; those of tables in it are their own."""
        yield from ()
