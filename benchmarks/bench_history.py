"""Catching up with a log: events per second against rebuilding the state with its views from the same log.

Ours: an empty history takes in the log of a finished migration, after which accounts were moved into an OU, into a file
beside the log. Reference: ``running_engine`` on the same log, with the views fed. Rounds alternate; the best of each
counts. Then what is asked of the history, in milliseconds, the slowest of several times: what an account was at random
places, which has a budget; timelines; causes; and differences of places near each other and far apart.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import anyio
from measure import Result, at_least, at_most, information, scratch, timed, timing
from workload import (
    MANAGEMENT,
    SEED,
    account_id,
    answering_order,
    check_finished,
    events_of,
    members_at,
    organization_of,
    play_all,
    world,
)

from orgsim.api.timeline.catching_up import catch_up
from orgsim.api.timeline.causes import why
from orgsim.api.timeline.difference import between_moments, pairs_of_moments
from orgsim.api.timeline.groups import Groups
from orgsim.api.timeline.history import ENDING, History
from orgsim.api.timeline.timeline import Wanted, timeline
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operations import create_organizational_unit, move_account
from orgsim.engine.runtime.engine import Engine
from orgsim.projections.views import Views

BUDGET = 0.25
MILLISECONDS = 50.0
"""What an answer as of any place may take."""

MOVED = 100
"""Accounts that are moved into an OU when all is done."""

PLACES = 20
"""Random places at which is asked what an account was."""

NEAR = 100
"""Events between two places that are near each other."""

AS_OF = """SELECT parent, state FROM accounts
    WHERE id = :id AND since_position <= :position AND (until_position IS NULL OR until_position > :position)"""


def _move(engine: Engine) -> None:
    """Make an OU, and move the first accounts into it."""
    organization = organization_of(engine)
    engine.post(create_organizational_unit.Request(organization.root, "Unit"), MANAGEMENT)
    (unit,) = (each.id for each in organization.units.by_id.values() if each.name == "Unit")
    for number in range(MOVED):
        engine.post(move_account.Request(account_id(number), organization.root, unit), MANAGEMENT)


def _events(accounts: int) -> int:
    return events_of(accounts) + 1 + MOVED


async def _write(path: Path, accounts: int) -> None:
    """Write the log of a finished migration, and of what came after it."""
    log = await SqliteLog.create(path, "off")
    try:
        async with world(log, accounts) as engine:
            await play_all(engine, accounts)
            check_finished(engine, accounts)
            _move(engine)
            await engine.flush()
            assert log.head == _events(accounts)
    finally:
        await log.close()


async def _rebuild(path: Path, accounts: int) -> float:
    """Rebuild state and views; returns the seconds."""
    log = await SqliteLog.open(path, "off")
    try:
        views = Views()
        with timing() as watch:
            opened = world(log, accounts, [views.feed])
            engine = await opened.__aenter__()
        assert engine.state.position == views.position == _events(accounts)
        assert len(views.accounts.members) == len(organization_of(engine).members) == accounts + 1
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
    assert history.position == _events(accounts)
    ((members,),) = history.rows("SELECT count(*) FROM fact WHERE attribute = 'organization' AND until IS NULL")
    ((accepted,),) = history.rows("SELECT count(*) FROM fact WHERE attribute = 'state' AND value = 'ACCEPTED'")
    # Two handshakes of each account, and the migration itself.
    assert (members, accepted) == (accounts + 1, 2 * accounts + 1)


def _as_of(history: History, accounts: int) -> float:
    """Ask what an account was at random places; returns the milliseconds that the slowest answer took."""
    draw, order, slowest = Random(SEED), answering_order(accounts), 0.0
    for _ in range(PLACES):
        position, number = draw.randrange(accounts + 3, events_of(accounts)), draw.randrange(accounts)
        found: list[tuple[Any, ...]] = []
        values = {"id": account_id(order[number]), "position": position}
        seconds = timed(lambda values=values, found=found: found.extend(history.rows(AS_OF, values)))
        assert [row[1] for row in found] == (["ACTIVE"] if number + 1 < members_at(accounts, position) else [])
        slowest = max(slowest, seconds * 1_000)
    return slowest


Question = tuple[Callable[[], Iterator[Any]], int]
"""A question, and how many answers it has."""


def _questions(history: History, accounts: int) -> dict[str, Question]:
    end, account, before = history.position, account_id(accounts // 2), events_of(accounts)
    ((unit,), (organization,)) = history.rows(
        "SELECT name FROM thing WHERE kind IN ('organizational unit', 'organization') ORDER BY id DESC"
    )

    def told(after: int, wanted: Wanted, limit: int | None = None) -> Iterator[Any]:
        return islice(timeline(history, after, end, wanted), limit)

    def groups(first: int, last: int) -> Iterator[int]:
        found = Groups(100)
        found.take(pairs_of_moments(history, first, last))
        return (group.count for group in found.all())

    return {
        "the timeline of an account": (lambda: told(0, Wanted(account)), 4),
        "the timeline of an OU": (lambda: told(0, Wanted(unit)), 1 + MOVED),
        "the first 50 calls of the organization": (lambda: told(0, Wanted(organization), 50), 50),
        "the first 50 calls of the whole timeline": (lambda: told(0, Wanted(), 50), 50),
        "the calls of one operation": (lambda: told(0, Wanted(operations=["EnableAllFeatures"])), 1),
        "why an account is where it is": (lambda: iter(why(history, account, end).own), 4),
        f"the difference of {NEAR} events": (lambda: between_moments(history, before, before + NEAR), NEAR),
        "the difference of the whole log, in groups": (lambda: groups(0, end), 5),
        "the difference of the whole log": (lambda: between_moments(history, 0, end), 3 * accounts + 5),
    }


def _asked(path: Path, accounts: int) -> tuple[float, list[Result]]:
    """The size of the history beside the log's, and how long questions take, in milliseconds."""
    size = Path(f"{path}{ENDING}").stat().st_size / path.stat().st_size
    history = History.open(Path(f"{path}{ENDING}"))
    note = f"what an account was at {PLACES} random places, the slowest; reference: the budget"
    results = [
        at_most(1.0, "an answer as of a place from a history", _as_of(history, accounts), MILLISECONDS, "ms", note)
    ]
    for name, (ask, expected) in _questions(history, accounts).items():
        found: list[Any] = []
        seconds = timed(lambda ask=ask, found=found: found.extend(ask()))
        assert len(found) == expected, (name, len(found))
        results.append(information(f"asked of a history: {name}", seconds * 1_000, None, "ms"))
    history.close()
    return size, results


async def _measure(accounts: int, rounds: int) -> list[Result]:
    with scratch() as directory:
        path = directory / "log.db"
        await _write(path, accounts)
        ours, reference = [], []
        for _ in range(rounds):
            reference.append(await _rebuild(path, accounts))
            ours.append(await _catch_up(path, accounts))
        size, asked = await anyio.to_thread.run_sync(_asked, path, accounts)
    events = _events(accounts)
    note = f"{events:,} events of {accounts:,} accounts; the file is {size:.1f} times the log's; reference: with views"
    name = "catch a history up with the log"
    return [at_least(BUDGET, name, events / min(ours), events / min(reference), "events/s", note), *asked]


def run(quick: bool) -> list[Result]:
    """Measure catching up, and what is asked afterwards."""
    return anyio.run(_measure, *((20_000, 3) if quick else (200_000, 2)))
