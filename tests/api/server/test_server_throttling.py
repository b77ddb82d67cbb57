"""Throttling as boto3 meets it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from support.loopback_server import MANAGEMENT, Served, serving

from orgsim.api import Settings


@pytest.fixture
def server() -> Iterator[Served]:
    """A server whose world has a simulated clock, and throttles."""
    with serving(settings=Settings(throttle="aws")) as served:
        served.organizations().create_organization()
        yield served


def advance(server: Served) -> None:
    """Ten seconds go by."""
    assert server.request("POST", "/_orgsim/clock", body=b'{"advance": "10s"}').status == 200


def account(number: int) -> dict[str, str]:
    """The members of CreateAccount."""
    return {"Email": f"{number}@example.com", "AccountName": "Made"}


def test_boto3(server: Served) -> None:
    """The fourth CreateAccount is refused as AWS refuses it, and succeeds when ten seconds have gone by."""
    org = server.organizations()
    for number in range(3):
        org.create_account(**account(number))
    position = server.position
    with pytest.raises(org.exceptions.TooManyRequestsException) as refused:
        org.create_account(**account(3))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refused.value.response["Error"] == {
        "Code": "TooManyRequestsException",
        "Message": "You have sent too many requests in too short a period of time. Try again later.",
    }
    assert server.position == position
    advance(server)
    assert org.create_account(**account(3))["CreateAccountStatus"]["AccountName"] == "Made"


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_boto3_tries_again(server: Served, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """boto3 takes the answer for throttling: it waits and tries again. Here its waiting moves the simulated clock."""
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        advance(server)

    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=wait))
    org: Any = boto3.client(
        "organizations",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=MANAGEMENT,
        aws_secret_access_key="secret",
        config=Config(retries={"mode": mode, "total_max_attempts": 3}),
    )
    try:
        attempts = [org.create_account(**account(number))["ResponseMetadata"]["RetryAttempts"] for number in range(5)]
    finally:
        org.close()
    assert attempts == [0, 0, 0, 1, 1]
    assert len(waits) == 2


def test_sts_and_control_plane(server: Served) -> None:
    """STS and the control plane are not throttled."""
    sts = server.boto3("sts")
    for _ in range(50):
        assert sts.get_caller_identity()["Account"] == MANAGEMENT
        assert server.request("GET", "/_orgsim/clock", body=b"").status == 200
