"""Reads that lag: what is seen when, that it never goes back, and that log, seed and time alone decide."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orgsim.api import Settings, Simulation
from orgsim.engine.errors import AccountNotFoundException, AWSOrganizationsNotInUseException, Refused
from orgsim.engine.settings import Latencies

FOUNDER = "111111111111"
LAG = Settings(read_lag_seconds=60)


async def founded(sim: Simulation) -> tuple[Any, str]:
    """The client of an organization whose creation everybody sees, and the root."""
    org = sim.client(FOUNDER)
    await org.create_organization()
    await sim.advance(minutes=10)
    return org, (await org.list_roots()).roots[0].id


async def created(org: Any) -> str:
    """A new account's id, as a program finds it out."""
    made = await org.create_account(email="a@example.com", account_name="A")
    request = made.create_account_status.id
    return (
        await org.describe_create_account_status(create_account_request_id=request)
    ).create_account_status.account_id


async def test_organization_is_seen_later() -> None:
    """Right after CreateOrganization, DescribeOrganization knows nothing of it; the write's own answer does."""
    async with Simulation(settings=LAG) as sim:
        org = sim.client(FOUNDER)
        assert (await org.create_organization()).organization.id
        with pytest.raises(AWSOrganizationsNotInUseException):
            await org.describe_organization()
        await sim.advance(minutes=1)
        await org.describe_organization()


async def test_new_account_is_not_found_at_first() -> None:
    """The creation has succeeded, but DescribeAccount does not find the account until time has passed."""
    async with Simulation(settings=LAG) as sim:
        org, _ = await founded(sim)
        account = await created(org)
        with pytest.raises(AccountNotFoundException):
            await org.describe_account(account_id=account)
        await sim.advance(minutes=1)
        assert (await org.describe_account(account_id=account)).account.state == "ACTIVE"


async def test_parent_after_a_move() -> None:
    """ListParents names the old parent for a while; a write that names the new one is accepted all the same."""
    async with Simulation(settings=LAG) as sim:
        org, root = await founded(sim)
        account = await created(org)
        unit = (await org.create_organizational_unit(parent_id=root, name="unit")).organizational_unit.id
        await sim.advance(minutes=1)
        await org.move_account(account_id=account, source_parent_id=root, destination_parent_id=unit)
        assert (await org.list_parents(child_id=account)).parents[0].id == root
        await org.move_account(account_id=account, source_parent_id=unit, destination_parent_id=root)
        await org.move_account(account_id=account, source_parent_id=root, destination_parent_id=unit)
        await sim.advance(minutes=1)
        assert (await org.list_parents(child_id=account)).parents[0].id == unit


async def names_by_second(sim: Simulation, units: int = 5, seconds: int = 61) -> list[list[str]]:
    """Which of several new units are listed, second after second."""
    org, root = await founded(sim)
    for number in range(units):
        await org.create_organizational_unit(parent_id=root, name=f"unit {number}")
    seen: list[list[str]] = []
    for _ in range(seconds):
        listed = await org.list_organizational_units_for_parent(parent_id=root)
        seen.append([unit.name for unit in listed.organizational_units])
        await sim.advance(seconds=1)
    return seen


async def test_writes_are_seen_in_their_order() -> None:
    """What has been seen stays seen, and no write is seen before an earlier one."""
    async with Simulation(settings=LAG) as sim:
        seen = await names_by_second(sim)
    assert seen[0] == []
    assert all(len(earlier) <= len(later) for earlier, later in pairwise(seen))
    assert all(set(names) == {f"unit {number}" for number in range(len(names))} for names in seen)
    assert len(seen[-1]) == 5


async def test_flipping() -> None:
    """Reads that flip see a new unit, lose it and see it again, and end by seeing it."""
    async with Simulation(settings=Settings(read_lag_seconds=600, reads_flip=True)) as sim:
        seen = [bool(names) for names in await names_by_second(sim, units=1, seconds=700)]
    changes = sum(earlier != later for earlier, later in pairwise(seen))
    assert changes > 3
    assert all(seen[600:])


async def test_seed_decides() -> None:
    """The same seed gives the same views at the same moments, another seed others."""

    async def seen(seed: int) -> list[list[str]]:
        async with Simulation(seed=seed, settings=LAG) as sim:
            return await names_by_second(sim)

    assert await seen(1) == await seen(1) != await seen(2)


async def test_restart_before_every_read(tmp_path: Path) -> None:
    """A world that was opened again shows what it would have shown without the restart."""
    async with Simulation(settings=LAG) as sim:
        straight = await names_by_second(sim, units=2, seconds=30)
        root = (await sim.client(FOUNDER).list_roots()).roots[0].id
    path, restarted = tmp_path / "world.db", list[list[str]]()
    async with Simulation(path, settings=LAG) as sim:
        await names_by_second(sim, units=2, seconds=0)
    for _ in range(30):
        async with Simulation(path) as sim:
            listed = await sim.client(FOUNDER).list_organizational_units_for_parent(parent_id=root)
            restarted.append([unit.name for unit in listed.organizational_units])
            await sim.advance(seconds=1)
    assert restarted == straight


async def test_stepwise_shows_what_was_seen() -> None:
    """With stepwise latency a closure ends only when a reader has seen it, not when it was asked about too early."""
    settings = Settings(read_lag_seconds=60, latency=Latencies(closure="stepwise"))
    async with Simulation(settings=settings) as sim:
        org, _ = await founded(sim)
        account = await created(org)
        await sim.advance(minutes=1)
        await org.close_account(account_id=account)
        states: list[str] = []
        for _ in range(130):
            states.append((await org.describe_account(account_id=account)).account.state)
            await sim.advance(seconds=1)
    assert list(dict.fromkeys(states)) == ["ACTIVE", "PENDING_CLOSURE", "CLOSED"]
    assert states == sorted(states, key=["ACTIVE", "PENDING_CLOSURE", "CLOSED"].index)


async def test_standing_clock() -> None:
    """While the clock stands still, nothing becomes visible, however often it is asked for."""
    async with Simulation(settings=LAG) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        for _ in range(3):
            with pytest.raises(Refused):
                await org.describe_organization()


async def test_off_by_default() -> None:
    """Without the setting reads have no second set of views."""
    async with Simulation() as sim:
        assert sim.views.late is None


async def test_what_is_not_visible_yet_is_explained_by_the_lag() -> None:
    """The refusal of a read that does not show yet what there is says so, and until when at most."""
    async with Simulation(start="2026-05-01T00:00:00Z", settings=LAG) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        with pytest.raises(AWSOrganizationsNotInUseException) as unfounded:
            await org.list_roots()
        assert "not visible yet" in str(unfounded.value.explanation)
        await sim.advance(minutes=10)
        account = await created(org)
        with pytest.raises(AccountNotFoundException) as early:
            await org.describe_account(account_id=account)
        assert early.value.explanation is not None
        assert early.value.__notes__ == [early.value.explanation]
        assert "not visible yet: reads lag behind writes, here until 2026-05-01T00:1" in early.value.explanation
        promised = early.value.explanation.partition("until ")[2].partition(" at the latest")[0]
        await sim.advance_to(promised)
        await org.describe_account(account_id=account)


async def test_what_there_is_not_is_not_explained_by_the_lag() -> None:
    """A read that would be refused without a lag, too, keeps its explanation."""
    async with Simulation(settings=LAG) as sim:
        org, _ = await founded(sim)
        await created(org)
        with pytest.raises(AccountNotFoundException) as caught:
            await org.describe_account(account_id="999999999999")
        assert "is no member of" in str(caught.value.explanation)


@pytest.mark.parametrize(("duration", "until"), [("1m", "until 2026-05-01T00:01:00Z"), (None, "as long as that fault")])
async def test_a_scripted_lag_is_explained(duration: str | None, until: str) -> None:
    """A read that a fault lets lag is explained as one of a world whose reads lag."""
    async with Simulation(start="2026-05-01T00:00:00Z") as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        sim.faults.lag("DescribeAccount", duration=duration)
        account = await created(org)
        with pytest.raises(AccountNotFoundException) as caught:
            await org.describe_account(account_id=account)
        assert until in str(caught.value.explanation)
