"""A history: temporal facts of a log in an SQLite database, ``LOG-history`` beside it or in memory.

It is disposable. Each transaction carries on from a position of the log and stores the position that it has reached,
with the log's digest there; a history whose digest is not the log's is made anew. The log is only read.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ...engine.events import (
    CallRecorded,
    DumpTaken,
    Event,
    OrganizationCreated,
    RecordTaken,
    RootIdentified,
    WorldCreated,
)
from ...engine.events.envelope import Envelope
from ...engine.ids import IdSource
from ...engine.log import GENESIS, LogError
from ...engine.log.unfinished import remove_with_sqlite_files
from ...projections.history.batch import Batch, Fact
from ...projections.history.changes import (
    ATTACHED,
    PARTS,
    TAG,
    WITHOUT_DEFAULT,
    Begins,
    Ends,
    Introduces,
    NarrowChange,
    OrganizationEnds,
    RootReplaced,
    WideChange,
    kind_of,
)
from ...projections.history.folding import facts_of
from .schema import APPLICATION_ID, FORMAT, TABLES, VIEWS

REMEMBERED = {WorldCreated, OrganizationCreated, RootIdentified}
MEMORY = ":memory:"
ENDING = "-history"
LOOKED_UP_AT_ONCE = 500
"""Subjects in one statement."""

CACHE_KIB = 128 * 1024
PAGES_PER_CHECKPOINT = 16_000
T = TypeVar("T")

_encode = msgspec.json.Encoder().encode

LAST_THING = "SELECT coalesce(max(id), 0) FROM thing"
LAST_FACT = "SELECT coalesce(max(id), 0) FROM fact WHERE since = (SELECT max(since) FROM fact)"
"""Facts are numbered in the order in which they begin."""

HOLDING = """SELECT thing.id, thing.name, fact.id, attribute, key, value, since
    FROM thing LEFT JOIN fact ON fact.thing = thing.id AND fact.until IS NULL WHERE thing.name IN ({})"""

END_ORGANIZATION = f"""UPDATE fact SET until = :position WHERE until IS NULL AND thing IN (
    SELECT id FROM thing WHERE organization = :organization AND kind IN ({", ".join(f"'{kind}'" for kind in PARTS)}))"""

END_TAGS = f"""UPDATE fact SET until = :position WHERE until IS NULL AND attribute = '{TAG}' AND thing IN (
    SELECT id FROM thing WHERE organization = :organization AND kind = 'transfer')"""

END_ATTACHMENTS = f"""UPDATE fact SET until = :position WHERE until IS NULL AND attribute = '{ATTACHED}' AND key IN (
    SELECT name FROM thing WHERE organization = :organization AND kind = 'policy'
    AND json_extract(details, '$.Type') = :policy_type)"""

END_DETACHED = f"""UPDATE fact SET until = :position WHERE until IS NULL AND attribute = '{WITHOUT_DEFAULT}'
    AND key = :default AND value = :organization"""

OF_PLACEHOLDER = """SELECT attribute, key, value FROM fact JOIN thing ON thing.id = fact.thing
    WHERE thing.name = ? AND until IS NULL ORDER BY fact.id"""

BELOW_PLACEHOLDER = """SELECT thing.name FROM fact JOIN thing ON thing.id = fact.thing
    WHERE attribute = 'parent' AND value = ? AND until IS NULL ORDER BY fact.id"""

ROOTS = """SELECT name, coalesce(
    (SELECT value FROM fact WHERE fact.thing = thing.id AND attribute = 'root' AND until IS NULL),
    json_extract(details, '$.RootId')) FROM thing WHERE kind = 'organization'"""


class HistoryError(LogError):
    """A history cannot be made, read or written; the message names its file, if it has one, and what to do."""


class HistoryDamaged(HistoryError):
    """The file of a history is damaged; it can be made anew."""


class HistoryOvertaken(HistoryError):
    """Somebody else has gone on with the file of a history, or has begun it anew.

    Args:
        name: of the history.
        position: that it has reached now.
    """

    def __init__(self, name: str, position: int) -> None:
        self.position = position
        super().__init__(f"{name}: somebody else is catching up with the log too; try again")


class History:
    """The temporal facts of one log, up to ``position``; made by ``History.open``."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self.position = 0
        """The position of the log that it has reached."""
        self.digest = GENESIS
        """The log's digest there."""
        self._connection = connection
        self._ids = IdSource(0)
        self._roots: dict[str, str] = {}
        self._things = self._facts = 0

    @property
    def name(self) -> str:
        """How messages name it."""
        return str(self.path or "the history in memory")

    @classmethod
    def open(cls, path: Path | None, wait: float = 10) -> "History":
        """Open a history, made empty if there is none; one that is damaged or of another version is emptied.

        Args:
            path: of its file; None: in memory.
            wait: how many seconds to wait while another process writes to it.

        Raises:
            HistoryError: it cannot be written, or the file is none of ours.
        """
        try:
            return cls._opened(path, wait)
        except HistoryDamaged:
            assert path is not None, "memory is not damaged"
            cls.discard(path)
            return cls._opened(path, wait)

    @staticmethod
    def discard(path: Path) -> None:
        """Remove the file of a history, and SQLite's files beside it; ignores errors."""
        remove_with_sqlite_files(path)

    @classmethod
    def _opened(cls, path: Path | None, wait: float) -> "History":
        try:
            connection = sqlite3.connect(
                path or MEMORY, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=32
            )
        except sqlite3.Error as error:
            raise _translated(error, str(path)) from error
        history = cls(connection, path)
        try:
            history._run(history._prepare)
        except BaseException:
            connection.close()
            raise
        return history

    def _prepare(self) -> None:
        execute = self._connection.execute
        if self._is_made() is None:
            raise HistoryError(f"{self.name}: an SQLite file of another application; move it away")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute(f"PRAGMA wal_autocheckpoint = {PAGES_PER_CHECKPOINT}")
        execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if not self._is_made():
            execute("BEGIN IMMEDIATE")
            # Somebody else may have made it while this waited for its turn.
            if not self._is_made():
                self._make()
            execute("COMMIT")
        try:
            self._load()
        except (sqlite3.OperationalError, TypeError, ValueError, LookupError, msgspec.MsgspecError):
            # It says that it is ours, and is not; nobody needs to know what it is.
            self.reset()

    def _is_made(self) -> bool | None:
        """Whether the file is a history of this version's form; None if it belongs to another application."""
        execute = self._connection.execute
        (application,), (version,), (objects,) = (
            execute(question).fetchone()
            for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if objects and application != APPLICATION_ID:
            return None
        return bool(objects) and version == FORMAT

    def _load(self) -> None:
        """Read how far the history has come, and what the fold needs to go on."""
        execute = self._connection.execute
        row = execute("SELECT position, digest, seed FROM caught_up").fetchone()
        self.position, self.digest = row[:2]
        self._ids = IdSource(int(row[2]))
        self._roots = dict(execute(ROOTS).fetchall())
        self._things, self._facts = (execute(question).fetchone()[0] for question in (LAST_THING, LAST_FACT))

    def reset(self) -> None:
        """Forget everything, in one transaction; raises HistoryError if that cannot be written."""

        def reset() -> None:
            self._connection.execute("BEGIN IMMEDIATE")
            self._make()
            self._connection.execute("COMMIT")
            self._load()

        self._run(reset)

    def _make(self) -> None:
        """Make empty tables and the views, in place of whatever there is; within a transaction."""
        execute = self._connection.execute
        kept = "name NOT LIKE 'sqlite_%' AND type IN ('table', 'view')"
        for kind, name in execute(f"SELECT type, name FROM sqlite_schema WHERE {kept} ORDER BY type DESC").fetchall():
            quoted = name.replace('"', '""')
            execute(f'DROP {kind} "{quoted}"')
        for statement in (*TABLES, *VIEWS):
            execute(statement)
        execute("INSERT INTO caught_up VALUES (1, 0, ?, '0')", (GENESIS,))
        execute(f"PRAGMA application_id = {APPLICATION_ID}")
        execute(f"PRAGMA user_version = {FORMAT}")

    def take(self, envelopes: Sequence[Envelope], digest: bytes) -> None:
        """Take in the next events of the log, in one transaction.

        Args:
            envelopes: those behind ``position``.
            digest: the log's digest at the last of them.

        Raises:
            HistoryError: it cannot be written.
            HistoryOvertaken: somebody else has gone on with it meanwhile.
        """
        self._run(lambda: self._take(envelopes, digest))
        self.position, self.digest = envelopes[-1].position, digest

    def _take(self, envelopes: Sequence[Envelope], digest: bytes) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        (position,) = execute("SELECT position FROM caught_up").fetchone() or (0,)
        if position != self.position:
            raise HistoryOvertaken(self.name, position)
        pending: list[tuple[int, NarrowChange]] = []
        for envelope in envelopes:
            event, position = envelope.event, envelope.position
            if type(event) in REMEMBERED:
                self._remember(event)
            for change in facts_of(event, self._roots):
                if isinstance(change, WideChange):
                    self._write(pending)
                    pending = []
                    self._change_widely(position, change)
                else:
                    pending.append((position, change))
        self._write(pending)
        self._write_calls(envelopes)
        execute("UPDATE caught_up SET position = ?, digest = ?", (envelopes[-1].position, digest))
        execute("COMMIT")

    def _remember(self, event: Event) -> None:
        """Keep what later events do not repeat: the seed of the request ids, and the root that accounts join."""
        if isinstance(event, WorldCreated):
            self._ids = IdSource(event.seed)
            self._connection.execute("UPDATE caught_up SET seed = ?", (str(event.seed),))
        elif isinstance(event, OrganizationCreated | RootIdentified):
            self._roots[event.organization] = event.root

    def _change_widely(self, position: int, change: WideChange) -> None:
        if isinstance(change, RootReplaced):
            self._replace_root(position, change)
            return
        values = {"position": position, **msgspec.structs.asdict(change)}
        wide = (END_ORGANIZATION, END_TAGS)
        for statement in wide if isinstance(change, OrganizationEnds) else (END_ATTACHMENTS, END_DETACHED):
            self._connection.execute(statement, values)

    def _replace_root(self, position: int, change: RootReplaced) -> None:
        """Say of the root what was said of its placeholder, and of its children that it is their parent."""
        execute = self._connection.execute
        mine = execute(OF_PLACEHOLDER, (change.placeholder,)).fetchall()
        children = execute(BELOW_PLACEHOLDER, (change.placeholder,)).fetchall()
        changes: list[NarrowChange] = [Ends(change.placeholder)]
        changes += [Begins(change.root, attribute, value, key) for attribute, key, value in mine]
        changes += [Begins(child, "parent", change.root) for (child,) in children]
        self._write([(position, each) for each in changes])

    def _write(self, changes: Sequence[tuple[int, NarrowChange]]) -> None:
        """Apply changes to the facts that hold, and write down what has begun and ended."""
        subjects = dict.fromkeys(change.subject for _, change in changes)
        introduced = {change.subject: change for _, change in changes if type(change) is Introduces}
        # A handshake is introduced once, so it is not known yet.
        known = [name for name in subjects if not (name in introduced and name.startswith("h-"))]
        numbers, holding = self._look_up(known)
        batch = Batch(holding)
        batch.apply(changes)
        new = [name for name in subjects if name not in numbers]
        numbers.update(zip(new, range(self._things + 1, self._things + 1 + len(new)), strict=True))
        insert = self._connection.executemany
        insert(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?)",
            ((numbers[name], name, kind_of(name), *_owner(introduced.get(name))) for name in new),
        )
        insert(
            "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (numbers[fact.subject], number, fact.attribute, fact.key, fact.value, fact.since, fact.until)
                for number, fact in enumerate(batch.begun, self._facts + 1)
            ),
        )
        insert(
            "UPDATE fact SET until = ? WHERE thing = ? AND id = ?",
            ((fact.until, numbers[fact.subject], fact.number) for fact in batch.ended),
        )
        self._things += len(new)
        self._facts += len(batch.begun)

    def _look_up(self, subjects: list[str]) -> tuple[dict[str, int], list[Fact]]:
        """Find the numbers of the subjects that are known, and the facts about them that hold."""
        numbers: dict[str, int] = {}
        holding: list[Fact] = []
        for begin in range(0, len(subjects), LOOKED_UP_AT_ONCE):
            some = subjects[begin : begin + LOOKED_UP_AT_ONCE]
            marks = ",".join("?" * LOOKED_UP_AT_ONCE)
            # As many marks each time, so that SQLite compiles the statement once.
            padded = some + [""] * (LOOKED_UP_AT_ONCE - len(some))
            for number, name, fact, attribute, key, value, since in self._connection.execute(
                HOLDING.format(marks), padded
            ):
                numbers[name] = number
                if fact is not None:
                    holding.append(Fact(name, attribute, key, value, since, None, fact))
        return numbers, holding

    def _write_calls(self, envelopes: Sequence[Envelope]) -> None:
        request = self._ids.request_bytes
        self._connection.executemany(
            "INSERT INTO call VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    envelope.position,
                    envelope.time,
                    envelope.called,
                    envelope.account,
                    envelope.principal,
                    *(_taken(envelope.event) or (request(envelope.position) if envelope.account else None, 0)),
                    *_recorded(envelope.event),
                    _source(envelope.event),
                )
                for envelope in envelopes
                if envelope.command == envelope.position
            ),
        )

    def rows(self, statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run a question in SQL, and return its rows; raises HistoryError if the file cannot be read."""
        return self._run(lambda: self._connection.execute(statement, values).fetchall())

    def stream(self, statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Run a question in SQL, and yield its rows as they are found; raises HistoryError as ``rows``."""
        try:
            for row in self._connection.execute(statement, values):  # noqa: UP028  # yield from would close the cursor late
                yield row
        except sqlite3.Error as error:
            raise _translated(error, self.name) from error

    def close(self) -> None:
        """Close it; a history in memory is gone."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _run(self, function: Callable[[], T]) -> T:
        """Call a function; what it has not committed is taken back, and SQLite's errors are translated."""
        try:
            return function()
        except sqlite3.Error as error:
            raise _translated(error, self.name) from error
        finally:
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")


def _recorded(event: Event) -> tuple[int, str | None, str | None]:
    """Whether a call was recorded that changed nothing, and the exception and reason with which it was refused."""
    if isinstance(event, RecordTaken):
        return int(not event.changed), event.code, None
    return (1, event.code, event.reason) if isinstance(event, CallRecorded) else (0, None, None)


def _taken(event: Event) -> tuple[str | None, int] | None:
    """AWS's request id of what was taken from a trail or a dump, and how many of the next events are inferred."""
    if isinstance(event, RecordTaken):
        return event.request_id, event.inferred
    return (None, event.inferred) if isinstance(event, DumpTaken) else None


def _source(event: Event) -> str | None:
    """Where the dump came from that told what a command says."""
    return event.source if isinstance(event, DumpTaken) else None


def _owner(introduced: Introduces | None) -> tuple[str | None, str | None, str | None]:
    """The columns of a thing that tell its organization, its party, and what else never changes, as JSON."""
    if introduced is None:
        return None, None, None
    details = {name: value for name, value in (introduced.details or {}).items() if value is not None}
    return introduced.organization, introduced.party, _encode(details).decode() if details else None


def _translated(error: sqlite3.Error, name: str) -> HistoryError:
    """SQLite's error about a history as one of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return HistoryError(f"{name}: not a history of orgsim: no SQLite file; move it away")
    if code == sqlite3.SQLITE_CORRUPT:
        return HistoryDamaged(f"{name}: damaged: {error}; delete it, and it is made anew from the log")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return HistoryError(f"{name}: somebody else is writing to it; try again later")
    return HistoryError(f"{name}: cannot be used: {error}; --in-memory does without the file")
