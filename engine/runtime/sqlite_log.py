"""The log in an SQLite file, through aiosqlite.

What shapes it: every await of aiosqlite is a hop to its thread, and so is every step of a statement, because Python's
lock is let go of around it and under load comes back late. So an append is one statement, a transaction by itself, and
the engine decides on while SQLite writes; only what would be too large for one is several, in one transaction.
aiosqlite is asyncio only, so under trio the connection lives in an asyncio portal.

The file: the rows of ``parts`` hold the records, see ``parts.py``. ``head`` is the last position and the digest there
once more, so that lost rows show. ``application_id`` says that it is ours, ``user_version`` which format it has.

One writer: it holds an exclusive lock on the empty SQLite file ``LOG-lock`` beside the log, which the operating system
releases however the process ends. Readers need no lock.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import quote

import aiosqlite
import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal

from .log import READ_SIZE, SEGMENT, Chain, LogDamaged, LogError, LogInUse, LogUnwritable, require_head
from .parts import Part, parts_of

Durability = Literal["full", "normal", "off"]
"""``full``: acknowledged survives power loss. ``normal``: a crash of the process. ``off``: as normal, and faster."""

APPLICATION_ID = 0x6F726773  # "orgs"
FORMAT = 2
SQLITE_HEADER = 100
IDENTITY = ("application_id", "user_version")
ROWS_PER_STATEMENT = 128
"""More than thirty thousand records. What is larger, a migration's million requests, is not in memory twice at once."""

INSERT_ROW = "(?,?,?,?,?)"
# A changed byte may have changed the type of a value: whatever stands there, it comes as bytes.
VALUES = ", ".join(f"coalesce(CAST({name} AS BLOB), x'')" for name in ("records", "lengths", "checksums", "digest"))
PARTS = f"SELECT last, {VALUES} FROM parts WHERE last > ? AND last <= ? ORDER BY last"

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
CREATE TABLE parts (
    last INTEGER PRIMARY KEY,
    records BLOB NOT NULL, lengths BLOB NOT NULL, checksums BLOB NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TRIGGER move_head AFTER INSERT ON parts BEGIN
    REPLACE INTO head VALUES (1, new.last, new.digest);
END;
"""

T = TypeVar("T")


class SqliteLog:
    """A log in a file. Open it with ``SqliteLog.create``, ``SqliteLog.open`` or ``SqliteLog.open_for_reading``."""

    def __init__(self, path: Path, stack: AsyncExitStack, portal: BlockingPortal | None) -> None:
        self.path = path
        self._stack = stack
        self._portal = portal
        self._connection: aiosqlite.Connection
        self._chain = Chain()

    @classmethod
    async def create(cls, path: str | os.PathLike[str], durability: Durability = "full") -> "SqliteLog":
        """Make a new log and open it for writing.

        Raises:
            LogError: the file exists, or cannot be made there.
        """
        return await cls._open_writer(Path(path), durability, new=True)

    @classmethod
    async def open(cls, path: str | os.PathLike[str], durability: Durability = "full") -> "SqliteLog":
        """Open a log for writing; the digest of its last segment is checked.

        Raises:
            LogError: there is no such file, or it is no log of a known format.
            LogInUse: it is open for writing already.
            LogDamaged: its end does not have the digest that was stored.
        """
        return await cls._open_writer(Path(path), durability, new=False)

    @classmethod
    async def open_for_reading(cls, path: str | os.PathLike[str]) -> "SqliteLog":
        """Open a log for reading, beside whoever writes it; it stays as it is, and ``head`` is where it was on opening.

        Raises:
            LogError: there is no such file, or it is no log of a known format.
        """
        log = await cls._prepare(Path(path))
        try:
            await anyio.to_thread.run_sync(_inspect, log.path)
            await log._connect(await anyio.to_thread.run_sync(_reading_mode, log.path))
            await log._run(partial(log._rows, "PRAGMA query_only = ON"))
            await log._run(log._load_head)
        except BaseException:
            await log.close()
            raise
        return log

    @classmethod
    async def _open_writer(cls, path: Path, durability: Durability, *, new: bool) -> "SqliteLog":
        if durability not in get_args(Durability):
            raise ValueError(f"durability is one of {', '.join(get_args(Durability))}, not {durability!r}")
        log = await cls._prepare(path)
        try:
            await anyio.to_thread.run_sync(_require_absent if new else _inspect, path)
            lock = await anyio.to_thread.run_sync(_lock, path)
            log._stack.push_async_callback(anyio.to_thread.run_sync, lock.close)
            if new:
                await anyio.to_thread.run_sync(_create, path)
            await log._connect("mode=rw")
            await log._run(partial(log._prepare_writing, durability))
            await log._run(log._load_head)
            await log._check_end()
        except BaseException:
            await log.close()
            raise
        return log

    @classmethod
    async def _prepare(cls, path: Path) -> "SqliteLog":
        stack = AsyncExitStack()
        portal: BlockingPortal | None = None
        if not _on_asyncio():
            manager = start_blocking_portal("asyncio")
            portal = await anyio.to_thread.run_sync(manager.__enter__)

            async def leave() -> None:
                await anyio.to_thread.run_sync(manager.__exit__, None, None, None)

            stack.push_async_callback(leave)
        return cls(path, stack, portal)

    async def _run(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run a coroutine function where the connection lives, and put SQLite's errors into our words."""
        try:
            if self._portal is None:
                return await function()
            return await anyio.to_thread.run_sync(self._portal.call, function)
        except sqlite3.Error as error:
            raise _in_our_words(self.path, error) from error
        except UnicodeDecodeError as error:
            # SQLite complains of a damaged schema by quoting it.
            raise LogDamaged(self.name, 0, "its schema is no text") from error

    async def _connect(self, mode: str) -> None:
        uri = f"file:{quote(os.fspath(self.path))}?{mode}"

        async def connect() -> aiosqlite.Connection:
            # Few statements are kept: each of those with many rows keeps the values of its last use.
            return await aiosqlite.connect(uri, uri=True, isolation_level=None, cached_statements=8)

        self._connection = await self._run(connect)
        self._stack.push_async_callback(self._run, self._connection.close)

    async def _prepare_writing(self, durability: Durability) -> None:
        await self._connection.execute("PRAGMA journal_mode = WAL")
        await self._connection.execute(f"PRAGMA synchronous = {durability}")
        # Checkpoints copy pages twice; at four thousand pages they cost a fifth of what they cost at one thousand.
        await self._connection.execute("PRAGMA wal_autocheckpoint = 4000")

    async def _load_head(self) -> None:
        # One statement sees one state, whatever a writer beside us does.
        last = "(SELECT max(last) FROM parts)"
        rows = await self._rows(f"SELECT position, digest, {last} FROM (SELECT 1) LEFT JOIN head")
        head, digest, found = rows[0]
        self._head, self._digest = (0, Chain().digest) if head is None else (head, digest)
        if self._head != (found or 0):
            missing = min(self._head, found or 0) + 1
            raise LogDamaged(self.name, missing, f"the log should end at position {self._head}")

    async def _check_end(self) -> None:
        """Continue the chain from the last completed segment, and see that the log ends as its head says."""
        sealed = self._head // SEGMENT * SEGMENT
        digest = (await self.seals(sealed - 1, sealed)).get(sealed) if sealed else Chain().digest
        if digest is None:
            raise LogDamaged(self.name, sealed, "the digest of the segment is missing")
        self._chain = Chain(sealed, digest)
        records = await self.read(sealed, SEGMENT)
        self._chain.extend(records)
        found = self._chain.position
        if found != self._head:
            raise LogDamaged(self.name, min(found, self._head) + 1, f"the log should end at position {self._head}")
        if self._head > sealed and self._chain.digest != self._digest:
            changed = await self.first_changed(sealed, self._head)
            raise LogDamaged(self.name, changed or sealed + 1, "the records do not have the digest that was stored")

    async def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        async with self._connection.execute(statement, values) as cursor:
            return [tuple(row) for row in await cursor.fetchall()]

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self.path)

    @property
    def head(self) -> int:
        """The position of the last record."""
        return self._head

    @property
    def digest(self) -> bytes:
        """The digest at the head, as it is stored."""
        return self._digest

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        """Append the records in one transaction; raises LogError, and then nothing was appended."""
        require_head(self, expected)
        chain = self._chain.copy()
        # A cancelled call of aiosqlite is carried out all the same: a transaction is one piece.
        with anyio.CancelScope(shield=True):
            await self._run(partial(self._append, parts_of(chain, records)))
        self._chain = chain
        self._head, self._digest = chain.position, chain.digest

    async def _append(self, parts: Iterator[Part]) -> None:
        some, more = list(islice(parts, ROWS_PER_STATEMENT)), list(islice(parts, ROWS_PER_STATEMENT))
        if not more:
            if some:
                await self._insert(some)
            return
        await self._connection.execute("BEGIN IMMEDIATE")
        try:
            while some:
                await self._insert(some)
                some, more = more, list(islice(parts, ROWS_PER_STATEMENT))
            await self._connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, a full disk among them.
            with suppress(sqlite3.Error):
                await self._connection.execute("ROLLBACK")
            raise

    async def _insert(self, parts: Sequence[Part]) -> None:
        places = ",".join([INSERT_ROW] * len(parts))
        await self._connection.execute(f"INSERT INTO parts VALUES {places}", tuple(chain.from_iterable(parts)))

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Up to ``limit`` records from position ``after + 1`` on, up to the first gap.

        Raises:
            LogDamaged: the file is damaged; with the first position that cannot be read.
        """
        # Not beyond the head: it is where the log was on opening, or where its writer knows it to be.
        last = min(after + limit, self._head)
        try:
            records = await self._run(partial(self._read, after, last))
        except LogDamaged as damage:
            position = await self._first_unreadable(after, last)
            raise LogDamaged(self.name, position, str(damage.__cause__)) from None
        return records[: max(0, last - after)]

    async def _parts(self, after: int, last: int) -> list[Part]:
        """The rows in which the range stands; they may reach beyond it on both sides."""
        end_of_segment = -(-last // SEGMENT) * SEGMENT
        return [Part(*row) for row in await self._rows(PARTS, (after, end_of_segment))] if last > after else []

    async def _read(self, after: int, last: int) -> list[bytes]:
        records: list[bytes] = []
        for part in await self._parts(after, last):
            position = after + len(records)
            # Only the first row may begin before the range.
            if part.before > position or (records and part.before < position):
                break
            records += part.unpacked()[position - part.before :]
        return records

    async def _first_unreadable(self, after: int, last: int) -> int:
        for position in range(after + 1, last + 1):
            try:
                await self._run(partial(self._read, position - 1, position))
            except LogDamaged:
                return position
        return after + 1

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """The stored digests at ends of segments, and the one at the head."""
        statement = f"SELECT last, digest FROM parts WHERE last > ? AND last <= ? AND last % {SEGMENT} = 0"
        seals = dict(await self._run(partial(self._rows, statement, (after, last))))
        return seals | ({self._head: self._digest} if after < self._head <= last else {})

    async def first_changed(self, after: int, last: int) -> int | None:
        """The first position in the range whose record does not have its checksum."""
        for part in await self._run(partial(self._parts, after, last)):
            changed = [position for position in part.changed() if after < position <= last]
            if changed:
                return changed[0]
        return None

    async def check(self) -> None:
        """What reading in order does not show: the structure of the file, and the checksums of sound records.

        Raises:
            LogDamaged: something is not as it was stored.
        """
        rows = await self._run(partial(self._rows, "PRAGMA quick_check(1)"))
        if rows != [("ok",)]:
            raise LogDamaged(self.name, 0, " ".join(str(rows[0][0]).split()))
        for after in range(0, self._head, READ_SIZE):
            changed = await self.first_changed(after, min(after + READ_SIZE, self._head))
            if changed:
                raise LogDamaged(self.name, changed, "the checksum is not the one that was stored")

    async def close(self) -> None:
        """Close the file and let go of the lock."""
        with anyio.CancelScope(shield=True):
            await self._stack.aclose()


def _on_asyncio() -> bool:
    """Whether the running event loop is the one kind on which aiosqlite works."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_our_words(path: Path, error: sqlite3.Error) -> LogError:
    """SQLite's error as an error about a log, by its primary result code."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return LogDamaged(str(path), 0, str(error))
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return LogUnwritable(f"{path}: cannot be written: {error}")
    return LogError(f"{path}: {error}")


def _reading_mode(path: Path) -> str:
    """How to open a log for reading and leave everything as it is.

    SQLite makes two files beside a log to read it. Only who may write takes them away again; with a write-ahead log
    there are two already, and who may write would copy it into the log. Where no files can be made, none are needed.
    """
    if Path(f"{path}-wal").exists():
        return "mode=ro"
    return "mode=rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "mode=ro&immutable=1"


def _lock(path: Path) -> sqlite3.Connection:
    """Lock a log for writing for as long as the connection returned is open."""
    if not path.parent.is_dir():
        raise LogError(f"{path}: there is no directory {path.parent}")
    try:
        # Resolved, so that every name that leads to a log leads to its lock.
        lock = sqlite3.connect(f"{path.resolve()}-lock", isolation_level=None, timeout=0, check_same_thread=False)
    except sqlite3.Error as error:
        raise LogError(f"{path}: cannot be locked for writing: {error}") from error
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
            raise LogInUse(f"{path}: the log is open for writing elsewhere; close that first") from None
        raise _in_our_words(path, error) from error
    return lock


def _require_absent(path: Path) -> None:
    if path.exists():
        raise LogError(f"{path}: the file exists already")


def _create(path: Path) -> None:
    """Make an empty log under another name and give it its own when it is whole, so that no half-made log is seen."""
    _require_absent(path)
    unfinished = path.with_name(f"{path.name}-new")
    unfinished.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(unfinished)
        try:
            connection.executescript(SCHEMA)
        finally:
            connection.close()
        unfinished.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise LogUnwritable(f"{path}: cannot be created: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _inspect(path: Path) -> None:
    """See whether a file is a log that we can read. It changes no file, ours or another's.

    SQLite looks, not we: to close a file that SQLite has open elsewhere in this process would take its locks away. And
    it looks before aiosqlite connects, which leaves its thread behind when it cannot.
    """
    if path.exists() and not path.is_file():
        raise LogError(f"{path}: cannot be read: {'Is a directory' if path.is_dir() else 'no regular file'}")
    try:
        if path.stat().st_size < SQLITE_HEADER:
            raise LogError(f"{path}: not a log of orgsim: no SQLite file")
        # Immutable: it makes no files beside it. Our identity was written before there was a write-ahead log.
        connection = sqlite3.connect(f"file:{quote(os.fspath(path))}?mode=ro&immutable=1", uri=True)
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from error
    except sqlite3.Error as error:
        raise _in_our_words(path, error) from error
    try:
        application, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in IDENTITY)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
            raise LogError(f"{path}: not a log of orgsim: no SQLite file") from None
        raise _in_our_words(path, error) from error
    finally:
        connection.close()
    if application != APPLICATION_ID:
        raise LogError(f"{path}: not a log of orgsim: an SQLite file of another application")
    if version != FORMAT:
        raise LogError(f"{path}: the log has format {version}; this version of orgsim reads format {FORMAT}")
