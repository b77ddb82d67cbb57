"""The cost of a command in large worlds: microseconds per command at each size against those at 1,000 accounts.

The whole workload on a log in memory, views fed. Two figures for each size: AcceptHandshake of approvals alone, and all
phases together. Small worlds are played many times, before and after each large one, and their best counts, as does the
best of the large.
"""

import anyio
from measure import Result, at_most, information, timing
from workload import (
    acceptances,
    answering_order,
    approvals,
    check_finished,
    commands_of,
    create,
    enable,
    finalize,
    invitations,
    post_all,
    world,
)

from orgsim.engine.log import MemoryLog
from orgsim.projections.views import Views

BUDGET = 1.3
SMALL = 1_000
SMALL_ROUNDS = 20


async def _play(accounts: int) -> tuple[float, float]:
    """Play the workload; returns microseconds per command, of the approvals and of all phases."""
    order = answering_order(accounts)
    views = Views()
    log = MemoryLog()
    async with world(log, accounts, [views.feed]) as engine:
        await create(engine)
        commands = list(invitations(accounts))
        with timing() as inviting:
            await post_all(engine, commands)
        commands = list(acceptances(engine, order))
        with timing() as accepting:
            await post_all(engine, commands)
        with timing() as enabling:
            await enable(engine)
        commands = list(approvals(engine, order))
        with timing() as approving:
            await post_all(engine, commands)
        with timing() as finalizing:
            await finalize(engine)
        check_finished(engine, accounts)
        assert views.position == log.head
    phases = (inviting, accepting, enabling, approving, finalizing)
    total = sum(phase.seconds for phase in phases)
    return approving.seconds / accounts * 1e6, total / commands_of(accounts) * 1e6


async def _best(accounts: int, rounds: int) -> tuple[float, float]:
    figures = [await _play(accounts) for _ in range(rounds)]
    return min(approval for approval, _ in figures), min(whole for _, whole in figures)


async def _measure(sizes: dict[int, int]) -> list[Result]:
    small = [await _best(SMALL, SMALL_ROUNDS)]
    large: dict[int, tuple[float, float]] = {}
    for accounts, rounds in sizes.items():
        large[accounts] = await _best(accounts, rounds)
        small.append(await _best(SMALL, SMALL_ROUNDS))
    results: list[Result] = []
    for place, what in enumerate(("AcceptHandshake", "all phases")):
        reference = min(figures[place] for figures in small)
        for accounts, figures in large.items():
            name = f"cost per command at {accounts:,} accounts, {what}"
            if accounts == max(sizes):
                results.append(at_most(BUDGET, name, figures[place], reference, "µs"))
            else:
                results.append(information(name, figures[place], reference, "µs"))
    return results


def run(quick: bool) -> list[Result]:
    """Measure every size, for approvals and for all phases; the budget is for the largest."""
    return anyio.run(_measure, {10_000: 3, 100_000: 1} if quick else {10_000: 5, 100_000: 2, 1_000_000: 1})
