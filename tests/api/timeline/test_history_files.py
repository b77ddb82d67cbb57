"""The file of a history: made, continued, made anew, and what is said of one that cannot be used."""

import sqlite3
import sys
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from support.history_truth import everything
from support.patience import PATIENCE

from orgsim.api import Settings, Simulation
from orgsim.api.calls_json import call_as_dict, call_filter
from orgsim.api.events_json import RequestIds
from orgsim.api.timeline.catching_up import catch_up, caught_up_history
from orgsim.api.timeline.history import History, HistoryError, HistoryOvertaken
from orgsim.engine.errors import Refused
from orgsim.engine.log import LogError
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside


def quiet(log: Any, what: str) -> Any:
    """Progress that is not shown."""
    return nullcontext(lambda envelopes: None)


async def grow(path: Path, begin: int, end: int) -> None:
    """Describe accounts with numbers from ``begin`` on, in a world with a log."""
    async with Simulation(path, durability="off") as sim:
        for number in range(begin, end):
            sim.engine.post(describe_account_outside.Request(f"{number:012}", name=f"number {number}"), SIMULATION)
        await sim.engine.flush()


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def overwrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def history_of(path: Path, **options: Any) -> History:
    return await caught_up_history(path, quiet, **options)


async def rows_of(path: Path, **options: Any) -> list[Any]:
    """Catch up, and read all rows of the history."""
    history = await history_of(path, **options)
    try:
        return await anyio.to_thread.run_sync(everything, history)
    finally:
        history.close()


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    """A log with some accounts."""
    path = tmp_path / "w.db"
    await grow(path, 0, 700)
    return path


async def test_it_is_continued(log: Path) -> None:
    """What is caught up with later is added, and the rows are those of a history that was made at once."""
    await rows_of(log)
    await grow(log, 600, 1_300)
    assert await rows_of(log) == await rows_of(log, in_memory=True)
    assert len((await rows_of(log))[0]) == 1_300


async def test_calls_have_the_outcome_that_the_log_says(tmp_path: Path) -> None:
    """Of a world that records all calls, the view of calls has the outcome and code of each one that is in the log."""
    async with Simulation(tmp_path / "w.db", durability="off", settings=Settings(record="all")) as sim:
        ada = sim.client("111111111111")
        with suppress(Refused):
            await ada.list_accounts()
        await ada.create_organization()
        await ada.list_accounts()
        await sim.engine.flush()
        events = [envelope async for envelope in sim.events()]
        said = [*map(call_as_dict, call_filter().select(events, RequestIds(sim.engine.ids)))]
    history = await history_of(tmp_path / "w.db")
    question = "SELECT operation, outcome, code, request_id FROM calls WHERE account IS NOT NULL"
    found = await anyio.to_thread.run_sync(history.rows, question)
    history.close()
    assert [row[1] for row in found] == ["refused", "changed", "answered"]
    codes = [call["error"] and call["error"]["code"] for call in said]
    assert found == [
        (call["operation"], call["outcome"], code, call["request_id"]) for call, code in zip(said, codes, strict=True)
    ]


async def test_the_log_is_left_as_it_is(log: Path) -> None:
    """The bytes of the log are the same after catching up, and only the history is beside it."""
    before = content_of(log)
    await rows_of(log)
    assert content_of(log) == before
    assert names_in(log.parent) == ["w.db", "w.db-history"]


async def test_in_memory_nothing_is_written(log: Path) -> None:
    """A history in memory has the same rows, and leaves no file."""
    assert len((await rows_of(log, in_memory=True))[0]) == 700
    assert names_in(log.parent) == ["w.db"]


async def test_another_logs_history_is_made_anew(log: Path, tmp_path: Path) -> None:
    """A history whose digest is not the log's is thrown away, also if it is of a longer log."""
    other = tmp_path / "other.db"
    await grow(other, 5_000, 5_900)
    await rows_of(other)
    (tmp_path / "other.db-history").rename(tmp_path / "w.db-history")
    assert await rows_of(log) == await rows_of(log, in_memory=True)


@pytest.mark.parametrize("place", [100, 4_096, 2 * 4_096 + 50])
async def test_a_damaged_one_is_made_anew(log: Path, place: int) -> None:
    """A history with overwritten bytes is made anew; if it cannot be told to be ours, one line says so."""
    await rows_of(log)
    file = Path(f"{log}-history")
    content = bytearray(content_of(file))
    content[place : place + 4_000] = b"\xff" * 4_000
    overwrite(file, content)
    assert await rows_of(log) == await rows_of(log, in_memory=True)


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
async def test_a_file_that_is_not_ours_stays(log: Path, content: bytes | None) -> None:
    """A file of somebody else under the history's name is not touched, and one line says so."""
    file = Path(f"{log}-history")
    if content:
        overwrite(file, content)
    else:
        with closing(sqlite3.connect(file)) as theirs:
            theirs.execute("CREATE TABLE mine (a)")
    before = content_of(file)
    with pytest.raises(HistoryError, match=r"w\.db-history: .*; move it away$"):
        await history_of(log)
    assert content_of(file) == before


async def test_a_locked_one_says_so(log: Path) -> None:
    """While somebody else writes to it there is one line, and afterwards all is well."""
    await rows_of(log)
    await grow(log, 700, 800)
    theirs = sqlite3.connect(f"{log}-history", isolation_level=None)
    theirs.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError, match="somebody else is writing to it; try again later"):
        await history_of(log, wait=0)
    theirs.close()
    assert await rows_of(log) == await rows_of(log, in_memory=True)


async def test_two_that_catch_up_do_not_mix(log: Path) -> None:
    """Who finds that somebody else has gone on with the history stops, and writes nothing."""
    first = await history_of(log)
    await grow(log, 700, 800)
    await rows_of(log)
    with pytest.raises(HistoryOvertaken, match="somebody else is catching up with the log too"):
        await _take_again(first, log)
    first.close()


async def _take_again(history: History, log: Path) -> None:
    opened = await SqliteLog.open_for_reading(log)
    try:
        await catch_up(history, opened)
    finally:
        await opened.close()


async def test_of_another_version_it_is_made_anew(log: Path) -> None:
    """A history whose format is not this version's is thrown away."""
    await rows_of(log)
    with closing(sqlite3.connect(f"{log}-history")) as file:
        file.execute("PRAGMA user_version = 999")
    assert await rows_of(log) == await rows_of(log, in_memory=True)


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE fact",
        "DELETE FROM caught_up",
        "UPDATE caught_up SET seed = 'none'",
        "DROP VIEW accounts; DROP TABLE thing; CREATE TABLE thing (a)",
        "INSERT INTO thing VALUES (99999, 'o-', 'organization', NULL, NULL, '{')",
        "UPDATE caught_up SET digest = 'no bytes'",
        'CREATE TABLE "quoted "" name" (a); DELETE FROM caught_up',
    ],
)
async def test_one_that_says_it_is_ours_and_is_not(log: Path, change: str) -> None:
    """A history that somebody changed is thrown away where it cannot be understood, or does not match the log."""
    await rows_of(log)
    with closing(sqlite3.connect(f"{log}-history")) as file:
        file.executescript(change)
    await grow(log, 700, 800)
    assert await rows_of(log) == await rows_of(log, in_memory=True)


async def test_no_log_leaves_no_history(tmp_path: Path) -> None:
    """Where there is no log, one line says so, and no history appears."""
    with pytest.raises(LogError, match="cannot be read"):
        await history_of(tmp_path / "none.db")
    assert names_in(tmp_path) == []


async def test_it_can_be_read_while_the_log_is_written(tmp_path: Path) -> None:
    """A world that is running, on its log, can be caught up with, again and again."""
    path = tmp_path / "w.db"
    async with Simulation(path, durability="off") as sim:
        for account in ("111111111111", "222222222222"):
            await sim.client(account).create_organization()
            (_, facts, _) = await rows_of(path)
            assert len([fact for fact in facts if fact[2] == "feature set"]) == int(account[0])


async def test_a_world_in_memory_has_a_history_too() -> None:
    """The log of a world in memory is caught up with like any other, step by step."""
    async with Simulation() as sim:
        history = await anyio.to_thread.run_sync(History.open, None)
        for number in range(1, 4):
            await sim.client(str(number) * 12).create_organization()
            await catch_up(history, sim.engine.log)
            found = await anyio.to_thread.run_sync(history.rows, "SELECT id FROM organizations")
            assert (len(found), history.position) == (number, sim.engine.log.head)
        history.close()


KILLED = f"""
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
import anyio
from orgsim.api.timeline import catching_up
from orgsim.engine import log

log.READ_SIZE = 256

def report(log, what):
    return nullcontext(lambda envelopes: print(envelopes[-1].position, flush=True))

anyio.run(partial(catching_up.caught_up_history, wait={PATIENCE}), Path(sys.argv[1]), report)
"""


@pytest.mark.slow
@pytest.mark.parametrize("reports", [1, 2, 4])
async def test_killed_while_catching_up(tmp_path: Path, reports: int) -> None:
    """A process that is killed while it catches up leaves a history that goes on as if nothing had happened."""
    path = tmp_path / "w.db"
    await grow(path, 0, 3_000)
    async with await anyio.open_process([sys.executable, "-c", KILLED, str(path)]) as process:
        assert process.stdout is not None
        lines = BufferedByteReceiveStream(process.stdout)
        for _ in range(reports):
            await lines.receive_until(b"\n", 100)
        process.kill()
    left = await anyio.to_thread.run_sync(History.open, Path(f"{path}-history"))
    assert 256 * reports <= left.position
    assert left.position % 256 == 0 or left.position == 3_001
    left.close()
    assert await rows_of(path) == await rows_of(path, in_memory=True)


@pytest.mark.slow
async def test_processes_that_catch_up_at_once(tmp_path: Path) -> None:
    """Processes that begin with one history at once all come to its end, and it is as if one had made it."""
    path = tmp_path / "w.db"
    await grow(path, 0, 3_000)
    ends: list[int | None] = []

    async def run() -> None:
        done = await anyio.run_process([sys.executable, "-c", KILLED, str(path)], check=False)
        ends.append(done.returncode)
        assert done.stderr == b""

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(run)
    assert ends == [0] * 4
    assert await rows_of(path) == await rows_of(path, in_memory=True)


async def test_one_that_is_begun_anew_again_and_again(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody else empties the history each time, as another version would, one line says so in the end."""
    await rows_of(log)
    await grow(log, 700, 800)
    take, attempts = History.take, list[int]()

    def emptied(history: History, envelopes: Any, digest: bytes) -> None:
        attempts.append(history.position)
        with closing(sqlite3.connect(f"{log}-history", isolation_level=None)) as theirs:
            theirs.execute("UPDATE caught_up SET position = 0")
        take(history, envelopes, digest)

    monkeypatch.setattr(History, "take", emptied)
    with pytest.raises(HistoryOvertaken, match="somebody else is catching up with the log too; try again"):
        await history_of(log)
    assert len(attempts) == 1
