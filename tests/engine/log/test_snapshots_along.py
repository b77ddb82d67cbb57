"""Snapshots along a log: where they stand, what they may take, and that a bad one changes no answer."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from support.given import FOUNDER

from orgsim.api import Simulation
from orgsim.api.cli.snapshot import take_snapshot
from orgsim.engine.log import MemoryLog, snapshots_along
from orgsim.engine.log.snapshots_along import SnapshotFiles, SnapshotsAlong, SnapshotsInMemory
from orgsim.engine.runtime.inline import run_inline
from orgsim.projections import as_of
from orgsim.projections.as_of import PastViews
from orgsim.projections.views import Views

EVENTS = 40


@pytest.fixture(autouse=True)
def close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots stand four events apart."""
    monkeypatch.setattr(snapshots_along, "SPACING", 4)


def build(sim: Simulation) -> None:
    """Fill a world with events."""
    sim.sync.client(FOUNDER).create_organization()
    root = sim.sync.client(FOUNDER).list_roots().roots[0].id
    for number in range(EVENTS):
        sim.sync.client(FOUNDER).create_organizational_unit(parent_id=root, name=f"Unit {number}")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The file of a log, with an organization."""
    path = tmp_path / "w.db"
    with Simulation(path) as sim:
        build(sim)
    return path


def names(log: Path) -> set[str]:
    """The names of the snapshots along a log."""
    return {path.name for path in log.parent.iterdir() if path != log}


def ask(log: Path, position: int) -> tuple[int, int]:
    """Ask for the past of a log anew; returns how many events and OUs there were."""
    with Simulation(log) as sim:
        past = sim.sync.at(position)
        root = past.client(FOUNDER).list_roots().roots[0].id
        units = past.client(FOUNDER).paginate(
            past.client(FOUNDER).list_children, parent_id=root, child_type="ORGANIZATIONAL_UNIT"
        )
        return past.position(), sum(len(page.children) for page in units)


def test_where_they_stand(log: Path) -> None:
    """They stand at regular positions, as far as questions have gone, and are not written twice."""
    assert ask(log, 13) == (13, 10)
    assert names(log) == {"w.db-snapshot-4", "w.db-snapshot-8", "w.db-snapshot-12"}
    written = {path: path.stat().st_mtime_ns for path in log.parent.iterdir() if path != log}
    assert ask(log, 19) == (19, 16)
    assert names(log) == {f"w.db-snapshot-{position}" for position in (4, 8, 12, 16)}
    assert all(path.stat().st_mtime_ns == when for path, when in written.items())


def test_events_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the snapshots there, no question reads more than the events behind the nearest of them."""
    ask(log, 40)
    limits: list[int] = []
    read = as_of.read_envelopes

    def counted(log: Any, after: int, limit: int) -> Any:
        limits.append(limit)
        return read(log, after, limit)

    monkeypatch.setattr(as_of, "read_envelopes", counted)
    for position in (39, 5, 22, 40):
        assert ask(log, position) == (position, position - 3)
    assert limits == [3, 1, 2, 0]


def test_limit_of_bytes(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they take together is bounded; those that are left are spread over the log, and are not written anew."""
    monkeypatch.setattr(snapshots_along, "LEAST_BYTES", 0)
    size = log.stat().st_size
    one = len(b"".join(path.read_bytes() for path in [*written(log, 4)]))
    monkeypatch.setattr(SnapshotFiles, "limit", limit_of(one * 5))
    write, positions = SnapshotFiles.write, list[int]()

    async def counted(self: SnapshotFiles, position: int, digest: bytes, state: Any, views: Any) -> None:
        positions.append(position)
        await write(self, position, digest, state, views)

    monkeypatch.setattr(SnapshotFiles, "write", counted)
    for _ in range(3):
        ask(log, 40)
        assert len(positions) == len({*positions}), "written twice"
        along = SnapshotFiles(log).along()
        assert sum(path.stat().st_size for path in along.values()) <= one * 5
        gaps = [after - before for before, after in zip([0, *along], [*along, 40], strict=True)]
        assert max(gaps) <= 20, gaps
    assert size == log.stat().st_size


def written(log: Path, position: int) -> list[Path]:
    """Have the snapshots up to a position written; returns their files."""
    ask(log, position)
    return [*SnapshotFiles(log).along().values()]


def limit_of(size: int) -> Any:
    """A limit of so many bytes."""

    async def limit(self: SnapshotFiles) -> int:
        return size

    return limit


@pytest.mark.parametrize("content", [b"", b"orgsim snapshot\n", b"orgsim snapshot\n" + bytes(200), b"something else"])
def test_bad_ones_are_replaced(log: Path, content: bytes) -> None:
    """A snapshot that is damaged is not used, and is written again when a question passes its place."""
    files = written(log, 12)
    good = [file.read_bytes() for file in files]
    files[1].write_bytes(content)
    files[2].write_bytes(content)
    assert ask(log, 14) == (14, 11)
    assert [file.read_bytes() for file in files] == good


def test_those_of_another_log(log: Path) -> None:
    """Snapshots that were left of another log of the same name are not used."""
    files = written(log, 8)
    other = log.with_name("other.db")
    with Simulation(other, seed=1) as sim:
        build(sim)
    log.unlink()
    other.rename(log)
    before = [file.read_bytes() for file in files]
    assert ask(log, 9) == (9, 6)
    assert before != [file.read_bytes() for file in files]


def test_end_is_used(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snapshot at the end of a log is the nearest one to what comes behind it."""
    monkeypatch.setattr(snapshots_along, "SPACING", 1_000)
    anyio.run(take_snapshot, log)
    (end,) = [path for path in log.parent.iterdir() if path.name == "w.db-snapshot"]
    with Simulation(log) as sim:
        taken = sim.engine.durable
        root = sim.sync.client(FOUNDER).list_roots().roots[0].id
        sim.sync.client(FOUNDER).create_organizational_unit(parent_id=root, name="One more")
    for position, found in ((taken - 1, None), (taken, taken), (taken + 1, taken)):
        views = Views()
        state = run_in_loop(log, position, views)
        assert (state and state.position) == found
        assert views.position == (found or 0)
    assert end.exists()


def run_in_loop(log: Path, position: int, views: Views) -> Any:
    """Load the nearest snapshot of a log before a position."""

    async def load() -> Any:
        async with Simulation(log) as sim:
            return await SnapshotsAlong(sim.engine.log, SnapshotFiles(log)).load_before(position, views)

    return anyio.run(load)


def test_in_memory() -> None:
    """A world in memory keeps its snapshots in memory, within a limit."""
    with Simulation() as sim:
        build(sim)
        log, store = sim.engine.log, SnapshotsInMemory()
        assert isinstance(log, MemoryLog)
        past = PastViews(log)
        past._snapshots = SnapshotsAlong(log, store)  # pyright: ignore[reportPrivateUsage]
        run_inline(past.at(20))
        assert [*run_inline(store.positions())] == [4, 8, 12, 16, 20]


def test_unwritable_folder(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no snapshot can be written, questions are answered all the same."""

    def fail(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(snapshots_along, "replace_file", fail)
    assert ask(log, 13) == (13, 10)
    assert not names(log)
