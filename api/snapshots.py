"""What ``orgsim snapshot`` and ``orgsim verify`` do about the snapshot beside a log: take one, and prove one."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import anyio
import anyio.to_thread
from msgspec import Struct

from ..engine.envelope import Envelope
from ..engine.evolve import apply
from ..engine.image import dump_state
from ..engine.runtime.clock import SimulatedClock
from ..engine.runtime.engine import Engine
from ..engine.runtime.log import EventLog, LogUnwritable
from ..engine.runtime.snapshots import Snapshot, SnapshotDamaged, Snapshots, SnapshotUnusable
from ..engine.runtime.sqlite_log import SqliteLog
from ..engine.state import State
from ..projections.views import Views
from .terminal import reading_bar


class Taken(Struct, frozen=True):
    """What ``snapshot`` did; its fields are the keys of ``--json``."""

    snapshot: str
    """The file."""
    position: int
    seconds: float
    bytes: int


async def take_snapshot(path: Path) -> Taken:
    """Write a snapshot of what a log has led to, beside it; the log may be open for writing elsewhere.

    Raises:
        LogDamaged: the log does not match its digests.
        LogError: it cannot be read, or (``LogUnwritable``) no file can be written beside it.
    """
    begun = perf_counter()
    views = Views()
    snapshots = Snapshots(path, views)
    log = await SqliteLog.open_for_reading(path)
    try:
        with reading_bar(log) as listener:
            engine = Engine(log, SimulatedClock(0), [views.feed, listener])
            await engine.rebuild(snapshots)
        await snapshots.write(log, engine.state)
    except OSError as error:
        raise LogUnwritable(f"{snapshots.path}: cannot be written: {error.strerror}") from None
    finally:
        await log.close()
    size = (await anyio.Path(snapshots.path).stat()).st_size
    return Taken(str(snapshots.path), snapshots.position, perf_counter() - begun, size)


class Proof:
    """Holds the snapshot beside a log against all events up to its position."""

    def __init__(self, path: Path, snapshot: Snapshot | None, why_not: SnapshotUnusable | None = None) -> None:
        self.path = path
        self.position = snapshot.position if snapshot else 0
        self._snapshot = snapshot
        self._why_not = why_not
        self._state, self._views = State(), Views()

    @classmethod
    async def begin(cls, log: EventLog, path: Path) -> "Proof":
        """A proof about the snapshot of a log, if there is one."""
        snapshots = Snapshots(path, Views())
        if not await anyio.Path(snapshots.path).exists():
            return cls(snapshots.path, None)
        try:
            snapshot, _ = await snapshots.read(log)
        except SnapshotUnusable as reason:
            return cls(snapshots.path, None, reason)
        return cls(snapshots.path, snapshot)

    def follow(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        if self._views.position < self.position:
            wanted = envelopes[: self.position - self._views.position]
            for envelope in wanted:
                apply(self._state, envelope)
            self._views.feed(wanted)

    async def result(self) -> str:
        """Say, when all has been read, what the snapshot is worth.

        Returns:
            ``equal``, ``differs``, ``damaged``, ``not used`` and why, or nothing if there is no snapshot.
        """
        if isinstance(self._why_not, SnapshotDamaged):
            return "damaged"
        if self._snapshot is None:
            return f"not used: {self._why_not}" if self._why_not else ""
        state = await anyio.to_thread.run_sync(dump_state, self._state)
        equal = (state, self._views.dump()) == (self._snapshot.state, self._snapshot.beside)
        return "equal" if equal else "differs"
