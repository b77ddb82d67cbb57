"""CreateAccount in process: accounts per second through the client of a ``Simulation``, against boto3 on moto.

Both make the same accounts in one organization, in memory, each side in a process of its own, one call after the other;
in the end both list all of them. For information, ours called by a hundred tasks: boto3 blocks, and threads would only
take turns. What a call costs moto grows with the accounts that there are, so the ratio grows with their number, too:
the budget is for 5,000, and a quick run has none.
"""

import os
from statistics import median

import anyio
from measure import Result, at_least, in_new_process, information, timing

from orgsim.api.client import Client
from orgsim.api.simulation import Simulation
from orgsim.engine.settings import Quotas

BUDGET = 200
TASKS = 100
MANAGEMENT = "111111111111"


def _email(number: int) -> str:
    return f"{number}@accounts.example"


def _check(emails: list[str], accounts: int) -> None:
    # The first is the management account's.
    assert sorted(emails[1:]) == sorted(_email(number) for number in range(accounts))


async def _create(client: Client, accounts: int, tasks: int) -> None:
    async def user(first: int) -> None:
        for number in range(first, accounts, tasks):
            await client.create_account(email=_email(number), account_name=f"Account {number}")

    async with anyio.create_task_group() as users:
        for first in range(tasks):
            users.start_soon(user, first)


async def _measure_ours(accounts: int, tasks: int) -> float:
    async with Simulation(quotas=Quotas(accounts=accounts + 1)) as sim:
        client = sim.client(MANAGEMENT)
        await client.create_organization(feature_set="ALL")
        with timing() as watch:
            await _create(client, accounts, tasks)
        pages = client.paginate(client.list_accounts)
        _check([account.email async for page in pages for account in page.accounts], accounts)
    return accounts / watch.seconds


def ours(accounts: int, tasks: int) -> float:
    """Measure the accounts that our client creates per second."""
    return anyio.run(_measure_ours, accounts, tasks)


def moto(accounts: int) -> float:
    """Measure the accounts that boto3 on moto creates per second."""
    import boto3
    from moto import mock_aws

    os.environ |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    with mock_aws():
        client = boto3.client("organizations", "us-east-1")
        client.create_organization(FeatureSet="ALL")
        with timing() as watch:
            for number in range(accounts):
                client.create_account(Email=_email(number), AccountName=f"Account {number}")
        pages = client.get_paginator("list_accounts").paginate()
        _check([account["Email"] for page in pages for account in page["Accounts"]], accounts)
    return accounts / watch.seconds


def run(quick: bool) -> list[Result]:
    """Measure one call after the other, then calls of many tasks."""
    accounts, rounds = (1_000, 3) if quick else (5_000, 5)
    reference = in_new_process(moto, accounts)
    alone = median(in_new_process(ours, accounts, 1) for _ in range(rounds))
    together = median(in_new_process(ours, accounts, TASKS) for _ in range(rounds))
    name, unit, note = "CreateAccount through the client", "accounts/s", f"{accounts:,} accounts; reference: moto"
    return [
        information(name, alone, reference, unit, note)
        if quick
        else at_least(BUDGET, name, alone, reference, unit, note),
        information(f"{name}, {TASKS} tasks", together, reference, unit, note),
    ]
