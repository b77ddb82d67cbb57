"""The reference for durable writes: inserts the same records as rows with ``sqlite3.executemany``.

The pragmas and the number of records in a transaction are those of the log that is measured; the rows stand ready in
memory. Nothing is decided, evolved, encoded or hashed.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from zlib import adler32

from measure import timing

from orgsim.engine.log import EventLog
from orgsim.engine.log.sqlite import SqliteLog

TABLE = "CREATE TABLE events (position INTEGER PRIMARY KEY, record BLOB NOT NULL, checksum INTEGER NOT NULL)"
PRAGMAS = ("page_size", "journal_mode", "synchronous", "wal_autocheckpoint", "cache_size")


async def pragmas_of(log: EventLog) -> dict[str, str | int]:
    """The pragmas that a log has set for its connection."""
    assert isinstance(log, SqliteLog)
    connection = log._connection
    found: dict[str, str | int] = {}
    for name in PRAGMAS:
        async with connection.execute(f"PRAGMA {name}") as cursor:
            row = await cursor.fetchone()
            assert row is not None
            found[name] = row[0]
    return found


def insert_rows(path: Path, pragmas: dict[str, str | int], records: Sequence[bytes], batch: int) -> float:
    """Insert records into a new file, ``batch`` in each transaction, and return the seconds that it took."""
    rows = [(position, record, adler32(record)) for position, record in enumerate(records, 1)]
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {pragmas['page_size']}")
        connection.execute(TABLE)
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}")
        with timing() as watch:
            for start in range(0, len(rows), batch):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows[start : start + batch])
                connection.execute("COMMIT")
        (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
        assert count == len(rows)
    finally:
        connection.close()
    return watch.seconds
