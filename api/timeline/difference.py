"""What differs between two moments of a log, or between the ends of two logs: things with their changed attributes."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from msgspec import Struct

from ...projections.history.changes import Kind
from .entries import name_at
from .history import History

Mark = Literal["+", "-", "~"]

EXISTS: dict[str, str] = {
    "organization": "feature set",
    "account": "organization",
    "account creation": "state",
    "handshake": "state",
    "transfer": "state",
    "resource policy": "content",
}
"""By kind of thing, the attribute that it has as long as it is there; of other kinds it is their name."""


class Value(Struct, frozen=True):
    """An attribute with its value before and after; None where there is none."""

    attribute: str
    key: str
    before: str | None
    after: str | None


class Difference(Struct, frozen=True):
    """A thing that differs."""

    subject: str
    kind: Kind
    mark: Mark
    """``+`` it is there only afterwards, ``-`` only before, ``~`` something about it differs."""
    values: list[Value]

    def as_dict(self, name: str | None) -> dict[str, Any]:
        """The difference as JSON.

        Args:
            name: as ``name_of`` has it.
        """
        words = {"+": "added", "-": "removed", "~": "changed"}
        return {
            "subject": self.subject,
            "kind": self.kind,
            "name": name,
            "change": words[self.mark],
            "attributes": [
                {"attribute": each.attribute, "key": each.key, "before": each.before, "after": each.after}
                for each in self.values
            ],
        }


Place = tuple[History, int]
"""A history, and a position in it."""

Row = tuple[Any, str, Kind, str, str, str]
"""A fact that holds: what orders things, subject, kind, attribute, key and value."""

COLUMNS = "thing.name, thing.kind, attribute, key, value FROM fact JOIN thing ON thing.id = fact.thing"
BEFORE = f"""SELECT thing.id, {COLUMNS}
    WHERE since <= :first AND until > :first AND until <= :last ORDER BY thing.id, attribute, key"""
AFTER = f"""SELECT thing.id, {COLUMNS}
    WHERE since > :first AND since <= :last AND (until IS NULL OR until > :last) ORDER BY thing.id, attribute, key"""
HOLDING = f"""SELECT thing.name, {COLUMNS}
    WHERE since <= :last AND (until IS NULL OR until > :last) ORDER BY thing.name, attribute, key"""


def name_of(difference: Difference, first: Place, last: Place) -> str | None:
    """The name of what differs: afterwards, or before if it is gone; of a handshake its action and party."""
    history, position = first if difference.mark == "-" else last
    return name_at(history, difference.subject, position)


def between_moments(history: History, first: int, last: int) -> Iterator[Difference]:
    """What differs between two positions of one log, oldest things first; backwards if ``first`` is the later one."""
    early, late = sorted((first, last))
    before, after = (history.stream(statement, {"first": early, "last": late}) for statement in (BEFORE, AFTER))
    return _differences(after, before) if first > last else _differences(before, after)


def between_logs(first: History, last: History) -> Iterator[Difference]:
    """What differs between the ends of two logs, by the ids of things."""
    before, after = (history.stream(HOLDING, {"last": history.position}) for history in (first, last))
    return _differences(before, after)


def _differences(before: Iterator[Any], after: Iterator[Any]) -> Iterator[Difference]:
    """Merge two streams of facts in the same order, and tell of each thing what is in only one of them."""
    for _, rows in groupby(_merged(before, after), key=lambda pair: (pair[0] or pair[1])[0]):
        values: list[Value] = []
        row: Any = None
        for old, new in rows:
            row = old or new
            if old is None or new is None or old[5] != new[5]:
                values.append(Value(row[3], row[4], old and old[5], new and new[5]))
        if values:
            yield Difference(row[1], row[2], _mark(row[2], values), values)


def _mark(kind: str, values: Iterable[Value]) -> Mark:
    for value in values:
        if value.attribute == EXISTS.get(kind, "name"):
            return "+" if value.before is None else "-" if value.after is None else "~"
    return "~"


def _merged(before: Iterator[Any], after: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair the rows of two sorted streams that are about the same subject, attribute and key."""
    place = itemgetter(0, 3, 4)
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if new is None or (old is not None and place(old) < place(new)):
            yield old, None
            old = next(before, None)
        elif old is None or place(new) < place(old):
            yield None, new
            new = next(after, None)
        else:
            yield old, new
            old, new = next(before, None), next(after, None)
