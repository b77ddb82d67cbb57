"""Snapshots: what a log has led to, in a file beside it, so that opening a long log is quick.

A snapshot can be thrown away at any time; the log has it all. It is believed only if it is whole, was written by this
version, and the log has the digest that it names at the position that it names. Otherwise the log is read from the
beginning, as if there were none. ``orgsim verify`` proves that a snapshot is what the whole log leads to.

The file: ``MAGIC``, the SHA-256 of the rest, and the rest, which is a ``Snapshot`` in MessagePack. There is no code in
it: a log, and what lies beside it, may come from somebody else.
"""

import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import anyio.to_thread
import msgspec
from msgspec import Struct

from ..state import State
from ..state.image import StateImage, dump_state, load_state
from . import Chain, EventLog, LogError, chain_at
from .unfinished import Unfinished

FORMAT = 1
"""To be raised when what is stored changes its meaning, but not its shape."""

MAGIC = b"orgsim snapshot\n"
DIGEST_SIZE = 32
WORTH_WRITING = 200_000
"""By so many events a log has to grow before its snapshot is replaced when it is closed: what a second replays."""


class Snapshotted(Protocol):
    """What is built from the events beside the state, and can come back from a snapshot with it."""

    @property
    def shape(self) -> Any:
        """The type that the bytes encode; snapshots with another are not used."""
        ...

    def dump(self) -> bytes:
        """What it is, as far as the state does not say so; the same bytes for what is the same."""
        ...

    def load(self, data: bytes, state: State) -> None:
        """Become what was dumped beside that state, or raise anything and stay as it was."""
        ...


class Snapshot(Struct, frozen=True, array_like=True):
    """What a log has led to at a position."""

    fingerprint: bytes
    """Of the version that wrote it; see ``fingerprint``."""
    position: int
    digest: bytes
    """Of the log at the position."""
    state: bytes
    beside: bytes
    """What is built from the events beside the state."""


class SnapshotUnusable(Exception):
    """There is none, or it is not to be believed; the message says why."""


class SnapshotDamaged(SnapshotUnusable):
    """The file is not what anybody has written."""


_decode = msgspec.msgpack.Decoder(Snapshot).decode


def fingerprint(beside: Snapshotted) -> bytes:
    """What tells versions apart: whoever has the same understands the bytes in the same way."""
    schema = msgspec.json.schema_components([StateImage, beside.shape], schema_hook=_as_text)
    return sha256(msgspec.json.encode([FORMAT, version("orgsim"), sys.byteorder, schema])).digest()


def _as_text(kind: Any) -> dict[str, Any]:
    """The schema of a type that JSON knows nothing of."""
    return {"title": str(kind)}


class Snapshots:
    """The snapshot that a log has, or may get.

    Args:
        log: the path of the log.
        beside: what is built from the events beside the state.
    """

    def __init__(self, log: Path, beside: Snapshotted) -> None:
        self.path = Path(f"{log}-snapshot")
        self.position = 0
        """Of the snapshot that was loaded or written last; 0 if none was."""
        self._beside = beside

    async def read(self, log: EventLog) -> tuple[Snapshot, Chain]:
        """The snapshot, and the chain of the log where it stands.

        Raises:
            SnapshotUnusable: there is none, or it is not to be believed.
        """
        snapshot = await anyio.to_thread.run_sync(self._read)
        try:
            chain = await chain_at(log, snapshot.position)
        except LogError:
            chain = None
        if chain is None or chain.digest != snapshot.digest:
            raise SnapshotUnusable("it belongs to another log, or the log has changed")
        return snapshot, chain

    def _read(self) -> Snapshot:
        try:
            with self.path.open("rb") as file:
                magic, digest = file.read(len(MAGIC)), file.read(DIGEST_SIZE)
                body = file.read() if magic == MAGIC else b""
        except OSError as error:
            raise SnapshotUnusable(f"it cannot be read: {error.strerror}") from None
        if not body:
            raise SnapshotDamaged("the file is no snapshot")
        if sha256(body).digest() != digest:
            raise SnapshotDamaged("it is damaged")
        try:
            snapshot = _decode(body)
        except msgspec.MsgspecError:
            snapshot = None
        if snapshot is None or snapshot.fingerprint != fingerprint(self._beside):
            raise SnapshotUnusable("another version wrote it")
        return snapshot

    async def load(self, log: EventLog) -> tuple[State, Chain] | None:
        """The state of the snapshot, and where to go on reading; what is beside it has come back too. None: there is
        no snapshot to be believed, and nothing has changed."""
        try:
            snapshot, chain = await self.read(log)
            state = await anyio.to_thread.run_sync(self._load, snapshot)
        except SnapshotUnusable:
            return None
        self.position = snapshot.position
        return state, chain

    def _load(self, snapshot: Snapshot) -> State:
        try:
            state = load_state(snapshot.state)
            self._beside.load(snapshot.beside, state)
        except Exception as error:
            # Whatever it is: who made this file had something else in mind than we have, and the log has it all.
            raise SnapshotUnusable(f"it cannot be understood: {error!r}") from None
        return state

    async def write(self, log: EventLog, state: State) -> None:
        """Write a snapshot of now: the state, and what is beside it, have taken in the whole log.

        Raises:
            OSError: it cannot be written; the snapshot that was there is still there.
        """
        await anyio.to_thread.run_sync(self._write, log.head, log.digest, state)
        self.position = log.head

    async def write_if_grown(self, log: EventLog, state: State) -> None:
        """As ``write``, if it is worth it; who cannot write goes without."""
        if log.head - self.position >= WORTH_WRITING:
            try:
                await self.write(log, state)
            except (OSError, MemoryError):
                return

    def _write(self, position: int, digest: bytes, state: State) -> None:
        beside = self._beside
        snapshot = Snapshot(fingerprint(beside), position, digest, dump_state(state), beside.dump())
        body = msgspec.msgpack.encode(snapshot)
        unfinished = Unfinished(self.path)
        try:
            with unfinished.path.open("wb") as file:
                file.write(MAGIC)
                file.write(sha256(body).digest())
                file.write(body)
            unfinished.replace()
        finally:
            unfinished.close()
