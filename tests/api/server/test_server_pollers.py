"""boto3 scripts that poll until AWS is done: accounts are created and closed, changes seen late, writes meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.loopback_server import MEMBER, Served, serving

from orgsim.api import Settings
from orgsim.engine.runtime.clock import PacedClock, SimulatedClock

FAST = 10_000
"""Simulated seconds per real second: a closure of ten minutes takes 60 milliseconds."""


@contextmanager
def founded(settings: Settings, clock: Any) -> Iterator[tuple[Served, Any]]:
    """A server with an organization that has a member, and the founder's client."""
    with serving(settings=settings, clock=clock) as served:
        organizations = served.organizations()
        organizations.create_organization()
        invited = organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
        served.organizations(MEMBER).accept_handshake(HandshakeId=invited["Handshake"]["Id"])
        yield served, organizations


def poll_creation(organizations: Any) -> tuple[str, list[str]]:
    """Create an account and ask until that has ended; its id, and the states that were seen."""
    made = organizations.create_account(Email="made@example.com", AccountName="Made")["CreateAccountStatus"]
    states = [made["State"]]
    while states[-1] == "IN_PROGRESS":
        made = organizations.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]
        states.append(made["State"])
    return made["AccountId"], states


def poll_closure(organizations: Any, account: str) -> list[str]:
    """Close an account and ask until that has ended; the states that were seen."""
    organizations.close_account(AccountId=account)
    states: list[str] = []
    while "CLOSED" not in states:
        states.append(organizations.describe_account(AccountId=account)["Account"]["State"])
    return states


def test_realistic_latency_under_a_paced_clock() -> None:
    """Creation and closure take the times that were measured at AWS, and the pollers come to their ends."""
    with founded(Settings(latency="realistic"), PacedClock(FAST)) as (served, organizations):
        began = served.sim.now
        account, states = poll_creation(organizations)
        assert states[0] == "IN_PROGRESS"
        assert states[-1] == "SUCCEEDED"
        assert (served.sim.now - began).total_seconds() >= 2
        began = served.sim.now
        for each in (MEMBER, account):
            states = poll_closure(organizations, each)
            assert states == sorted(states, key=["PENDING_CLOSURE", "CLOSED"].index)
        assert (served.sim.now - began).total_seconds() >= 1_200


def test_stepwise_latency_under_a_standing_clock() -> None:
    """Each state in progress is seen once, and no time passes."""
    with founded(Settings(latency="stepwise"), SimulatedClock()) as (served, organizations):
        began = served.sim.now
        account, states = poll_creation(organizations)
        assert states == ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]
        assert poll_closure(organizations, MEMBER) == ["PENDING_CLOSURE", "CLOSED"]
        assert poll_closure(organizations, account) == ["PENDING_CLOSURE", "CLOSED"]
        assert served.sim.now == began


def test_lagging_reads_under_a_paced_clock() -> None:
    """A new account is found in the end, and the poller never sees it vanish again."""
    settings = Settings(latency="realistic", read_lag_seconds=300)
    with serving(settings=settings, clock=PacedClock(FAST)) as served:
        organizations = served.organizations()
        organizations.create_organization()
        account, _ = poll_creation(organizations)
        found: list[bool] = []
        while not any(found):
            try:
                organizations.describe_account(AccountId=account)
            except (
                organizations.exceptions.AccountNotFoundException,
                organizations.exceptions.AWSOrganizationsNotInUseException,
            ):
                found.append(False)
            else:
                found.append(True)
        assert organizations.describe_account(AccountId=account)["Account"]["State"] == "ACTIVE"


def test_new_account_is_not_found_while_the_clock_stands() -> None:
    """boto3 gets AccountNotFoundException for an account whose creation has succeeded, until the clock is moved."""
    with founded(Settings(latency="stepwise", read_lag_seconds=300), SimulatedClock()) as (served, organizations):
        assert served.request("POST", "/_orgsim/clock", body=b'{"advance": "5m"}').status == 200
        account, _ = poll_creation(organizations)
        with pytest.raises(organizations.exceptions.AccountNotFoundException):
            organizations.describe_account(AccountId=account)
        assert served.request("POST", "/_orgsim/clock", body=b'{"advance": "5m"}').status == 200
        organizations.describe_account(AccountId=account)


def test_boto3_does_not_retry_conflicts_by_itself() -> None:
    """A second unit right after the first gets ConcurrentModificationException, with AWS's text and status."""
    with serving(settings=Settings(write_conflict_seconds=60), clock=SimulatedClock()) as served:
        organizations = served.organizations()
        organizations.create_organization()
        (root,) = organizations.list_roots()["Roots"]
        organizations.create_organizational_unit(ParentId=root["Id"], Name="first")
        with pytest.raises(organizations.exceptions.ConcurrentModificationException) as refused:
            organizations.create_organizational_unit(ParentId=root["Id"], Name="second")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert refused.value.response["Error"] == {
            "Code": "ConcurrentModificationException",
            "Message": "AWS Organizations can't complete your request because it conflicts with another attempt to "
            "modify the same entity. Try again later.",
        }


def test_program_that_retries_conflicts() -> None:
    """A program that has boto3 retry ConcurrentModificationException makes all its units under a paced clock."""
    with serving(settings=Settings(write_conflict_seconds=60), clock=PacedClock(FAST)) as served:
        organizations = served.organizations()

        def retry(response: Any, **_: Any) -> float | None:
            code = response[1].get("Error", {}).get("Code") if response else None
            return 0.0 if code == "ConcurrentModificationException" else None

        organizations.meta.events.register("needs-retry.organizations", retry)
        organizations.create_organization()
        (root,) = organizations.list_roots()["Roots"]
        for number in range(10):
            organizations.create_organizational_unit(ParentId=root["Id"], Name=f"unit {number}")
        listed = organizations.list_organizational_units_for_parent(ParentId=root["Id"])
        assert len(listed["OrganizationalUnits"]) == 10
