"""The log in an SQLite file, through aiosqlite.

What shapes it: every await of aiosqlite is a hop to its thread, so records go in by the thousand; a statement that
steps once holds Python's lock only while its values are bound, so a thousand rows are one statement, and the engine
decides on while SQLite writes; aiosqlite is asyncio only, so under trio the connection lives in an asyncio portal.

The file: ``events`` holds the records with a CRC-32 each (the digests prove a log, the checksums find the place);
``seals`` holds the digest at the end of each segment; ``head`` the digest at the last position. ``application_id`` says
that it is ours, ``user_version`` which format it has.

One writer: it holds an exclusive lock on the empty SQLite file ``LOG-lock`` beside the log, which the operating system
releases however the process ends. Readers need no lock.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote
from zlib import crc32

import aiosqlite
import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal

from .log import SEGMENT, Chain, LogDamaged, LogError, LogInUse, require_head

Durability = Literal["full", "normal", "off"]
"""``full``: acknowledged survives power loss. ``normal``: a crash of the process. ``off``: as normal, and faster."""

APPLICATION_ID = 0x6F726773  # "orgs"
FORMAT = 1
ROWS_PER_STATEMENT = 1_000
INSERT_ROW = "(?,?,?)"

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
CREATE TABLE events (position INTEGER PRIMARY KEY, record BLOB NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE seals (position INTEGER PRIMARY KEY, digest BLOB NOT NULL);
CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL, digest BLOB NOT NULL);
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
            await log._connect("ro")
            await log._run(log._load_head)
        except BaseException:
            await log.close()
            raise
        return log

    @classmethod
    async def _open_writer(cls, path: Path, durability: Durability, *, new: bool) -> "SqliteLog":
        log = await cls._prepare(path)
        try:
            if not new:
                await anyio.to_thread.run_sync(_inspect, path)
            elif await anyio.to_thread.run_sync(path.exists):
                raise LogError(f"{path}: the file exists already")
            await log._run(log._lock)
            if new:
                await anyio.to_thread.run_sync(_create, path)
            await log._connect("rw")
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
        """Run a coroutine function where the connection lives, and tell SQLite's errors apart from ours."""
        try:
            if self._portal is None:
                return await function()
            return await anyio.to_thread.run_sync(self._portal.call, function)
        except sqlite3.Error as error:
            raise LogError(f"{self.path}: {error}") from error

    async def _connect(self, mode: Literal["ro", "rw"]) -> None:
        uri = f"file:{quote(os.fspath(self.path))}?mode={mode}"

        async def connect() -> aiosqlite.Connection:
            return await aiosqlite.connect(uri, uri=True, isolation_level=None)

        self._connection = await self._run(connect)
        self._stack.push_async_callback(self._run, self._connection.close)

    async def _lock(self) -> None:
        lock = await aiosqlite.connect(f"{self.path}-lock", isolation_level=None, timeout=0)
        self._stack.push_async_callback(self._run, lock.close)
        try:
            await lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise LogInUse(f"{self.path}: the log is open for writing elsewhere; close that first") from None
            raise

    async def _prepare_writing(self, durability: Durability) -> None:
        await self._connection.execute("PRAGMA journal_mode = WAL")
        await self._connection.execute(f"PRAGMA synchronous = {durability}")
        # Checkpoints copy pages twice; at four thousand pages they cost a fifth of what they cost at one thousand.
        await self._connection.execute("PRAGMA wal_autocheckpoint = 4000")

    async def _load_head(self) -> None:
        rows = await self._rows("SELECT position, digest FROM head")
        self._head, self._digest = rows[0] if rows else (0, Chain().digest)

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

    async def append(self, expected: int, records: Sequence[bytes]) -> None:
        """Append the records in one transaction; raises LogError, and then nothing was appended."""
        require_head(self, expected)
        seals = self._chain.extend(records)
        head = expected + len(records)
        digest = self._chain.digest
        await self._run(partial(self._append, expected, records, seals, (head, digest)))
        self._head, self._digest = head, digest

    async def _append(
        self, expected: int, records: Sequence[bytes], seals: list[tuple[int, bytes]], head: tuple[int, bytes]
    ) -> None:
        connection = self._connection
        await connection.execute("BEGIN IMMEDIATE")
        try:
            for start in range(0, len(records), ROWS_PER_STATEMENT):
                rows = records[start : start + ROWS_PER_STATEMENT]
                first = expected + start + 1
                values = chain.from_iterable(zip(range(first, first + len(rows)), rows, map(crc32, rows), strict=True))
                places = ",".join([INSERT_ROW] * len(rows))
                await connection.execute(f"INSERT INTO events VALUES {places}", tuple(values))
            if seals:
                await connection.executemany("INSERT INTO seals VALUES (?, ?)", seals)
            await connection.execute("REPLACE INTO head VALUES (1, ?, ?)", head)
            await connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, a full disk among them.
            with suppress(sqlite3.Error):
                await connection.execute("ROLLBACK")
            raise

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Up to ``limit`` records from position ``after + 1`` on, up to the first gap."""

        async def read() -> list[bytes]:
            statement = "SELECT record FROM events WHERE position > ? AND position <= ? ORDER BY position"
            async with self._connection.execute(statement, (after, after + limit)) as cursor:
                return [record for (record,) in await cursor.fetchall()]

        records = await self._run(read)
        expected = max(0, min(limit, self._head - after))
        return records if len(records) == expected else records[: await self._run(partial(self._gap, after, records))]

    async def _gap(self, after: int, records: list[bytes]) -> int:
        rows = await self._rows(
            "SELECT position FROM events WHERE position > ? ORDER BY position LIMIT ?", (after, len(records))
        )
        matching = (index for index, (position,) in enumerate(rows) if position != after + index + 1)
        return next(matching, len(rows))

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """The stored digests at ends of segments, and the one at the head."""
        statement = "SELECT position, digest FROM seals WHERE position > ? AND position <= ?"
        seals = dict(await self._run(partial(self._rows, statement, (after, last))))
        return seals | ({self._head: self._digest} if after < self._head <= last else {})

    async def first_changed(self, after: int, last: int) -> int | None:
        """The first position in the range whose record does not have its checksum."""
        statement = (
            "SELECT position, record, checksum FROM events WHERE position > ? AND position <= ? ORDER BY position"
        )
        rows = await self._run(partial(self._rows, statement, (after, last)))
        return next((position for position, record, checksum in rows if crc32(record) != checksum), None)

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


def _create(path: Path) -> None:
    """Make an empty log under another name and give it its own when it is whole, so that no half-made log is seen."""
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
        raise LogError(f"{path}: cannot be created: {error}") from error


def _inspect(path: Path) -> None:
    """Look at the file's first bytes without letting SQLite touch a file that is not ours."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from error
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise LogError(f"{path}: not a log of orgsim: no SQLite file")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise LogError(f"{path}: not a log of orgsim: an SQLite file of another application")
    found = int.from_bytes(header[60:64], "big")
    if found != FORMAT:
        raise LogError(f"{path}: the log has format {found}; this version of orgsim reads format {FORMAT}")
