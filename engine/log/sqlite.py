"""The log in an SQLite file, accessed through aiosqlite.

Every call of aiosqlite goes to its thread and back, and each step of a statement releases Python's lock and gets it
back late. So an append is one INSERT of many records, a transaction by itself; only one too large for one statement is
several, in one transaction. aiosqlite works on asyncio only: under trio the connection lives in an asyncio portal.

The file: the table ``parts`` holds the records (``sqlite_rows``); ``head`` repeats the last position and its digest, so
that lost rows are noticed; ``application_id`` tells that the file is ours, ``user_version`` its format. ``sqlite_file``
is how it is made and recognized, docs/reliability.md what is promised.

There is one writer: it holds a lock on the file (``file_lock``), and the database refuses rows that do not follow its
head. Readers need no lock.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import aiosqlite
import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal

from . import CHANGED, READ_SIZE, SEGMENT, Chain, LogDamaged, LogError, LogInUse, require_head
from .cancellation import finish, on_asyncio
from .file_lock import FileUse
from .head_note import HeadNote, Noted, note_path, read_note, require_noted
from .sqlite_file import (
    FOLLOW_HEAD,
    NOT_AT_HEAD,
    FilesInPlace,
    NewLog,
    connect,
    lock_for_writing,
    log_error,
    reading_mode,
    real_path,
    require_log,
    require_same_file,
    require_undamaged_wal,
    schema_changes,
    stored_head,
    use_for_reading,
)
from .sqlite_rows import CHECK_IN_PLACE, SELECT_ROWS, Row, insert_statements, pack_rows
from .unfinished import remove_left

Durability = Literal["full", "normal", "off"]
"""Acknowledged events survive a loss of power with ``full``, a crash of the process with ``normal`` and ``off``."""

T = TypeVar("T")


class SqliteLog:
    """A log in a file; made by ``SqliteLog.create``, ``SqliteLog.open`` or ``SqliteLog.open_for_reading``."""

    def __init__(self, path: Path, durability: Durability = "full") -> None:
        self.path = path
        self._real = os.fspath(path.absolute())
        self._durability: Durability = durability
        self._stack = AsyncExitStack()
        self._portal: BlockingPortal | None = None
        self._connection: aiosqlite.Connection
        self._new: NewLog | None = None
        self._files: FilesInPlace | None = None
        self._note: HeadNote | None = None
        self._broken: LogError | None = None
        """Why nothing can be appended any more."""
        self._chain = Chain()
        self._head, self._digest = 0, self._chain.digest

    @classmethod
    async def create(cls, path: str | os.PathLike[str], durability: Durability = "full") -> "SqliteLog":
        """Create a log, open for writing. The file appears under its name with the first append.

        Raises:
            LogError: the file exists, or cannot be made there.
        """
        log = cls(Path(path), _checked(durability))
        return await log._opened(log._begin)

    @classmethod
    async def open(cls, path: str | os.PathLike[str], durability: Durability = "full") -> "SqliteLog":
        """Open an existing log for writing; checks the digest of its last segment.

        Raises:
            LogError: there is no such file, or it is no log of a known format.
            LogInUse: it is open for writing already.
            LogDamaged: its end does not match the stored digest, or events that were acknowledged are missing.
        """
        log = cls(Path(path), _checked(durability))
        return await log._opened(log._open_for_writing)

    @classmethod
    async def open_for_reading(cls, path: str | os.PathLike[str]) -> "SqliteLog":
        """Open an existing log for reading, also while it is being written. ``head`` stays what it is on opening.

        Raises:
            LogError: there is no such file, or it is no log of a known format.
            LogDamaged: events that were acknowledged are missing.
        """
        log = cls(Path(path))
        return await log._opened(log._open_for_reading)

    async def _opened(self, steps: Callable[[], Awaitable[None]]) -> "SqliteLog":
        async def open_or_close() -> SqliteLog:
            try:
                await steps()
            except BaseException as error:
                await self._stack.aclose()
                if isinstance(error, OSError):
                    raise LogError(f"{self.path}: cannot be opened: {error.strerror}: {error.filename}") from error
                raise
            return self

        return await finish(open_or_close, undo=SqliteLog.close)

    async def _begin(self) -> None:
        self._new = await anyio.to_thread.run_sync(NewLog, self.path)
        self._stack.push_async_callback(anyio.to_thread.run_sync, self._new.close)

    async def _open_for_writing(self) -> None:
        await anyio.to_thread.run_sync(require_log, self.path)
        await self._write_to(await anyio.to_thread.run_sync(lock_for_writing, self.path))

    async def _open_for_reading(self) -> None:
        await anyio.to_thread.run_sync(require_log, self.path)
        self._real = await anyio.to_thread.run_sync(real_path, self.path)
        use = await anyio.to_thread.run_sync(use_for_reading, self.path)
        self._stack.push_async_callback(anyio.to_thread.run_sync, use.close)
        # The note first, then the head: a writer at work meanwhile only makes the head greater.
        noted = await anyio.to_thread.run_sync(self._read_note, use)
        await self._connect(await anyio.to_thread.run_sync(reading_mode, self._real))
        await self.query("PRAGMA query_only = ON")
        await self._run(self._load_head)
        await anyio.to_thread.run_sync(require_same_file, self.path, use)
        await require_noted(self, noted, note_path(self._real))

    async def _write_to(self, use: FileUse) -> None:
        """Open the connection for writing; ``use`` holds the lock."""
        self._stack.push_async_callback(anyio.to_thread.run_sync, use.close)
        self._stack.push_async_callback(anyio.to_thread.run_sync, self._close_note)
        self._real = await anyio.to_thread.run_sync(real_path, Path(self._real))
        await anyio.to_thread.run_sync(remove_left, Path(self._real))
        if await anyio.to_thread.run_sync(self._read_note, use):
            # The log was not closed. A connection that may write would copy what is readable of the write-ahead log
            # into the main file and delete it. So a reader looks first: if events are missing, all files stay.
            await (await SqliteLog.open_for_reading(self._real)).close()
        await self._connect("mode=rw")
        await self._run(self._prepare_writing)
        await self._run(self._load_head)
        await anyio.to_thread.run_sync(require_same_file, Path(self._real), use)
        await self._check_end()
        await anyio.to_thread.run_sync(self._make_note)
        await self._run(self._create_guards)
        self._stack.push_async_callback(self._checkpoint)

    async def _checkpoint(self) -> None:
        # SQLite does this itself on closing, but only if nobody else has the log open.
        with suppress(LogError):
            await self.query("PRAGMA wal_checkpoint(PASSIVE)")

    async def _run(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run a coroutine function in the connection's event loop, translating SQLite's errors."""
        try:
            if self._portal is None:
                return await function()
            return await anyio.to_thread.run_sync(self._portal.call, function)
        except sqlite3.Error as error:
            raise self._log_error(error) from error
        except UnicodeDecodeError as error:
            # SQLite's message about a damaged schema quotes the schema, which need not be text any more.
            raise LogDamaged(self.name, 0, "its schema is no text") from error

    def _log_error(self, error: sqlite3.Error) -> LogError:
        if self._files and self._files.lost:
            lost = f"{self._files.lost} was taken away or replaced"
            self._files.lost = None  # Another error, of a read perhaps, is about something else.
            return LogError(f"{self.path}: {lost} while the log was open; nothing is written to it")
        if str(error) == NOT_AT_HEAD:
            return LogInUse(f"{self.path}: somebody else has written to it since it was opened")
        return log_error(self.path, error)

    async def _enter_portal(self) -> None:
        manager = start_blocking_portal("asyncio")
        self._portal = await anyio.to_thread.run_sync(manager.__enter__)
        self._stack.push_async_callback(anyio.to_thread.run_sync, manager.__exit__, None, None, None)

    async def _connect(self, mode: str) -> None:
        if not on_asyncio():
            await self._enter_portal()

        async def connect_in_thread() -> aiosqlite.Connection:
            return await aiosqlite.Connection(partial(connect, self._real, mode), iter_chunk_size=64)

        self._connection = await self._run(connect_in_thread)
        self._stack.push_async_callback(self._run, self._connection.close)

    async def _prepare_writing(self) -> None:
        await self._connection.execute("PRAGMA journal_mode = WAL")
        await self._connection.execute(f"PRAGMA synchronous = {self._durability}")
        # Checkpoints copy pages: one every 4000 pages costs a fifth of what one every 1000, SQLite's default, costs.
        await self._connection.execute("PRAGMA wal_autocheckpoint = 4000")

    async def _create_guards(self) -> None:
        """Make SQLite refuse rows that do not follow the head, or statements that would write files moved away."""
        assert self._files is not None, "made with the note"
        await self._connection.execute(FOLLOW_HEAD)
        await self._connection.create_function(CHECK_IN_PLACE, 1, self._files.require)  # pyright: ignore[reportUnknownMemberType]  # aiosqlite types the function as any Callable

    def _read_note(self, use: FileUse) -> Noted | None:
        require_undamaged_wal(self.path, use)
        return read_note(self._real)

    def _make_note(self) -> None:
        self._note = HeadNote(self._real, self.name)
        self._files = FilesInPlace(self._real)
        self._note.write(self._head, self._digest)

    def _close_note(self) -> None:
        """Close the note, and remove it if the main file has everything, so that the log counts as closed."""
        if self._note is None:
            return
        complete = False
        with suppress(sqlite3.Error):
            complete = stored_head(self._real) >= self._head
        self._note.close(remove=complete)

    async def _load_head(self) -> None:
        # One statement, so that head and rows are of the same moment even while the log is being written.
        last = "(SELECT max(last) FROM parts)"
        rows = await self._fetch(f"SELECT position, digest, {last} FROM (SELECT 1) LEFT JOIN head")
        head, digest, found = rows[0]
        self._head, self._digest = (0, Chain().digest) if head is None else (head, digest)
        if not self._head and not found:
            raise LogDamaged(
                self.name, 1, "it holds no events, though a log is made with its first; if it was never used, delete it"
            )
        if self._head != (found or 0):
            missing = min(self._head, found or 0) + 1
            raise LogDamaged(self.name, missing, f"the log should end at position {self._head}")

    async def _check_end(self) -> None:
        """Compute the chain from the last completed segment on, and check that it ends as the stored head says."""
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

    async def query(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one SQL statement on the log's connection, such as a PRAGMA, and return its rows."""
        return await self._run(partial(self._fetch, statement, values))

    async def _fetch(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
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
    def stored_head(self) -> int:
        """The position of the last record."""
        return self._head

    @property
    def digest(self) -> bytes:
        """The digest at the head, as stored."""
        return self._digest

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        """Append the records in one transaction.

        Raises:
            LogError: nothing was appended; or it is not known whether it was, and then every later append fails too.
            LogDamaged: damage was found earlier, when the log was read; nothing is written behind it.
        """
        require_head(self, expected)
        if self._broken:
            raise self._broken
        after = self._chain.copy()
        rows = pack_rows(after, records)
        first = next(rows, None)
        if first is None:
            return
        rows = chain([first], rows)
        try:
            if self._new:
                await finish(partial(self._publish, self._new, rows))
            else:
                with anyio.CancelScope(shield=True):
                    await self._run(partial(self._append, rows))
        except anyio.get_cancelled_exc_class():
            # aiosqlite's thread carries out a cancelled call all the same, and its outcome is lost.
            self._broken = LogError(f"{self.path}: an append was cancelled while it was written; open the log again")
            raise
        self._chain = after
        self._head, self._digest = after.position, after.digest
        if self._note:
            self._note.write(self._head, self._digest)

    async def _publish(self, new: NewLog, rows: Iterable[Row]) -> None:
        """Give the file its name, with its first records in it, and open it for writing."""
        use = await anyio.to_thread.run_sync(new.publish, rows)
        self._new = None
        try:
            await self._write_to(use)
        except LogError as error:
            self._broken = error
            raise

    async def _append(self, rows: Iterator[Row]) -> None:
        statements = insert_statements(rows)
        statement, following = next(statements), next(statements, None)
        if not following:
            await self._connection.execute(*statement)
            return
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
            while statement:
                written = asyncio.ensure_future(self._connection.execute(*statement))
                await asyncio.sleep(0)  # Handed over to the thread: while it writes, the next is packed here.
                statement, following = following, next(statements, None)
                await written
            await self._connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, a full disk among them.
            with suppress(sqlite3.Error):
                await self._connection.execute("ROLLBACK")
            raise

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Read up to ``limit`` records from position ``after + 1`` on, up to the first gap.

        Raises:
            LogDamaged: a record cannot be read or does not have its checksum; with the first such position.
        """
        return await self._read_range(after, limit, checked=True)

    async def read_unchecked(self, after: int, limit: int) -> list[bytes]:
        """Read records without comparing their checksums; for callers that compare digests."""
        return await self._read_range(after, limit, checked=False)

    async def _read_range(self, after: int, limit: int, *, checked: bool) -> list[bytes]:
        # Not beyond the head as it is known here: a writer elsewhere may have appended more since a reader opened.
        last = min(after + limit, self._head)
        if last <= after:
            return []
        try:
            return await self._run(partial(self._read, after, last, checked))
        except LogDamaged as damage:
            position = damage.position or await self._first_unreadable(after, last)
            self._broken = LogDamaged(self.name, position, str(damage.__cause__ or CHANGED))
            raise self._broken from None

    async def _rows(self, after: int, last: int) -> list[Row]:
        """Read the rows that hold the records from ``after + 1`` to ``last``, and perhaps others on both sides."""
        end_of_segment = -(-last // SEGMENT) * SEGMENT
        return [Row(*values) for values in await self._fetch(SELECT_ROWS, (after, end_of_segment))]

    async def _read(self, after: int, last: int, checked: bool) -> list[bytes]:
        records: list[bytes] = []
        for row in await self._rows(after, last):
            position = after + len(records)
            # Only the first row may begin before the range.
            if row.before > position or (records and row.before < position):
                break
            unpacked = row.unpack()
            for changed in row.changed(unpacked) if checked else ():
                raise LogDamaged(self.name, changed, CHANGED)
            records += unpacked[position - row.before :]
        return records[: last - after]

    async def _first_unreadable(self, after: int, last: int) -> int:
        for position in range(after + 1, last + 1):
            try:
                await self._run(partial(self._read, position - 1, position, False))
            except LogDamaged:
                return position
        return after + 1

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """Return the stored digests by position: those at ends of segments, and the one at the head."""
        statement = f"SELECT last, digest FROM parts WHERE last > ? AND last <= ? AND last % {SEGMENT} = 0"
        if not self._head:
            return {}
        seals = dict(await self.query(statement, (after, last)))
        return seals | ({self._head: self._digest} if after < self._head <= last else {})

    async def first_changed(self, after: int, last: int) -> int | None:
        """Return the first position from ``after + 1`` to ``last`` whose record does not have its checksum."""
        last = min(last, self._head)
        if last <= after:
            return None
        for row in await self._run(partial(self._rows, after, last)):
            for changed in row.changed(row.unpack()):
                if after < changed <= last:
                    return changed
        return None

    async def check(self) -> None:
        """Check what verifying digests does not cover: the structure of the file, its schema, the stored checksums.

        Raises:
            LogDamaged: something is not as it was stored.
        """
        rows = await self.query("PRAGMA quick_check(1)")
        if rows != [("ok",)]:
            raise LogDamaged(self.name, 0, " ".join(str(rows[0][0]).split()))
        found = await self.query("SELECT name, sql FROM sqlite_schema")
        if changes := await anyio.to_thread.run_sync(schema_changes, found):
            raise LogDamaged(self.name, 0, f"its schema is not the one of a log: {', '.join(changes)}")
        for after in range(0, self._head, READ_SIZE):
            changed = await self.first_changed(after, min(after + READ_SIZE, self._head))
            if changed:
                raise LogDamaged(self.name, changed, "the checksum is not the one that was stored")

    async def close(self) -> None:
        """Close the file and release the lock."""
        await finish(self._stack.aclose)


def _checked(durability: Durability) -> Durability:
    if durability not in get_args(Durability):
        raise ValueError(f"durability is one of {', '.join(get_args(Durability))}, not {durability!r}")
    return durability
