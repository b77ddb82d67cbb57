"""Ten tests of a user's, as text: they are run in nine ways. Each is told apart by what a harness could get wrong."""

import re

TEN = """
from datetime import timedelta

import pytest

from orgsim.api import Refused

MANAGEMENT, MEMBER = "111111111111", "222222222222"


async def test_a_fresh_world(orgsim):
    org = orgsim.client(MANAGEMENT)
    await org.create_organization(feature_set="ALL")
    assert list(orgsim.engine.state.accounts) == [MANAGEMENT]


async def test_nothing_is_left_of_another_world(orgsim):
    assert not orgsim.engine.state.organizations
    assert orgsim.engine.durable == 1


@pytest.mark.orgsim(accounts=3)
async def test_accounts_are_there(orgsim):
    listed = await orgsim.client(MANAGEMENT).list_accounts()
    assert [account.name for account in listed.accounts[1:]] == ["Account 1", "Account 2", "Account 3"]


async def test_time_passes_when_told(orgsim):
    org, begun = orgsim.client(MANAGEMENT), orgsim.now
    await org.create_organization()
    invited = await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    await orgsim.advance(days=15)
    found = await org.describe_handshake(handshake_id=invited.handshake.id)
    assert (found.handshake.state, orgsim.now - begun) == ("EXPIRED", timedelta(days=15))


@pytest.mark.orgsim(latency="realistic")
async def test_accounts_take_their_time(orgsim):
    org = orgsim.client(MANAGEMENT)
    await org.create_organization(feature_set="ALL")
    begun = await org.create_account(email="research@example.com", account_name="Research")
    assert begun.create_account_status.state == "IN_PROGRESS"
    await orgsim.run_until_idle()
    id = begun.create_account_status.id
    ended = await org.describe_create_account_status(create_account_request_id=id)
    assert ended.create_account_status.state == "SUCCEEDED"


async def test_a_refusal(orgsim):
    with pytest.raises(Refused) as refusal:
        await orgsim.client(MEMBER).list_accounts()
    assert refusal.value.code == "AWSOrganizationsNotInUseException"


async def test_calls_are_recorded(orgsim):
    org = orgsim.client(MANAGEMENT)
    await org.create_organization()
    await org.list_roots()
    await org.list_roots()
    assert orgsim.calls.of("ListRoots") == 2
    assert [call.operation for call in orgsim.calls] == ["CreateOrganization", "ListRoots", "ListRoots"]


@pytest.mark.orgsim(accounts=30)
async def test_pages(orgsim):
    org = orgsim.client(MANAGEMENT)
    pages = [len(page.accounts) async for page in org.paginate(org.list_accounts, max_results=8)]
    assert (pages, orgsim.calls.of("ListAccounts")) == ([8, 8, 8, 7], 4)


@pytest.mark.orgsim(accounts=1)
async def test_boto3_in_the_same_thread(orgsim):
    org = orgsim.boto3_client("organizations", account=MANAGEMENT)
    assert len(org.list_accounts()["Accounts"]) == 2


async def test_a_fork(orgsim):
    await orgsim.client(MANAGEMENT).create_organization()
    with await orgsim.fork() as fork:
        await fork.client(MANAGEMENT).delete_organization()
        with pytest.raises(Refused):
            await fork.client(MANAGEMENT).describe_organization()
        await orgsim.client(MANAGEMENT).describe_organization()
"""


def plain() -> str:
    """The tests without ``await``, on the synchronous face of the simulation."""
    text = TEN.replace("await ", "").replace("async ", "")
    for name in ("client", "advance", "run_until_idle", "fork"):
        text = text.replace(f"orgsim.{name}(", f"orgsim.sync.{name}(").replace(f"fork.{name}(", f"fork.sync.{name}(")
    return text


def marked(mark: str) -> str:
    """The tests with a mark for all of them, such as ``pytest.mark.anyio``."""
    return f"{TEN}\n\npytestmark = {mark}\n"


def unittest_case() -> str:
    """The tests as methods of unittest's ``IsolatedAsyncioTestCase``."""
    head, *tests = re.split(r"\n(?=async def |@pytest)", TEN)
    parts = [head, "from unittest import IsolatedAsyncioTestCase\n\n\nclass Tests(IsolatedAsyncioTestCase):"]
    parts.append("    @pytest.fixture(autouse=True)\n    def world(self, orgsim):\n        self.orgsim = orgsim\n")
    for test in tests:
        method = re.sub(r"\(orgsim\):\n", "(self):\n    orgsim = self.orgsim\n", test, count=1)
        parts.append("".join(f"    {line}\n" if line else "\n" for line in method.rstrip().split("\n")))
    return "\n".join(parts)
