"""Detection rules fire on the trail of a year with an incident, and stay quiet on the same year without one."""

from pathlib import Path
from typing import Any

import pytest
from support.detection_rules import (
    attempts_to_leave,
    caller,
    denied,
    guardrails_taken_away,
    mapping_by_rare_users,
    never_produced,
    people_writing,
)
from support.given import STRANGER, World
from support.trails import records, records_in

from orgsim.api.timeline.trail_out.identities import origin_of
from orgsim.engine.operations import OPERATIONS, record_call
from orgsim.projections.reads import READS
from orgsim.scenarios.company_year import ACME, write

pytestmark = pytest.mark.slow

AUTOMATION = {"deployment-pipeline", "account-vending", "inventory"}
STOLEN = f"arn:aws:iam::{ACME}:user/legacy-admin"
INCIDENT = "2025-10-19"

Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def bad(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """The year with its incident."""
    return await year(tmp_path_factory.mktemp("bad"), incident=True)


@pytest.fixture(scope="module")
async def good(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """The same year without it."""
    return await year(tmp_path_factory.mktemp("good"), incident=False)


async def year(folder: Path, *, incident: bool) -> Records:
    await write(folder / "trail", teams=8, incident=incident)
    return records_in(folder / "trail")


async def test_somebody_tries_to_leave(bad: Records, good: Records) -> None:
    """The thief's two attempts are found, the one that AWS refuses and the one that it lets through."""
    refused, done = attempts_to_leave(bad)
    assert (denied(refused), refused["errorCode"]) == (True, "ConstraintViolationException")
    assert (denied(done), done["userIdentity"]["userName"]) == (False, "root-helper")
    assert refused["recipientAccountId"] != done["recipientAccountId"]
    assert attempts_to_leave(good) == []
    gone = [each for each in bad if each["eventName"] == "AccountDepartedOrganization"]
    left = [each["serviceEventDetails"]["accountId"] for each in gone if each["eventTime"] > INCIDENT]
    assert left == [done["recipientAccountId"]]


async def test_guardrails_are_taken_away(bad: Records, good: Records) -> None:
    """Detaching the policy that keeps logs is found; attaching and changing policies all year is not."""
    (found,) = guardrails_taken_away(bad)
    assert (found["eventName"], caller(found)) == ("DetachPolicy", STOLEN)
    assert guardrails_taken_away(good) == []
    assert sum(each["eventName"] == "AttachPolicy" for each in good) >= 3


async def test_somebody_writes_by_hand(bad: Records, good: Records) -> None:
    """After the founding only the incident, and the answer to it, are changes by people in the management account."""
    found = [each for each in people_writing(bad, ACME, AUTOMATION) if each["eventTime"] > "2025-01-06"]
    assert [caller(each) for each in found if each["eventTime"] < f"{INCIDENT}T08:00:00Z"] == [STOLEN] * 2
    assert {each["userIdentity"]["type"] for each in found} == {"IAMUser", "AssumedRole"}
    assert [each for each in people_writing(good, ACME, AUTOMATION) if each["eventTime"] > "2025-01-06"] == []


async def test_a_rare_user_maps_the_organization(bad: Records, good: Records) -> None:
    """The weekly inventory is usual after its first time; whoever looks around for the first time is found."""
    usual = {caller(each) for each in mapping_by_rare_users(good)}
    unusual = [each for each in mapping_by_rare_users(bad) if caller(each) not in usual]
    assert {caller(each).rpartition("/")[2] for each in unusual} == {"ci-deploy", "legacy-admin"}
    inventory = [each for each in mapping_by_rare_users(good) if caller(each).endswith("role/inventory")]
    assert len(inventory) == 1


SHIPPED = {
    "DescribeOrganization",
    "DescribeOrgnanizationalUnit",
    "DescribeResourcePolicy",
    "ListAWSServiceAccessForOrganization",
    "ListAccounts",
    "ListAccountsForParent",
    "ListDelegatedAdministrators",
    "ListDelegatedServicesForAccount",
    "ListOrganizationalUnitsForParent",
    "ListPolicies",
    "ListRoots",
}
"""Event names of Organizations in the rule for rare users of elastic/detection-rules (updated 2026-08-05)."""


def trail_of_every_operation() -> Records:
    """A trail that has a record of each of the 63 operations."""
    world = World()
    for operation in OPERATIONS | READS:
        world.do(record_call.Request(operation, {}), STRANGER)
    return records(world.log)


def test_a_shipped_rule_waits_for_a_call_that_nobody_can_make() -> None:
    """One event name of a public rule stands in no record of a trail that has all operations: it is misspelt."""
    every = trail_of_every_operation()
    assert len({each["eventName"] for each in every}) == 63
    assert never_produced(SHIPPED, every) == {"DescribeOrgnanizationalUnit"}
    assert "DescribeOrgnanizationalUnit" not in OPERATIONS | READS
    assert never_produced(SHIPPED - {"DescribeOrgnanizationalUnit"} | {"DescribeOrganizationalUnit"}, every) == set()


async def test_a_shipped_filter_names_a_kind_of_caller_that_there_is_not(bad: Records) -> None:
    """The public rule for writes in the management account leaves out callers of type Service, which nobody has."""
    principals = None, "ada", "Admin/ada", "config.amazonaws.com"
    kinds = {origin_of(ACME, principal, "aws", 0).identity["type"] for principal in principals}
    assert kinds == {"Root", "IAMUser", "AssumedRole", "AWSService"}
    assert {each["userIdentity"].get("type") for each in bad} <= kinds | {None}
