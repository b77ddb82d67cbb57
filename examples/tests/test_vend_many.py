"""Twenty accounts at once, on asyncio and aiobotocore, at AWS's pace: minutes that take no time."""

from datetime import timedelta

import pytest

pytest.importorskip("aiobotocore")

from landing.patience import RETRIES
from landing.vend_many import Wanted, vend_all

pytestmark = [pytest.mark.anyio, pytest.mark.orgsim(accounts=0, latency="realistic", throttle="aws")]

WANTED = [Wanted(f"Team {number}", f"team-{number}@example.com") for number in range(20)]


@pytest.fixture
def anyio_backend():
    """aiobotocore runs on asyncio."""
    return "asyncio"


@pytest.fixture
async def org(orgsim):
    """aiobotocore's client, as the management account."""
    session = orgsim.aiobotocore_session("111111111111")
    async with session.create_client("organizations", config=RETRIES) as org:
        with orgsim.auto_advance():
            yield org


async def sandbox(org):
    """The id of an OU that is made for the test."""
    root = (await org.list_roots())["Roots"][0]["Id"]
    made = await org.create_organizational_unit(ParentId=root, Name="Sandbox")
    return made["OrganizationalUnit"]["Id"]


async def test_twenty_accounts(org, orgsim):
    """All are created and moved; AWS's rate, one account in ten seconds after the first three, is what takes time."""
    before, parent = orgsim.now, await sandbox(org)
    vended = await vend_all(org, WANTED, parent)

    pages = org.get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
    there = {account["Id"] async for page in pages for account in page["Accounts"]}
    assert {one.account for one in vended.values()} == there
    assert len(there) == 20
    assert orgsim.now - before > timedelta(seconds=170)


async def test_one_that_fails(org, orgsim):
    """A creation that fails is told with AWS's reason, and the others are there."""
    orgsim.faults.fail_creation("EMAIL_ALREADY_EXISTS", times=1)
    vended = await vend_all(org, WANTED[:5], await sandbox(org))

    assert sorted(one.failure or "" for one in vended.values()) == ["", "", "", "", "EMAIL_ALREADY_EXISTS"]


@pytest.mark.orgsim(settings={"quotas": {"accounts": 3}})
async def test_refusals(org):
    """Creations that AWS refuses are told with its reason, and the accounts for which there was room are there."""
    vended = await vend_all(org, WANTED[:5], await sandbox(org))

    refused = "ACCOUNT_NUMBER_LIMIT_EXCEEDED"
    assert sorted(one.failure or "" for one in vended.values()) == ["", "", refused, refused, refused]


async def test_other_writers(org, orgsim):
    """Conflicts with other writers are waited out by asyncio.sleep."""
    orgsim.faults.finalizing("CreateAccount", times=1)
    with orgsim.faults.conflict("CreateAccount", "MoveAccount", share=0.3):
        vended = await vend_all(org, WANTED[:5], await sandbox(org))

    assert all(one.account for one in vended.values())
