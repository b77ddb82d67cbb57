"""The rows in which everything about the past is told: calls, and what each changed about which thing."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from msgspec import Struct

from ..events_json import iso_time
from .history import History
from .schema import REQUEST_ID


class Call(Struct, frozen=True):
    """A call that changed something, or a timer that fired."""

    position: int
    """The position of its first event."""
    time: int
    operation: str
    account: str | None
    principal: str | None
    request_id: str | None
    inferred: int = 0
    """How many of the events behind the first are inferred: a trail or a dump does not say them."""
    source: str | None = None
    """Where the dump came from that told of it."""

    def infers(self, position: int) -> bool:
        """Whether its event at a position is inferred."""
        return self.position < position <= self.position + self.inferred

    @property
    def caller(self) -> str:
        """Who called, in one word: ``account/principal``; ``-`` where a timer or the simulation acted."""
        return "/".join(part for part in (self.account, self.principal) if part) or "-"

    def as_dict(self) -> dict[str, Any]:
        """The call as JSON, under the names with which events are shown."""
        return {
            "position": self.position,
            "time": iso_time(self.time),
            "operation": self.operation,
            "caller": {"account": self.account, "principal": self.principal} if self.account else None,
            "request_id": self.request_id,
            **({"source": self.source} if self.source else {}),
        }


class Change(Struct, frozen=True):
    """A fact about a thing that began, ended, or got another value."""

    position: int
    subject: str
    kind: str
    attribute: str
    key: str
    before: str | None
    after: str | None

    def as_dict(self) -> dict[str, Any]:
        """The change as JSON."""
        names = ("subject", "kind", "attribute", "key", "before", "after")
        return {name: getattr(self, name) for name in names}


class Entry(Struct, frozen=True):
    """A call, with what it changed."""

    call: Call
    changes: list[Change]
    more: int
    """How many changes it made besides."""
    last: int
    """The position of its last change."""

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON."""
        changes = [change.as_dict() | inferred_if(self.call.infers(change.position)) for change in self.changes]
        return {**self.call.as_dict(), "changes": changes}


def inferred_if(inferred: bool) -> dict[str, Any]:
    """What JSON says of something that is inferred; nothing of anything else."""
    return {"inferred": True} if inferred else {}


CHANGES = """
SELECT since AS position, thing.name, thing.kind, attribute, key, NULL AS before, value AS after
FROM {facts} JOIN thing ON thing.id = fact.thing WHERE since > :after AND since <= :last AND {condition}
UNION ALL
SELECT until AS position, thing.name, thing.kind, attribute, key, value AS before, NULL AS after
FROM {facts} JOIN thing ON thing.id = fact.thing WHERE until > :after AND until <= :last AND {condition}
ORDER BY position
"""

CALL = f"SELECT position, time, operation, account, principal, {REQUEST_ID}, inferred, source FROM call"


NAME = """SELECT coalesce(
        (SELECT value FROM fact WHERE fact.thing = thing.id AND attribute = 'name' AND since <= :position
         ORDER BY since DESC LIMIT 1),
        json_extract(details, '$.Action') || coalesce(' ' || party, '')) FROM thing WHERE name = :thing"""


class Selection(Struct, frozen=True):
    """Of which facts the changes are wanted; by default of all."""

    facts: str = "fact"
    """SQL for where they are looked for."""
    condition: str = "true"
    """SQL about ``thing`` and ``fact``."""
    values: dict[str, Any] = {}
    """The named parameters of both."""


EVERYTHING = Selection()


def changes_between(history: History, after: int, last: int, selection: Selection = EVERYTHING) -> Iterator[Change]:
    """The changes of facts behind one position and up to another, in order.

    Args:
        history: caught up to ``last`` or further.
        after: the position before the first.
        last: the last position.
        selection: of which facts.
    """
    statement = CHANGES.format(facts=selection.facts, condition=selection.condition)
    rows = history.stream(statement, {"after": after, "last": last, **selection.values})
    for _, together in groupby(rows, key=itemgetter(0)):
        yield from _merged(together)


def _merged(rows: Iterator[tuple[Any, ...]]) -> list[Change]:
    """The changes at one position; the end of a fact and the beginning of the next one are one change."""
    found: dict[tuple[Any, ...], Change] = {}
    for row in rows:
        position, subject, kind, attribute, key, before, after = row
        known = found.get(row[1:5])
        if known is not None:
            before = known.before if before is None else before
            after = known.after if after is None else after
        found[row[1:5]] = Change(position, subject, kind, attribute, key, before, after)
    return [*found.values()]


def call_at(history: History, position: int) -> Call:
    """The call that brought about the event at a position."""
    rows = history.rows(f"{CALL} WHERE position <= ? ORDER BY position DESC LIMIT 1", (position,))
    return Call(*rows[0])


def name_at(history: History, thing: str, position: int) -> str | None:
    """What people call a thing: its name at a position, or its last one before; of a handshake its action and party."""
    rows = history.rows(NAME, {"thing": thing, "position": position})
    return rows[0][0] if rows else None


def end_of_call(history: History, position: int) -> int:
    """The position of the last event of the call that brought about the event at a position."""
    ((following,),) = history.rows("SELECT min(position) FROM call WHERE position > ?", (position,))
    return history.position if following is None else following - 1


def entries_of(history: History, changes: Iterator[Change], most: int | None = None) -> Iterator[Entry]:
    """Put changes, in the order of their positions, together by the calls that made them; see ``entry_of``."""
    call: Call | None = None
    end = 0

    def call_of(change: Change) -> Call:
        nonlocal call, end
        if call is None or change.position > end:
            call, end = call_at(history, change.position), end_of_call(history, change.position)
        return call

    for made_by, together in groupby(changes, key=call_of):
        entry = entry_of(made_by, together, most)
        if entry:
            yield entry


def entry_of(call: Call, changes: Iterator[Change], most: int | None = None) -> Entry | None:
    """Put a call together with its changes, of which it may have a million; None if there are none.

    Args:
        call: the call.
        changes: what it changed.
        most: how many changes are kept, the others are counted; by default all.
    """
    kept = [*islice(changes, most)]
    if not kept:
        return None
    last, more = kept[-1].position, 0
    for change in changes:
        last, more = change.position, more + 1
    return Entry(call, kept, more, last)
