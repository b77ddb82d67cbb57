"""A script that meets scripted faults with aiobotocore: it takes the server's URL and the founder, and prints what came
of each. See ``test_clients.py``.

It runs in the environment of the clients, and uses nothing of orgsim.
"""

import asyncio
import json
import sys
from typing import Any
from urllib.request import urlopen

from aiobotocore.config import AioConfig  # pyright: ignore[reportMissingImports]
from aiobotocore.session import get_session  # pyright: ignore[reportMissingImports]

NEW = {"Email": "new@example.com", "AccountName": "New"}


def script(url: str, **fault: object) -> None:
    """Script a fault through the control plane."""
    urlopen(f"{url}/_orgsim/faults", json.dumps(fault).encode()).close()


def attempts(reply: Any) -> int:
    """How many times aiobotocore tried again."""
    return reply["ResponseMetadata"]["RetryAttempts"]


async def at_once(seconds: float, sleep: Any = asyncio.sleep) -> None:
    """Let aiobotocore's waits before retries take no time."""
    await sleep(0)


async def meet(url: str, organizations: Any) -> dict[str, Any]:
    """Meet one fault after the other; returns the outcomes by fault."""
    came_out: dict[str, Any] = {}
    script(url, fault="throttle", operations=["ListRoots"], times=2)
    listed = await organizations.list_roots()
    came_out["throttle"] = attempts(listed)
    script(url, fault="drop", operations=["ListRoots"], times=2)
    came_out["drop"] = attempts(await organizations.list_roots())
    script(url, fault="conflict", operations=["CreateAccount"], times=1)
    try:
        await organizations.create_account(**NEW)
    except organizations.exceptions.ConcurrentModificationException as refused:
        came_out["conflict"] = attempts(refused.response)
    script(url, fault="fail_creation", reason="EMAIL_ALREADY_EXISTS", times=1)
    creation = (await organizations.create_account(**NEW))["CreateAccountStatus"]["Id"]
    status = await organizations.describe_create_account_status(CreateAccountRequestId=creation)
    came_out["fail_creation"] = status["CreateAccountStatus"].get("FailureReason")
    script(url, fault="empty_page", operations=["ListAccounts"], times=2)
    pages = organizations.get_paginator("list_accounts").paginate()
    came_out["empty_page"] = [len(page["Accounts"]) async for page in pages]
    script(url, fault="lose_answer", operations=["CreateOrganizationalUnit"], times=1)
    try:
        await organizations.create_organizational_unit(ParentId=listed["Roots"][0]["Id"], Name="Unit")
    except organizations.exceptions.DuplicateOrganizationalUnitException as refused:
        came_out["lose_answer"] = attempts(refused.response)
    return came_out


async def main(url: str, founder: str) -> None:
    """Found an organization, and meet faults in it."""
    asyncio.sleep = at_once
    keys = {"aws_access_key_id": founder, "aws_secret_access_key": "any"}
    config = AioConfig(retries={"mode": "standard", "total_max_attempts": 3})
    async with get_session().create_client("organizations", endpoint_url=url, config=config, **keys) as organizations:
        await organizations.create_organization()
        print(json.dumps(await meet(url, organizations)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
