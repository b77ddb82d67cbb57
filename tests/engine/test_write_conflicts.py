"""Write conflicts: which writes meet, for how long, and that log, seed and time alone decide."""

from pathlib import Path
from typing import Any

import pytest
from support.botocore_model import operations_with

from orgsim.api import Settings, Simulation
from orgsim.engine import write_conflicts
from orgsim.engine.errors import ConcurrentModificationException
from orgsim.engine.ids import IdSource
from orgsim.engine.operations import OPERATIONS
from orgsim.engine.state import State
from orgsim.engine.write_conflicts import WriteConflicts

FOUNDER, OTHER = "111111111111", "222222222222"
CONFLICTS = Settings(write_conflict_seconds=10)


def test_operations_are_those_of_the_model() -> None:
    """The writing operations that can be refused are those for which AWS's model has the exception."""
    in_model = operations_with("ConcurrentModificationException")
    assert write_conflicts.OPERATIONS.symmetric_difference(in_model & set(OPERATIONS)) == set()


async def founded(sim: Simulation, account: str = FOUNDER) -> tuple[Any, str]:
    """The client of an organization's founder, and the root."""
    org = sim.client(account)
    await org.create_organization()
    return org, (await org.list_roots()).roots[0].id


async def seconds_until_accepted(sim: Simulation, org: Any, root: str, name: str) -> int:
    """How many seconds go by until a unit can be created."""
    for seconds in range(100):
        try:
            await org.create_organizational_unit(parent_id=root, name=name)
        except ConcurrentModificationException:
            await sim.advance(seconds=1)
        else:
            return seconds
    raise AssertionError("never accepted")


async def test_second_write_of_its_kind() -> None:
    """The second unit is refused, with AWS's text and no event, until time has passed; other writes are not."""
    async with Simulation(settings=CONFLICTS) as sim:
        org, root = await founded(sim)
        await org.create_organizational_unit(parent_id=root, name="first")
        position = sim.engine.durable
        with pytest.raises(
            ConcurrentModificationException, match="conflicts with another attempt to modify"
        ) as refused:
            await org.create_organizational_unit(parent_id=root, name="second")
        owner = (await org.describe_organization()).organization.id
        began = f"another CreateOrganizationalUnit in {owner} is under way until 20"
        assert (refused.value.explanation or "").startswith(began)
        assert sim.engine.durable == position
        await org.enable_policy_type(root_id=root, policy_type="TAG_POLICY")
        await sim.advance(seconds=10)
        await org.create_organizational_unit(parent_id=root, name="second")


async def test_other_organizations_are_not_concerned() -> None:
    """A write is under way in its own organization only."""
    async with Simulation(settings=CONFLICTS) as sim:
        org, root = await founded(sim)
        other, other_root = await founded(sim, OTHER)
        await org.create_organizational_unit(parent_id=root, name="first")
        await other.create_organizational_unit(parent_id=other_root, name="first")


async def test_refused_writes_keep_nothing_busy() -> None:
    """What was refused is not under way, and neither is a read."""
    async with Simulation(settings=CONFLICTS) as sim:
        org, root = await founded(sim)
        with pytest.raises(Exception, match="parent"):
            await org.create_organizational_unit(parent_id="ou-zzzz-zzzzzzzz", name="first")
        for _ in range(3):
            await org.describe_organization()
        await org.create_organizational_unit(parent_id=root, name="first")


async def test_times_are_drawn_from_the_seed() -> None:
    """The same seed gives the same times, and another seed others, all within the setting."""

    async def times(seed: int) -> list[int]:
        async with Simulation(seed=seed, settings=CONFLICTS) as sim:
            org, root = await founded(sim)
            return [await seconds_until_accepted(sim, org, root, f"unit {number}") for number in range(8)]

    first, again, other = await times(1), await times(1), await times(2)
    assert first == again != other
    assert first[0] == 0
    assert max(first) <= 10
    assert len(set(first)) > 2


async def test_restart(tmp_path: Path) -> None:
    """A world that was opened again refuses what it would have refused without the restart."""
    path = tmp_path / "world.db"

    async def step(sim: Simulation, root: str, number: int) -> str:
        try:
            await sim.client(FOUNDER).create_organizational_unit(parent_id=root, name=f"unit {number}")
        except ConcurrentModificationException:
            return "refused"
        finally:
            await sim.advance(seconds=2)
        return "accepted"

    async with Simulation(settings=CONFLICTS) as sim:
        _, root = await founded(sim)
        straight = [await step(sim, root, number) for number in range(12)]
    async with Simulation(path, settings=CONFLICTS) as sim:
        await founded(sim)
    restarted: list[str] = []
    for number in range(12):
        async with Simulation(path) as sim:
            restarted.append(await step(sim, root, number))
    assert restarted == straight
    assert set(straight) == {"accepted", "refused"}


async def test_off_by_default() -> None:
    """Without the setting nothing is remembered and nothing refused."""
    async with Simulation() as sim:
        org, root = await founded(sim)
        for number in range(3):
            await org.create_organizational_unit(parent_id=root, name=f"unit {number}")
        assert sim.engine.conflicts is None


def test_ended_writes_are_forgotten() -> None:
    """What has ended is forgotten when the next write begins."""
    conflicts, state = WriteConflicts(10, IdSource(1)), State()
    for number in range(1_000):
        conflicts.begin("AcceptHandshake", f"{number:012}", number, 0, state)
    assert conflicts.remembered == 1_000
    conflicts.begin("AcceptHandshake", FOUNDER, 1_001, 10_000_000, state)
    assert conflicts.remembered == 1
