"""Durable commands, posted in bulk: events per second against rows per second of ``sqlite3.executemany``.

Ours: AcceptHandshake by every account, first of its invitation (two events each), then of its approval (one event
each): decide, evolve, encode and commit on an SQLite log that survives power loss, without views; timed from the first
post until the last event is durable. Reference: ``reference.py`` with the very records that this has appended, and as
many in a transaction as the engine had on average. Rounds alternate; the best of each counts. For information, the
same with the views fed.
"""

from collections.abc import Sequence
from pathlib import Path

import anyio
from measure import Result, at_least, information, scratch, timing
from reference import insert_rows, pragmas_of
from workload import (
    Command,
    acceptances,
    answering_order,
    approvals,
    check_approved,
    check_invited,
    check_joined,
    checked_records,
    enable,
    invite_all,
    post_all,
    world,
)

from orgsim.engine.events.envelope import Envelope
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.runtime.engine import Engine, Listener
from orgsim.projections.views import Views

BUDGET = 0.5
LIMIT = "reference: raw sqlite3"


class Rates:
    """The best events per second of one phase so far, ours and the reference's."""

    def __init__(self) -> None:
        self.ours = self.with_views = self.reference = 0.0
        self.batch = 0


class BatchSizes:
    """A listener of the engine that counts transactions."""

    def __init__(self) -> None:
        self.batches = 0
        self.events = 0

    def __call__(self, envelopes: Sequence[Envelope]) -> None:
        self.batches += 1
        self.events += len(envelopes)


async def _phase(engine: Engine, commands: list[Command], sizes: BatchSizes) -> tuple[float, int]:
    """Play a phase; returns its seconds and the events per transaction."""
    sizes.batches = sizes.events = 0
    with timing() as watch:
        await post_all(engine, commands)
    return watch.seconds, round(sizes.events / sizes.batches)


async def _round(directory: Path, accounts: int, joined: Rates, approved: Rates, *, with_views: bool) -> None:
    sizes = BatchSizes()
    listeners: list[Listener] = [sizes, Views().feed] if with_views else [sizes]
    order = answering_order(accounts)
    log = await SqliteLog.create(directory / "ours.db", "full")
    try:
        async with world(log, accounts, listeners) as engine:
            await invite_all(engine, accounts)
            check_invited(engine, accounts)
            before_joining = log.head
            join_seconds, join_batch = await _phase(engine, list(acceptances(engine, order)), sizes)
            check_joined(engine, accounts)
            after_joining = log.head
            await enable(engine)
            before_approving = log.head
            approve_seconds, approve_batch = await _phase(engine, list(approvals(engine, order)), sizes)
            check_approved(engine, accounts)
            records = await checked_records(log)
            pragmas = await pragmas_of(log)
    finally:
        await log.close()
    for rates, seconds, batch, part in (
        (joined, join_seconds, join_batch, records[before_joining:after_joining]),
        (approved, approve_seconds, approve_batch, records[before_approving:]),
    ):
        if with_views:
            rates.with_views = max(rates.with_views, len(part) / seconds)
            continue
        rates.ours = max(rates.ours, len(part) / seconds)
        rates.batch = batch
        reference = directory / f"reference-{batch}-{len(part)}.db"
        rates.reference = max(rates.reference, len(part) / insert_rows(reference, pragmas, part, batch))


async def _measure(accounts: int, rounds: int) -> list[Result]:
    joined, approved = Rates(), Rates()
    for number in range(2 * rounds):
        with scratch() as directory:
            await _round(directory, accounts, joined, approved, with_views=number % 2 == 1)
    results: list[Result] = []
    for what, rates in (("approval", approved), ("invitation", joined)):
        name = f"post AcceptHandshake of an {what}, durable"
        note = f"{accounts:,} commands, {rates.batch:,} events per transaction; {LIMIT}"
        results.append(at_least(BUDGET, name, rates.ours, rates.reference, "events/s", note))
        results.append(information(f"{name}, with views", rates.with_views, rates.reference, "events/s", LIMIT))
    return results


def run(quick: bool) -> list[Result]:
    """Measure approvals and invitations, each without and with views."""
    return anyio.run(_measure, *((20_000, 2) if quick else (100_000, 3)))
