"""The event log: what every log can do, the log in memory, and the chain of digests over both kinds.

A log is a sequence of records (encoded envelopes) at the positions 1, 2, 3, … It knows nothing of what they mean; only
``verified_envelopes``, through which everybody reads a whole log, decodes them.

The chain: records are hashed in segments of ``SEGMENT``, each segment's digest beginning with that of the segment
before. The digest at a position covers every record up to there, depends on the records alone and never on how they
were batched, and costs a tenth of a digest per record.
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
    """The running digest of a log."""

    def __init__(self, position: int = 0, digest: bytes = GENESIS) -> None:
        """Start after the given position, which must be a multiple of SEGMENT, from the digest there."""
        self.position = position
        self._sealed = digest
        self._hasher = sha256(digest)

    def copy(self) -> "Chain":
        """The same chain, to go on from without committing to it."""
        copy = Chain(self.position, self._sealed)
        copy._hasher = self._hasher.copy()
        return copy

    @property
    def digest(self) -> bytes:
        """The digest at the present position; where a segment ends, that of the segment."""
        return self._hasher.digest() if self.position % SEGMENT else self._sealed

    def take(self, records: Iterator[bytes]) -> list[bytes]:
        """Take in further records, up to the end of the segment; returns them, none if there are none."""
        part = list(islice(records, SEGMENT - self.position % SEGMENT))
        self._hasher.update(b"".join(part))
        self.position += len(part)
        if part and self.position % SEGMENT == 0:
            self._sealed = self._hasher.digest()
            self._hasher = sha256(self._sealed)
        return part

    def extend(self, records: Iterable[bytes]) -> list[tuple[int, bytes]]:
        """Take in further records; returns position and digest of each segment that this has completed."""
        completed: list[tuple[int, bytes]] = []
        left = iter(records)
        while self.take(left):
            if self.position % SEGMENT == 0:
                completed.append((self.position, self._sealed))
        return completed


Read = Callable[[int, int], Awaitable[list[bytes]]]
"""Reads records behind a position, up to a number of them."""


class EventLog(Protocol):
    """What the engine needs of a log."""

    @property
    def name(self) -> str:
        """Where it lies, for messages."""
        ...

    @property
    def head(self) -> int:
        """The position of the last record; 0 if there is none."""
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
        """Append all the records, or none, durably. Must not be cancelled half-way: shield it.

        The records are taken one by one: a million that are made on the way need not be there at once.

        Raises:
            LogError: the head is not at the expected position, or the log cannot be written.
        """
        ...

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Up to ``limit`` records from position ``after + 1`` on.

        Raises:
            LogDamaged: a record cannot be read, or, where checksums are kept, does not have its checksum.
        """
        ...

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """The stored digests at ends of segments, from ``after + 1`` to ``last``, and the one at the head."""
        ...

    async def first_changed(self, after: int, last: int) -> int | None:
        """The first position whose record no longer has the checksum it was stored with, if checksums are kept."""
        ...

    async def close(self) -> None:
        """Let go of the log; everything appended stays."""
        ...


class MemoryLog:
    """A log that ends with the process."""

    name = "memory"

    def __init__(self) -> None:
        self._records: list[bytes] = []
        self._chain = Chain()
        self._seals: dict[int, bytes] = {}

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
        """Append the records; raises LogError if the head is elsewhere than expected."""
        require_head(self, expected)
        new = list(records)
        self._records += new
        self._seals.update(self._chain.extend(new))

    async def read(self, after: int, limit: int) -> list[bytes]:
        """Up to ``limit`` records from position ``after + 1`` on."""
        return self._records[after : after + limit]

    async def seals(self, after: int, last: int) -> dict[int, bytes]:
        """The digests at ends of segments, and the one at the head."""
        seals = {position: digest for position, digest in self._seals.items() if after < position <= last}
        return seals | ({self.head: self.digest} if after < self.head <= last else {})

    async def first_changed(self, after: int, last: int) -> int | None:
        """None: records in memory keep no checksums."""
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


def require_head(log: EventLog, expected: int) -> None:
    """An append continues the log exactly where its writer believes that it ends.

    Raises:
        LogError: it does not.
    """
    if log.head != expected:
        raise LogError(f"{log.name}: the log ends at position {log.head}, not at {expected} as its writer expects")


async def chain_at(log: EventLog, position: int) -> Chain | None:
    """The chain as the stored digests have it at a position; None if the log does not go so far.

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
    """The whole log, or what is behind ``begin``, in batches, each checked against the stored digests first.

    Whoever stops early closes it: ``async with aclosing(verified_envelopes(log)) as batches``.

    Raises:
        LogDamaged: with the first position that does not match, or the segment's first where no checksum tells.
    """
    chain = begin.copy() if begin else Chain()
    # Digests say more than checksums: where a log can read without comparing those, that is quicker.
    read: Read = getattr(log, "read_unchecked", log.read)
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
        yield decoded(log, after, records)


async def _compare(log: EventLog, after: int, last: int, computed: dict[int, bytes]) -> None:
    """Hold the computed digests of a batch against the stored ones."""
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
    log: EventLog, after: int, limit: int | None = None, read: Read | None = None
) -> AsyncGenerator[list[Envelope], None]:
    """The events behind a position, in batches, without comparing digests; costs what is taken, wherever that lies.

    Args:
        log: may grow meanwhile; ends at its head of the moment when everything before has been taken.
        after: the position before the first; 0 for the beginning.
        limit: at most so many events; all by default.
        read: instead of ``log.read``.

    Raises:
        LogDamaged: a record is missing, or is not the one that was stored; with its position.
    """
    read, size = read or log.read, FIRST_READ
    left = log.head if limit is None else limit
    while left > 0 and after < log.head:
        records = await read(after, min(size, left))
        if not records:
            raise LogDamaged(log.name, after + 1, "the record is missing")
        yield decoded(log, after, records)
        after += len(records)
        left = log.head if limit is None else left - len(records)
        size = min(size * 4, READ_SIZE)


def decoded(log: EventLog, after: int, records: list[bytes]) -> list[Envelope]:
    """Decode records of a log.

    Args:
        log: where they stand.
        after: the position before the first.
        records: as they were read.

    Raises:
        LogDamaged: one is no event, or is the event of another position.
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
