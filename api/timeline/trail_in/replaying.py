"""Take a trail into a log: read everything, put it in order, and post each record at its own moment."""

from collections.abc import Sequence
from pathlib import Path

from anyio.to_thread import run_sync
from msgspec import Struct

from ....engine.errors import Refused
from ....engine.events import RecordTaken
from ....engine.events.envelope import Envelope
from ....engine.log.sqlite import SqliteLog
from ....engine.runtime.clock import SimulatedClock
from ....engine.runtime.driver import jump_to
from ....engine.runtime.engine import Engine
from ....engine.runtime.running import running_engine
from ....engine.settings import DAY, Settings
from ....engine.shapes.base import moment_text
from ....engine.state import State
from ...progress import Progress
from ..cloudtrail import SOURCE
from .elsewhere import Elsewhere
from .files import TrailFile, Unreadable, documents
from .formats import NoRecord, records_in
from .ordering import Sorter
from .records import BadRecord, TrailRecord, sighted, taken
from .summary import Summary

SETTINGS = Settings(record="writes")
"""Of the world that a trail begins."""

AHEAD = DAY
"""How far in the future a record may be: clocks differ."""

EVERY = 1_000
"""After how many records progress is shown."""


class Trail:
    """All records of Organizations in some files, to be given back in order; ``close`` it in the end.

    Args:
        summary: counts what is read.
        now: the present, in microseconds since the epoch; records of the future are no facts.
    """

    def __init__(self, summary: Summary, now: int) -> None:
        self.elsewhere = Elsewhere()
        self.sorter = Sorter()
        self.first: int | None = None
        self.latest = 0
        """The times of the earliest and of the latest record."""
        self.count = 0
        self._summary = summary
        self._now = now
        self._seen: set[str] = set()

    def read(self, files: Sequence[TrailFile], progress: Progress) -> None:
        """Read files to their ends; what is wrong with them is counted, and reading goes on with the next."""
        total, done = sum(file.size for file in files), 0
        for file in files:
            self._summary.files += 1
            try:
                for line, document in documents(file):
                    self._read(f"{file.name}, line {line}", document)
                    if line % EVERY == 0:
                        progress("Reading", done, total, "")
            except Unreadable as error:
                self._summary.problem("unreadable", file.name, str(error))
            done += file.size
            progress("Reading", done, total, "")

    def _read(self, where: str, document: bytes) -> None:
        summary = self._summary
        for number, found in enumerate(records_in(document, SOURCE), 1):
            summary.read += 1
            if isinstance(found, NoRecord):
                summary.problem("no record", f"{where}, record {number}", str(found))
                continue
            _, content = found
            if content is None:
                summary.of_others += 1
                continue
            try:
                self._add(sighted(content))
            except BadRecord as error:
                summary.problem("no record", f"{where}, record {number}", str(error))

    def _add(self, record: TrailRecord) -> None:
        if record.identity in self._seen:
            self._summary.known += 1
            return
        self._seen.add(record.identity)
        if record.time > self._now + AHEAD:
            time = moment_text(record.time, "%Y-%m-%dT%H:%M:%SZ")
            self._summary.problem("in the future", record.identity, f"its eventTime is {time}; --future takes it")
            return
        self.elsewhere.add(record)
        self.sorter.add(record)
        self.count += 1
        self.first = record.time if self.first is None else min(self.first, record.time)
        self.latest = max(self.latest, record.time)

    def close(self) -> None:
        """Remove the files that sorting needed."""
        self.sorter.close()


class Replayed(Struct, frozen=True):
    """What came of taking a trail, and the state after it; None if there is no log."""

    summary: Summary
    state: State | None


async def replay(files: Sequence[TrailFile], log: Path, now: int, progress: Progress, window: int = 0) -> Replayed:
    """Take the records of files into a log, which is made if there is none; what it has already changes nothing.

    Args:
        files: in any of the forms that ``formats`` knows.
        log: its path.
        now: the present, in microseconds since the epoch.
        progress: called with what is being done, how much is done and of how much.
        window: leave the records of so many microseconds before the latest one for a later run, because earlier ones
            may still be delivered.

    Raises:
        LogError: the log cannot be opened or written.
    """
    summary = Summary()
    trail = Trail(summary, now)
    try:
        await run_sync(trail.read, files, progress)
        if not trail.count:
            return Replayed(summary, None)
        return Replayed(summary, await _take(trail, log, summary, progress, trail.latest - window))
    finally:
        trail.close()


async def _take(trail: Trail, path: Path, summary: Summary, progress: Progress, until: int) -> State:
    assert trail.first is not None, "there are records"
    exists = await run_sync(path.exists)
    log = await (SqliteLog.open if exists else SqliteLog.create)(path)
    known: set[str] = set()

    def remember(envelopes: Sequence[Envelope]) -> None:
        known.update(each.event.event_id for each in envelopes if isinstance(each.event, RecordTaken))

    try:
        clock = SimulatedClock(trail.first)
        async with running_engine(log, clock=clock, settings=SETTINGS, listeners=[remember]) as engine:
            begun = engine.now
            for number, record in enumerate(trail.sorter.ordered(), 1):
                if number % EVERY == 0:
                    progress("Taking", number, trail.count, moment_text(record.time, "%Y-%m-%d"))
                if record.identity in known:
                    summary.known += 1
                elif record.time > until:
                    summary.left += 1
                elif record.time < begun:
                    stands = moment_text(begun, "%Y-%m-%dT%H:%M:%SZ")
                    summary.problem("late", record.identity, f"the log stands at {stands} already")
                else:
                    await _take_one(engine, record, trail.elsewhere, summary)
            await engine.flush()
            return engine.state
    finally:
        await log.close()


async def _take_one(engine: Engine, record: TrailRecord, elsewhere: Elsewhere, summary: Summary) -> None:
    try:
        request, caller = taken(record, elsewhere.about(record))
    except BadRecord as error:
        summary.problem("not placed", record.identity, str(error))
        return
    if record.time > engine.now:
        await jump_to(engine, record.time)
    try:
        events = engine.post(request, caller)
    except Refused as refusal:
        why = refusal.explanation or str(refusal)
        summary.problem("not placed", f"{record.identity} {request.event_name}", why)
        return
    summary.took(record.time, events)
    if engine.crowded:
        await engine.room()
