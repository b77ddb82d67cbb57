"""Rebuilding the state from an SQLite log: events per second against decoding the same rows and nothing else.

Ours: ``running_engine`` on the log of a finished migration: read, verified against the digests, decoded, evolved; no
views. Reference: msgspec decodes the same records, which stand ready in memory, and forgets them. Rounds alternate; the
best of each counts. For information, the same with the views fed, and beginning from a snapshot of it all instead.
"""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import anyio
from measure import Result, at_least, information, scratch, timed, timing
from workload import START, check_finished, checked_records, play_all, world

from orgsim.engine.events.envelope import decode_envelope
from orgsim.engine.log.snapshots import Snapshots
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.runtime.clock import SimulatedClock
from orgsim.engine.runtime.engine import Engine, Listener
from orgsim.engine.state.image import dump_state
from orgsim.projections.views import Views

BUDGET = 0.4
LIMIT = "reference: raw msgspec"


async def _rebuild(path: Path, accounts: int, listeners: Sequence[Listener]) -> float:
    log = await SqliteLog.open(path, "off")
    try:
        with timing() as watch:
            opened = world(log, accounts, listeners)
            engine = await opened.__aenter__()
        check_finished(engine, accounts)
        await opened.__aexit__(None, None, None)
    finally:
        await log.close()
    return watch.seconds


async def _open(path: Path, accounts: int) -> tuple[float, bytes, bytes]:
    """Open from a snapshot, written first if there is none; returns the seconds, and images of state and views."""
    log = await SqliteLog.open(path, "off")
    try:
        views = Views()
        snapshots = Snapshots(path, views)
        engine = Engine(log, SimulatedClock(START), [views.feed])
        with timing() as watch:
            await engine.rebuild(snapshots)
        check_finished(engine, accounts)
        found = dump_state(engine.state), views.dump()
        if not snapshots.position:
            await snapshots.write(log, engine.state)
    finally:
        await log.close()
    return watch.seconds, *found


def _decode(records: Sequence[bytes]) -> float:
    # The quickest way to call a function for each of many values.
    return timed(lambda: deque(map(decode_envelope, records), maxlen=0))


async def _measure(accounts: int, rounds: int) -> list[Result]:
    with scratch() as directory:
        path = directory / "log.db"
        log = await SqliteLog.create(path, "off")
        try:
            async with world(log, accounts) as engine:
                await play_all(engine, accounts)
                check_finished(engine, accounts)
            records = await checked_records(log)
        finally:
            await log.close()
        ours, with_views, reference, opened = [], [], [], []
        _, *replayed = await _open(path, accounts)
        for _ in range(rounds):
            reference.append(_decode(records))
            ours.append(await _rebuild(path, accounts, ()))
            views = Views()
            with_views.append(await _rebuild(path, accounts, [views.feed]))
            assert views.position == len(records)
            assert len(views.accounts.members) == accounts + 1
            seconds, *loaded = await _open(path, accounts)
            assert loaded == replayed
            opened.append(seconds)
    events = len(records)
    rate = events / min(reference)
    name = "rebuild the state from the log"
    note = f"{events:,} events of {accounts:,} accounts; {LIMIT}"
    return [
        at_least(BUDGET, name, events / min(ours), rate, "events/s", note),
        information(f"{name}, with views", events / min(with_views), rate, "events/s", LIMIT),
        information("open with a snapshot, against a full rebuild with views", min(opened), min(with_views), "s"),
    ]


def run(quick: bool) -> list[Result]:
    """Measure rebuilding the state alone, with views, and from a snapshot."""
    return anyio.run(_measure, *((20_000, 3) if quick else (100_000, 3)))
