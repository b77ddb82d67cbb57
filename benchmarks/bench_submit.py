"""Durable commands, each awaited: events per second against rows per second of ``sqlite3.executemany``.

Ours: 1,000 tasks share the accounts; each awaits ``engine.submit`` of an AcceptHandshake of an approval, then the next.
No answer comes before its event is durable. Reference, rounds and counting as in ``bench_post.py``.
"""

from collections.abc import Sequence
from pathlib import Path

import anyio
from bench_post import LIMIT, BatchSizes
from measure import Result, at_least, scratch, timing
from reference import insert_rows, pragmas_of
from workload import (
    Command,
    acceptances,
    answering_order,
    approvals,
    check_approved,
    checked_records,
    enable,
    invite_all,
    post_all,
    world,
)

from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.runtime.engine import Engine
from orgsim.engine.shapes.handshakes import HandshakeReply

BUDGET = 0.15
TASKS = 1_000


async def _user(engine: Engine, commands: Sequence[Command], answers: list[int]) -> None:
    for request, caller in commands:
        reply = await engine.submit(request, caller)
        assert isinstance(reply, HandshakeReply)
        assert reply.handshake.state == "ACCEPTED"
    answers.append(len(commands))


async def _round(directory: Path, accounts: int) -> tuple[float, float, int]:
    """Play a round; returns events per second, the reference's rows per second, and events per transaction."""
    sizes = BatchSizes()
    order = answering_order(accounts)
    log = await SqliteLog.create(directory / "ours.db", "full")
    try:
        async with world(log, accounts, [sizes]) as engine:
            await invite_all(engine, accounts)
            await post_all(engine, acceptances(engine, order))
            await enable(engine)
            commands = list(approvals(engine, order))
            before = log.head
            answers: list[int] = []
            sizes.batches = sizes.events = 0
            with timing() as watch:
                async with anyio.create_task_group() as users:
                    for number in range(TASKS):
                        users.start_soon(_user, engine, commands[number::TASKS], answers)
            assert sum(answers) == accounts
            check_approved(engine, accounts)
            records = (await checked_records(log))[before:]
            pragmas = await pragmas_of(log)
    finally:
        await log.close()
    batch = round(sizes.events / sizes.batches)
    seconds = insert_rows(directory / "reference.db", pragmas, records, batch)
    return len(records) / watch.seconds, len(records) / seconds, batch


async def _measure(accounts: int, rounds: int) -> list[Result]:
    ours = reference = 0.0
    batch = 0
    for _ in range(rounds):
        with scratch() as directory:
            events, rows, batch = await _round(directory, accounts)
        ours, reference = max(ours, events), max(reference, rows)
    note = f"{accounts:,} commands, {batch:,} events per transaction; {LIMIT}"
    return [at_least(BUDGET, f"submit AcceptHandshake, {TASKS:,} tasks", ours, reference, "events/s", note)]


def run(quick: bool) -> list[Result]:
    """Measure commands that are awaited one by one, by many tasks."""
    return anyio.run(_measure, *((20_000, 2) if quick else (50_000, 3)))
