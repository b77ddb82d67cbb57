"""Compares with the library eventsourcing, on SQLite: appending one by one, appending in bulk, reading back.

Both sides record the same facts: every account accepts the handshake by which it approves, one event for each, with the
ids, the operation and the caller in it. Their handshake is an aggregate, as that library has it; the event has a class,
a time, and JSON by the library's own transcoder.

One by one: ours is ``engine.submit`` by a single task, each answer awaited; theirs is a command of an aggregate that
stands in memory, so that nothing has to be read, and ``Application.save``. A transaction for each event on both sides.
In bulk: ours is ``engine.post``; theirs are the same commands, saved by so many aggregates in one ``save``, hence in
one transaction, as ours had events in one on average; for information, ``insert_events`` of their recorder alone, of
events that stand encoded in memory. Reading: ours decodes a whole log with its digests verified; theirs selects all
notifications, in parts as large as ours, and maps each to its event.

Comparable: pragmas (theirs are set to ours, and both are in WAL mode; a commit survives power loss), the file system,
one thread of commands, everything from the command until the event is durable. Not comparable: ours decides by AWS's
rules, keeps checksums and a chain of digests, and hops to the thread of its connection for each commit; theirs builds
an index of aggregates and versions, and refuses a version that is there already. Rounds alternate; the best of each
counts.
"""

from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import anyio
from bench_post import BatchSizes
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder
from measure import Result, information, scratch, timed, timing
from msgspec import Struct
from reference import PRAGMAS, pragmas_of
from workload import (
    Command,
    acceptances,
    answering_order,
    approvals,
    check_approved,
    enable,
    invite_all,
    organization_of,
    post_all,
    world,
)

from orgsim.engine.events import HandshakeAccepted
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.log import READ_SIZE, verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.runtime.engine import Engine
from orgsim.engine.shapes.handshakes import HandshakeReply

ACCEPT = "AcceptHandshake"
# Pragmas of a connection; the journal mode and the page size belong to the file.
CONNECTION_PRAGMAS = ("synchronous", "wal_autocheckpoint", "cache_size")

Pragmas = dict[str, str | int]


class Fact(Struct, frozen=True):
    """An acceptance, in a form that both sides can be compared by."""

    organization: str
    handshake: str
    operation: str
    account: str | None


class Handshake(Aggregate):
    """A handshake as an aggregate of the library, which makes events from the arguments of commands."""

    @event("Requested")
    def __init__(self, organization: str, handshake: str) -> None:
        self.organization = organization
        self.handshake = handshake
        self.accepted_by: str | None = None

    @event("Accepted")
    def accept(self, organization: str, handshake: str, operation: str, account: str) -> None:
        """Accept the handshake."""
        self.accepted_by = account


class Round(Struct):
    """The events per second of one round."""

    one_by_one: float
    in_bulk: float
    read: float
    recorder: float = 0.0


# Ours.


async def _one_by_one(engine: Engine, commands: Sequence[Command]) -> None:
    for request, caller in commands:
        reply = await engine.submit(request, caller)
        assert isinstance(reply, HandshakeReply)
        assert reply.handshake.state == "ACCEPTED"


async def _read_ours(log: SqliteLog) -> list[Envelope]:
    read: list[Envelope] = []
    async with aclosing(verified_envelopes(log)) as batches:
        async for envelopes in batches:
            read += envelopes
    return read


def _facts_of(envelopes: Sequence[Envelope], answers: int) -> list[Fact]:
    """The last ``answers`` acceptances."""
    facts = [
        Fact(envelope.event.organization, envelope.event.handshake, envelope.operation, envelope.account)
        for envelope in envelopes
        if isinstance(envelope.event, HandshakeAccepted)
    ]
    return facts[-answers:]


async def _ours(path: Path, accounts: int, alone: int) -> tuple[Round, int, Pragmas, list[Fact]]:
    """Play a round; returns its rates, the events per transaction, the pragmas, and the facts in order."""
    sizes = BatchSizes()
    order = answering_order(accounts)
    log = await SqliteLog.create(path, "full")
    try:
        async with world(log, accounts, [sizes]) as engine:
            await invite_all(engine, accounts)
            await post_all(engine, acceptances(engine, order))
            await enable(engine)
            here = organization_of(engine).id
            commands = list(approvals(engine, order))
            with timing() as submitting:
                await _one_by_one(engine, commands[:alone])
            sizes.batches = sizes.events = 0
            with timing() as posting:
                await post_all(engine, commands[alone:])
            batch = round(sizes.events / sizes.batches)
            check_approved(engine, accounts)
            pragmas = await pragmas_of(log)
        with timing() as reading:
            read = await _read_ours(log)
        assert len(read) == log.head
    finally:
        await log.close()
    facts = _facts_of(read, accounts)
    asked: list[Any] = commands
    assert facts == [Fact(here, request.handshake_id, ACCEPT, caller.account) for request, caller in asked]
    figures = Round(
        one_by_one=alone / submitting.seconds,
        in_bulk=(accounts - alone) / posting.seconds,
        read=len(read) / reading.seconds,
    )
    return figures, batch, pragmas, facts


# Theirs.


@contextmanager
def _application(path: Path, pragmas: Pragmas) -> Iterator[Application]:
    with Application(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}) as app:
        recorder = app.recorder
        assert isinstance(recorder, SQLiteApplicationRecorder)
        # Its pool always gives one thread the same connection.
        with recorder.datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            for name in CONNECTION_PRAGMAS:
                cursor.execute(f"PRAGMA {name} = {pragmas[name]}")
        yield app
        with recorder.datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            for name in PRAGMAS:
                cursor.execute(f"PRAGMA {name}")
                assert cursor.fetchone()[0] == pragmas[name], f"theirs has another {name}"


def _accept(handshake: Handshake, fact: Fact) -> Handshake:
    assert fact.account is not None
    handshake.accept(fact.organization, fact.handshake, fact.operation, fact.account)
    return handshake


def _save_each(app: Application, handshakes: Sequence[Handshake], facts: Sequence[Fact]) -> None:
    for handshake, fact in zip(handshakes, facts, strict=True):
        app.save(_accept(handshake, fact))


def _save_many(app: Application, handshakes: Sequence[Handshake], facts: Sequence[Fact], batch: int) -> None:
    for start in range(0, len(facts), batch):
        part = zip(handshakes[start : start + batch], facts[start : start + batch], strict=True)
        app.save(*[_accept(handshake, fact) for handshake, fact in part])


def _read_theirs(app: Application) -> list[object]:
    events: list[object] = []
    to_event = app.mapper.to_domain_event
    while part := app.recorder.select_notifications(len(events) + 1, READ_SIZE):
        events += map(to_event, part)
    return events


def _fact_of(accepted: object) -> Fact:
    members = vars(accepted)
    assert type(accepted).__name__ == "Accepted"
    return Fact(**{name: members[name] for name in Fact.__struct_fields__})


def _theirs(path: Path, pragmas: Pragmas, facts: Sequence[Fact], alone: int, batch: int) -> Round:
    count = len(facts)
    with _application(path, pragmas) as app:
        handshakes = [Handshake(fact.organization, fact.handshake) for fact in facts]
        app.save(*handshakes)
        saving = timed(lambda: _save_each(app, handshakes[:alone], facts[:alone]))
        in_bulk = timed(lambda: _save_many(app, handshakes[alone:], facts[alone:], batch))
        with timing() as reading:
            events = _read_theirs(app)
        assert len(events) == 2 * count
        assert [_fact_of(accepted) for accepted in events[count:]] == facts
        stored = app.recorder.select_notifications(count + 1, count)
    recorder = _recorder(path.with_name("recorder.db"), pragmas, stored, batch)
    return Round(alone / saving, (count - alone) / in_bulk, 2 * count / reading.seconds, recorder)


def _recorder(path: Path, pragmas: Pragmas, stored: Sequence[StoredEvent], batch: int) -> float:
    """Measure the events that their recorder inserts per second."""
    with _application(path, pragmas) as app:

        def insert() -> None:
            for start in range(0, len(stored), batch):
                app.recorder.insert_events(stored[start : start + batch])

        seconds = timed(insert)
        assert [each.state for each in app.recorder.select_notifications(1, len(stored))] == [
            each.state for each in stored
        ]
    return len(stored) / seconds


def _best(rounds: Sequence[Round], name: str) -> float:
    return max(getattr(each, name) for each in rounds)


async def _measure(accounts: int, alone: int, rounds: int) -> list[Result]:
    ours: list[Round] = []
    theirs: list[Round] = []
    batch = 0
    for _ in range(rounds):
        with scratch() as directory:
            figures, batch, pragmas, facts = await _ours(directory / "ours.db", accounts, alone)
            ours.append(figures)
            theirs.append(_theirs(directory / "theirs.db", pragmas, facts, alone, batch))
    bulk = _best(ours, "in_bulk")
    per_transaction = f"{batch:,} events per transaction; reference: eventsourcing's"
    lines = [
        ("append one by one", "one_by_one", f"{alone:,} transactions; reference: eventsourcing's save"),
        ("append in bulk", "in_bulk", f"{per_transaction} save of many aggregates"),
        ("read the log and decode it", "read", "reference: eventsourcing's notifications"),
    ]
    results = [
        information(f"{what}, beside eventsourcing", _best(ours, name), _best(theirs, name), "events/s", note)
        for what, name, note in lines
    ]
    note = f"{per_transaction} insert_events of encoded events"
    name = "append in bulk, beside eventsourcing's recorder alone"
    return [*results, information(name, bulk, _best(theirs, "recorder"), "events/s", note)]


def run(quick: bool) -> list[Result]:
    """Measure appending one by one, appending in bulk, and reading."""
    return anyio.run(_measure, *((5_000, 300, 1) if quick else (20_000, 1_000, 3)))
