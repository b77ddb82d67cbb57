"""Snapshots: state and views at a position of a log, in a file beside it, so that a long log opens quickly.

A snapshot can be deleted at any time; the log has everything. It is used only if it is whole, was written by this
version, and the log has the digest that it names at the position that it names. Otherwise the log is read from the
beginning, as if there were none. ``orgsim verify`` proves that a snapshot is what the whole log leads to.

The file: ``MAGIC``, the SHA-256 of the rest, and the rest, which is a ``Snapshot`` in MessagePack. There is no code in
it: a log, and what lies beside it, may come from somebody else.
"""

import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import anyio.to_thread
import msgspec
from msgspec import Struct

from ..state import State
from ..state.image import StateImage, dump_state, load_state
from . import Chain, EventLog, LogError, chain_at
from .unfinished import replace_file

FORMAT = 1
"""To be raised when what is stored changes its meaning but not its shape."""

MAGIC = b"orgsim snapshot\n"
DIGEST_SIZE = 32
MIN_GROWTH = 200_000
"""How many events a log must have grown by for a new snapshot on closing: what takes about a second to replay."""


class DumpableViews(Protocol):
    """Views that can be stored in a snapshot, together with the state at the same position."""

    @property
    def shape(self) -> Any:
        """The type that ``dump`` encodes; snapshots with another one are not used."""
        ...

    def dump(self) -> bytes:
        """Encode what the state does not have; equal views give equal bytes."""
        ...

    def load(self, data: bytes, state: State) -> None:
        """Restore from a dump and the matching state; raises any exception, and changes nothing, if that fails."""
        ...


class Snapshot(Struct, frozen=True, array_like=True):
    """State and views at a position of a log, encoded."""

    fingerprint: bytes
    """The fingerprint of the version that wrote it."""
    position: int
    digest: bytes
    """The log's digest at the position."""
    state: bytes
    views: bytes


class SnapshotUnusable(Exception):
    """There is no snapshot, or it cannot be used; the message says why."""


class SnapshotDamaged(SnapshotUnusable):
    """The snapshot's file is not as it was written."""


_decode = msgspec.msgpack.Decoder(Snapshot).decode


def fingerprint(views: DumpableViews) -> bytes:
    """Compute a digest of format, version and shapes; versions with the same one read each other's snapshots."""
    schema = msgspec.json.schema_components([StateImage, views.shape], schema_hook=_as_text)
    # Imported here, because it brings much along, and most worlds have no snapshots.
    from importlib.metadata import version

    return sha256(msgspec.json.encode([FORMAT, version("orgsim"), sys.byteorder, schema])).digest()


def _as_text(kind: Any) -> dict[str, Any]:
    """Return a stand-in schema for a type that JSON Schema does not know."""
    return {"title": str(kind)}


def encode_snapshot(position: int, digest: bytes, state: State, views: DumpableViews) -> bytes:
    """Write the content of a snapshot's file: state and views at a position where the log has a digest."""
    snapshot = Snapshot(fingerprint(views), position, digest, dump_state(state), views.dump())
    body = msgspec.msgpack.encode(snapshot)
    return b"".join((MAGIC, sha256(body).digest(), body))


def decode_snapshot(file: BinaryIO, views: DumpableViews) -> Snapshot:
    """Read the content of a snapshot's file.

    Raises:
        SnapshotUnusable: it is damaged, or another version wrote it.
    """
    magic, digest = file.read(len(MAGIC)), file.read(DIGEST_SIZE)
    body = file.read() if magic == MAGIC else b""
    if not body:
        raise SnapshotDamaged("the file is no snapshot")
    if sha256(body).digest() != digest:
        raise SnapshotDamaged("it is damaged")
    try:
        snapshot = _decode(body)
    except msgspec.MsgspecError:
        snapshot = None
    if snapshot is None or snapshot.fingerprint != fingerprint(views):
        raise SnapshotUnusable("another version wrote it")
    return snapshot


async def require_of_log(snapshot: Snapshot, log: EventLog) -> Chain:
    """Check that a log has the digest of a snapshot at its position; returns the log's chain there.

    Raises:
        SnapshotUnusable: it does not.
    """
    try:
        chain = await chain_at(log, snapshot.position)
    except LogError:
        chain = None
    if chain is None or chain.digest != snapshot.digest:
        raise SnapshotUnusable("it belongs to another log, or the log has changed")
    return chain


def restored(snapshot: Snapshot, views: DumpableViews) -> State:
    """Restore views from a snapshot; returns the state in it.

    Raises:
        SnapshotUnusable: the views are unchanged.
    """
    try:
        state = load_state(snapshot.state)
        if state.faults and state.faults.lagging:
            raise SnapshotUnusable("reads lag, and what they still show is in no snapshot")
        views.load(snapshot.views, state)
    except Exception as error:
        # Any exception at all: the file was made by a program with another idea of its content, possibly on
        # purpose, and the log has everything.
        raise SnapshotUnusable(f"it cannot be understood: {error!r}") from None
    return state


class Snapshots:
    """Reads and writes the snapshot of one log.

    Args:
        log: the path of the log; the snapshot is ``LOG-snapshot``.
        views: stored with the state, and restored with it.
        file: of the snapshot, if it is another one.
    """

    def __init__(self, log: Path, views: DumpableViews, file: Path | None = None) -> None:
        self.path = file or Path(f"{log}-snapshot")
        self.position = 0
        """The position of the snapshot that was loaded or written last; 0 if none was."""
        self._views = views

    async def read(self, log: EventLog) -> tuple[Snapshot, Chain]:
        """Read the snapshot; returns it with the log's chain at its position.

        Raises:
            SnapshotUnusable: there is none, or it cannot be used.
        """
        snapshot = await anyio.to_thread.run_sync(self._read)
        return snapshot, await require_of_log(snapshot, log)

    def _read(self) -> Snapshot:
        try:
            with self.path.open("rb") as file:
                return decode_snapshot(file, self._views)
        except OSError as error:
            raise SnapshotUnusable(f"it cannot be read: {error.strerror}") from None

    async def load(self, log: EventLog) -> tuple[State, Chain] | None:
        """Load the snapshot: restore the views, and return the state and the chain from which to read on.

        None, and the views are unchanged, if there is no usable snapshot.
        """
        try:
            snapshot, chain = await self.read(log)
            state = await anyio.to_thread.run_sync(self._load, snapshot)
        except SnapshotUnusable:
            return None
        self.position = snapshot.position
        return state, chain

    def _load(self, snapshot: Snapshot) -> State:
        return restored(snapshot, self._views)

    async def write(self, log: EventLog, state: State) -> None:
        """Write a snapshot at the log's head, which state and views must have reached.

        Raises:
            OSError: it cannot be written; an older snapshot is still there.
        """
        await anyio.to_thread.run_sync(self._write, log.head, log.digest, state)
        self.position = log.head

    async def write_if_grown(self, log: EventLog, state: State) -> None:
        """Write a snapshot if the log has grown enough since the last; ignores that it cannot be written."""
        if log.head - self.position >= MIN_GROWTH:
            try:
                await self.write(log, state)
            except (OSError, MemoryError):
                return

    def _write(self, position: int, digest: bytes, state: State) -> None:
        content = encode_snapshot(position, digest, state, self._views)
        replace_file(self.path, lambda path: path.write_bytes(content))
