"""Scripted faults over HTTP: the control plane's routes, and what boto3 with its own retries makes of each fault."""

from collections.abc import Iterator
from inspect import signature
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from support.loopback_server import MANAGEMENT, MEMBER, Served, serving
from support.patience import PATIENCE

from orgsim.api import PacedClock, SimulatedClock
from orgsim.api.faults import FaultTable, fault_request
from orgsim.api.server.faults_control import FAULT, FAULT_EXAMPLE
from orgsim.api.server.worlds import Worlds
from orgsim.engine import errors
from orgsim.engine.errors.documented import DOCUMENTED

NEW = {"Email": "new@example.com", "AccountName": "New"}


@pytest.fixture
def server() -> Iterator[Served]:
    """A server of a world with an organization."""
    with serving() as served:
        served.organizations().create_organization()
        yield served


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Botocore's waits before retries, which take no time."""
    waits: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=waits.append))
    return waits


@pytest.fixture(params=["legacy", "standard"])
def retrying(server: Served, waits: list[float], request: pytest.FixtureRequest) -> Iterator[Any]:
    """A boto3 client that makes up to three attempts."""
    client: Any = boto3.client(
        "organizations",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=MANAGEMENT,
        aws_secret_access_key="secret",
        config=Config(retries={"mode": request.param, "total_max_attempts": 3}, read_timeout=PATIENCE),
    )
    yield client
    client.close()


def script(server: Served, fault: str, *operations: str, **rest: object) -> Any:
    """Script a fault; returns what the control plane says of it."""
    answer = server.control("POST", "faults", {"fault": fault, "operations": list(operations) or None, **rest})
    assert answer.status == 200, answer.body
    return answer.json


def attempts(reply: Any) -> int:
    """How many times botocore tried again."""
    return reply["ResponseMetadata"]["RetryAttempts"]


def test_script_list_and_clear(server: Served) -> None:
    """A fault is scripted, listed with what it has done, and taken back, alone or with all."""
    first = script(server, "throttle", "ListAccounts", times=3, account=MANAGEMENT, until="10m")
    assert first == {
        "id": "fault-1",
        "fault": "throttle",
        "operations": ["ListAccounts"],
        "account": [MANAGEMENT],
        "share": 1.0,
        "times": 3,
        "after_calls": 0,
        "since": None,
        "until": "2026-01-01T00:10:00Z",
        "code": None,
        "reason": None,
        "duration": None,
        "hits": 0,
        "left": 3,
    }
    script(server, "delay", "*", duration="1.5s", share=0.5)
    with pytest.raises(ClientError):
        server.organizations().list_accounts()
    one, two = server.control("GET", "faults").json["faults"]
    assert (one["hits"], one["left"], two["operations"], two["duration"]) == (1, 2, ["*"], "1.5s")
    assert server.control("GET", "faults/fault-2").json == two
    assert server.control("DELETE", "faults/fault-1").json == one
    assert server.control("DELETE", "faults").json == {"faults": [two]}
    assert server.control("GET", "faults").json == {"faults": []}


def test_the_log_says_which_call_met_which_fault(server: Served) -> None:
    """Script and hits are events like others."""
    position = server.control("GET", "health").json["position"]
    script(server, "service_exception", "ListRoots", times=1)
    with pytest.raises(ClientError, match="ServiceException"):
        server.organizations().list_roots()
    events = server.control("GET", f"events?after={position}").json["events"]
    assert [event["type"] for event in events] == ["FaultScripted", "FaultInjected"]
    assert events[1]["members"] == {
        "Script": "fault-1",
        "Fault": "service_exception",
        "Operation": "ListRoots",
        "AccountId": MANAGEMENT,
        "Subject": None,
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "say which fault: throttle, conflict, "),
        ({"fault": "flood", "operations": ["*"]}, "There is no fault 'flood'; there are: throttle, conflict"),
        ({"fault": "throttle"}, "Name the operations that the fault is for, or '*' for all."),
        (
            {"fault": "throttle", "operations": ["ListAcounts"]},
            "There is no operation 'ListAcounts'; did you mean ListAccounts",
        ),
        (
            {"fault": "throttle", "operations": [1]},
            "That is no fault: Expected `str`, got `int` - at `$.oper",
        ),
        ({"fault": "throttle", "operation": "ListRoots"}, "there is no 'operation' here; did you mean operations?"),
        ({"fault": "throttle", "operations": "*", "times": "3"}, 'times is a whole number, not "3"'),
        ({"fault": "throttle", "operations": "*", "times": 0}, "times is a number of calls from 1 on, not 0"),
        ({"fault": "throttle", "operations": "*", "share": 2}, "A share is above 0 and at most 1, not 2.0"),
        ({"fault": "fail_creation", "reason": "BAD_LUCK"}, "There is no reason 'BAD_LUCK'; there are: ACCOUNT_LIMIT"),
        ({"fault": "delay", "operations": "*", "duration": "soon"}, "The duration makes no sense: 'soon' is not a dur"),
        ({"fault": "throttle", "operations": "*", "until": "soon"}, "until is a moment such as"),
    ],
)
def test_impossible_faults(server: Served, content: object, message: str) -> None:
    """What makes no sense is answered with the mistake and the choices; nothing is scripted."""
    answer = server.control("POST", "faults", content)
    assert answer.error == (400, "ControlException")
    assert answer.json["message"].startswith(message)
    assert server.control("GET", "faults").json == {"faults": []}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_faults(server: Served, method: str) -> None:
    """A fault that is not there is 404."""
    answer = server.control(method, "faults/fault-7")
    assert answer.error == (404, "ControlException")
    assert answer.json["message"] == "there is no fault 'fault-7'; GET /_orgsim/faults lists those that there are"


def test_accounts(server: Served) -> None:
    """Facts about an account are set from outside, and what was not said stays."""
    server.control("POST", f"accounts/{MEMBER}", {"email": "me@example.com", "name": "Me"})
    answer = server.control("POST", f"accounts/{MEMBER}", {"conditions": ["SUSPENDED"]})
    assert answer.json == {
        "account": MEMBER,
        "email": "me@example.com",
        "name": "Me",
        "conditions": ["SUSPENDED"],
    }


@pytest.mark.parametrize(
    ("account", "content", "message"),
    [
        (MEMBER, {"conditions": ["HUNGRY"]}, "there is no condition 'HUNGRY'; there are: ADDRESS_OUTSIDE_MARKETPLACE"),
        (MEMBER, {"mail": "me@example.com"}, "there is no 'mail' here; did you mean email?"),
        (
            MEMBER,
            {"email": f"{MANAGEMENT}@accounts.example"},
            f"The address '{MANAGEMENT}@accounts.example' belong",
        ),
        ("12", {"name": "Me"}, "an account id is twelve digits, not '12'"),
    ],
)
def test_impossible_facts(server: Served, account: str, content: object, message: str) -> None:
    """Facts that make no sense are answered with the mistake and the choices."""
    answer = server.control("POST", f"accounts/{account}", content)
    assert answer.error == (400, "ControlException")
    assert answer.json["message"].startswith(message)


def test_the_same_words_as_in_scenarios() -> None:
    """A fault has the same members in a request, in the example of one, in a scenario file, and in Python."""
    words = {*FAULT}
    assert words == {*FaultTable.__struct_fields__}
    assert words == signature(fault_request).parameters.keys() - {"now"}
    assert all(f'"{word}"' in FAULT_EXAMPLE for word in words)


def test_creations(server: Served) -> None:
    """A creation in progress is made to fail for a reason of AWS's list."""
    org = server.organizations()
    script(server, "slow_creation", "CreateAccount", duration="1h")
    creation = org.create_account(**NEW)["CreateAccountStatus"]["Id"]
    wrong = server.control("POST", f"creations/{creation}", {"reason": "BAD_LUCK"})
    assert wrong.json["message"].startswith("reason is one of ACCOUNT_LIMIT_EXCEEDED, ")
    assert server.control("POST", f"creations/{creation}", {"reason": "INVALID_EMAIL"}).status == 200
    status = org.describe_create_account_status(CreateAccountRequestId=creation)["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "INVALID_EMAIL")
    gone = server.control("POST", f"creations/{creation}", {"reason": "INVALID_EMAIL"})
    assert gone.error == (404, "ControlException")


def test_named_worlds_have_faults_of_their_own() -> None:
    """A fault of one world is no fault of another on the same server."""
    with serving(worlds=Worlds()) as served:
        one, two = served.named("one"), served.named("two")
        script(one, "service_exception", "CreateOrganization")
        with pytest.raises(ClientError, match="ServiceException"):
            one.organizations().create_organization()
        two.organizations().create_organization()
        assert two.control("GET", "faults").json == {"faults": []}


def test_throttling(server: Served, retrying: Any, waits: list[float]) -> None:
    """botocore waits and tries again after throttling, and gets the answer."""
    script(server, "throttle", "ListAccounts", times=2)
    assert attempts(retrying.list_accounts()) == len(waits) == 2
    script(server, "throttle", "ListAccounts")
    with pytest.raises(retrying.exceptions.TooManyRequestsException, match="You have sent too many requests in too"):
        retrying.list_accounts()


@pytest.mark.parametrize(
    ("fault", "exception"),
    [
        ("conflict", "ConcurrentModificationException"),
        ("finalizing", "FinalizingOrganizationException"),
        ("service_exception", "ServiceException"),
    ],
)
def test_refusals_that_botocore_passes_on(server: Served, retrying: Any, fault: str, exception: str) -> None:
    """botocore does not try again after the other refusals, which a program meets by their names."""
    script(server, fault, "CreateAccount", times=1)
    with pytest.raises(getattr(retrying.exceptions, exception)) as refused:
        retrying.create_account(**NEW)
    assert attempts(refused.value.response) == 0
    assert retrying.create_account(**NEW)["CreateAccountStatus"]["State"] == "IN_PROGRESS"


@pytest.mark.parametrize("code", sorted(DOCUMENTED["EnableAllFeatures"]))
def test_every_exception_of_enable_all_features(server: Served, code: str) -> None:
    """Each of the eight exceptions that AWS documents for EnableAllFeatures is met through client.exceptions."""
    reason = next((reason for reason in getattr(errors, code).messages if reason), None)
    script(server, "refuse", "EnableAllFeatures", code=code, reason=reason)
    org = server.organizations()
    with pytest.raises(getattr(org.exceptions, code)) as refused:
        org.enable_all_features()
    assert refused.value.response.get("Reason") == reason


def test_failed_creation(server: Served, retrying: Any) -> None:
    """A program that polls a creation sees it fail for the reason that was scripted."""
    script(server, "fail_creation", reason="EMAIL_ALREADY_EXISTS", times=1)
    status = retrying.create_account(**NEW)["CreateAccountStatus"]
    assert status["State"] == "IN_PROGRESS"
    found = retrying.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    assert (found["State"], found["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")


def test_empty_pages(server: Served, retrying: Any) -> None:
    """botocore's paginator goes on behind an empty page, and sees every account once."""
    for number in range(4):
        retrying.create_account(Email=f"{number}@example.com", AccountName="New")
    script(server, "empty_page", "ListAccounts", share=0.5)
    pages = list(retrying.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 1}))
    accounts = [account["Id"] for page in pages for account in page["Accounts"]]
    assert len(accounts) == len(set(accounts)) == 5
    assert any(not page["Accounts"] for page in pages)


def test_lagging_reads(server: Served, retrying: Any) -> None:
    """A new account is listed when the lag has passed."""
    script(server, "lag", "ListAccounts", duration="30s")
    retrying.create_account(**NEW)
    assert len(retrying.list_accounts()["Accounts"]) == 1
    server.control("POST", "clock", {"advance": "30s"})
    assert len(retrying.list_accounts()["Accounts"]) == 2


def test_dropped_connections(server: Served, retrying: Any, waits: list[float]) -> None:
    """botocore tries again when its connection is closed without an answer, and gives up after its last attempt."""
    script(server, "drop", "CreateAccount", times=2)
    assert attempts(retrying.create_account(**NEW)) == len(waits) == 2
    script(server, "drop", "ListRoots")
    with pytest.raises(ConnectionClosedError):
        retrying.list_roots()


def test_lost_answers(server: Served, retrying: Any) -> None:
    """botocore calls again when an answer was lost: the change has been made, and the second call is refused."""
    root = retrying.list_roots()["Roots"][0]["Id"]
    script(server, "lose_answer", "CreateOrganizationalUnit", times=1)
    with pytest.raises(retrying.exceptions.DuplicateOrganizationalUnitException) as refused:
        retrying.create_organizational_unit(ParentId=root, Name="Unit")
    assert attempts(refused.value.response) == 1


def test_other_requests_on_the_server_go_on(server: Served) -> None:
    """A connection that is dropped takes no other with it, and leaves no complaint of the server's."""
    org, other = server.organizations(), server.organizations()
    other.list_roots()
    script(server, "drop", "*", times=1)
    with pytest.raises(ConnectionClosedError):
        org.list_roots()
    assert other.list_roots()["Roots"] == org.list_roots()["Roots"]


@pytest.mark.parametrize("clock", [SimulatedClock(), PacedClock(1_000_000)], ids=["simulated", "paced"])
def test_delay(clock: Any) -> None:
    """An answer comes when so much of the world's time has passed, under a clock that runs and one that is moved."""
    with serving(clock=clock) as served:
        org = served.organizations()
        org.create_organization()
        script(served, "delay", "ListRoots", duration="1h")
        before = served.sim.now
        org.list_roots()
        assert (served.sim.now - before).total_seconds() >= 3_600
