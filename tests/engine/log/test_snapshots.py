"""Snapshots as files: when they are written, when they are believed, and that nothing is ever lost by one."""

import errno
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.compare_state import whole

from orgsim.api import Simulation
from orgsim.engine.events import HandshakeRequested
from orgsim.engine.log import SEGMENT, LogDamaged, MemoryLog, chain_at, verified_envelopes
from orgsim.engine.log import snapshots as snapshots_module
from orgsim.engine.log.resumed import ResumedLog
from orgsim.engine.log.snapshots import MAGIC, Snapshot, Snapshots
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside
from orgsim.engine.runtime import engine as engine_module
from orgsim.engine.runtime.engine import EngineStopped
from orgsim.engine.state import Account, State
from orgsim.engine.state.columns import column, expand, pack, unpack
from orgsim.engine.state.handshake import Handshake
from orgsim.engine.state.image import AccountColumns, HandshakeColumns, RequestedColumns
from orgsim.projections.rebuild import build_views
from orgsim.projections.views import Views

pytestmark = pytest.mark.slow

FOUNDER, MEMBER = "111111111111", "222222222222"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log of a test lies."""
    return tmp_path / "w.db"


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot is written on every closing."""
    monkeypatch.setattr(snapshots_module, "MIN_GROWTH", 0)


async def live(path: Path, events: int = 300, seed: int = 7) -> Any:
    """A world with an organization, an invitation and so many events; what state and views are when it is closed."""
    async with Simulation(path, seed=seed, durability="off") as sim:
        return await live_on(sim, events)


async def live_on(sim: Simulation, events: int) -> Any:
    """The life of such a world."""
    if not sim.views.organizations.rows:
        await sim.client(FOUNDER).create_organization()
        await sim.client(FOUNDER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    while sim.engine.state.position < events:
        name = f"{sim.engine.state.position}"
        sim.engine.post(describe_account_outside.Request(MEMBER, None, name, ()), SIMULATION)
    await sim.engine.flush()
    return whole(sim.engine.state, sim.views)


async def reopened(path: Path) -> Any:
    """State and views of the world when it is opened."""
    async with Simulation(path, durability="off") as sim:
        return whole(sim.engine.state, sim.views)


async def is_believed(path: Path) -> bool:
    """Whether a simulation would begin from the snapshot beside this log."""
    log = await SqliteLog.open_for_reading(path)
    try:
        return await Snapshots(path, Views()).load(log) is not None
    finally:
        await log.close()


def snapshot_of(path: Path) -> Path:
    """The snapshot of a log."""
    return path.with_name("w.db-snapshot")


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("events", [5, 255, 256, 257, 300])
async def test_only_what_is_behind_it_is_read(path: Path, events: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A world is as it was, and of the events before the snapshot none is applied again."""
    before = await live(path, events)
    applied: list[int] = []
    apply = engine_module.apply
    monkeypatch.setattr(
        engine_module, "apply", lambda state, envelope: (applied.append(envelope.position), apply(state, envelope))
    )
    assert await reopened(path) == before
    assert applied == []
    kept = snapshot_of(path).read_bytes()
    after = await live(path, events + 300)
    snapshot_of(path).write_bytes(kept)
    assert await reopened(path) == after
    assert applied == list(range(events + 1, events + 301))


@pytest.mark.usefixtures("eager")
async def test_views_of_a_reader(path: Path) -> None:
    """Views that are built on demand begin from the snapshot if it is not too late for them, and end the same."""
    await live(path)
    log = await SqliteLog.open_for_reading(path)
    try:
        views = await build_views(log)
        assert whole(await build_views(log, file=path)) == whole(views)
        for limit in ({"position": 299}, {"moment": views.now - 1}, {"position": 300}, {"moment": views.now}):
            assert whole(await build_views(log, file=path, **limit)) == whole(await build_views(log, **limit))
    finally:
        await log.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["w.db", "w.db-snapshot"]


Spoil = Callable[[Path], None]


def truncated(path: Path) -> None:
    content = snapshot_of(path).read_bytes()
    snapshot_of(path).write_bytes(content[: len(content) // 2])


def empty(path: Path) -> None:
    snapshot_of(path).write_bytes(b"")


def foreign(path: Path) -> None:
    snapshot_of(path).write_text("Something else that happens to have this name.")


def directory(path: Path) -> None:
    snapshot_of(path).unlink()
    snapshot_of(path).mkdir()


def sealed(snapshot: Snapshot) -> bytes:
    """The file of a snapshot, whole in itself."""
    body = msgspec.msgpack.encode(snapshot)
    return MAGIC + snapshots_module.sha256(body).digest() + body


def changed(**fields: Any) -> Spoil:
    """A snapshot that is whole in itself, but says something else."""

    def spoil(path: Path) -> None:
        body = snapshot_of(path).read_bytes()[len(MAGIC) + 32 :]
        snapshot = msgspec.msgpack.decode(body, type=Snapshot)
        snapshot_of(path).write_bytes(sealed(msgspec.structs.replace(snapshot, **fields)))

    return spoil


def no_snapshot_inside(path: Path) -> None:
    body = msgspec.msgpack.encode({"something": "else"})
    snapshot_of(path).write_bytes(MAGIC + snapshots_module.sha256(body).digest() + body)


WAYS = {
    "truncated": truncated,
    "empty": empty,
    "foreign": foreign,
    "directory": directory,
    "not a snapshot inside": no_snapshot_inside,
    "of another version": changed(fingerprint=bytes(32)),
    "ahead of the log": changed(position=301),
    "far ahead of the log": changed(position=2**62),
    "before the log": changed(position=-1),
    "of an earlier position": changed(position=299),
    "of another digest": changed(digest=bytes(32)),
    "without a state": changed(state=b""),
    "with another state": changed(state=b"\xc0"),
    "without views": changed(views=b""),
    "with other views": changed(views=b"\xc0"),
}


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("way", WAYS)
async def test_what_is_not_believed(way: str, path: Path) -> None:
    """A snapshot that is not what it should be is as good as none, and the next closing makes a good one again."""
    before = await live(path)
    assert await is_believed(path)
    WAYS[way](path)
    assert not await is_believed(path)
    assert await reopened(path) == before
    if way != "directory":
        assert await is_believed(path)


@pytest.mark.usefixtures("eager")
async def test_any_byte_changed(path: Path) -> None:
    """Whichever byte of a snapshot is changed, it is not believed."""
    await live(path, 4)
    content = snapshot_of(path).read_bytes()
    for place in range(0, len(content), 7):
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << place % 8
        snapshot_of(path).write_bytes(spoilt)
        assert not await is_believed(path), place


@pytest.mark.usefixtures("eager")
async def test_of_another_log(path: Path, tmp_path: Path) -> None:
    """The snapshot of one log is not believed beside another, though they are of one length."""
    other = tmp_path / "o.db"
    before = await live(path)
    await live(other, seed=8)
    assert not await is_believed_with(path, other)
    assert await reopened(path) == before


async def is_believed_with(path: Path, other: Path) -> bool:
    """As ``is_believed``, with the snapshot of the other log."""
    snapshot_of(path).write_bytes(other.with_name(f"{other.name}-snapshot").read_bytes())
    return await is_believed(path)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("position", [257, 300])
async def test_log_changed_where_it_stands(path: Path, position: int) -> None:
    """A changed record between the last completed segment and the snapshot is found, as without a snapshot."""
    await live(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        row = "(SELECT min(last) FROM parts WHERE last >= ?)"
        connection.execute(f"UPDATE parts SET records = x'00' WHERE last = {row}", (position,))
    assert not await is_believed(path)
    with pytest.raises(LogDamaged):
        await reopened(path)


@pytest.mark.usefixtures("eager")
async def test_log_shorter_than_its_snapshot(path: Path, tmp_path: Path) -> None:
    """A log that was put back to an earlier day is opened as it was on that day."""
    before = await live(path, 200)
    shutil.copy(path, tmp_path / "old.db")
    await live(path, 300)
    shutil.copy(tmp_path / "old.db", path)
    assert not await is_believed(path)
    assert await reopened(path) == before


async def test_written_when_much_has_happened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot is written on closing once so many events came since the last; not before."""
    monkeypatch.setattr(snapshots_module, "MIN_GROWTH", 200)
    await live(path, 199)
    assert not snapshot_of(path).exists()
    await live(path, 200)
    first = snapshot_of(path).read_bytes()
    await live(path, 399)
    assert snapshot_of(path).read_bytes() == first
    await live(path, 400)
    assert snapshot_of(path).read_bytes() != first
    assert await is_believed(path)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), MemoryError()])
async def test_that_cannot_be_written(path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing says nothing when there is no room for a snapshot; the one that was there stays, and nothing else."""
    await live(path, 100)
    first = snapshot_of(path).read_bytes()

    def fail(source: Path, target: Path) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        before = await live(path, 200)
    assert snapshot_of(path).read_bytes() == first
    assert sorted(file.name for file in path.parent.iterdir()) == ["w.db", "w.db-snapshot"]
    assert await reopened(path) == before


@pytest.mark.usefixtures("eager")
async def test_not_of_a_failed_world(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A world that stopped in the middle, or is left by an exception, leaves no snapshot."""
    with pytest.raises(ZeroDivisionError):
        async with Simulation(path, durability="off") as sim:
            raise ZeroDivisionError
    assert not snapshot_of(path).exists()
    async with Simulation(path, durability="off") as sim:
        monkeypatch.setitem(engine_module.EVOLVE, HandshakeRequested, lambda state, event: 1 / 0)
        await sim.client(FOUNDER).create_organization()
        with pytest.raises(ZeroDivisionError):
            await sim.client(FOUNDER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
        with pytest.raises(EngineStopped):
            await sim.client(FOUNDER).list_accounts()
    assert not snapshot_of(path).exists()


@pytest.mark.usefixtures("eager")
async def test_logs_without_snapshots(path: Path) -> None:
    """A run that is resumed begins from nothing though there is a snapshot, and a log in memory has none."""
    before = await live(path)
    first = snapshot_of(path).read_bytes()
    log = await SqliteLog.open(path, "off")
    try:
        resumed = ResumedLog(log)
        async with Simulation(resumed, seed=7) as sim:
            assert sim.engine.state.position == 1
            assert await live_on(sim, 300) == before
        resumed.require_caught_up()
    finally:
        await log.close()
    assert snapshot_of(path).read_bytes() == first
    async with Simulation(MemoryLog()) as sim:
        await sim.client(FOUNDER).create_organization()


async def test_chain_in_the_middle(path: Path) -> None:
    """The chain at a position has the digest of a log that ends there, and goes on from there to the same end."""
    await live(path, 2 * SEGMENT + 20)
    log = await SqliteLog.open_for_reading(path)
    try:
        records = await log.read(0, log.head)
        for position in (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, log.head):
            shorter = MemoryLog()
            await shorter.append(0, records[:position])
            chain = await chain_at(log, position)
            assert chain is not None
            assert (chain.position, chain.digest) == (position, shorter.digest)
            async with aclosing(verified_envelopes(log, chain)) as batches:
                later = [envelope.position async for batch in batches for envelope in batch]
            assert later == list(range(position + 1, log.head + 1))
        assert await chain_at(log, log.head + 1) is None
    finally:
        await log.close()


def test_columns_have_all_fields() -> None:
    """What a struct of columns stores is all that the struct of a row has, in the same order."""
    assert AccountColumns.__struct_fields__ == Account.__struct_fields__
    assert RequestedColumns.__struct_fields__ == HandshakeRequested.__struct_fields__
    assert ("requested", *HandshakeColumns.__struct_fields__) == Handshake.__struct_fields__


@pytest.mark.parametrize("different", [0, 1, 255, 256, 257, 70_000])
def test_columns_give_back_their_values(different: int) -> None:
    """However many different values a column has, each row gets its own back; where they repeat, as one object."""
    values = [f"value {number}" for number in range(different)]
    assert list(expand(column(values))) == values
    repeated = [f"value {number}" for number in range(different) for _ in range(3)]
    stored = column(repeated)
    assert list(expand(stored)) == repeated
    assert stored.values == values


def test_numbers_give_back_their_values() -> None:
    """Numbers of 64 bits come back as they were."""
    numbers = [0, -1, 2**63 - 1, -(2**63)]
    assert list(unpack(pack(numbers))) == numbers


def test_fingerprint_knows_the_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another shape of what is stored, another number of the format and another version each have a fingerprint."""

    class Less(Views):
        shape = State  # pyright: ignore[reportAssignmentType]

    fingerprints = {snapshots_module.fingerprint(Views()), snapshots_module.fingerprint(Less())}
    monkeypatch.setattr(snapshots_module, "FORMAT", 2)
    fingerprints.add(snapshots_module.fingerprint(Views()))
    monkeypatch.setattr("importlib.metadata.version", lambda name: "another")
    fingerprints.add(snapshots_module.fingerprint(Views()))
    assert len(fingerprints) == 4
