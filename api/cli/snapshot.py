"""The command ``orgsim snapshot``: writes a file beside a log, from which the log is opened quickly."""

from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated

import anyio
import typer
from msgspec import Struct

from ...engine.log import LogUnwritable
from ...engine.log.snapshots import Snapshots
from ...engine.log.sqlite import SqliteLog
from ...engine.runtime.clock import SimulatedClock
from ...engine.runtime.engine import Engine
from ...projections.views import Views
from .terminal import AsJson, print_json, print_line, reading_bar, run


class Taken(Struct, frozen=True):
    """The result of ``orgsim snapshot``; its fields are the keys of ``--json``."""

    snapshot: str
    """The path of the snapshot's file."""
    position: int
    """The position of the log's last event that it holds."""
    seconds: float
    bytes: int


async def take_snapshot(path: Path) -> Taken:
    """Write a snapshot of the state and views that a log leads to; another process may be writing the log.

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


def snapshot(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")], as_json: AsJson = False
) -> None:
    """Write LOG-snapshot, with which a long log opens in seconds. Delete it at any time: only the time is lost."""
    taken = run(partial(take_snapshot, log))
    if as_json:
        print_json(taken)
        return
    text = f"{taken.snapshot}: position {taken.position:,}, {taken.bytes / 1e6:,.1f} MB, {taken.seconds:,.1f} s"
    print_line(text)
