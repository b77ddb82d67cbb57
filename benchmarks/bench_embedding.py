"""Worlds in tests: a fresh one with its first answered call, and boto3 in process, against moto.

A fresh world: made in memory without an event loop, and asked once (CreateOrganization), by our client and by a boto3
client in ``mock_organizations``. Reference: ``mock_aws`` and the same call. The boto3 clients were made before, as is
usual in suites. What botocore itself takes for the call, measured with a canned answer, is in both of
boto3's figures; it is taken off for the ratio with a budget.

Mixed operations: the script of ``bench_operations``, boto3 on both sides; the best of some rounds counts. For
information, how much of that is botocore's own: the same calls, whose answers were recorded before and are sent by
nobody. For information, too: a world of its own on a
server that runs, made by its first call, against the start of moto's server.
"""

import os
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from bench_operations import play
from measure import Result, at_least, at_most, in_new_process, information
from servers import MOTO, ORGSIM, boto3_client, running

from orgsim.api import Simulation

FRESH_BUDGET = 30
FRESH_SECONDS = 0.0003
BOTO3_BUDGET = 12
MIXED_BUDGET = 3
MIXED_ROUNDS = 4
MANAGEMENT = "111111111111"


def _each(once: Callable[[], object], times: int) -> float:
    """The median seconds of a function, called a few times before."""
    for _ in range(5):
        once()
    seconds: list[float] = []
    for _ in range(times):
        began = perf_counter()
        once()
        seconds.append(perf_counter() - began)
    return median(seconds)


class _Raw:
    """The body of a response as botocore reads it from urllib3."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Any:
        yield self._body


def our_client(times: int) -> float:
    """Measure a fresh world and the first call of our client."""

    def once() -> None:
        with Simulation() as sim:
            reply = sim.sync.client(MANAGEMENT).create_organization(feature_set="ALL")
            assert reply.organization.feature_set == "ALL"

    return _each(once, times)


def our_boto3(times: int) -> float:
    """Measure ``mock_organizations`` and the first call of a boto3 client that was made before."""
    import boto3

    from orgsim.api.testing import mock_organizations

    keys = {"aws_access_key_id": MANAGEMENT, "aws_secret_access_key": "secret"}
    client = boto3.client("organizations", "us-east-1", **keys)

    def once() -> None:
        with mock_organizations():
            answer = client.create_organization(FeatureSet="ALL")
            assert answer["Organization"]["MasterAccountId"] == MANAGEMENT

    return _each(once, times)


def canned(times: int) -> float:
    """Measure what botocore takes for a call whose answer is there already."""
    import boto3
    from botocore.awsrequest import AWSResponse

    with Simulation() as sim:
        organization = sim.boto3_client("organizations", account=MANAGEMENT).create_organization()["Organization"]
    body = (
        f'{{"Organization":{{"Id":"{organization["Id"]}","Arn":"{organization["Arn"]}","FeatureSet":"ALL",'
        f'"MasterAccountArn":"{organization["MasterAccountArn"]}","MasterAccountId":"{MANAGEMENT}",'
        f'"MasterAccountEmail":"{organization["MasterAccountEmail"]}"}}}}'
    ).encode()

    def answer(request: Any, **_: object) -> Any:
        headers = {"content-type": "application/x-amz-json-1.1"}
        return AWSResponse(request.url, 200, headers, _Raw(body))

    client = boto3.client("organizations", "us-east-1", aws_access_key_id=MANAGEMENT, aws_secret_access_key="secret")
    client.meta.events.register("before-send.organizations", answer)

    def once() -> None:
        assert client.create_organization(FeatureSet="ALL")["Organization"]["Id"] == organization["Id"]

    return _each(once, times)


def moto(times: int) -> float:
    """Measure ``mock_aws`` and the first call of a client that was made before."""
    import boto3
    from moto import mock_aws

    os.environ |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    with mock_aws():
        client = boto3.client("organizations", "us-east-1")

    def once() -> None:
        with mock_aws():
            assert client.create_organization(FeatureSet="ALL")["Organization"]["FeatureSet"] == "ALL"

    return _each(once, times)


def our_mixed(calls: int) -> float:
    """Measure the calls per second of all operations of the script by boto3 in process."""

    def once() -> float:
        with Simulation() as sim:
            client = sim.boto3_client("organizations", account=MANAGEMENT)
            return _rate(play(client, calls), calls)

    return max(once() for _ in range(MIXED_ROUNDS))


def canned_mixed(calls: int) -> float:
    """Measure what botocore alone takes for the same: the answers are those of a round before, sent by nobody."""
    from botocore.awsrequest import AWSResponse

    answers: list[bytes] = []

    def recorded(request: Any, send: Callable[[Any], Any]) -> Any:
        response = send(request)
        answers.append(response.content)
        return response

    def once(canned: bool) -> float:
        left = iter(answers)
        with Simulation() as sim:
            client = sim.boto3_client("organizations", account=MANAGEMENT)
            session = client._endpoint.http_session
            if canned:
                session.send = lambda request: AWSResponse(request.url, 200, {}, _Raw(next(left)))
            else:
                session.send = partial(recorded, send=session.send)
            return _rate(play(client, calls), calls)

    once(canned=False)
    return max(once(canned=True) for _ in range(MIXED_ROUNDS))


def moto_mixed(calls: int) -> float:
    """Measure the same by boto3 on moto."""
    import boto3
    from moto import mock_aws

    os.environ |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}

    def once() -> float:
        with mock_aws():
            return _rate(play(boto3.client("organizations", "us-east-1"), calls), calls)

    return max(once() for _ in range(MIXED_ROUNDS))


def _rate(seconds: dict[str, float], calls: int) -> float:
    return calls * len(seconds) / sum(seconds.values())


def _server(rounds: int) -> Result:
    def answered(url: str) -> None:
        answer = boto3_client(url).create_organization(FeatureSet="ALL")
        assert answer["Organization"]["FeatureSet"] == "ALL"

    worlds: list[float] = []
    with running(*ORGSIM) as url:
        answered(url)
        for number in range(rounds):
            began = perf_counter()
            answered(f"{url}/w/world-{number}")
            worlds.append(perf_counter() - began)
    starts: list[float] = []
    for _ in range(rounds):
        began = perf_counter()
        with running(*MOTO) as url:
            answered(url)
            starts.append(perf_counter() - began)
    note = "a named world on a running server; reference: moto's server started; each with a boto3 client and its call"
    return information("a world on a server", 1 / median(worlds), 1 / median(starts), "worlds/s", note)


def run(quick: bool) -> list[Result]:
    """Measure fresh worlds, then boto3 in process, then a world on a server."""
    times, calls, rounds = (50, 20, 2) if quick else (500, 60, 5)
    fresh, boto3, reference = (in_new_process(measure, times) for measure in (our_client, our_boto3, moto))
    alone = in_new_process(canned, times)
    ours, theirs, bound = (in_new_process(measure, calls) for measure in (our_mixed, moto_mixed, canned_mixed))
    note = "CreateOrganization; reference: mock_aws with boto3"
    without = f"{note}; {alone * 1000:.2f} ms of botocore taken off both"
    return [
        at_least(FRESH_BUDGET, "a fresh world and its first call", 1 / fresh, 1 / reference, "worlds/s", note),
        at_most(1, "a fresh world and its first call, seconds", fresh, FRESH_SECONDS, "s", "reference: 0.3 ms"),
        information("the same by boto3 in process", 1 / boto3, 1 / reference, "worlds/s", note),
        at_least(
            BOTO3_BUDGET,
            "the same by boto3, without botocore",
            1 / (boto3 - alone),
            1 / (reference - alone),
            "worlds/s",
            without,
        ),
        at_least(
            MIXED_BUDGET, "boto3 in process, mixed operations", ours, theirs, "calls/s", "reference: boto3 on moto"
        ),
        information("botocore alone, the same operations", bound, theirs, "calls/s", "with answers recorded before"),
        _server(rounds),
    ]
