"""Memory per account, engine and views together: what the process grew by, divided by the number of accounts.

Measured in a process of its own, on an SQLite log, as the operating system counts resident memory, at the worst moment:
all invitations accepted, all approvals accepted, the parent not yet finalized, nothing purged. Once after living
through it, once after a rebuild from the log. The commands are made one by one, so the workload itself takes nothing.
The reference is one account's budget.
"""

import gc
import resource
import subprocess
import sys
from pathlib import Path

import anyio
import msgspec
from measure import Result, at_most, scratch
from msgspec import Struct
from workload import (
    acceptances,
    answering_order,
    approvals,
    check_approved,
    enable,
    invite_all,
    post_all,
    world,
)

from orgsim.engine.log.sqlite import SqliteLog
from orgsim.projections.views import Views

BUDGET = 1_500
PAGE = resource.getpagesize()
WARM_UP = 1_000


class Growth(Struct):
    """The bytes by which a process grew, at the end and at its peak, and the log's state for comparison."""

    resident: int
    peak: int
    digest: str


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


async def _live(path: Path, accounts: int) -> Growth:
    log = await SqliteLog.create(path, "off")
    try:
        order = answering_order(accounts)
        views = Views()
        async with world(log, accounts, [views.feed]) as engine:
            before = _resident()
            await invite_all(engine, accounts)
            await post_all(engine, acceptances(engine, order))
            await enable(engine)
            await post_all(engine, approvals(engine, order))
            growth = _growth(before, log)
            check_approved(engine, accounts)
            assert views.position == log.head
    finally:
        await log.close()
    return growth


async def _rebuilt(path: Path, accounts: int) -> Growth:
    log = await SqliteLog.open(path, "off")
    try:
        views = Views()
        before = _resident()
        async with world(log, accounts, [views.feed]) as engine:
            growth = _growth(before, log)
            check_approved(engine, accounts)
            assert views.position == log.head
    finally:
        await log.close()
    return growth


def _growth(before: int, log: SqliteLog) -> Growth:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Growth(_resident() - before, peak - before, log.digest.hex())


def _in_own_process(how: str, path: Path, accounts: int) -> Growth:
    done = subprocess.run(
        [sys.executable, __file__, how, path, str(accounts)], check=True, stdout=subprocess.PIPE, text=True
    )
    return msgspec.json.decode(done.stdout, type=Growth)


def run(quick: bool) -> list[Result]:
    """Measure a world that was played, and one rebuilt from its log."""
    accounts = 100_000 if quick else 1_000_000
    results: list[Result] = []
    with scratch() as directory:
        path = directory / "log.db"
        grown = {how: _in_own_process(how, path, accounts) for how in ("live", "rebuilt")}
    assert grown["live"].digest == grown["rebuilt"].digest
    for how, growth in grown.items():
        note = f"{accounts:,} accounts; at the peak {growth.peak / accounts:,.0f} bytes"
        name = f"memory per account, {how}"
        results.append(at_most(1.0, name, growth.resident / accounts, BUDGET, "bytes", note))
    return results


async def _measure(how: str, path: Path, accounts: int) -> Growth:
    # A first small world allocates what is needed once: modules, the thread, SQLite's cache.
    await _live(path.with_name(f"warm-up-{how}.db"), WARM_UP)
    return await {"live": _live, "rebuilt": _rebuilt}[how](path, accounts)


if __name__ == "__main__":
    _how, _path, _accounts = sys.argv[1:]
    sys.stdout.buffer.write(msgspec.json.encode(anyio.run(_measure, _how, Path(_path), int(_accounts))))
