from datetime import timedelta
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, RIVAL, START, STRANGER
from support.projection_world import WatchedWorld

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    CreateAccountStatusNotFoundException,
    InvalidInputException,
)
from orgsim.engine.operations import finish_account_creation
from orgsim.engine.settings import Quotas
from orgsim.engine.shapes.base import moment


def slow_world() -> WatchedWorld:
    """Two organizations, one with a member, in a world where account creation takes its time."""
    world = WatchedWorld(latency="realistic")
    world.founded()
    world.joined(MEMBER)
    world.founded(RIVAL)
    return world


def requested(world: WatchedWorld, email: str = "made@example.com", manager: str = FOUNDER) -> str:
    return world.call("CreateAccount", manager, Email=email, AccountName="Made")[0].request


def status(world: WatchedWorld, request: str, manager: str = FOUNDER) -> dict[str, Any]:
    return world.ask("DescribeCreateAccountStatus", manager, CreateAccountRequestId=request)["CreateAccountStatus"]


def listed(world: WatchedWorld, manager: str = FOUNDER, **members: Any) -> list[str]:
    pages = world.pages("ListCreateAccountStatus", manager, "CreateAccountStatuses", **members)
    return [status["Id"] for page in pages for status in page]


def test_in_progress() -> None:
    """A creation in progress has no account, no completion and no failure."""
    world = slow_world()
    request = requested(world)
    assert status(world, request) == {
        "Id": request,
        "AccountName": "Made",
        "State": "IN_PROGRESS",
        "RequestedTimestamp": moment(START),
    }


def test_succeeded() -> None:
    """A creation that succeeded names the account, which is a member since that moment."""
    world = slow_world()
    request = requested(world)
    world.advance(seconds=48)
    found = status(world, request)
    account = world.state.emails["made@example.com"]
    assert (found["State"], found["AccountId"]) == ("SUCCEEDED", account)
    assert timedelta(seconds=2) <= found["CompletedTimestamp"] - found["RequestedTimestamp"] <= timedelta(seconds=48)
    assert "FailureReason" not in found
    member = world.ask("DescribeAccount", FOUNDER, AccountId=account)["Account"]
    assert member["JoinedTimestamp"] == found["CompletedTimestamp"]


def test_failed() -> None:
    """A creation that failed has a reason and a moment, and no account."""
    world = slow_world()
    request = requested(world)
    world.advance(seconds=1)
    world.do(finish_account_creation.Request(request, "INTERNAL_FAILURE"))
    assert status(world, request) == {
        "Id": request,
        "AccountName": "Made",
        "State": "FAILED",
        "RequestedTimestamp": moment(START),
        "CompletedTimestamp": moment(START) + timedelta(seconds=1),
        "FailureReason": "INTERNAL_FAILURE",
    }


def test_instant() -> None:
    """Without latency a creation is complete at the moment of its request."""
    world = WatchedWorld()
    world.founded()
    request = requested(world)
    world.advance(seconds=0)
    found = status(world, request)
    assert found["State"] == "SUCCEEDED"
    assert found["CompletedTimestamp"] == found["RequestedTimestamp"] == moment(START)


def test_not_found() -> None:
    """A request of another organization is as unknown as one that never was."""
    world = slow_world()
    requests = [requested(world, manager=RIVAL), "car-" + "0" * 32]
    for request in requests:
        world.denies(
            "DescribeCreateAccountStatus",
            FOUNDER,
            CreateAccountStatusNotFoundException,
            CreateAccountRequestId=request,
        )
    assert listed(world) == []
    assert listed(world, RIVAL) == requests[:1]


@pytest.mark.parametrize("request_id", ["", "car-1234567", "car-ABCDEFGH", "h-12345678", "car-" + "1" * 33])
def test_malformed_request_id(request_id: str) -> None:
    """An id that does not look like one of a request is malformed."""
    reason = "INVALID_PATTERN:CREATE_ACCOUNT_REQUEST_ID"
    slow_world().denies(
        "DescribeCreateAccountStatus", FOUNDER, InvalidInputException, reason, CreateAccountRequestId=request_id
    )


def test_who_may_ask() -> None:
    """A member is denied, and a standalone account is in no organization."""
    world = slow_world()
    request = requested(world)
    for operation, members in [
        ("DescribeCreateAccountStatus", {"CreateAccountRequestId": request}),
        ("ListCreateAccountStatus", {}),
    ]:
        world.denies(operation, MEMBER, AccessDeniedException, **members)
        world.denies(operation, STRANGER, AWSOrganizationsNotInUseException, **members)


def test_list_newest_first_by_state() -> None:
    """Requests are listed newest first, those in the wanted states or, if none is named, all."""
    world = slow_world()
    succeeded, failed = requested(world, "a@example.com"), requested(world, "b@example.com")
    world.do(finish_account_creation.Request(failed, "INVALID_ADDRESS"))
    world.advance(seconds=48)
    running = requested(world, "c@example.com")
    assert listed(world) == listed(world, States=[]) == [running, failed, succeeded]
    assert listed(world, States=["IN_PROGRESS"]) == [running]
    assert listed(world, States=["SUCCEEDED"]) == [succeeded]
    assert listed(world, States=["FAILED"]) == [failed]
    assert listed(world, States=["SUCCEEDED", "IN_PROGRESS"]) == [running, succeeded]
    assert listed(world, States=["SUCCEEDED", "IN_PROGRESS", "FAILED"]) == [running, failed, succeeded]
    for found in world.ask("ListCreateAccountStatus", FOUNDER)["CreateAccountStatuses"]:
        assert status(world, found["Id"]) == found


def test_finished_in_another_order() -> None:
    """Requests are listed in the order in which they were made, in whichever order they finish."""
    world = slow_world()
    world.rules_change(quotas=Quotas(concurrent_account_creations=30))
    made = [requested(world, f"{number}@example.com") for number in range(30)]
    for _ in range(49):
        states = {request: status(world, request)["State"] for request in made}
        for state in ("IN_PROGRESS", "SUCCEEDED"):
            assert listed(world, States=[state]) == [each for each in reversed(made) if states[each] == state]
        world.advance(seconds=1)
    assert listed(world, States=["IN_PROGRESS"]) == []


def test_pages_by_state() -> None:
    """Pages of a filtered list are full, though the rows that match stand far apart."""
    world = WatchedWorld()
    world.founded()
    for number in range(50):
        # A domain that ends in a hyphen passes the request's pattern, and fails the creation.
        requested(world, f"{number}@example.com" + ("-" if number % 2 else ""))
        world.advance(seconds=0)
    pages = world.pages("ListCreateAccountStatus", FOUNDER, "CreateAccountStatuses", States=["FAILED"], MaxResults=10)
    assert [len(page) for page in pages] == [10, 10, 5]
    assert {status["FailureReason"] for page in pages for status in page} == {"INVALID_EMAIL"}
    assert len(listed(world, States=["SUCCEEDED"])) == 25
    assert len(listed(world)) == 50


def test_unknown_state() -> None:
    """A state that there is not is malformed."""
    slow_world().denies(
        "ListCreateAccountStatus", FOUNDER, InvalidInputException, "INVALID_ENUM:STATES_1_MEMBER", States=["DONE"]
    )


def test_nothing_requested() -> None:
    """Before the first request the list is empty."""
    assert slow_world().ask("ListCreateAccountStatus", FOUNDER) == {"CreateAccountStatuses": []}
