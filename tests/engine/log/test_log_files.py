"""The files of a log: what is missing, left over, replaced or damaged among them is noticed, and nothing is written to
what is not the log that was opened."""

import errno
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import pytest
from support.campaign import examples
from support.event_log_contract import records_up_to
from support.log_files import verified

from orgsim.api import Simulation
from orgsim.api.cli.snapshot import take_snapshot
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.log import SEGMENT, LogDamaged, LogError, LogInUse, sqlite, verified_envelopes
from orgsim.engine.log.head_note import SIZE, read_note
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.log.sqlite_file import FilesInPlace
from orgsim.engine.log.unfinished import Unfinished
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside
from orgsim.engine.runtime.engine import EngineStopped

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

T = TypeVar("T")

EVENTS = 34

KILLED = f"""
import anyio, os, signal, sys
from orgsim.api import Simulation

async def main():
    async with Simulation(sys.argv[1]) as sim:
        for number in range({EVENTS - 1}):
            await sim.describe_account(f"{{number:012}}", name=f"number {{number}}")
        os.kill(os.getpid(), signal.SIGKILL)

anyio.run(main)
"""

SECOND_WRITER = """
import anyio, sys
from orgsim.engine.log.sqlite import SqliteLog

async def main():
    await (await SqliteLog.open(sys.argv[1])).close()

anyio.run(main)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a world whose server was killed: every event but the first stands in the write-ahead log alone."""
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-c", KILLED, folder / "world.db"], check=False)
    assert names_in(folder) == ["world.db", "world.db-head", "world.db-shm", "world.db-wal"]
    return folder


@pytest.fixture
def left(killed: Path, tmp_path: Path) -> Path:
    """A copy of the killed server's log, with what lies beside it."""
    for file in killed.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / "world.db"


def names_in(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(file.name for file in folder.iterdir())


def beside(log: Path, ending: str) -> Path:
    """A file of the log."""
    return log.with_name(f"{log.name}-{ending}")


def cut(path: Path, length: int) -> None:
    """Cut a file off."""
    os.truncate(path, length)


def flip(path: Path, bit: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


async def in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Do something to files without blocking the event loop."""
    return await anyio.to_thread.run_sync(function, *arguments)


# What a killed server leaves.


async def test_killed_server_s_log_is_whole(left: Path) -> None:
    """Killed in the middle of anything, a log has all that was acknowledged; closed again, it is one file."""
    assert await verified(left) == EVENTS
    async with Simulation(left) as sim:
        assert sim.engine.durable == EVENTS
    assert names_in(left.parent) == ["world.db"]
    assert await verified(left) == EVENTS


async def test_log_is_read_after_a_checkpoint_was_cut_off(left: Path) -> None:
    """A first page that tells of more pages than the file has, as an unfinished checkpoint leaves it, is no damage."""

    def copy_first_page() -> None:
        content = beside(left, "wal").read_bytes()
        page_size = int.from_bytes(content[8:12], "big")
        first = [
            content[start + 24 : start + 24 + page_size]
            for start in range(32, len(content), 24 + page_size)
            if content[start : start + 4] == (1).to_bytes(4, "big")
        ]
        # The number of pages as the last transaction has it.
        pages = int.from_bytes(content[-page_size - 20 : -page_size - 16], "big")
        page = bytearray(first[-1] if first else left.read_bytes()[:page_size])
        page[28:32] = (pages + 5).to_bytes(4, "big")
        with left.open("r+b") as file:
            file.write(page)

    await in_thread(copy_first_page)
    assert await verified(left) == EVENTS
    async with Simulation(left) as sim:
        assert sim.engine.durable == EVENTS


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda wal: flip(wal, 8 * 150_000), r"-wal is damaged in frame \d+"),
        (lambda wal: flip(wal, 8 * (32 + 24)), r"-wal is damaged in frame 1"),
        (lambda wal: flip(wal, 8 * 20), "ends at position 1, but .*-head tells that 34 events"),
        (lambda wal: flip(wal, 8 * (wal.stat().st_size - 1)), "ends at position 33, but .*-head tells that 34 events"),
        (lambda wal: cut(wal, 100_000), r"ends at position \d+, but .*-head tells that 34 events"),
        (lambda wal: cut(wal, 0), "ends at position 1, but .*-head tells that 34 events"),
        (Path.unlink, "ends at position 1, but .*-head tells that 34 events"),
    ],
    ids=["flip in the middle", "flip in the first", "flip in the header", "flip at the end", "cut", "empty", "deleted"],
)
async def test_damaged_write_ahead_log_is_noticed(
    left: Path, damage: Callable[[Path], None], complaint: str, writes: bool
) -> None:
    """Events that were acknowledged and cannot be read any more are damage, for readers and for the next server."""
    await in_thread(damage, beside(left, "wal"))
    before = await anyio.Path(left).read_bytes()
    with pytest.raises(LogDamaged, match=complaint):
        if writes:
            async with Simulation(left):
                pass
        else:
            await verified(left)
    assert await anyio.Path(left).read_bytes() == before


async def test_frames_of_an_unfinished_transaction_are_no_damage(left: Path) -> None:
    """A torn last transaction that nobody had been told of ends the log; what was acknowledged before it is there."""
    # The note of the last event is taken back: the process was killed before it was acknowledged.
    await in_thread(beside(left, "head").unlink)
    await in_thread(cut, beside(left, "wal"), beside(left, "wal").stat().st_size - 2_000)
    assert await verified(left) == EVENTS - 1
    async with Simulation(left) as sim:
        assert sim.engine.durable == EVENTS - 1


@pytest.mark.parametrize("slot", [0, SIZE // 2])
async def test_torn_note_is_no_damage(left: Path, slot: int) -> None:
    """A note that was being written when the process was killed leaves the one before; none at all proves nothing."""
    await in_thread(flip, beside(left, "head"), 8 * slot)
    noted = await in_thread(read_note, str(left))
    assert noted is not None
    assert noted[0] >= EVENTS - 1
    assert await verified(left) == EVENTS
    await in_thread(cut, beside(left, "head"), 3)
    assert await in_thread(read_note, str(left)) is None
    async with Simulation(left) as sim:
        await sim.advance(days=1)
        assert await in_thread(read_note, str(left)) == (EVENTS + 1, sim.engine.log.digest)


async def test_note_of_another_log_is_noticed(left: Path, tmp_path: Path) -> None:
    """A log that goes as far as the note, but is not the one that was noted, is not written on."""
    other = tmp_path / "other.db"
    async with Simulation(other, seed=1) as sim:
        for number in range(EVENTS + 10):
            await sim.describe_account(f"{number:012}", name="other")
    for ending in ("wal", "shm"):
        await in_thread(beside(left, ending).unlink)
    await in_thread(other.replace, left)
    with pytest.raises(LogDamaged, match=r"position 34: the log does not have the digest there that .*-head tells"):
        await Simulation(left).__aenter__()


async def test_file_without_events_is_no_new_world(left: Path) -> None:
    """In a file that was there and holds no events no world is begun, whatever became of them."""

    def empty() -> None:
        for ending in ("wal", "shm", "head"):
            beside(left, ending).unlink()
        with closing(sqlite3.connect(left, isolation_level=None)) as connection:
            connection.execute("DELETE FROM parts")
            connection.execute("DELETE FROM head")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    await in_thread(empty)
    for opening in (verified(left), Simulation(left).__aenter__()):
        with pytest.raises(LogDamaged, match=r"holds no events.*delete it"):
            await opening


# Left-overs beside a new log.


async def test_write_ahead_log_of_a_log_that_is_gone(left: Path) -> None:
    """With the log deleted and its write-ahead log left, no new world is begun, and none comes back; both are named."""
    await in_thread(left.unlink)
    before = beside(left, "wal").read_bytes()
    with pytest.raises(LogError, match=rf"{left}: .*{beside(left, 'wal')} is left of a log that is gone"):
        await Simulation(left).__aenter__()
    assert beside(left, "wal").read_bytes() == before
    assert not await anyio.Path(left).exists()
    await in_thread(beside(left, "wal").unlink)
    async with Simulation(left) as sim:
        assert sim.engine.durable == 1
    assert names_in(left.parent) == ["world.db"]


async def test_what_a_killed_process_had_not_finished_is_removed(tmp_path: Path) -> None:
    """An unfinished file of a process that is gone goes away with the next; one that is being written stays."""
    path = tmp_path / "w[1]*.db"
    await in_thread((tmp_path / "w[1]*.db-unfinished-0123456789abcdef").write_bytes, b"half a log")
    slower = await SqliteLog.create(path)
    (unfinished,) = names_in(tmp_path)
    async with Simulation(path):
        assert unfinished in names_in(tmp_path)
    await slower.close()
    assert names_in(tmp_path) == [path.name]


async def test_second_name_of_a_log_that_was_being_made(tmp_path: Path) -> None:
    """Killed between getting its name and losing the unfinished one, a log loses that when it is opened again."""
    path = tmp_path / "world.db"
    async with Simulation(path):
        pass
    await in_thread((tmp_path / "world.db-unfinished-0123456789abcdef").hardlink_to, path)
    async with Simulation(path) as sim:
        assert "world.db-unfinished-0123456789abcdef" not in names_in(tmp_path)
        await sim.advance(days=1)
    assert names_in(tmp_path) == ["world.db"]
    assert await verified(path) == 2


async def test_files_of_others_stay(tmp_path: Path) -> None:
    """Opening a log removes nothing that is not an unfinished file of its own, nor what lies beside another's log."""
    path, other = tmp_path / "world.db", tmp_path / "world.db-unfinished-log"
    alive = f"world.db-unfinished-{'ab' * 8}"
    strangers = ["world.db-new-year.csv", "world.db-unfinished", "world.db-unfinished-0123", f"{alive}.txt"]
    for name in strangers:
        await in_thread((tmp_path / name).write_text, "not ours")
    writing = await in_thread(Unfinished, path)
    async with Simulation(other) as sim, Simulation(path):
        assert writing.path.name in names_in(tmp_path)
        await sim.advance(days=1)
        assert sim.engine.durable == 2
    await in_thread(writing.close)
    assert set(strangers) <= set(names_in(tmp_path))
    assert await verified(other) == 2


# Files that are taken away or replaced while the log is open.


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-head"])
@pytest.mark.parametrize("replaced", [False, True])
async def test_lost_file_stops_the_world(tmp_path: Path, ending: str, replaced: bool) -> None:
    """Nothing is acknowledged that would be written to a file that has no name any more; the error names it."""
    path = tmp_path / "world.db"
    lost = tmp_path / f"world.db{ending}"
    async with Simulation(path) as sim:
        await sim.describe_account("111111111111", name="before")
        await in_thread(lost.rename, tmp_path / "elsewhere")
        if replaced:
            await in_thread(shutil.copy, tmp_path / "elsewhere", lost)
        with pytest.raises(EngineStopped, match=f"{lost} was taken away or replaced while the log was open"):
            await sim.describe_account("222222222222", name="after")
        assert sim.engine.durable == 2
    if ending in ("-wal", "-shm") and not replaced:
        # What had been acknowledged was still brought home on closing.
        assert await verified(path) == 2


async def test_files_are_looked_at_once_a_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Appending thousands of records in many rows asks once, not for each row, whether the files are in place."""
    asked, require = list[int](), FilesInPlace.require

    def counting(files: FilesInPlace, position: int) -> int:
        asked.append(position)
        return require(files, position)

    monkeypatch.setattr(FilesInPlace, "require", counting)
    records = records_up_to(5_001)
    log = await SqliteLog.create(tmp_path / "world.db")
    await log.append(0, records[:1])
    await log.append(1, records[1:2])
    await log.append(2, records[2:])
    assert (asked, log.head) == ([2, SEGMENT], 5_001)
    assert await log.query("SELECT count(*) FROM parts") == [(22,)]
    await log.close()


async def test_a_lost_file_is_told_once(tmp_path: Path) -> None:
    """After a file was lost and put back, another error of SQLite is told as what it is."""
    path = tmp_path / "world.db"
    log = await SqliteLog.create(path)
    await log.append(0, records_up_to(1))
    await in_thread(path.rename, tmp_path / "elsewhere")
    with pytest.raises(LogError, match="was taken away or replaced"):
        await log.append(1, records_up_to(2, after=1))
    await in_thread((tmp_path / "elsewhere").rename, path)
    with pytest.raises(LogError, match="no such table"):
        await log.query("SELECT * FROM nowhere")
    await log.close()


async def test_lock_cannot_be_deleted(tmp_path: Path) -> None:
    """Whatever is deleted beside a log that is open for writing, a second writer is refused, here and elsewhere."""
    path = tmp_path / "world.db"
    async with Simulation(path) as sim:
        await sim.describe_account("111111111111", name="before")
        for ending in ("wal", "shm", "head"):
            await in_thread(beside(path, ending).unlink)
        with pytest.raises(LogInUse):
            await SqliteLog.open(path)
        second = await anyio.run_process([sys.executable, "-c", SECOND_WRITER, str(path)], check=False)
        assert "LogInUse" in second.stderr.decode()


async def test_file_that_is_read_plainly_keeps_its_lock(tmp_path: Path) -> None:
    """To copy the log within the process that writes it does not let a second writer in."""
    path = tmp_path / "world.db"
    async with Simulation(path):
        await in_thread(shutil.copy, path, tmp_path / "copy.db")
        second = await anyio.run_process([sys.executable, "-c", SECOND_WRITER, str(path)], check=False)
        assert "LogInUse" in second.stderr.decode()


async def test_row_that_does_not_follow_the_head_is_refused(tmp_path: Path) -> None:
    """A second writer that got past the lock cannot append to what it has not seen; the log stays whole."""
    path = tmp_path / "world.db"
    async with Simulation(path) as sim:

        def append_behind_its_back() -> None:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                row = connection.execute("SELECT records, lengths, checksums, digest FROM parts").fetchone()
                connection.execute("INSERT INTO parts VALUES (2, ?, ?, ?, ?)", row)
                with pytest.raises(sqlite3.IntegrityError, match="does not follow the head"):
                    connection.execute("INSERT INTO parts VALUES (2, ?, ?, ?, ?)", row)

        await in_thread(append_behind_its_back)
        with pytest.raises(EngineStopped, match="somebody else has written to it"):
            await sim.advance(days=1)


async def test_older_log_gets_its_trigger_when_it_is_written(tmp_path: Path) -> None:
    """A log of a version that had no such trigger is whole without it, and has it once it was opened for writing."""
    path = tmp_path / "world.db"
    async with Simulation(path):
        pass

    def drop() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER follow_head")

    def triggers() -> list[str]:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]

    await in_thread(drop)
    assert await verified(path) == 1
    async with Simulation(path):
        pass
    assert "follow_head" in await anyio.to_thread.run_sync(triggers)
    assert await verified(path) == 1


# What can be told before anything is opened.


async def test_links_in_a_circle(tmp_path: Path) -> None:
    """Links that lead to each other are one clear error for whoever opens them."""
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    one.symlink_to(other)
    other.symlink_to(one)
    for opening in (verified(one), SqliteLog.open(one), Simulation(one).__aenter__()):
        with pytest.raises(LogError, match=rf"{one}: cannot be read: Too many levels of symbolic links"):
            await opening
    with pytest.raises(LogError, match="exists already"):
        await SqliteLog.create(one)


WITHOUT_PERMISSION = """
import anyio, os, sys
from orgsim.api import Simulation
from orgsim.engine.log import LogError
from orgsim.engine.log.sqlite import SqliteLog

async def try_to_open(opening):
    try:
        await opening
        print("opened")
    except LogError as error:
        print(error)

async def main():
    for name in ("new.db", "world.db"):
        await try_to_open(Simulation(os.path.join(sys.argv[1], name)).__aenter__())

if os.getuid() == 0:
    os.setuid(65534)
anyio.run(main)
"""


async def test_directory_without_permission() -> None:
    """Where no files may be made, the error says so and names the directory."""
    with tempfile.TemporaryDirectory() as folder:
        async with Simulation(Path(folder, "world.db")):
            pass
        await in_thread(Path(folder, "world.db").chmod, 0o666)
        await in_thread(Path(folder).chmod, 0o555)
        told = await anyio.run_process([sys.executable, "-c", WITHOUT_PERMISSION, folder])
        await in_thread(Path(folder).chmod, 0o700)
    new, existing = told.stdout.decode().splitlines()
    assert new == f"{folder}/new.db: cannot be created: no permission to make files in {folder}"
    assert existing == f"{folder}/world.db: no permission to make files in {folder}, where an open log has more files"


# Every bit.

FLIPS = examples(30)


async def flipped(source: Path, name: str, flips: int, workspace: Path) -> list[int]:
    """Flip one bit of a file, so many times, and read the log; returns the bits after which all was as before."""
    harmless: list[int] = []
    draw = random.Random(name)
    whole = await events_in(source / "world.db")
    for _ in range(flips):
        await in_thread(shutil.copytree, source, workspace)
        bit = draw.randrange(8 * (workspace / name).stat().st_size)
        await in_thread(flip, workspace / name, bit)
        with suppress(LogError):
            assert await events_in(workspace / "world.db") == whole, f"bit {bit} of {name} was served"
            harmless.append(bit)
        await in_thread(shutil.rmtree, workspace)
    return harmless


async def events_in(path: Path) -> list[object]:
    """All events, with all that ``verify`` looks at."""
    reader = await SqliteLog.open_for_reading(path)
    try:
        events = [event async for batch in verified_envelopes(reader) for event in batch]
        await reader.check()
    finally:
        await reader.close()
    return list(events)


async def test_every_flipped_bit_of_a_write_ahead_log_is_found(killed: Path, tmp_path: Path) -> None:
    """All events but one stand in the write-ahead log: no bit of it is harmless."""
    assert await flipped(killed, "world.db-wal", FLIPS, tmp_path / "copy") == []


async def test_flipped_bit_of_a_log_is_harmless_or_found(tmp_path: Path) -> None:
    """A bit that is changed in a closed log is found, or lies where SQLite keeps nothing of ours."""
    source = tmp_path / "source"
    await in_thread(source.mkdir)
    log = await SqliteLog.create(source / "world.db", "off")
    await log.append(0, records_up_to(700))
    await log.close()
    harmless = await flipped(source, "world.db", FLIPS, tmp_path / "copy")
    content = (source / "world.db").read_bytes()
    unused = [bit for bit in harmless if bit >= 8 * 100]
    assert all(content[bit // 8] == 0 for bit in unused), "free space is zeros"


async def damage_in_events(sim: Simulation, whole: list[Envelope]) -> LogDamaged | None:
    """Read all events, which must be what they were as far as they come; returns the damage that ends them."""
    read: list[Envelope] = []
    try:
        async for event in sim.events():
            read.append(event)
    except LogDamaged as damage:
        assert read == whole[: len(read)], "what came before the damage was served wrong"
        return damage
    assert read == whole
    return None


async def test_flipped_bit_behind_a_snapshot_is_not_served(tmp_path: Path) -> None:
    """A record that no replay has looked at is looked at when it is read, and nothing is written behind damage."""
    source, copy = tmp_path / "source.db", tmp_path / "world.db"
    async with Simulation(source, durability="off") as sim:
        for number in range(700):
            sim.engine.post(describe_account_outside.Request(f"{number:012}", name=f"number {number}"), SIMULATION)
    await take_snapshot(source)
    async with Simulation(source) as sim:
        whole = [event async for event in sim.events()]
    bits = 8 * (await anyio.Path(source).stat()).st_size
    draw, found = random.Random(1), 0
    for _ in range(FLIPS):
        await in_thread(shutil.copy, source, copy)
        await in_thread(shutil.copy, beside(source, "snapshot"), beside(copy, "snapshot"))
        await in_thread(flip, copy, draw.randrange(bits))
        with suppress(LogError):
            async with Simulation(copy) as sim:
                damage = await damage_in_events(sim, whole)
                if damage:
                    assert 0 < damage.position <= len(whole)
                    found += 1
                    with pytest.raises(EngineStopped, match="damaged at position"):
                        await sim.advance(days=1)
    assert found > FLIPS // 4


@pytest.mark.parametrize("refusal", [errno.EACCES, errno.EPERM, errno.EROFS])
async def test_reader_who_may_not_write_does_not_keep_writers_out(
    refusal: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that may only be read, or lies where nothing can be written, is read, and keeps out no later writer."""
    path = tmp_path / "world.db"
    async with Simulation(path):
        pass
    really_open = os.open

    def refuse_writing(name: str, flags: int, *rest: int) -> int:
        if str(name) == str(path) and flags & os.O_RDWR:
            raise OSError(refusal, os.strerror(refusal), name)
        return really_open(name, flags, *rest)

    monkeypatch.setattr(os, "open", refuse_writing)
    reader = await SqliteLog.open_for_reading(path)
    with pytest.raises(LogError, match=f"cannot be locked for writing: {os.strerror(refusal)}"):
        await SqliteLog.open(path)
    monkeypatch.undo()
    async with Simulation(path) as sim:
        assert sim.engine.durable == 1
        with pytest.raises(LogInUse):
            await SqliteLog.open(path)
    await reader.close()


FORKED = """
import errno, os, sys
from orgsim.engine.log.file_lock import FileUse

use = FileUse(sys.argv[1])
assert use.lock()
child = os.fork()
if not child:
    use.close()
    try:
        FileUse(sys.argv[1])
    except OSError as error:
        os._exit(0 if error.errno == errno.EBUSY else 1)
    os._exit(2)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), FileUse(sys.argv[1]).lock())
use.close()
print(FileUse(sys.argv[1]).lock())
"""


async def test_lock_stays_with_the_parent(tmp_path: Path) -> None:
    """A forked child that closes what it inherited takes no lock away, and is refused the file that was open."""
    path = tmp_path / "world.db"
    async with Simulation(path):
        pass
    told = await anyio.run_process([sys.executable, "-c", FORKED, str(path)])
    assert told.stdout.split() == [b"0", b"False", b"True"]


async def test_note_that_is_cut_off_stops_nothing(tmp_path: Path) -> None:
    """A note that somebody cuts off while the log is open is written again; the process goes on."""
    path = tmp_path / "world.db"
    async with Simulation(path) as sim:
        await in_thread(cut, beside(path, "head"), 0)
        for number in range(3):
            await sim.describe_account(f"{number:012}", name="Somebody")
        assert (await anyio.to_thread.run_sync(read_note, str(path)))[0] == sim.engine.durable
    assert await verified(path) == 4


async def test_reader_that_outlives_the_writer(tmp_path: Path) -> None:
    """A log whose writer has closed it stands whole in its main file, although a reader still has it open."""
    path = tmp_path / "world.db"
    async with Simulation(path) as sim:
        reader = await SqliteLog.open_for_reading(path)
        await sim.describe_account("000000000001", name="Somebody")
        head = sim.engine.durable
    try:
        copy = tmp_path / "copy.db"
        await in_thread(shutil.copy, path, copy)
        assert await verified(copy) == head == 2
    finally:
        await reader.close()


async def test_working_directory_that_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is made where its name led when it was begun, whatever the working directory is at its first event."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    log = await SqliteLog.create("world.db")
    monkeypatch.chdir(tmp_path / "elsewhere")
    try:
        await log.append(0, records_up_to(3))
    finally:
        await log.close()
    assert names_in(tmp_path) == ["elsewhere", "world.db"]


async def test_name_that_is_no_text(tmp_path: Path) -> None:
    """A log may have any name that the file system takes, one that is not UTF-8 too."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/world-\xff.db"))
    async with Simulation(path) as sim:
        await sim.describe_account("000000000001", name="Somebody")
    async with Simulation(path) as sim:
        assert sim.engine.durable == 2


@pytest.mark.parametrize("step", ["real_path", "remove_left", "require_same_file"])
async def test_folder_taken_away_while_a_log_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A folder that is taken away while a log in it is opened is an error that names the log, not one of the system."""
    path = tmp_path / "gone" / "w.db"
    path.parent.mkdir()
    async with Simulation(path):
        pass
    done = getattr(sqlite, step)

    def without_folder(*arguments: Any) -> Any:
        shutil.rmtree(path.parent, ignore_errors=True)
        return done(*arguments)

    monkeypatch.setattr(sqlite, step, without_folder)
    with pytest.raises(LogError, match=re.escape(str(path))):
        await SqliteLog.open(path)
