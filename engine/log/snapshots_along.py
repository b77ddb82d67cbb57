"""Snapshots along a log, from which the world is known as it was: several, spread evenly over its positions.

They are written as questions about the past pass the places where they belong, every ``SPACING`` events, and are as
disposable as the one at the end (``snapshots``): each is used only if it is whole, was written by this version, and the
log has its digest at its position. Together they take no more bytes than a limit; what would exceed it is the one whose
neighbours are closest, so that the rest stays spread evenly.
"""

import os
import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Protocol

import anyio.to_thread

from ..state import State
from . import EventLog, LogError, MemoryLog, chain_at
from .snapshots import (
    DIGEST_SIZE,
    MAGIC,
    DumpableViews,
    Snapshot,
    SnapshotUnusable,
    decode_snapshot,
    encode_snapshot,
    require_of_log,
    restored,
)
from .unfinished import replace_file

SPACING = 100_000
"""Events between two snapshots, unless there is no room for so many."""

LEAST_BYTES = 64 * 1024 * 1024
"""What the snapshots along a log may take together, however short it is; otherwise twice as much as the log's file."""

ENDING = re.compile(r"-snapshot-([1-9][0-9]*)")


class SnapshotStore(Protocol):
    """Keeps the contents of snapshots by their positions."""

    async def positions(self) -> dict[int, int]:
        """Where there are snapshots, with their sizes in bytes."""
        ...

    async def limit(self) -> int:
        """How many bytes they may take together."""
        ...

    async def read(self, position: int, views: DumpableViews) -> Snapshot:
        """Read the snapshot at a position, made of such views.

        Raises:
            SnapshotUnusable: it is not there any more, or cannot be used.
        """
        ...

    async def restore(self, snapshot: Snapshot, views: DumpableViews) -> State:
        """Restore views from a snapshot; returns the state in it.

        Raises:
            SnapshotUnusable: the views are unchanged.
        """
        ...

    async def write(self, position: int, digest: bytes, state: State, views: DumpableViews) -> None:
        """Write a snapshot; raises OSError if that is impossible."""
        ...

    async def remove(self, position: int) -> None:
        """Remove a snapshot, if that is possible."""
        ...


class SnapshotsInMemory:
    """Snapshots along a log in memory; nothing in here suspends."""

    def __init__(self) -> None:
        self._contents: dict[int, bytes] = {}

    async def positions(self) -> dict[int, int]:
        """Where there are snapshots, with their sizes in bytes."""
        return {position: len(content) for position, content in self._contents.items()}

    async def limit(self) -> int:
        """How many bytes they may take together."""
        return LEAST_BYTES

    async def read(self, position: int, views: DumpableViews) -> Snapshot:
        """Read the snapshot at a position."""
        return decode_snapshot(BytesIO(self._contents[position]), views)

    async def restore(self, snapshot: Snapshot, views: DumpableViews) -> State:
        """Restore views from a snapshot; returns the state in it."""
        return restored(snapshot, views)

    async def write(self, position: int, digest: bytes, state: State, views: DumpableViews) -> None:
        """Write a snapshot."""
        self._contents[position] = encode_snapshot(position, digest, state, views)

    async def remove(self, position: int) -> None:
        """Remove a snapshot."""
        self._contents.pop(position, None)


class SnapshotFiles:
    """Snapshots along a log in a file: ``LOG-snapshot-POSITION``. The one at its end, ``LOG-snapshot``, is read too.

    Args:
        log: the path of the log.
    """

    def __init__(self, log: Path) -> None:
        self._log = log

    def along(self) -> dict[int, Path]:
        """The files of the snapshots along the log, by position."""
        name = self._log.name
        found: dict[int, Path] = {}
        with os.scandir(self._log.parent) as entries:
            for entry in entries:
                ending = entry.name.startswith(name) and ENDING.fullmatch(entry.name[len(name) :])
                if ending:
                    found[int(ending[1])] = self._log.with_name(entry.name)
        return dict(sorted(found.items()))

    async def positions(self) -> dict[int, int]:
        """Where there are snapshots, with their sizes in bytes; that at the end takes none of the limit."""
        return await anyio.to_thread.run_sync(self._positions)

    def _positions(self) -> dict[int, int]:
        try:
            found = {position: path.stat().st_size for position, path in self.along().items()}
        except OSError:
            # The directory cannot be listed, or somebody is just removing one.
            found = dict[int, int]()
        end = _position_in(self._end)
        return found if end is None else {end: 0, **found}

    @property
    def _end(self) -> Path:
        return Path(f"{self._log}-snapshot")

    async def limit(self) -> int:
        """How many bytes they may take together."""
        return max(LEAST_BYTES, 2 * (await anyio.Path(self._log).stat()).st_size)

    async def read(self, position: int, views: DumpableViews) -> Snapshot:
        """Read the snapshot at a position."""
        return await anyio.to_thread.run_sync(self._read, position, views)

    async def restore(self, snapshot: Snapshot, views: DumpableViews) -> State:
        """Restore views from a snapshot; returns the state in it."""
        return await anyio.to_thread.run_sync(restored, snapshot, views)

    def _read(self, position: int, views: DumpableViews) -> Snapshot:
        path = self._path(position)
        try:
            with (path if path.exists() else self._end).open("rb") as file:
                return decode_snapshot(file, views)
        except OSError as error:
            raise SnapshotUnusable(f"it cannot be read: {error.strerror}") from None

    def _path(self, position: int) -> Path:
        return Path(f"{self._log}-snapshot-{position}")

    async def write(self, position: int, digest: bytes, state: State, views: DumpableViews) -> None:
        """Write a snapshot durably and whole, or not at all."""
        await anyio.to_thread.run_sync(self._write, position, digest, state, views)

    def _write(self, position: int, digest: bytes, state: State, views: DumpableViews) -> None:
        content = encode_snapshot(position, digest, state, views)
        replace_file(self._path(position), lambda path: path.write_bytes(content))

    async def remove(self, position: int) -> None:
        """Remove a snapshot along the log, if that is possible."""
        try:
            await anyio.Path(self._path(position)).unlink(missing_ok=True)
        except OSError:
            return


def _position_in(path: Path) -> int | None:
    """Read the position of a snapshot, and nothing else of it; None if there is none."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            file.seek(DIGEST_SIZE, os.SEEK_CUR)
            head = file.read(64)
    except OSError:
        return None
    # A list of five, a fingerprint of 32 bytes, and the position: up to 127 it is the byte itself, else 1, 2, 4 or 8.
    number = head[35:36]
    size = {b"\xcc": 1, b"\xcd": 2, b"\xce": 4, b"\xcf": 8}.get(number)
    return int.from_bytes(head[36 : 36 + size]) if size else int.from_bytes(number)


class SnapshotsAlong:
    """The snapshots along one log.

    Args:
        log: the log; its events up to any position where a snapshot is written must be in it.
        store: where they are kept.
    """

    def __init__(self, log: EventLog, store: SnapshotStore) -> None:
        self._log = log
        self._store = store
        self._unusable = set[int]()

    async def load_before(self, position: int, views: DumpableViews) -> State | None:
        """Restore views from the latest usable snapshot up to a position; returns its state, None if there is none."""
        for found in sorted(await self._store.positions(), reverse=True):
            if found > position or found in self._unusable:
                continue
            try:
                snapshot = await self._store.read(found, views)
                await require_of_log(snapshot, self._log)
                return await self._store.restore(snapshot, views)
            except SnapshotUnusable:
                self._unusable.add(found)
        return None

    async def missing(self, after: int, last: int) -> list[int]:
        """Where, behind one position and up to another, snapshots are to be written, in order.

        Those for which there is no room are left out: each would take as much as the nearest one before it.
        """
        sizes = {**await self._store.positions()}
        limit = await self._store.limit()
        first = (after // SPACING + 1) * SPACING
        wanted: list[int] = []
        for position in range(first, last + 1, SPACING):
            if position in sizes and position not in self._unusable:
                continue
            before = max((known for known in sizes if known < position), default=None)
            sizes[position] = 0 if before is None else sizes[before]
            wanted.append(position)
            for least in _exceeding(sizes, limit, position):
                del sizes[least]
        return [position for position in wanted if position in sizes]

    async def keep(self, state: State, views: DumpableViews) -> None:
        """Write a snapshot of the state and the views at their position, if it can be written and there is room."""
        position = state.position
        if state.faults and state.faults.lagging:
            return
        try:
            chain = await chain_at(self._log, position)
            if chain is not None:
                await self._store.write(position, chain.digest, state, views)
                self._unusable.discard(position)
                await self._make_room(position)
        except (OSError, MemoryError, LogError):
            self._unusable.discard(position)

    async def _make_room(self, new: int) -> None:
        for position in _exceeding(await self._store.positions(), await self._store.limit(), new):
            await self._store.remove(position)


def _exceeding(sizes: Mapping[int, int], limit: int, new: int) -> list[int]:
    """The positions of the snapshots that have to go, so that the others keep within a limit of bytes."""
    left, gone = {position: size for position, size in sizes.items() if size}, list[int]()
    while sum(left.values()) > limit:
        gone.append(_least_useful(left, new))
        del left[gone[-1]]
    return gone


def _least_useful(positions: Iterable[int], new: int) -> int:
    """The position whose neighbours are closest; of several the new one, lest they take turns."""
    ordered = [0, *sorted(positions)]
    gaps = {
        position: (ordered[index + 2] if index + 2 < len(ordered) else position + SPACING) - ordered[index]
        for index, position in enumerate(ordered[1:])
    }
    return min(gaps, key=lambda position: (gaps[position], position != new, -position))


def store_for(log: EventLog) -> SnapshotStore:
    """Where the snapshots along a log are kept: beside its file, if it has one."""
    path = getattr(log, "path", None)
    if isinstance(path, Path) and not isinstance(log, MemoryLog):
        return SnapshotFiles(path)
    return SnapshotsInMemory()
