"""The command ``orgsim verify``: recomputes the digests of a log, and checks the snapshot beside it."""

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import anyio.to_thread
import typer
from msgspec import Struct

from ...engine.events.envelope import Envelope
from ...engine.evolve import apply
from ...engine.log import EventLog, LogDamaged, verified_envelopes
from ...engine.log.snapshots import Snapshot, SnapshotDamaged, Snapshots, SnapshotUnusable
from ...engine.log.snapshots_along import SnapshotFiles
from ...engine.log.sqlite import SqliteLog
from ...engine.state import State
from ...engine.state.image import dump_state
from ...projections.views import Views
from ..plurals import counted
from .terminal import AsJson, complain, print_json, print_line, reading_bar, run


class SnapshotChecks:
    """Compares the snapshots beside a log with the state and views rebuilt from the events up to their positions."""

    def __init__(self, log: EventLog, path: Path) -> None:
        self.found: dict[Path, str] = {}
        """What became of each file: ``equal``, ``differs``, ``damaged``, or ``not used`` with the reason."""
        self.wrong = ""
        """What is wrong with the first file that is damaged or differs; nothing, if none is."""
        self._log, self._path = log, path
        self._waiting: dict[int, list[Path]] = {}
        """The files that are still to be compared, by the positions of their snapshots."""
        self._state, self._views = State(), Views()

    async def begin(self) -> None:
        """Look which snapshots there are, and which of them can be used."""
        at_end = Snapshots(self._path, self._views).path
        along = await anyio.to_thread.run_sync(SnapshotFiles(self._path).along)
        for path in [*([at_end] if await anyio.Path(at_end).exists() else []), *along.values()]:
            snapshot = await self._read(path)
            if snapshot:
                self._waiting.setdefault(snapshot.position, []).append(path)

    async def _read(self, path: Path) -> Snapshot | None:
        try:
            snapshot, _ = await Snapshots(self._path, self._views, path).read(self._log)
        except SnapshotDamaged:
            self.found[path] = "damaged"
            self._complain(path, "damaged")
        except SnapshotUnusable as reason:
            self.found[path] = f"not used: {reason}"
        else:
            self.found[path] = "not used: it is behind the end of the log"
            return snapshot
        return None

    async def follow(self, envelopes: Sequence[Envelope]) -> None:
        """Apply the next events of the log, and compare the snapshots at their positions."""
        left = envelopes
        while left and self._waiting:
            position = min(self._waiting)
            wanted = left[: position - self._views.position]
            left = left[len(wanted) :]
            for envelope in wanted:
                apply(self._state, envelope)
            self._views.feed(wanted)
            if self._views.position == position:
                for path in self._waiting.pop(position):
                    await self._compare(path)

    async def _compare(self, path: Path) -> None:
        snapshot = await self._read(path)
        if snapshot:
            state = await anyio.to_thread.run_sync(dump_state, self._state)
            equal = (state, self._views.dump()) == (snapshot.state, snapshot.views)
            self.found[path] = "equal" if equal else "differs"
            if not equal:
                self._complain(path, f"differs from what the first {counted(snapshot.position, 'event')} lead to")

    def _complain(self, path: Path, what: str) -> None:
        self.wrong = self.wrong or f"{path}: {what}; delete it; it is not used"


class Verified(Struct, frozen=True, omit_defaults=True):
    """The result of ``orgsim verify``; its fields are the keys of ``--json``."""

    ok: bool
    log: str
    events: int
    """The number of events from the first that match their digests."""
    digest: str = ""
    position: int = 0
    """The position of the first event that does not."""
    error: str = ""
    snapshot: str = ""
    """Whether the snapshot at the log's end is ``equal`` to what the log leads to, ``differs``, or is ``damaged``; or
    ``not used`` and why."""
    snapshots: dict[str, str] = {}
    """The same of the snapshots along the log, by their paths."""


def verify(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")], as_json: AsJson = False
) -> None:
    """Recompute the digests of a log. Name the first position that does not match, and exit with 1.

    If there are snapshots beside it, prove that they are what the log leads to.
    """
    found = run(partial(_verify, log))
    if as_json:
        print_json(found)
    elif found.ok:
        print_line(f"{found.log}: ok, {counted(found.events, 'event')}, digest {found.digest}")
        at_end = {f"{found.log}-snapshot": found.snapshot} if found.snapshot else {}
        for path, what in (at_end | found.snapshots).items():
            print_line(f"{path}: {what}")
    if not found.ok:
        complain(found.error)
        raise typer.Exit(1)


async def _verify(path: Path) -> Verified:
    events = 0
    try:
        log = await SqliteLog.open_for_reading(path)
        try:
            check = SnapshotChecks(log, path)
            await check.begin()
            with reading_bar(log, "Verifying") as listener:
                async with aclosing(verified_envelopes(log)) as batches:
                    async for envelopes in batches:
                        events += len(envelopes)
                        await check.follow(envelopes)
                        listener(envelopes)
            await log.check()
        finally:
            await log.close()
    except LogDamaged as damage:
        return Verified(False, str(path), events, position=damage.position, error=str(damage))
    found = {str(file): what for file, what in check.found.items()}
    snapshot = found.pop(f"{path}-snapshot", "")
    digest, wrong = log.digest.hex(), check.wrong
    return Verified(not wrong, log.name, events, digest, error=wrong, snapshot=snapshot, snapshots=found)
