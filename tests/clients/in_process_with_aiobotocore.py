"""A script that uses aiobotocore in process, on asyncio or trio as its first argument says, and prints what came out.
Sockets are forbidden. Its second argument is a path for a log. See ``test_aiobotocore_in_process.py``.
"""

import json
import socket
import sys
from typing import Any

import anyio
from aiobotocore.session import get_session  # pyright: ignore[reportMissingImports]
from botocore.config import Config

from orgsim.api import Settings, Simulation
from orgsim.api.testing import NotSimulated, mock_organizations
from orgsim.engine.settings import Latencies

FOUNDER, MEMBER = "111111111111", "222222222222"
THROTTLED = Settings(throttle="aws")


def connect(self: socket.socket, address: Any) -> None:
    """Refuse to leave the process; asyncio's own pair of sockets has no address of the network."""
    raise AssertionError(f"something connects to {address}")


async def two_accounts() -> Any:
    """One account invites, the other accepts, as a session of a role: pages, refusals and the caller's ARN."""
    async with Simulation() as sim:
        session = sim.aiobotocore_session(FOUNDER)
        async with session.create_client("organizations") as org:
            await org.create_organization(FeatureSet="ALL")
            target = {"Type": "ACCOUNT", "Id": MEMBER}
            invited = (await org.invite_account_to_organization(Target=target))["Handshake"]["Id"]
            async with sim.aiobotocore_session(MEMBER, role="Admin").create_client("organizations") as member:
                await member.accept_handshake(HandshakeId=invited)
                try:
                    await member.list_accounts()
                except member.exceptions.AccessDeniedException as error:
                    code = error.response["Error"]["Code"]
            pages = [
                page async for page in org.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 1})
            ]
        async with sim.aiobotocore_session(MEMBER, role="Admin").create_client("sts") as sts:
            arn = (await sts.get_caller_identity())["Arn"]
        return [code, sorted(each["Id"] for page in pages for each in page["Accounts"]), arn]


async def retries() -> Any:
    """Two tasks at AWS's rates: each is tried again, the waits take simulated time, and both wait at once."""
    found: dict[str, bool] = {}
    for mode in ("legacy", "standard", "adaptive"):
        async with Simulation(settings=THROTTLED) as sim:
            config = Config(retries={"mode": mode, "total_max_attempts": 40})

            async def ask(sim: Simulation = sim, config: Any = config) -> None:
                async with sim.aiobotocore_session(FOUNDER).create_client("organizations", config=config) as org:
                    for _ in range(20):
                        await org.describe_organization()

            await sim.client(FOUNDER).create_organization()
            start = sim.now
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask)
                tasks.start_soon(ask)
            found[mode] = sim.now > start
    return found


async def faults() -> Any:
    """A connection that a fault drops is tried again."""
    async with Simulation() as sim:
        async with sim.aiobotocore_session(FOUNDER).create_client("organizations") as org:
            with sim.faults.drop("CreateOrganization", times=1):
                made = await org.create_organization()
        return made["ResponseMetadata"]["RetryAttempts"]


async def own_clients() -> Any:
    """Code with its own session: within a block, in two tasks with a world each, and for another service."""

    async def code() -> str:
        async with get_session().create_client("organizations") as org:
            await org.create_organization()
            return (await org.describe_organization())["Organization"]["MasterAccountId"]

    seen: list[str] = []

    async def task(account: str) -> None:
        async with mock_organizations(account=account):
            seen.append(await code())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(task, FOUNDER)
        tasks.start_soon(task, MEMBER)
    async with mock_organizations():
        seen.append(await code())
        async with get_session().create_client("sqs", region_name="us-east-1") as sqs:
            try:
                await sqs.list_queues()
            except NotSimulated as error:
                seen.append(str(error)[:22])
    return sorted(seen)


async def with_a_log(path: str) -> Any:
    """A world with an SQLite log answers in its own loop."""
    async with Simulation(path) as sim, sim.aiobotocore_session(FOUNDER).create_client("organizations") as org:
        return (await org.create_organization())["Organization"]["MasterAccountId"]


async def polling() -> Any:
    """Code that polls by sleeping ends at once; so many seconds have passed."""
    async with Simulation(settings=Settings(latency=Latencies(creation=30))) as sim, sim.auto_advance():
        async with sim.aiobotocore_session(FOUNDER).create_client("organizations") as org:
            await org.create_organization()
            start = sim.now
            status = (await org.create_account(Email="a@b.example", AccountName="a"))["CreateAccountStatus"]
            while status["State"] == "IN_PROGRESS":
                await anyio.sleep(7)
                described = await org.describe_create_account_status(CreateAccountRequestId=status["Id"])
                status = described["CreateAccountStatus"]
        return (sim.now - start).total_seconds()


async def main(path: str) -> None:
    """Do all of it."""
    socket.socket.connect = connect
    outcome = {
        "two accounts": await two_accounts(),
        "retries": await retries(),
        "faults": await faults(),
        "own clients": await own_clients(),
        "log": await with_a_log(path),
        "polling": await polling(),
    }
    print(json.dumps(outcome))


if __name__ == "__main__":
    anyio.run(main, sys.argv[2], backend=sys.argv[1])
