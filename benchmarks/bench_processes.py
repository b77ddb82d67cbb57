"""Processes: wake-ups per second against SimPy's, and accounts as processes through the migration to all features.

Wake-ups: a population whose processes sleep again and again, each at moments of its own, so that every wake-up moves
the clock and is recorded as quiet time. Reference: as many SimPy processes with as many timeouts. For information, the
same on trio, whose processes are woken by turns of its loop.

The migration is that of ``scenarios/in_python.py`` with other numbers: each account is a process that accepts its
invitation, waits for the request and approves it, at moments of its own. Reference: SimPy's processes that sleep
three times, which is the least that such an account does.
"""

from collections.abc import Generator
from typing import Any

import anyio
import simpy
from measure import Result, at_least, information, timed, timing

from orgsim.api import Actor, Quotas, Settings, Simulation

BUDGET = 0.2
PROCESSES = 100
MANAGEMENT = "111111111111"


async def _wake(wakes: int) -> float:
    async with Simulation() as sim:
        woken = 0

        async def process(me: Actor) -> None:
            nonlocal woken
            await sim.sleep(seconds=int(me.account) % PROCESSES + 1)
            for _ in range(wakes - 1):
                woken += 1
                await sim.sleep(seconds=PROCESSES)
            woken += 1

        with timing() as watch:
            async with sim.population(PROCESSES, process):
                pass
        assert woken == PROCESSES * wakes
        assert sim.engine.log.head == PROCESSES * wakes + 1, "each wake-up has a moment of its own"
    return watch.seconds


def _simpy(processes: int, wakes: int) -> float:
    environment, woken = simpy.Environment(), 0

    def process(number: int) -> Generator[simpy.Event, Any, None]:
        nonlocal woken
        yield environment.timeout(number + 1)
        for _ in range(wakes - 1):
            woken += 1
            yield environment.timeout(processes)
        woken += 1

    for number in range(processes):
        environment.process(process(number))
    seconds = timed(environment.run)
    assert woken == processes * wakes
    return seconds


async def _migrate(accounts: int) -> float:
    quotas = Quotas(accounts=accounts + 1, all_features_migration_accounts=accounts + 1)
    async with Simulation(settings=Settings(quotas=quotas)) as sim:
        org, asked = sim.client(MANAGEMENT), sim.signal()

        async def partner(me: Actor) -> None:
            await sim.sleep(days=me.random.uniform(0, 10))
            (invitation,) = (await me.list_handshakes_for_account()).handshakes
            await me.accept_handshake(handshake_id=invitation.id)
            await asked.wait()
            await sim.sleep(days=me.random.uniform(0, 60))
            request = await me.list_handshakes_for_account(filter={"ActionType": "APPROVE_ALL_FEATURES"})
            await me.accept_handshake(handshake_id=request.handshakes[0].id)

        with timing() as watch:
            await org.create_organization(feature_set="CONSOLIDATED_BILLING")
            async with sim.population(accounts, partner) as partners:
                for account in partners.accounts:
                    await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
                await sim.sleep(days=14)
                parent = (await org.enable_all_features()).handshake
                asked.set()
            await org.accept_handshake(handshake_id=parent.id)
        organization = (await org.describe_organization()).organization
        assert organization.feature_set == "ALL"
        (facts,) = sim.engine.state.organizations.values()
        assert len(facts.members) == accounts + 1
    return watch.seconds


def run(quick: bool) -> list[Result]:
    """Measure wake-ups against SimPy's, and a migration of accounts as processes."""
    wakes, rounds, accounts = (200, 10, 5_000) if quick else (1_000, 10, 100_000)
    ours, reference, trio = [], [], []
    for _ in range(rounds):
        ours.append(anyio.run(_wake, wakes))
        reference.append(_simpy(PROCESSES, wakes))
    trio.append(anyio.run(_wake, wakes, backend="trio"))
    total = PROCESSES * wakes
    migrated = accounts / anyio.run(_migrate, accounts)
    note = f"{PROCESSES} processes, {total:,} wake-ups; reference: SimPy's processes"
    return [
        at_least(BUDGET, "processes woken", total / min(ours), total / min(reference), "wake-ups/s", note),
        information("processes woken, trio", total / min(trio), total / min(reference), "wake-ups/s", note),
        information(
            "accounts as processes through the migration",
            migrated,
            accounts / _simpy(accounts, 3),
            "accounts/s",
            f"{accounts:,} accounts; reference: SimPy's processes that sleep three times",
        ),
    ]
