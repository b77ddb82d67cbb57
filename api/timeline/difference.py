"""What differs between two moments of a log, or between the ends of two logs: things with their changed attributes."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from msgspec import Struct

from ...projections.history.changes import Kind
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
    name: str | None
    """Its name, where it has one: after the change, or before it if it is gone; of a handshake, action and party."""
    mark: Mark
    """``+`` it is there only afterwards, ``-`` only before, ``~`` something about it differs."""
    values: list[Value]

    def as_dict(self) -> dict[str, Any]:
        """The difference as JSON."""
        words = {"+": "added", "-": "removed", "~": "changed"}
        return {
            "subject": self.subject,
            "kind": self.kind,
            "name": self.name,
            "change": words[self.mark],
            "attributes": [
                {"attribute": each.attribute, "key": each.key, "before": each.before, "after": each.after}
                for each in self.values
            ],
        }


Row = tuple[str, str, str, str, str]
"""Subject, kind, attribute, key and value of a fact that holds."""

COLUMNS = "thing.name, thing.kind, attribute, key, value FROM fact JOIN thing ON thing.id = fact.thing"
ORDER = "ORDER BY thing.name, attribute, key"

BEFORE = f"SELECT {COLUMNS} WHERE since <= :first AND until > :first AND until <= :last {ORDER}"
AFTER = f"SELECT {COLUMNS} WHERE since > :first AND since <= :last AND (until IS NULL OR until > :last) {ORDER}"
HOLDING = f"SELECT {COLUMNS} WHERE since <= :last AND (until IS NULL OR until > :last) {ORDER}"
NAME = """SELECT coalesce(
        (SELECT value FROM fact WHERE fact.thing = thing.id AND attribute = 'name' AND since <= :position
         ORDER BY since DESC LIMIT 1),
        json_extract(details, '$.Action') || coalesce(' ' || party, '')) FROM thing WHERE name = :thing"""


def between_moments(history: History, first: int, last: int) -> Iterator[Difference]:
    """What differs between two positions of one log, by the ids of things; backwards if ``first`` is the later one."""
    early, late = sorted((first, last))
    values = {"first": early, "last": late}
    before, after = (history.stream(statement, values) for statement in (BEFORE, AFTER))
    if first > last:
        before, after = after, before
    yield from _differences(before, after, (history, first), (history, last))


def between_logs(first: History, last: History) -> Iterator[Difference]:
    """What differs between the ends of two logs, by the ids of things."""
    before, after = (history.stream(HOLDING, {"last": history.position}) for history in (first, last))
    yield from _differences(before, after, (first, first.position), (last, last.position))


Place = tuple[History, int]


def _differences(before: Iterator[Any], after: Iterator[Any], first: Place, last: Place) -> Iterator[Difference]:
    """Merge two sorted streams of facts, and tell of each thing what is in only one of them."""
    for subject, rows in groupby(_merged(before, after), key=lambda pair: (pair[0] or pair[1])[0]):
        values: list[Value] = []
        kind: Any = None
        for old, new in rows:
            row = old or new
            kind = row[1]
            if old is None or new is None or old[4] != new[4]:
                values.append(Value(row[2], row[3], old and old[4], new and new[4]))
        if values:
            mark = _mark(kind, values)
            history, position = first if mark == "-" else last
            names = history.rows(NAME, {"thing": subject, "position": position})
            yield Difference(subject, kind, names[0][0] if names else None, mark, values)


def _mark(kind: str, values: Iterable[Value]) -> Mark:
    for value in values:
        if value.attribute == EXISTS.get(kind, "name"):
            return "+" if value.before is None else "-" if value.after is None else "~"
    return "~"


def _merged(before: Iterator[Any], after: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair the rows of two sorted streams that are about the same subject, attribute and key."""
    place = itemgetter(0, 2, 3)
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
