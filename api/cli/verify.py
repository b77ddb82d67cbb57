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
from ...engine.log.sqlite import SqliteLog
from ...engine.state import State
from ...engine.state.image import dump_state
from ...projections.views import Views
from .terminal import AsJson, complain, out, print_json, reading_bar, run


class SnapshotCheck:
    """Compares the snapshot beside a log with the state and views rebuilt from the events up to its position."""

    def __init__(self, path: Path, snapshot: Snapshot | None, unusable: SnapshotUnusable | None = None) -> None:
        self.path = path
        self.position = snapshot.position if snapshot else 0
        self._snapshot = snapshot
        self._unusable = unusable
        self._state, self._views = State(), Views()

    @classmethod
    async def begin(cls, log: EventLog, path: Path) -> "SnapshotCheck":
        """Read the snapshot of a log, if there is one."""
        snapshots = Snapshots(path, Views())
        if not await anyio.Path(snapshots.path).exists():
            return cls(snapshots.path, None)
        try:
            snapshot, _ = await snapshots.read(log)
        except SnapshotUnusable as reason:
            return cls(snapshots.path, None, reason)
        return cls(snapshots.path, snapshot)

    def follow(self, envelopes: Sequence[Envelope]) -> None:
        """Apply the next events of the log."""
        if self._views.position < self.position:
            wanted = envelopes[: self.position - self._views.position]
            for envelope in wanted:
                apply(self._state, envelope)
            self._views.feed(wanted)

    async def result(self) -> str:
        """Compare, after all events have been applied.

        Returns:
            ``equal``, ``differs``, ``damaged``, ``not used`` with the reason, or nothing if there is no snapshot.
        """
        if isinstance(self._unusable, SnapshotDamaged):
            return "damaged"
        if self._snapshot is None:
            return f"not used: {self._unusable}" if self._unusable else ""
        state = await anyio.to_thread.run_sync(dump_state, self._state)
        equal = (state, self._views.dump()) == (self._snapshot.state, self._snapshot.views)
        return "equal" if equal else "differs"


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
    """Whether the snapshot beside the log is ``equal`` to what the log leads to, ``differs``, or is ``damaged``; or
    ``not used`` and why."""


def verify(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")], as_json: AsJson = False
) -> None:
    """Recompute the digests of a log; name the first position that does not match, and exit with 1.

    If there is a snapshot beside it, prove that it is what the whole log leads to.
    """
    found = run(partial(_verify, log))
    if as_json:
        print_json(found)
    elif found.ok:
        out.print(f"{found.log}: ok, {found.events:,} events, digest {found.digest}", soft_wrap=True, highlight=False)
        if found.snapshot:
            out.print(f"{found.log}-snapshot: {found.snapshot}", soft_wrap=True, highlight=False)
    if not found.ok:
        complain(found.error)
        raise typer.Exit(1)


async def _verify(path: Path) -> Verified:
    events = 0
    try:
        log = await SqliteLog.open_for_reading(path)
        try:
            check = await SnapshotCheck.begin(log, path)
            with reading_bar(log, "Verifying") as listener:
                async with aclosing(verified_envelopes(log)) as batches:
                    async for envelopes in batches:
                        events += len(envelopes)
                        check.follow(envelopes)
                        listener(envelopes)
            await log.check()
            snapshot = await check.result()
        finally:
            await log.close()
    except LogDamaged as damage:
        return Verified(False, str(path), events, position=damage.position, error=str(damage))
    if snapshot in ("differs", "damaged"):
        what = f"differs from what the first {check.position:,} events lead to" if snapshot == "differs" else "damaged"
        error = f"{check.path}: {what}; delete it; it is not used"
        return Verified(False, log.name, events, log.digest.hex(), error=error, snapshot=snapshot)
    return Verified(True, log.name, events, log.digest.hex(), snapshot=snapshot)
