"""Catching up with a log: events per second against rebuilding the state with its views from the same log.

Ours: an empty history takes in the log of a finished migration, into a file beside it. Reference: ``running_engine`` on
the same log, with the views fed. Rounds alternate; the best of each counts. For information, what is asked afterwards:
the timeline of one account, the beginning of the whole one, the calls of one operation, causes, the whole difference.
"""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import anyio
from measure import Result, at_least, information, scratch, timed, timing
from workload import account_id, check_finished, events_of, play_all, world

from orgsim.api.timeline.catching_up import catch_up
from orgsim.api.timeline.causes import why
from orgsim.api.timeline.difference import between_moments
from orgsim.api.timeline.history import ENDING, History
from orgsim.api.timeline.timeline import Wanted, timeline
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.projections.views import Views

BUDGET = 0.25


async def _rebuild(path: Path, accounts: int) -> float:
    """Rebuild state and views; returns the seconds."""
    log = await SqliteLog.open(path, "off")
    try:
        views = Views()
        with timing() as watch:
            opened = world(log, accounts, [views.feed])
            engine = await opened.__aenter__()
        check_finished(engine, accounts)
        assert len(views.accounts.members) == accounts + 1
        await opened.__aexit__(None, None, None)
    finally:
        await log.close()
    return watch.seconds


async def _catch_up(path: Path, accounts: int) -> float:
    """Make the history anew; returns the seconds."""
    file = Path(f"{path}{ENDING}")
    await anyio.to_thread.run_sync(History.discard, file)
    log = await SqliteLog.open_for_reading(path)
    history = await anyio.to_thread.run_sync(History.open, file)
    try:
        with timing() as watch:
            await catch_up(history, log)
        _check(history, accounts)
    finally:
        history.close()
        await log.close()
    return watch.seconds


def _check(history: History, accounts: int) -> None:
    assert history.position == events_of(accounts)
    ((members,),) = history.rows("SELECT count(*) FROM fact WHERE attribute = 'organization' AND until IS NULL")
    ((accepted,),) = history.rows("SELECT count(*) FROM fact WHERE attribute = 'state' AND value = 'ACCEPTED'")
    # Two handshakes of each account, and the migration itself.
    assert (members, accepted) == (accounts + 1, 2 * accounts + 1)


def _asked(path: Path, accounts: int) -> tuple[float, list[Result]]:
    """The size of the history beside the log's, and how long questions take, in milliseconds."""
    size = Path(f"{path}{ENDING}").stat().st_size / path.stat().st_size
    history = History.open(Path(f"{path}{ENDING}"))
    end, account = history.position, account_id(accounts // 2)
    questions: dict[str, tuple[Callable[[], Any], int]] = {
        "the timeline of an account": (lambda: list(timeline(history, 0, end, Wanted(account))), 4),
        "the first 50 calls of the whole timeline": (
            lambda: list(islice(timeline(history, 0, end, Wanted()), 50)),
            50,
        ),
        "the calls of one operation": (
            lambda: list(timeline(history, 0, end, Wanted(operations=["EnableAllFeatures"]))),
            1,
        ),
        "why an account is where it is": (lambda: why(history, account, end).own, 4),
        "the difference of the whole log": (lambda: list(between_moments(history, 0, end)), 3 * accounts + 4),
    }
    results: list[Result] = []
    for name, (ask, expected) in questions.items():
        found: list[Any] = []
        seconds = timed(lambda ask=ask, found=found: found.extend(ask()))
        assert len(found) == expected, (name, len(found))
        results.append(information(f"asked of a history: {name}", seconds * 1_000, None, "ms"))
    history.close()
    return size, results


async def _measure(accounts: int, rounds: int) -> list[Result]:
    with scratch() as directory:
        path = directory / "log.db"
        log = await SqliteLog.create(path, "off")
        try:
            async with world(log, accounts) as engine:
                await play_all(engine, accounts)
                check_finished(engine, accounts)
        finally:
            await log.close()
        ours, reference = [], []
        for _ in range(rounds):
            reference.append(await _rebuild(path, accounts))
            ours.append(await _catch_up(path, accounts))
        size, asked = await anyio.to_thread.run_sync(_asked, path, accounts)
    events = events_of(accounts)
    note = f"{events:,} events of {accounts:,} accounts; the file is {size:.1f} times the log's; reference: with views"
    name = "catch a history up with the log"
    return [at_least(BUDGET, name, events / min(ours), events / min(reference), "events/s", note), *asked]


def run(quick: bool) -> list[Result]:
    """Measure catching up, and what is asked afterwards."""
    return anyio.run(_measure, *((20_000, 3) if quick else (200_000, 2)))
