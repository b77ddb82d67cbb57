"""What a disk may hold after the power went: folders built from the trace of a recorded life.

The model is an honest disk below a file system like ext4:

- ``fsync`` and ``fdatasync`` of a file make its content, its size and its names durable: those it has got and those it
  has lost so far, whether it is new, was linked, renamed or unlinked.
- ``fsync`` of a folder makes everything durable that happened to the names in it, not what is in the files.
- ``msync`` of a mapped file counts as ``fsync``.
- Of everything else any part may be there, whichever was done first. Of a write or a truncation all, nothing, or some
  sectors of 512 bytes: a sector is never torn. Of what happened to a name all or nothing; a renaming is one thing.
- What was written to one sector twice arrives in that order, because the page cache holds the newer version only. What
  a file holds where nothing arrived, but that lies before its end, are zeros.
- What was there when the recording began is durable.
- The index of a write-ahead log (-shm) is not recorded. It is missing, as it was never synced, or holds anything.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, repeat
from pathlib import Path
from random import Random

from support.faulty_store.shim import Kind

ENTRY = struct.Struct("<BHHIqI")
"""As ``struct entry`` in faulty_store.c."""

SECTOR = 512


@dataclass(frozen=True)
class Operation:
    """One entry of a trace."""

    kind: Kind
    file: int
    """The number of the file; names may change."""
    path: Path
    other: Path
    offset: int
    data: bytes


def read_trace(path: Path) -> list[Operation]:
    """All operations of a life, in their order."""
    data, place, operations = path.read_bytes(), 0, list[Operation]()

    def take(length: int) -> bytes:
        nonlocal place
        place += length
        return data[place - length : place]

    while place < len(data):
        kind, path_length, other_length, file, offset, length = ENTRY.unpack(take(ENTRY.size))
        name, other = (Path(take(size).decode()) for size in (path_length, other_length))
        operations.append(Operation(Kind(kind), file, name, other, offset, take(length)))
    return operations


def acknowledged_before(operations: list[Operation], point: int) -> list[tuple[int, str]]:
    """Position and digest of what was acknowledged in the first operations."""
    marks = (each.data.decode().split() for each in operations[:point] if each.kind is Kind.MARK)
    return [(int(position), digest) for position, digest in marks]


@dataclass
class _Change:
    """Something that happened to a file or to its names; durable once it was synced."""

    operation: Operation
    durable: bool = False


class Disk:
    """The disk while a trace is played.

    Args:
        begun: the folder as it was when the recording began.
        folder: where the files of the trace lay.
    """

    def __init__(self, begun: Path, folder: Path) -> None:
        self._folder = folder
        self._before = {path.name: path.read_bytes() for path in begun.iterdir()}
        self._contents: dict[int, bytearray] = {}
        """What is durable of the files that were touched, by their numbers."""
        self._pending: dict[int, list[Operation]] = {}
        self._names: list[_Change] = []
        self._known: dict[str, int] = {}
        """The names as the process sees them, of files that were touched."""

    def play(self, operation: Operation) -> None:
        """Do the next operation."""
        file = operation.file
        if operation.kind is Kind.SYNC and operation.path == self._folder:
            self._sync_names(None)
        elif operation.kind is Kind.SYNC:
            self._touch(operation)
            self._sync_names(file)
            for change in self._pending.pop(file, []):
                _apply(self._contents[file], change, everything(Random()))
        elif operation.kind in (Kind.WRITE, Kind.TRUNCATE):
            self._touch(operation)
            self._pending.setdefault(file, []).append(operation)
        elif operation.kind is not Kind.MARK:
            self._touch(operation)
            self._names.append(_Change(operation))

    def _touch(self, operation: Operation) -> None:
        """See which of the files that were there before a number is."""
        if operation.file not in self._contents:
            name = operation.path.name
            is_new = operation.kind is Kind.CREATE
            self._contents[operation.file] = bytearray() if is_new else bytearray(self._before[name])
            if not is_new:
                self._known[name] = operation.file

    def _sync_names(self, file: int | None) -> None:
        for change in self._names:
            change.durable = change.durable or file in (None, change.operation.file)

    def after_power_loss(self, chance: Random) -> dict[str, bytes]:
        """The files that there may be, by their names."""
        survives = chance.choice([nothing, everything, wholes, sectors])
        numbers = {name: self._known.get(name, 0) for name in self._before}
        likely = chance.choice([0, 0.5, 1])
        for change in self._names:
            if change.durable or chance.random() < likely:
                _rename(numbers, change.operation)
        files = {name: self._file(name, number, survives, chance) for name, number in numbers.items()}
        if chance.random() < 0.5:
            files |= {f"{name[:-4]}-shm": chance.randbytes(32768) for name in list(files) if name.endswith("-wal")}
        return files

    def _file(self, name: str, number: int, survives: "Survives", chance: Random) -> bytes:
        if not number:
            return self._before[name]
        content = bytearray(self._contents[number])
        # The same for each name of a file.
        luck = Random(f"{number} {chance.getstate()[1][:2]}")
        for change in self._pending.get(number, []):
            _apply(content, change, survives(luck))
        return bytes(content)


Survives = Callable[[Random], Iterator[bool]]
"""Which sectors of one change arrive."""


def nothing(_luck: Random) -> Iterator[bool]:
    """Only what was synced is there."""
    return repeat(False)


def everything(_luck: Random) -> Iterator[bool]:
    """All had been written back."""
    return repeat(True)


def wholes(luck: Random) -> Iterator[bool]:
    """Half of the writes are there."""
    return repeat(luck.random() < 0.5)


def sectors(luck: Random) -> Iterator[bool]:
    """Half of the sectors are there."""
    return (luck.random() < 0.5 for _ in count())


def _apply(content: bytearray, change: Operation, arrives: Iterator[bool]) -> None:
    """Let a write or a truncation take place, as far as it arrives."""
    if change.kind is Kind.TRUNCATE:
        if next(arrives):
            _resize(content, change.offset)
        return
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        edge = min(end, (start // SECTOR + 1) * SECTOR)
        if next(arrives):
            _resize(content, max(len(content), edge))
            content[start:edge] = change.data[start - change.offset : edge - change.offset]
        start = edge


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


def _rename(numbers: dict[str, int], operation: Operation) -> None:
    """Let something happen to the names of files."""
    name, other = operation.path.name, operation.other.name
    if operation.kind in (Kind.UNLINK, Kind.RENAME):
        numbers.pop(name, None)
    if operation.kind is Kind.CREATE:
        numbers[name] = operation.file
    elif operation.kind in (Kind.RENAME, Kind.LINK):
        numbers[other] = operation.file
