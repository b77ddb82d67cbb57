"""The event log: the protocol ``EventLog``, the log in memory, and the chain of digests that protects every log.

A log is an append-only sequence of records (encoded envelopes) at the positions 1, 2, 3, … It does not know what they
mean; only ``verified_envelopes``, through which everybody reads a whole log, decodes them.

The chain: records are hashed in segments of ``SEGMENT``, and each segment's hash begins with the digest of the segment
before. So the digest at a position covers every record up to there. It depends on the records alone, not on how they
were batched, and costs a tenth of what a digest per record would cost.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Protocol

import msgspec

from ..events.envelope import Envelope, decode_envelope

SEGMENT = 256
READ_SIZE = SEGMENT * 64
FIRST_READ = SEGMENT
"""How many records are read first where a reader may stop early; each further read takes four times as many."""

GENESIS = bytes(32)
"""The digest before the first record."""

CHANGED = "the record is not the one that was stored"


class LogError(Exception):
    """A log cannot be opened, read or written; the message names the log and the place."""


class LogInUse(LogError):
    """Another process, or another simulation in this one, has the log open for writing."""


class LogUnwritable(LogError):
    """The log cannot be written: the disk is full, or fails."""


class LogDamaged(LogError):
    """A record is missing, changed, or in the wrong place; at position 0, the file around the records is damaged."""

    def __init__(self, name: str, position: int, what: str) -> None:
        place = f" at position {position}" if position else ""
        super().__init__(f"{name}: damaged{place}: {what}")
        self.position = position


class Chain:
    """The running digest of a log; see the module's docstring."""

    def __init__(self, position: int = 0, digest: bytes = GENESIS) -> None:
        """Start after a position, which must be a multiple of SEGMENT, with the digest there."""
        self.position = position
        self._sealed = digest
        self._hasher = sha256(digest)

    def copy(self) -> "Chain":
        """Return a copy that can be extended without changing this one."""
        copy = Chain(self.position, self._sealed)
        copy._hasher = self._hasher.copy()
        return copy

    @property
    def digest(self) -> bytes:
        """The digest at the chain's position."""
        return self._hasher.digest() if self.position % SEGMENT else self._sealed

    def take(self, records: Iterator[bytes]) -> list[bytes]:
        """Extend the chain by records from an iterator, at most to the end of the segment; returns those taken."""
        taken = list(islice(records, SEGMENT - self.position % SEGMENT))
        self._hasher.update(b"".join(taken))
        self.position += len(taken)
        if taken and self.position % SEGMENT == 0:
            self._sealed = self._hasher.digest()
            self._hasher = sha256(self._sealed)
        return taken

    def extend(self, records: Iterable[bytes]) -> list[tuple[int, bytes]]:
        """Extend the chain by further records; returns position and digest of each segment that this completes."""
        completed: list[tuple[int, bytes]] = []
        left = iter(records)
        while self.take(left):
            if self.position % SEGMENT == 0:
                completed.append((self.position, self._sealed))
        return completed


ReadRecords = Callable[[int, int], Awaitable[list[bytes]]]
"""Reads the records after a position, up to a number of them."""


class EventLog(Protocol):
    """An append-only log of records, as the engine uses it."""

    @property
    def name(self) -> str:
        """How messages name the log: its path, if it has one."""
        ...

    @property
    def head(self) -> int:
        """The position of the last record; 0 if the log is empty."""
        ...

    @property
    def stored_head(self) -> int:
        """The position of the last record that is stored: ``head``, or beyond it while a run is being resumed."""
        ...

    @property
    def digest(self) -> bytes:
        """The digest at the head, 32 bytes."""
        ...

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        """Append all the records durably, or none. Callers shield it from cancellation.

        Args:
            expected: where the head must be.
            records: consumed one by one, so that a million need not be in memory at once.

        Raises:
            LogError: the head is not at the expected position, or the log cannot be written.
        """
        ...

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Read up to ``limit`` records from position ``after + 1`` on.

        Raises:
            LogDamaged: a record cannot be read, or does not have its checksum, if the log keeps checksums.
        """
        ...

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """Return the stored digests by position: at segment ends and at the head, from ``after + 1`` to ``last``."""
        ...

    async def first_changed(self, after: int, last: int) -> int | None:
        """Return the first position from ``after + 1`` to ``last`` whose record does not have its stored checksum.

        None if there is none, or if the log keeps no checksums.
        """
        ...

    async def close(self) -> None:
        """Close the log; everything appended stays."""
        ...


class MemoryLog:
    """A log in memory; it is gone when the object is."""

    name = "memory"

    def __init__(self) -> None:
        self._records: list[bytes] = []
        self._chain = Chain()
        self._seals: dict[int, bytes] = {}

    def copy(self) -> "MemoryLog":
        """Return a log with the same records, which can be appended to without changing this one."""
        log = MemoryLog()
        log._records, log._seals, log._chain = self._records.copy(), self._seals.copy(), self._chain.copy()
        return log

    @property
    def head(self) -> int:
        """The position of the last record."""
        return len(self._records)

    @property
    def stored_head(self) -> int:
        """The position of the last record."""
        return self.head

    @property
    def digest(self) -> bytes:
        """The digest at the head."""
        return self._chain.digest

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        """Append the records; raises LogError if the head is not at the expected position."""
        require_head(self, expected)
        new = list(records)
        self._records += new
        self._seals.update(self._chain.extend(new))

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Read up to ``limit`` records from position ``after + 1`` on."""
        return self._records[after : after + limit]

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """Return the digests at ends of segments, and the one at the head."""
        seals = {position: digest for position, digest in self._seals.items() if after < position <= last}
        return seals | ({self.head: self.digest} if after < self.head <= last else {})

    async def first_changed(self, after: int, last: int) -> int | None:
        """Return None: records in memory keep no checksums."""
        return None

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


def require_head(log: EventLog, expected: int) -> None:
    """Check that the log ends where its writer expects it to end.

    Raises:
        LogError: it does not.
    """
    if log.head != expected:
        raise LogError(f"{log.name}: the log ends at position {log.head}, not at {expected} as its writer expects")


async def chain_at(log: EventLog, position: int) -> Chain | None:
    """Compute the chain at a position from the last stored digest before it; None if the log does not go so far.

    Raises:
        LogError: the log cannot be read there.
    """
    if position > log.head:
        return None
    sealed = position // SEGMENT * SEGMENT
    digest = (await log.seals(sealed - 1, sealed)).get(sealed) if sealed else GENESIS
    if digest is None:
        return None
    chain = Chain(sealed, digest)
    chain.extend(await log.read(sealed, position - sealed))
    return chain if chain.position == position else None


async def verified_envelopes(log: EventLog, begin: Chain | None = None) -> AsyncGenerator[list[Envelope], None]:
    """Read and decode the whole log, or what follows ``begin``, checking each batch against the stored digests.

    Callers that stop early must close the generator: ``async with aclosing(verified_envelopes(log)) as batches``.

    Raises:
        LogDamaged: a record does not match; with its position, or its segment's first where no checksum tells which.
    """
    chain = begin.copy() if begin else Chain()
    # The digests are compared anyway, and prove more than checksums: reading without those is quicker.
    read: ReadRecords = getattr(log, "read_unchecked", log.read)
    while chain.position < log.head:
        after = chain.position
        last = min(after + READ_SIZE, log.head)
        records = await read(after, last - after)
        if len(records) != last - after:
            raise LogDamaged(log.name, after + len(records) + 1, "the record is missing")
        computed = dict(chain.extend(records))
        if last == log.head:
            computed[last] = chain.digest
        await _compare(log, after, last, computed)
        yield decode_records(log, after, records)


async def _compare(log: EventLog, after: int, last: int, computed: dict[int, bytes]) -> None:
    """Compare the computed digests of a batch with the stored ones; raises LogDamaged where they differ."""
    stored = await log.seals(after, last)
    for position in sorted(stored.keys() | computed.keys()):
        if stored.get(position) != computed.get(position):
            first = (position - 1) // SEGMENT * SEGMENT + 1
            changed = await log.first_changed(first - 1, position)
            if changed:
                raise LogDamaged(log.name, changed, CHANGED)
            what = f"the records {first} to {position} do not have the digest that was stored"
            raise LogDamaged(log.name, first, what)


async def read_envelopes(
    log: EventLog, after: int, limit: int | None = None, read: ReadRecords | None = None
) -> AsyncGenerator[list[Envelope], None]:
    """Read and decode events after a position, in batches, without comparing digests.

    Batches begin small and grow, so that the cost follows from how many events are taken, not from the log's length.

    Args:
        log: may grow meanwhile; the generator ends when it has reached the head as it is then.
        after: the position before the first event; 0 for the beginning.
        limit: how many events at most; all by default.
        read: used instead of ``log.read``.

    Raises:
        LogDamaged: a record is missing, or is not the one that was stored; with its position.
    """
    read, size = read or log.read, FIRST_READ
    left = log.head if limit is None else limit
    while left > 0 and after < log.head:
        records = await read(after, min(size, left))
        if not records:
            raise LogDamaged(log.name, after + 1, "the record is missing")
        yield decode_records(log, after, records)
        after += len(records)
        left = log.head if limit is None else left - len(records)
        size = min(size * 4, READ_SIZE)


def decode_records(log: EventLog, after: int, records: list[bytes]) -> list[Envelope]:
    """Decode records of a log.

    Args:
        log: for messages.
        after: the position before the first record.
        records: as they were read.

    Raises:
        LogDamaged: a record is no event, or is the event of another position.
    """
    envelopes: list[Envelope] = []
    try:
        envelopes.extend(map(decode_envelope, records))
    except msgspec.MsgspecError as error:
        position = after + len(envelopes) + 1
        raise LogDamaged(log.name, position, f"not an event that this version knows: {error}") from error
    for position, envelope in enumerate(envelopes, after + 1):
        if envelope.position != position:
            raise LogDamaged(log.name, position, f"the event of position {envelope.position} stands there")
    return envelopes
