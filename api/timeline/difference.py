"""What differs between two moments of a log, or between the ends of two logs: things with their changed attributes."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from msgspec import Struct

from ...projections.history.changes import Kind
from .entries import inferred_if, name_at
from .history import History
from .schema import inferred_at

Mark = Literal["+", "-", "~"]
WORDS: dict[Mark, str] = {"+": "added", "-": "removed", "~": "changed"}

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
    inferred: bool = False
    """Whether what it is afterwards was inferred: a trail or a dump does not say when."""


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
        return {
            "subject": self.subject,
            "kind": self.kind,
            "name": name,
            "change": WORDS[self.mark],
            "attributes": [
                {"attribute": each.attribute, "key": each.key, "before": each.before, "after": each.after}
                | inferred_if(each.inferred)
                for each in self.values
            ],
        }


Place = tuple[History, int]
"""A history, and a position in it."""

Row = tuple[Any, str, Kind, str, str, str, int]
"""A fact that holds: what orders things, subject, kind, attribute, key and value, and whether it is inferred."""

Pair = tuple[list[Row], list[Row]]
"""What is said of one thing before and after, as far as it may differ."""

COLUMNS = f"""thing.name, thing.kind, attribute, key, value, {inferred_at("fact.since")}
    FROM fact JOIN thing ON thing.id = fact.thing"""
BEFORE = f"""SELECT fact.thing, {COLUMNS}
    WHERE since <= :first AND {{far}}until > :first AND {{far}}until <= :last ORDER BY fact.thing"""
AFTER = f"""SELECT fact.thing, {COLUMNS}
    WHERE {{far}}since > :first AND {{far}}since <= :last AND (until IS NULL OR until > :last) ORDER BY fact.thing"""
FAR = 8
"""From this part of the log on, places are far apart: then all facts, which are in order, are read, and none sorted."""

HOLDING = f"""SELECT thing.name, {COLUMNS}
    WHERE since <= :last AND (until IS NULL OR until > :last) ORDER BY thing.name"""


def name_of(difference: Difference, first: Place, last: Place) -> str | None:
    """The name of what differs: afterwards, or before if it is gone; of a handshake its action and party."""
    history, position = first if difference.mark == "-" else last
    return name_at(history, difference.subject, position)


def between_moments(history: History, first: int, last: int) -> Iterator[Difference]:
    """What differs between two positions of one log, oldest things first; backwards if ``first`` is the later one."""
    pairs = pairs_of_moments(history, first, last)
    return (found for found in map(difference_of, pairs) if found is not None)


def pairs_of_moments(history: History, first: int, last: int) -> Iterator[Pair]:
    """What may differ between two positions of one log, by things; see ``between_moments``."""
    early, late = sorted((first, last))
    # A plus keeps SQLite from using the index.
    far = "+" if (late - early) * FAR > history.position else ""
    places = {"first": early, "last": late}
    before, after = (history.stream(statement.format(far=far), places) for statement in (BEFORE, AFTER))
    return _pairs(after, before) if first > last else _pairs(before, after)


def pairs_of_logs(first: History, last: History) -> Iterator[Pair]:
    """What may differ between the ends of two logs, by things, in the order of their ids."""
    before, after = (history.stream(HOLDING, {"last": history.position}) for history in (first, last))
    return _pairs(before, after)


def _pairs(before: Iterator[Any], after: Iterator[Any]) -> Iterator[Pair]:
    """Put together what two streams of facts, in the order of their things, have of each thing."""
    olds, news = (groupby(rows, key=itemgetter(0)) for rows in (before, after))
    old, new = next(olds, None), next(news, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old[0] < new[0]):
            assert old is not None
            yield [*old[1]], []
            old = next(olds, None)
        elif old is None or new[0] < old[0]:
            yield [], [*new[1]]
            new = next(news, None)
        else:
            yield [*old[1]], [*new[1]]
            old, new = next(olds, None), next(news, None)


def difference_of(pair: Pair) -> Difference | None:
    """What differs about a thing; None if nothing does."""
    before, after = ({row[3:5]: row[5] for row in rows} for rows in pair)
    inferred = {row[3:5] for row in pair[1] if row[6]}
    values = [
        Value(*place, before.get(place), after.get(place), place in inferred)
        for place in sorted({*before, *after})
        if before.get(place) != after.get(place)
    ]
    if not values:
        return None
    _, subject, kind, *_ = (pair[0] or pair[1])[0]
    return Difference(subject, kind, _mark(kind, values), values)


def _mark(kind: str, values: Iterable[Value]) -> Mark:
    for value in values:
        if value.attribute == EXISTS.get(kind, "name"):
            return "+" if value.before is None else "-" if value.after is None else "~"
    return "~"
