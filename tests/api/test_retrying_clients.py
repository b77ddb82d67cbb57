"""Clients that call again, after pauses in the time of the world: ``retry=`` of clients and populations."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import anyio
import pytest

from orgsim.api import Actor, Refused, Retry, Settings, Simulation
from orgsim.engine.errors import ConstraintViolationException, TooManyRequestsException
from orgsim.engine.events import CallRecorded

FOUNDER = "111111111111"
PATIENT = Retry(attempts=100, most_seconds=60)
AWS = Settings(throttle="aws")


async def vend(seed: int, **keys: Any) -> tuple[str, str]:
    """Thirty processes create an account each under AWS's rates; returns when all are done, and the log's digest."""
    async with Simulation(seed=seed, settings=AWS) as sim:
        org = sim.client(FOUNDER, **keys)
        await org.create_organization()

        async def team(me: Actor) -> None:
            await org.create_account(email=f"{me.account}@example.com", account_name=me.account)

        async with sim.population(30, team):
            pass
        await sim.advance(seconds=1)  # the last creation ends
        created = sim.engine.state.organization_of(FOUNDER)
        assert created is not None
        assert len(created.members) == 31
        return f"{sim.now}", sim.engine.log.digest.hex()


async def test_throttled_without() -> None:
    """Without retries the refusal ends the population, as ever."""
    with pytest.raises(TooManyRequestsException):
        await vend(1)


async def test_throttled() -> None:
    """With retries every process gets its account; another seed draws other pauses."""
    assert (await vend(1, retry=PATIENT))[0] != (await vend(2, retry=PATIENT))[0]


def test_on_both_event_loops() -> None:
    """Pauses are the same on asyncio and trio: the logs are equal, byte for byte."""

    async def once() -> tuple[str, str]:
        return await vend(7, retry=PATIENT)

    assert anyio.run(once, backend="asyncio") == anyio.run(once, backend="trio")


async def test_the_pauses() -> None:
    """Each pause is a random part of the first one doubled again and again, up to the greatest; then it is over."""
    retry = Retry(attempts=6, first_seconds=2, most_seconds=9)
    async with Simulation(settings=Settings(record="all")) as sim:
        org = sim.client(FOUNDER, retry=retry)
        sim.faults.throttle("DescribeOrganization")

        async def asking(me: Actor) -> None:
            with pytest.raises(TooManyRequestsException):
                await org.describe_organization()

        async with sim.population(1, asking):
            pass
        times = [each.when async for each in sim.events() if isinstance(each.event, CallRecorded)]
        pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
        assert len(pauses) == 5
        assert all(0 <= pause <= longest for pause, longest in zip(pauses, (2, 4, 8, 9, 9), strict=True))
        assert len(set(pauses)) == 5


async def test_processes_that_retry() -> None:
    """The clients of a population's processes retry too, and their own random numbers are those of ones that do not."""

    async def drawn(**keys: Any) -> tuple[list[float], timedelta]:
        async with Simulation() as sim:
            began, numbers = sim.now, list[float]()
            sim.faults.conflict("CreateOrganization", times=4)

            async def founder(me: Actor) -> None:
                try:
                    await me.create_organization()
                except Refused:
                    assert not keys
                numbers.append(me.random.random())

            async with sim.population(1, founder, **keys):
                pass
            return numbers, sim.now - began

    numbers, took = await drawn(retry=Retry(attempts=5))
    assert took > timedelta(0)
    assert (numbers, timedelta(0)) == await drawn()


async def test_a_limit_that_passes() -> None:
    """Closures of which three are in progress are called again until the first has ended, ten minutes later."""
    async with Simulation(settings=Settings(latency="realistic")) as sim:
        acme = await sim.organization(accounts=4)
        org = sim.client(FOUNDER, retry=Retry(attempts=60, most_seconds=60))

        async def close(me: Actor) -> None:
            await org.close_account(account_id=me.account)

        began = sim.now
        async with sim.population(acme.accounts, close):
            pass
        assert timedelta(minutes=10) <= sim.now - began < timedelta(minutes=13)


async def test_what_does_not_pass() -> None:
    """A refusal that waiting does not help against is raised at once."""
    async with Simulation() as sim:
        acme = await sim.organization(accounts=1, created=1.0)
        org, began = sim.client(FOUNDER, retry=PATIENT), sim.now
        with pytest.raises(ConstraintViolationException):
            await org.remove_account_from_organization(account_id=acme.accounts[0])
        assert sim.now == began


async def test_by_name_and_page_by_page() -> None:
    """Calls by name and pages of lists are repeated too; somebody else may move the clock."""
    async with Simulation() as sim:
        await sim.organization(accounts=3)
        org, found = sim.client(FOUNDER, retry=PATIENT), list[str]()
        sim.faults.throttle("ListAccounts", "DescribeOrganization", share=0.5)

        async def look() -> None:
            for _ in range(10):
                await org.call("DescribeOrganization", {})
            async for page in org.paginate(org.list_accounts, max_results=1):
                found.extend(each.id for each in page.accounts)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            while len(found) < 4:
                await anyio.lowlevel.checkpoint()
                await sim.advance(seconds=1)
        assert len(found) == 4


async def test_mistakes() -> None:
    """What is no Retry, or has impossible numbers, is told by name."""
    async with Simulation() as sim:
        wrong: Any = 3
        with pytest.raises(TypeError, match=r"retry is a Retry such as Retry\(attempts=10\), not 3"):
            sim.client(FOUNDER, retry=wrong)
        with pytest.raises(TypeError, match="retry is a Retry"):
            sim.population(1, lambda me: me.list_roots(), retry=wrong)
    with pytest.raises(ValueError, match="attempts is a whole number from 1 to 1,000, not 0"):
        Retry(attempts=0)
    with pytest.raises(TypeError, match="most_seconds is a number from 0 to 864,000, not '9'"):
        Retry(most_seconds=wrong and "9")  # pyright: ignore[reportArgumentType]


async def test_a_fork_draws_on() -> None:
    """A fork goes on with the pauses where its world is: the same calls write the same bytes in both."""
    async with Simulation(seed=1, settings=AWS) as sim:

        async def vend_in(world: Simulation, begin: int) -> None:
            org = world.client(FOUNDER, retry=PATIENT)

            async def team(me: Actor) -> None:
                await org.create_account(email=f"{me.account}@example.com", account_name=me.account)

            async with world.population(12, team, name=f"teams {begin}"):
                pass

        await sim.client(FOUNDER).create_organization()
        await vend_in(sim, 1)
        async with await sim.fork() as fork:
            await vend_in(sim, 2)
            await vend_in(fork, 2)
            await sim.advance(seconds=1)
            await fork.advance(seconds=1)
            assert fork.engine.log.digest == sim.engine.log.digest
