"""How long creations, closures and effective policies take, by name, by number of seconds, and step by step."""

from typing import Any

import anyio
import msgspec
import pytest

from orgsim.api import Settings, Simulation
from orgsim.engine.settings import Latencies

FOUNDER, MEMBER = "111111111111", "222222222222"
TAGS = '{"tags":{"team":{"tag_key":{"@@assign":"Team"}}}}'


async def founded(sim: Simulation) -> Any:
    """The client of an organization with one invited member."""
    org = sim.client(FOUNDER)
    await org.create_organization()
    invited = await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    await sim.client(MEMBER).accept_handshake(handshake_id=invited.handshake.id)
    return org


async def states_of_creation(org: Any, request: str) -> list[str]:
    """What a program sees that polls a creation until it has ended."""
    seen = ["IN_PROGRESS"]
    while seen[-1] == "IN_PROGRESS" and len(seen) < 10:
        answer = await org.describe_create_account_status(create_account_request_id=request)
        seen.append(answer.create_account_status.state)
    return seen[1:]


async def states_of_closure(org: Any, account: str) -> list[str]:
    """What a program sees that polls a closure until it has ended."""
    seen = ["PENDING_CLOSURE"]
    while seen[-1] == "PENDING_CLOSURE" and len(seen) < 10:
        seen.append((await org.describe_account(account_id=account)).account.state)
    return seen[1:]


async def test_poller_under_a_standing_clock() -> None:
    """With stepwise latency each state in progress is seen once, and no time passes."""
    async with Simulation(settings=Settings(latency="stepwise")) as sim:
        org, begun = await founded(sim), sim.now
        made = await org.create_account(email="a@example.com", account_name="A")
        request = made.create_account_status.id
        assert await states_of_creation(org, request) == ["IN_PROGRESS", "SUCCEEDED"]
        await org.close_account(account_id=MEMBER)
        assert await states_of_closure(org, MEMBER) == ["PENDING_CLOSURE", "CLOSED"]
        root = (await org.list_roots()).roots[0].id
        await org.enable_policy_type(root_id=root, policy_type="TAG_POLICY")
        made = await org.create_policy(content=TAGS, description="", name="T", type="TAG_POLICY")
        await org.attach_policy(policy_id=made.policy.policy_summary.id, target_id=root)
        contents = []
        for _ in range(3):
            answer = await org.describe_effective_policy(policy_type="TAG_POLICY", target_id=FOUNDER)
            contents.append(answer.effective_policy.policy_content)
        assert contents[0] != contents[1] == contents[2]
        assert sim.now == begun


async def test_only_what_was_asked_about_ends() -> None:
    """A reader of one creation does not end another; a list ends all of its organization, and nobody else's."""
    async with Simulation(settings=Settings(latency="stepwise")) as sim:
        org, other = await founded(sim), sim.client("333333333333")
        await other.create_organization()
        requests = []
        for client, name in ((org, "a"), (org, "b"), (other, "c")):
            made = await client.create_account(email=f"{name}@example.com", account_name=name)
            requests.append(made.create_account_status.id)
        await org.describe_create_account_status(create_account_request_id=requests[0])
        assert list(sim.engine.state.creations) == requests[1:]
        await org.list_create_account_status()
        assert list(sim.engine.state.creations) == requests[2:]


async def test_only_what_was_shown_ends() -> None:
    """A list that does not show a creation does not end it."""
    async with Simulation(settings=Settings(latency="stepwise")) as sim:
        org = await founded(sim)
        requests = []
        for name in "ab":
            made = await org.create_account(email=f"{name}@example.com", account_name=name)
            requests.append(made.create_account_status.id)
        assert (await org.list_create_account_status(states=["FAILED"])).create_account_statuses == []
        assert list(sim.engine.state.creations) == requests
        (shown,) = (await org.list_create_account_status(max_results=1)).create_account_statuses
        assert list(sim.engine.state.creations) == [request for request in requests if request != shown.id]


async def test_readers_at_the_same_time() -> None:
    """What two readers have seen in progress ends once, and both get their answers."""
    async with Simulation(settings=Settings(latency="stepwise")) as sim:
        org, members, states = await founded(sim), ["444444444444", "555555555555"], []
        for member in members:
            invited = await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": member})
            await sim.client(member).accept_handshake(handshake_id=invited.handshake.id)
        for account in (MEMBER, *members):
            await org.close_account(account_id=account)

        async def look() -> None:
            states.append([account.state for account in (await org.list_accounts()).accounts])

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(look)
        assert all(state in ("ACTIVE", "PENDING_CLOSURE", "CLOSED") for each in states for state in each)
        await look()
        assert sorted(states[-1]) == ["ACTIVE", "CLOSED", "CLOSED", "CLOSED"]


async def test_time_ends_it_too() -> None:
    """What nobody looks at ends after the longest time that was measured."""
    async with Simulation(settings=Settings(latency="stepwise")) as sim:
        org = await founded(sim)
        await org.close_account(account_id=MEMBER)
        await sim.advance(hours=1)
        assert await states_of_closure(org, MEMBER) == ["CLOSED"]


async def test_each_by_itself() -> None:
    """Creations, closures and policies can have a latency of their own, also in seconds."""
    settings = Settings(latency=Latencies(creation=90, closure="stepwise"))
    async with Simulation(settings=settings) as sim:
        org = await founded(sim)
        made = await org.create_account(email="a@example.com", account_name="A")
        request = made.create_account_status.id
        assert set(await states_of_creation(org, request)) == {"IN_PROGRESS"}
        await sim.advance(seconds=89)
        assert set(await states_of_creation(org, request)) == {"IN_PROGRESS"}
        await sim.advance(seconds=1)
        assert await states_of_creation(org, request) == ["SUCCEEDED"]
        await org.close_account(account_id=MEMBER)
        assert await states_of_closure(org, MEMBER) == ["PENDING_CLOSURE", "CLOSED"]


async def test_seconds_for_all() -> None:
    """A number of seconds holds for everything that takes time."""
    async with Simulation(settings=Settings(latency=5)) as sim:
        org = await founded(sim)
        await org.close_account(account_id=MEMBER)
        assert set(await states_of_closure(org, MEMBER)) == {"PENDING_CLOSURE"}
        await sim.advance(seconds=5)
        assert await states_of_closure(org, MEMBER) == ["CLOSED"]


@pytest.mark.parametrize(
    "latency", ["slow", -1, 1.5, {"creation": "slow"}, {"closing": "instant"}, {"policies": 1.5}, {"closure": None}]
)
def test_unknown_latency(latency: Any) -> None:
    """A latency that is none of the names and no number of seconds is refused."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"latency": latency}, Settings)
