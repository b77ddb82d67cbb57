"""Answers as of a place in a log of a million events, against rebuilding the state with its views from the whole log.

Ours: a world as it was is made at a place (``recorded.at``), and its client is asked for the parent of an account that
joined halfway; nothing of it stands ready but the snapshots along the log. The first question is about the end and
writes these; then come a second one at the middle, and random ones. The slowest of those after the first counts, since
the budget is for any place. Reference: ``running_engine`` on the same log, with the views fed; the best round counts.
Each answer is compared with what the workload has done by then.
"""

from pathlib import Path
from random import Random

import anyio
from measure import Result, at_most, information, scratch, timing
from workload import SEED, account_id, answering_order, check_finished, events_of, members_at, world, write_log

from orgsim.api.past import Recorded, open_recorded
from orgsim.engine.errors import ChildNotFoundException
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.projections.views import Views

BUDGET = 0.2


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


async def _ask(recorded: Recorded, position: int, accounts: int) -> float:
    """Ask as of a position; returns the seconds."""
    joined = answering_order(accounts)[accounts // 2]
    account = account_id(joined)
    client_of = "111111111111"
    with timing() as watch:
        past = recorded.at(position)
        try:
            parents = (await past.client(client_of).list_parents(child_id=account)).parents
        except ChildNotFoundException:
            parents = []
    members = members_at(accounts, position)
    assert bool(parents) == (members > accounts // 2 + 1), (position, parents)
    assert len((await past.views()).accounts.members) == members, position
    return watch.seconds


def _places(accounts: int, later: int) -> list[int]:
    """The end, the middle, and random places from the founding of the organization on."""
    head = events_of(accounts)
    draw = Random(SEED)
    return [head, head // 2, *(draw.randrange(4, head) for _ in range(later))]


async def _measure(accounts: int, rounds: int, later: int) -> list[Result]:
    with scratch() as directory:
        path = directory / "log.db"
        await write_log(path, accounts)
        reference = min([await _rebuild(path, accounts) for _ in range(rounds)])
        async with open_recorded(path) as recorded:
            first, second, *others = [await _ask(recorded, place, accounts) for place in _places(accounts, later)]
        size = path.stat().st_size
        snapshots = sum(each.stat().st_size for each in directory.glob("log.db-snapshot-*"))
    note = f"{events_of(accounts):,} events; reference: a rebuild with views"
    name = "an answer as of a place in the log"
    written = f"writes the snapshots along the log, {snapshots / size:.2f} of its bytes"
    return [
        at_most(BUDGET, f"{name}, slowest of {1 + later}", max(second, *others), reference, "s", note),
        information(f"{name}, the second question", second, reference, "s"),
        information(f"{name}, later ones, the quickest", min(others), reference, "s"),
        information(f"{name}, the first question", first, reference, "s", written),
    ]


def run(quick: bool) -> list[Result]:
    """Measure the first, the second and random later questions about the past."""
    return anyio.run(_measure, *((20_000, 2, 4) if quick else (200_000, 2, 8)))
