"""Take records from a log: all of them or a part, once or as long as the log grows."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from pathlib import Path

import anyio
import anyio.to_thread
from msgspec import Struct

from ....engine.events.envelope import Envelope
from ....engine.log import Chain, EventLog, LogError, chain_at, read_envelopes, verified_envelopes
from ....engine.log.place import Span, position_at, span_of
from ....engine.log.sharing import Sharing
from ....engine.log.sqlite import SqliteLog
from ...places import read_place
from .folder import TrailFolder
from .records import Delivered, Trail, commands_of

POLL = 0.2
"""Seconds between looks at a log that another process writes."""

PIECE = 1_000
"""Records that are handed on together."""

Listener = Callable[[Sequence[Envelope]], None]


class Wanted(Struct, frozen=True, kw_only=True):
    """Which records are wanted."""

    begin: str | None = None
    """From this moment or position on, inclusive."""
    end: str | None = None
    """Up to this one, inclusive."""
    accounts: frozenset[str] = frozenset()
    """Of the trails of these accounts; empty for all."""
    plain: bool = False
    """Without masks."""


class Written(Struct, frozen=True):
    """What was written; the keys of ``orgsim trail --json``."""

    folder: str
    records: int
    files: int
    accounts: int
    """How many accounts have records."""
    recorded: str
    """Which calls the world records besides those that changed something: the setting ``record``."""


class Reader:
    """Makes the wanted records of a log's events, whatever pieces they come in.

    Args:
        first, last: positions; None for the end of the log, wherever that will be.
    """

    def __init__(self, wanted: Wanted, first: int = 1, last: int | None = None) -> None:
        self.trail = Trail(plain=wanted.plain, accounts=wanted.accounts)
        self.accounts: set[str] = set()
        """Those whose trails have a record."""
        self._wanted = wanted.accounts
        self._called: set[str] = set()
        """Those of the wanted accounts that ever called."""
        self._first, self._last = first, last
        self._rest: list[Envelope] = []
        self._sharing = Sharing()

    def take(self, envelopes: Sequence[Envelope], *, complete: bool) -> Iterator[Delivered]:
        """Make the wanted records of further events, one by one; the iterator must be used up before the next call.

        Args:
            envelopes: follow those taken before.
            complete: whether the last command is complete; otherwise it waits for its further events.
        """
        self._sharing.share(envelopes)
        commands = [*commands_of([*self._rest, *envelopes])]
        self._rest = [] if complete or not commands else commands.pop()
        return (each for command in commands for each in self._of(command))

    def _of(self, command: list[Envelope]) -> list[Delivered]:
        position, account = command[0].position, command[0].account
        if account in self._wanted:
            self._called.add(account)
        if position < self._first or (self._last is not None and position > self._last):
            self.trail.skip(command)
            return []
        records = self.trail.records_of(command)
        self.accounts.update(each.account for each in records)
        return records

    def require_accounts(self, name: str) -> None:
        """Check that the log knows every account that was asked for.

        Raises:
            LogError: it does not know one.
        """
        state = self.trail.state
        for account in sorted(self._wanted - self.accounts - self._called):
            if account not in state.accounts and account not in state.partitions:
                raise LogError(
                    f"{name}: the account {account} is in no event of the log; orgsim show LOG accounts lists them"
                )


async def reader_for(log: SqliteLog, wanted: Wanted) -> Reader:
    """Make the reader for a part of a log.

    Raises:
        LogError: the part's begin or end is no moment or position of the log.
    """
    span = await span_of(log)
    first = 1 if wanted.begin is None else (await _positions(log, wanted.begin, span))[0] + 1
    last = None if wanted.end is None else (await _positions(log, wanted.end, span))[1]
    if last is not None and last < first - 1:
        raise LogError(f"{log.name}: {wanted.begin} is later than {wanted.end}, so there is nothing between them")
    return Reader(wanted, first, last)


async def _positions(log: SqliteLog, text: str, span: Span) -> tuple[int, int]:
    """The positions right before a position, a moment or a date, and at its end."""
    try:
        place = read_place(text).within(span)
    except ValueError as error:
        raise LogError(f"{log.name}: {error}") from None
    if not place.is_moment:
        return place.before, place.value
    return await position_at(log, place.before, log.head), await position_at(log, place.value, log.head)


async def write_trail(path: Path, folder: Path, wanted: Wanted, listener: Listener | None = None) -> Written:
    """Write the records of a log into a folder, in CloudTrail's layout: all or nothing.

    Args:
        path: of the log, which may be being written; what it has now counts.
        folder: that is not there, or empty.
        wanted: which records.
        listener: is told of each batch of events that was read.

    Raises:
        LogError: the log cannot be read, the folder is taken, or the log has no such place or account.
        LogDamaged: a record of the log is missing, or is not the one that was stored.
        LogUnwritable: the folder cannot be written.
    """
    log = await SqliteLog.open_for_reading(path)
    try:
        reader = await reader_for(log, wanted)
        written = await anyio.to_thread.run_sync(TrailFolder, folder)
        try:
            await _fill(written, log, reader, listener)
            await anyio.to_thread.run_sync(written.publish)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(written.close)
        recorded = reader.trail.state.settings.record
        return Written(str(folder), written.records, written.files, len(reader.accounts), recorded)
    finally:
        await log.close()


async def _fill(folder: TrailFolder, log: EventLog, reader: Reader, listener: Listener | None) -> None:
    async with aclosing(verified_envelopes(log)) as batches:
        async for envelopes in batches:
            delivered = reader.take(envelopes, complete=envelopes[-1].position == log.head)
            await anyio.to_thread.run_sync(folder.add, delivered)
            if listener:
                listener(envelopes)
    reader.require_accounts(log.name)


async def follow_trail(path: Path, wanted: Wanted, *, further: bool) -> AsyncGenerator[list[Delivered], None]:
    """Read the records of a log in the order of the log, in pieces of a thousand at most.

    Args:
        path: of the log.
        wanted: which records; an account that the log does not know is refused when its end is reached.
        further: wait at the end for what others write, for ever; otherwise stop there.

    Raises:
        LogError: as ``write_trail``; or the log was replaced meanwhile.
    """
    reader, end = None, Chain()
    while True:
        log = await SqliteLog.open_for_reading(path)
        try:
            reader = reader or await reader_for(log, wanted)
            found = await chain_at(log, end.position)
            if found is None or found.digest != end.digest:
                raise LogError(f"{path}: it is no longer the log that was read up to position {end.position:,}")
            async with aclosing(_read_further(log, end.position, reader)) as batches:
                async for delivered in batches:
                    yield delivered
            end = await chain_at(log, log.head) or end
            if not further:
                reader.require_accounts(log.name)
                return
        finally:
            await log.close()
        await anyio.sleep(POLL)


async def _read_further(log: EventLog, after: int, reader: Reader) -> AsyncGenerator[list[Delivered], None]:
    async with aclosing(read_envelopes(log, after)) as batches:
        async for envelopes in batches:
            delivered = reader.take(envelopes, complete=envelopes[-1].position == log.head)
            while some := [*islice(delivered, PIECE)]:
                yield some
