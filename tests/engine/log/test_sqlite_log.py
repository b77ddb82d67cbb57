"""The log in an SQLite file: the contract of all logs, files that are no logs, damage, the one writer, a full disk."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from support.event_log_contract import EventLogContract, envelope_at, records_up_to, reference_digest
from support.patience import PATIENCE

from orgsim.api import Simulation
from orgsim.engine.log import EventLog, LogDamaged, LogError, LogInUse, verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside
from orgsim.engine.runtime.engine import EngineStopped

pytestmark = pytest.mark.slow

Opener = Callable[[Path], Awaitable[SqliteLog]]

OPENERS: list[Opener] = [SqliteLog.open, SqliteLog.open_for_reading]

WRITER = """
import anyio, sys
from orgsim.engine.log.sqlite import SqliteLog

async def main():
    log = await SqliteLog.open(sys.argv[1])
    print(log.head, flush=True)
    await anyio.sleep_forever()

anyio.run(main, backend=sys.argv[2])
"""

READER = """
import anyio, sys
from orgsim.engine.log import verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog

async def main():
    log = await SqliteLog.open_for_reading(sys.argv[1])
    print(sum([len(batch) async for batch in verified_envelopes(log)]))
    await log.close()

anyio.run(main, backend=sys.argv[2])
"""


@asynccontextmanager
async def closed_after(log: SqliteLog) -> AsyncIterator[SqliteLog]:
    """Close the log in the end."""
    try:
        yield log
    finally:
        await log.close()


class TestSqliteLog(EventLogContract):
    """The contract of all logs."""

    @asynccontextmanager
    async def fresh_log(self, path: Path) -> AsyncIterator[EventLog]:
        """A new log in a file."""
        async with closed_after(await SqliteLog.create(path, "off")) as log:
            yield log


async def make_log(path: Path, last: int) -> None:
    """A closed log with so many records in a file."""
    async with closed_after(await SqliteLog.create(path, "off")) as log:
        await log.append(0, records_up_to(last))


async def verify(path: Path) -> int:
    """Read the whole log as a reader does; returns how many events it has."""
    async with closed_after(await SqliteLog.open_for_reading(path)) as log:
        return sum([len(batch) async for batch in verified_envelopes(log)])


def execute(path: Path, *statements: str) -> list[tuple[Any, ...]]:
    """Do something to the file behind the log's back; returns the rows of the last statement."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # Damage that a trigger of the log's own would refuse comes from elsewhere.
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        rows = [connection.execute(statement).fetchall() for statement in statements]
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'head'").fetchall():
            for _, sql in triggers:
                connection.execute(sql)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return rows[-1]


def listing(folder: Path) -> dict[str, bytes]:
    """Every file and what is in it."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# Files that are no logs.


def no_file(path: Path) -> None:
    """Nothing there."""


def other_application(path: Path) -> None:
    """An SQLite file, but not one of ours."""
    execute(path, "CREATE TABLE events (position, record, checksum)", "PRAGMA application_id = 1")


def newer_format(path: Path) -> None:
    """A log of a version to come."""
    anyio.run(make_log, path, 3)
    execute(path, "PRAGMA user_version = 99")


NOT_LOGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (no_file, "No such file"),
    "a directory": (Path.mkdir, "directory"),
    "empty": (Path.touch, "no SQLite file"),
    "text": (lambda path: path.write_text("position,record\n" * 100), "no SQLite file"),
    "a torn header": (lambda path: path.write_bytes(b"SQLite format 3\0"), "no SQLite file"),
    "of another application": (other_application, "another application"),
    "of an unmarked application": (lambda path: execute(path, "CREATE TABLE t (x)"), "another application"),
    "of a newer format": (newer_format, "99"),
}


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("kind", NOT_LOGS)
async def test_what_is_no_log_is_refused_and_left_alone(kind: str, opener: Opener, tmp_path: Path) -> None:
    """The refusal names the file and what is wrong with it; no byte of it changes, and no file comes to be."""
    make, complaint = NOT_LOGS[kind]
    path = tmp_path / "world.db"
    await anyio.to_thread.run_sync(make, path)
    before = listing(tmp_path)
    with pytest.raises(LogError, match=complaint) as refusal:
        await opener(path)
    assert str(path) in str(refusal.value)
    assert listing(tmp_path) == before


@pytest.mark.parametrize("kind", [kind for kind in NOT_LOGS if kind != "missing"])
async def test_create_does_not_overwrite(kind: str, tmp_path: Path) -> None:
    """Where a file lies no log is created, whatever the file is."""
    path = tmp_path / "world.db"
    await anyio.to_thread.run_sync(NOT_LOGS[kind][0], path)
    before = listing(tmp_path)
    with pytest.raises(LogError, match="exists") as refusal:
        await SqliteLog.create(path)
    assert str(path) in str(refusal.value)
    assert listing(tmp_path) == before


async def test_create_does_not_overwrite_a_log_that_has_just_come_to_be(tmp_path: Path) -> None:
    """Of two that create one log, the one that writes later is refused, and nothing of it is left."""
    path = tmp_path / "world.db"
    async with closed_after(await SqliteLog.create(path)) as slower:
        await make_log(path, 3)
        with pytest.raises(LogError, match="exists"):
            await slower.append(0, records_up_to(5))
    assert await verify(path) == 3
    assert list(await anyio.to_thread.run_sync(listing, tmp_path)) == ["world.db"]


async def test_log_without_records_has_no_file(tmp_path: Path) -> None:
    """A log appears under its name with its first records in it; closed before that, it leaves nothing behind."""
    path = tmp_path / "world.db"
    async with closed_after(await SqliteLog.create(path)) as log:
        await log.append(0, [])
        assert not await anyio.Path(path).exists()
    assert await anyio.to_thread.run_sync(listing, tmp_path) == {}


async def test_create_where_nothing_can_be_created(tmp_path: Path) -> None:
    """A folder that does not exist is a LogError that names the file."""
    path = tmp_path / "missing" / "world.db"
    with pytest.raises(LogError) as refusal:
        await SqliteLog.create(path)
    assert str(path) in str(refusal.value)


async def test_file_names_may_hold_any_character(tmp_path: Path) -> None:
    """Characters that mean something in an URI do not in the name of a log."""
    path = tmp_path / "a world?mode=memory&x=%41#ü.db"
    await make_log(path, 3)
    assert path.exists()
    assert await verify(path) == 3


# Reopening and reading.


@pytest.mark.parametrize("last", [1, 255, 256, 257, 512, 5000])
async def test_reopened_log_continues_the_chain(last: int, tmp_path: Path) -> None:
    """Closed and opened between two appends, a log has the same records, seals and digest."""
    path = tmp_path / "world.db"
    await make_log(path, last)
    async with closed_after(await SqliteLog.open(path)) as log:
        assert (log.head, log.digest) == (last, reference_digest(records_up_to(last)))
        await log.append(last, records_up_to(last + 300, after=last))
        assert log.digest == reference_digest(records_up_to(last + 300))
        assert await log.read(0, 10_000) == records_up_to(last + 300)
    assert await verify(path) == last + 300


async def test_reading_changes_nothing(tmp_path: Path) -> None:
    """A log that is opened only for reading stays as it is, byte for byte."""
    path = tmp_path / "world.db"
    await make_log(path, 300)
    before = path.read_bytes()
    assert await verify(path) == 300
    assert path.read_bytes() == before


async def test_readers_are_welcome_while_a_writer_writes(tmp_path: Path) -> None:
    """A reader sees what was durable when it came, a later reader sees more, and the writer goes on."""
    path = tmp_path / "world.db"
    async with closed_after(await SqliteLog.create(path)) as writer:
        await writer.append(0, records_up_to(10))
        async with closed_after(await SqliteLog.open_for_reading(path)) as reader:
            await writer.append(10, records_up_to(20, after=10))
            assert (reader.head, reader.digest) == (10, reference_digest(records_up_to(10)))
            assert await reader.read(0, 10) == records_up_to(10)
            assert sum([len(batch) async for batch in verified_envelopes(reader)]) == 10
        assert await verify(path) == 20
        await writer.append(20, records_up_to(30, after=20))
    assert await verify(path) == 30


async def test_reader_cannot_write(tmp_path: Path) -> None:
    """An append to a log that was opened for reading is a LogError, and nothing was appended."""
    path = tmp_path / "world.db"
    await make_log(path, 10)
    async with closed_after(await SqliteLog.open_for_reading(path)) as log:
        with pytest.raises(LogError) as refusal:
            await log.append(10, records_up_to(20, after=10))
    assert str(path) in str(refusal.value)
    assert await verify(path) == 10


# Damage.


async def damage_of(path: Path, opener: Opener = SqliteLog.open_for_reading) -> LogError:
    """The error with which the log is opened, or read through, if that goes wrong."""
    with pytest.raises(LogError) as error:
        async with closed_after(await opener(path)) as log:
            assert [batch async for batch in verified_envelopes(log)]
    assert str(path) in str(error.value)
    return error.value


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("position", [1, 2, 255, 256, 257, 299, 300])
async def test_changed_byte_is_found_where_it_is(position: int, opener: Opener, tmp_path: Path) -> None:
    """One byte of one record changed in the file: the damage is at exactly that position."""
    path = tmp_path / "world.db"
    await make_log(path, 300)
    content = bytearray(path.read_bytes())
    record = records_up_to(position)[-1]
    assert content.count(record) == 1
    content[content.index(record) + len(record) // 2] ^= 1
    path.write_bytes(content)
    damage = await damage_of(path, opener)
    assert isinstance(damage, LogDamaged)
    assert damage.position == position
    assert f"position {position}" in str(damage)


DAMAGES: dict[str, tuple[list[str], int, int]] = {
    "first row deleted": (["DELETE FROM parts WHERE last = 256"], 1, 1),
    "last row deleted": (["DELETE FROM parts WHERE last = 300"], 257, 257),
    "all rows deleted": (["DELETE FROM parts"], 1, 1),
    "row repeated": (
        ["INSERT INTO parts SELECT 290, records, lengths, checksums, digest FROM parts WHERE last = 300"],
        247,
        291,
    ),
    "rows swapped": (
        [
            "UPDATE parts SET last = -1 WHERE last = 256",
            "UPDATE parts SET last = 256 WHERE last = 300",
            "UPDATE parts SET last = 300 WHERE last = -1",
        ],
        1,
        300,
    ),
    "row at another place": (["UPDATE parts SET last = 301 WHERE last = 300"], 257, 301),
    "seal changed": (["UPDATE parts SET digest = zeroblob(32) WHERE last = 256"], 1, 256),
    "digest of the head changed": (["UPDATE head SET digest = zeroblob(32)"], 257, 300),
    "head too far on": (["UPDATE head SET position = 310"], 301, 301),
    "head too far back": (["UPDATE head SET position = 290"], 257, 291),
    "record replaced": (
        ["UPDATE parts SET records = CAST(replace(records, x'CE', x'CF') AS BLOB) WHERE last = 256"],
        1,
        256,
    ),
    "nothing of a row": (["UPDATE parts SET records = '', lengths = '', checksums = '' WHERE last = 256"], 1, 1),
    "records lost": (["UPDATE parts SET records = x'' WHERE last = 256"], 1, 1),
    "records of another type": (["UPDATE parts SET records = 17 WHERE last = 300"], 257, 257),
    "end of the records lost": (["UPDATE parts SET records = substr(records, 1, 600) WHERE last = 256"], 2, 256),
    "first length lost": (["UPDATE parts SET lengths = substr(lengths, 5) WHERE last = 256"], 1, 1),
    "last length lost": (["UPDATE parts SET lengths = substr(lengths, 1, 4 * 43) WHERE last = 300"], 257, 300),
    "half a length lost": (["UPDATE parts SET lengths = substr(lengths, 1, 1022) WHERE last = 256"], 1, 256),
    "head missing": (["DELETE FROM head"], 1, 300),
}
"""What is done to a log of 300 records, and between which positions the damage must be said to be."""


@pytest.mark.parametrize("kind", DAMAGES)
async def test_damage_is_found_by_reading(kind: str, tmp_path: Path) -> None:
    """A log in which something was changed, lost or put elsewhere cannot be read through; the error says where."""
    statements, first, last = DAMAGES[kind]
    path = tmp_path / "world.db"
    await make_log(path, 300)
    execute(path, *statements)
    before = path.read_bytes()
    damage = await damage_of(path)
    assert isinstance(damage, LogDamaged)
    assert first <= damage.position <= last
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", DAMAGES)
async def test_damaged_world_is_not_continued(kind: str, tmp_path: Path) -> None:
    """A simulation on a damaged log does not start, and appends nothing."""
    path = tmp_path / "world.db"
    await make_log(path, 300)
    execute(path, *DAMAGES[kind][0])
    before = execute(path, "SELECT * FROM parts ORDER BY last")
    with pytest.raises(LogError) as damage:
        async with Simulation(path):
            pass
    assert str(path) in str(damage.value)
    assert execute(path, "SELECT * FROM parts ORDER BY last") == before


async def test_truncated_file_is_found(tmp_path: Path) -> None:
    """Whatever a file was cut down to, it cannot be opened and read through, and the error names it."""
    path = tmp_path / "world.db"
    await make_log(path, 1_000)
    whole = path.read_bytes()
    pages = range(4096, len(whole), 4096)
    lengths = {length for page in pages for length in (page - 1, page, page + 1)} | {0, 1, 99, 100, 512}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        for opener in OPENERS:
            await damage_of(path, opener)


async def test_any_changed_byte_is_harmless_or_found(tmp_path: Path) -> None:
    """A byte changed anywhere in the file either leaves every event as it was or ends in a LogError."""
    path = tmp_path / "world.db"
    await make_log(path, 300)
    whole = path.read_bytes()
    expected = [envelope_at(position) for position in range(1, 301)]
    complaints: list[str] = []
    # A prime step walks through headers, cells and records alike.
    for offset in [*range(16, 100, 7), *range(100, len(whole), 211)]:
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x15]) + whole[offset + 1 :])
        try:
            async with closed_after(await SqliteLog.open_for_reading(path)) as log:
                assert [each async for batch in verified_envelopes(log) for each in batch] == expected, offset
        except LogError as error:
            complaints.append(str(error))
    assert len(complaints) > 20
    assert all(str(path) in complaint for complaint in complaints)


# One writer.


async def test_second_writer_in_the_process_is_refused(tmp_path: Path) -> None:
    """A log that is open for writing cannot be opened for writing again until it was closed."""
    path = tmp_path / "world.db"
    async with closed_after(await SqliteLog.create(path)) as log:
        await log.append(0, records_up_to(2))
        with pytest.raises(LogInUse) as refusal:
            await SqliteLog.open(path)
        assert str(path) in str(refusal.value)
        await log.append(2, records_up_to(3, after=2))
    async with closed_after(await SqliteLog.open(path)) as log:
        assert log.head == 3


async def test_second_name_of_a_log_in_use_is_refused(tmp_path: Path) -> None:
    """A link to a log that is open for writing leads to the same lock."""
    path, link = tmp_path / "world.db", tmp_path / "link.db"
    link.symlink_to(path)
    async with closed_after(await SqliteLog.create(path)) as log:
        await log.append(0, records_up_to(3))
        with pytest.raises(LogInUse):
            await (await SqliteLog.open(link)).close()


async def test_writer_in_another_process_is_refused(tmp_path: Path, anyio_backend: str) -> None:
    """Another process cannot open the log for writing, and its error names the file; reading it can."""
    path = tmp_path / "world.db"
    async with closed_after(await SqliteLog.create(path)) as log:
        await log.append(0, records_up_to(3))
        command = [sys.executable, "-c", WRITER, str(path), anyio_backend]
        refused = await anyio.run_process(command, check=False)
        assert refused.returncode == 1
        assert f"LogInUse: {path}" in refused.stderr.decode()
        welcome = await anyio.run_process([sys.executable, "-c", READER, str(path), anyio_backend])
        assert welcome.stdout.split() == [b"3"]
        await log.append(3, records_up_to(6, after=3))
    assert await verify(path) == 6


async def test_lock_is_released_when_the_writer_is_killed(tmp_path: Path, anyio_backend: str) -> None:
    """Nothing has to be tidied up after a writer that was killed: the next one opens the log at once."""
    path = tmp_path / "world.db"
    await make_log(path, 3)
    async with await anyio.open_process([sys.executable, "-c", WRITER, str(path), anyio_backend]) as writer:
        try:
            assert writer.stdout is not None
            assert await BufferedByteReceiveStream(writer.stdout).receive_until(b"\n", 100) == b"3"
            with pytest.raises(LogInUse):
                await SqliteLog.open(path)
        finally:
            writer.kill()
    async with closed_after(await SqliteLog.open(path)) as log:
        await log.append(3, records_up_to(6, after=3))
    assert await verify(path) == 6


async def test_reader_beside_the_writer_does_not_take_its_locks_away(tmp_path: Path) -> None:
    """What is appended after a reader in this process and a visitor from another came and went is in the log."""
    path = tmp_path / "world.db"
    visit = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM head'); c.close()"
    async with closed_after(await SqliteLog.create(path)) as log:
        await log.append(0, records_up_to(3))
        assert await verify(path) == 3
        await anyio.run_process([sys.executable, "-c", visit, str(path)])
        await log.append(3, records_up_to(6, after=3))
        # Were the writer's locks gone, the visitor would have taken the write-ahead log away under it.
        assert await verify(path) == 6
    assert await verify(path) == 6


# Durability, interruption, threads, a full disk.


@pytest.mark.parametrize(("durability", "synchronous"), [("full", 2), ("normal", 1), ("off", 0)])
async def test_durability_is_what_was_asked_for(durability: Any, synchronous: int, tmp_path: Path) -> None:
    """Each mode sets its SQLite pragma, on a new and on an old log, and keeps what was appended."""
    path = tmp_path / "world.db"
    for opener, last in ((SqliteLog.create, 10), (SqliteLog.open, 20)):
        async with closed_after(await opener(path, durability)) as log:
            await log.append(log.head, records_up_to(last - 5, after=log.head))
            rows = await log.query("PRAGMA synchronous")
            assert rows == [(synchronous,)]
            assert await log.query("PRAGMA journal_mode") == [("wal",)]
            await log.append(log.head, records_up_to(last, after=log.head))
    assert await verify(path) == 20


async def test_full_durability_is_the_default(tmp_path: Path) -> None:
    """Unless told otherwise, acknowledged means that it survives power loss."""
    path = tmp_path / "world.db"
    for opener in (SqliteLog.create, SqliteLog.open):
        async with closed_after(await opener(path)) as log:
            await log.append(log.head, records_up_to(log.head + 1, after=log.head))
            assert await log.query("PRAGMA synchronous") == [(2,)]


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20])
async def test_interrupted_append_is_there_or_not(turns: int, tmp_path: Path) -> None:
    """A task that is cancelled while its events are written leaves all of them or none, and the world goes on."""
    path = tmp_path / "world.db"
    async with Simulation(path) as sim:
        before = sim.engine.durable

        async def describe() -> None:
            for number in range(5_000):
                sim.engine.post(describe_account_outside.Request(f"{number:012}", name="described"), SIMULATION)
            await sim.engine.flush()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(describe)
            for _ in range(turns):
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        await sim.describe_account("999999999999", name="afterwards")
        assert sim.engine.durable in (before + 1, before + 5_001)
        last = sim.engine.durable
    assert await verify(path) == last


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_append_cancelled_past_its_shield(tmp_path: Path) -> None:
    """An append whose asyncio task is cancelled leaves all or nothing, and the log takes no other before it is opened
    again."""
    path = tmp_path / "world.db"
    log = await SqliteLog.create(path)
    try:
        await log.append(0, records_up_to(1))
        appending = asyncio.ensure_future(log.append(1, records_up_to(5_001, after=1)))
        await asyncio.sleep(0)
        appending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await appending
        with pytest.raises(LogError, match=r"cancelled while it was written; open the log again"):
            await log.append(1, records_up_to(2, after=1))
    finally:
        await log.close()
    log = await SqliteLog.open(path)
    try:
        assert log.head in (1, 5_001)
        await log.append(log.head, records_up_to(log.head + 1, after=log.head))
    finally:
        await log.close()


async def test_cancelled_world_closes_its_log(tmp_path: Path) -> None:
    """A world that is left by cancellation has written what was posted, and lets go of its log."""
    path = tmp_path / "world.db"
    with anyio.CancelScope() as scope:
        async with Simulation(path) as sim:
            for number in range(3_000):
                sim.engine.post(describe_account_outside.Request(f"{number:012}", name="described"), SIMULATION)
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    async with Simulation(path) as sim:
        assert sim.engine.durable == 3_001


def threads_of_logs() -> set[threading.Thread]:
    """The threads of connections and of portals; anyio keeps its own workers for the next use."""
    return {
        thread for thread in threading.enumerate() if "_connection_worker" in thread.name or "portal" in thread.name
    }


async def no_more_than(before: set[threading.Thread]) -> None:
    """Wait until the threads are gone that were told to end; fail if they stay."""
    for thread in threads_of_logs() - before:
        await anyio.to_thread.run_sync(thread.join, PATIENCE)
    assert threads_of_logs() <= before


async def test_threads_end_with_the_log(tmp_path: Path) -> None:
    """A log has threads while it is open, and none when it was closed."""
    before = threads_of_logs()
    async with closed_after(await SqliteLog.create(tmp_path / "world.db")) as log:
        await log.append(0, records_up_to(3))
        assert threads_of_logs() - before
        async with closed_after(await SqliteLog.open_for_reading(tmp_path / "world.db")):
            pass
    await no_more_than(before)


@pytest.mark.parametrize("opener", [*OPENERS, SqliteLog.create])
async def test_threads_end_when_opening_failed(opener: Opener, tmp_path: Path) -> None:
    """A log that could not be opened, whatever stood in the way, has left no threads behind."""
    before = threads_of_logs()
    with pytest.raises(LogError):
        await opener(tmp_path / "missing" / "world.db")
    path = tmp_path / "world.db"
    await make_log(path, 300)
    execute(path, "DROP TABLE head")
    with pytest.raises(LogError):
        await opener(path)
    await no_more_than(before)


async def fill_disk(log: EventLog) -> None:
    """From now on the file cannot grow."""
    assert isinstance(log, SqliteLog)
    pages = (await log.query("PRAGMA page_count"))[0][0]
    assert await log.query(f"PRAGMA max_page_count = {pages}") == [(pages,)]


async def test_full_disk_stops_the_world(tmp_path: Path) -> None:
    """What was acknowledged before the disk was full is there on reopening, and nothing after it."""
    path = tmp_path / "world.db"
    async with Simulation(path) as sim:
        await sim.describe_account("111111111111", name="before")
        acknowledged = sim.engine.durable
        await fill_disk(sim.engine.log)
        for number in range(5_000):
            sim.engine.post(describe_account_outside.Request(f"{number:012}", name="too much"), SIMULATION)
        with pytest.raises(EngineStopped, match="full") as stop:
            await sim.engine.flush()
        assert str(path) in str(stop.value)
        assert f"position {acknowledged}" in str(stop.value)
        with pytest.raises(EngineStopped, match="full"):
            await sim.describe_account("222222222222", name="after")
        with pytest.raises(EngineStopped, match="full"):
            await sim.client("111111111111").list_handshakes_for_account()
        assert sim.engine.durable == acknowledged
    assert await verify(path) == acknowledged
    async with Simulation(path) as sim:
        assert sim.engine.state.position == acknowledged
        await sim.describe_account("222222222222", name="after")
    assert await verify(path) == acknowledged + 1


async def test_log_goes_on_after_an_append_that_failed(tmp_path: Path) -> None:
    """An append for which there was no room has appended nothing, and with room again the chain goes on."""
    path = tmp_path / "world.db"
    async with closed_after(await SqliteLog.create(path)) as log:
        await log.append(0, records_up_to(300))
        await fill_disk(log)
        with pytest.raises(LogError, match="full"):
            await log.append(300, records_up_to(9_000, after=300))
        assert (log.head, log.digest) == (300, reference_digest(records_up_to(300)))
        assert await log.read(0, 10_000) == records_up_to(300)
        await log.query("PRAGMA max_page_count = 1000000")
        await log.append(300, records_up_to(600, after=300))
        assert log.digest == reference_digest(records_up_to(600))
    assert await verify(path) == 600
