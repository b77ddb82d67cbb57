"""Worlds in tests: a fresh one with its first answered call, and boto3 in process, against moto.

A fresh world: made in memory without an event loop, and asked once (CreateOrganization), by our client and by a boto3
client in ``mock_organizations``. Reference: ``mock_aws`` and the same call. These boto3 clients were made before. What
botocore itself takes for the call is in both of boto3's figures; it is taken off for the ratio with a budget. It is
measured with a canned answer, each time after a world was made and called, as in what it is taken off: alone in a
loop, with all of its code in the processor's caches, botocore is a quarter quicker.

What a world costs is the mean of many, one after the other, as a suite makes them, so collecting the garbage is in it:
``mock_aws`` adds 1,288 patterns to its list each time, whose objects are half of what it costs. That neither depends on
how many of moto's services are installed or used, nor on which mock is the first of the process, which is not counted
here. For information, the same without the collector. All of this is processor time, of which another process takes
little: waiting for a processor would be added to most worlds of three milliseconds, and to few of a tenth of one.

A test that makes a boto3 client of its own is what users write. Unless told otherwise, ``mock_aws`` has boto3 make a
new session for it, which reads the service's model again; the figures beside moto are with and without that.

Mixed operations: the script of ``bench_operations``, boto3 on both sides, in processor time without the collector; the
best of some rounds counts. For information, how much of that is botocore's own: the same calls, whose answers were
recorded before and are sent by nobody. For information, too: a world of its own on a
server that runs, made by its first call, against the start of moto's server.
"""

import gc
import os
from collections.abc import Callable
from functools import partial
from statistics import mean, median
from time import perf_counter, process_time
from typing import Any, NamedTuple

from bench_operations import play
from measure import Result, at_least, at_most, in_new_process, information
from servers import MOTO, ORGSIM, boto3_client, running

from orgsim.api import Simulation

FRESH_BUDGET = 30
FRESH_SECONDS = 0.0003
BOTO3_BUDGET = 12
MIXED_BUDGET = 3
MIXED_ROUNDS = 4
FEW = 50
"""Worlds whose garbage is left before it is collected, where collecting is not measured."""
MANAGEMENT = "111111111111"


class _Costs(NamedTuple):
    """What something costs, in seconds of the processor: with the garbage that it leaves, and without."""

    all: float
    uncollected: float


def _each(once: Callable[[], object], times: int, before: Callable[[], object] = lambda: None) -> _Costs:
    """Measure a function, the mean of many calls, each after another that is not measured."""
    for _ in range(5):
        before()
        once()
    collected = _mean(once, times, before)
    gc.disable()
    # Collected in between, so that what is left does not fill the memory.
    uncollected = [_mean(once, FEW, before) for _ in range(times // FEW)]
    gc.enable()
    return _Costs(collected, mean(uncollected))


def _mean(once: Callable[[], object], times: int, before: Callable[[], object]) -> float:
    gc.collect()
    once()  # The collector has walked through the whole memory, and left the processor's caches cold.
    seconds = 0.0
    for _ in range(times):
        before()
        began = process_time()
        once()
        seconds += process_time() - began
    return seconds / times


class _Raw:
    """The body of a response as botocore reads it from urllib3."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Any:
        yield self._body


def our_client(times: int) -> _Costs:
    """Measure a fresh world and the first call of our client."""
    return _each(_fresh_world, times)


def _fresh_world() -> None:
    with Simulation() as sim:
        reply = sim.sync.client(MANAGEMENT).create_organization(feature_set="ALL")
        assert reply.organization.feature_set == "ALL"


def our_boto3(times: int) -> _Costs:
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


def canned(times: int) -> _Costs:
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

    return _each(once, times, before=_fresh_world)


def moto(times: int) -> _Costs:
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


def our_test(times: int) -> _Costs:
    """Measure ``mock_organizations``, a boto3 client that is made in it, and its call."""
    import boto3

    from orgsim.api.testing import mock_organizations

    def once() -> None:
        with mock_organizations():
            answer = boto3.client("organizations", "us-east-1").create_organization(FeatureSet="ALL")
            assert answer["Organization"]["FeatureSet"] == "ALL"

    return _each(once, times)


def moto_test(times: int, kept: bool) -> _Costs:
    """Measure ``mock_aws`` and the same, with a new default session of boto3 each time or with one that is kept."""
    import boto3
    from moto import mock_aws

    def once() -> None:
        with mock_aws(config={"core": {"reset_boto3_session": not kept}}):
            answer = boto3.client("organizations", "us-east-1").create_organization(FeatureSet="ALL")
            assert answer["Organization"]["FeatureSet"] == "ALL"

    return _each(once, times)


def our_mixed(calls: int) -> float:
    """Measure the calls per second of all operations of the script by boto3 in process."""

    def once() -> float:
        with Simulation() as sim:
            client = sim.boto3_client("organizations", account=MANAGEMENT)
            return _rate(play(client, calls, process_time), calls)

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
            return _rate(play(client, calls, process_time), calls)

    once(canned=False)
    return max(once(canned=True) for _ in range(MIXED_ROUNDS))


def moto_mixed(calls: int) -> float:
    """Measure the same by boto3 on moto."""
    import boto3
    from moto import mock_aws

    os.environ |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}

    def once() -> float:
        with mock_aws():
            return _rate(play(boto3.client("organizations", "us-east-1"), calls, process_time), calls)

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


def _best(measure: Callable[..., _Costs], *arguments: Any, rounds: int) -> _Costs:
    """Measure in some processes, one after the other; the best counts."""
    costs = [in_new_process(measure, *arguments) for _ in range(rounds)]
    return _Costs(min(each.all for each in costs), min(each.uncollected for each in costs))


def _fresh(times: int, rounds: int) -> list[Result]:
    fresh, boto3, alone, reference = (
        _best(measure, times, rounds=rounds) for measure in (our_client, our_boto3, canned, moto)
    )
    note = "CreateOrganization; reference: mock_aws with boto3"
    aside = f"{note}; garbage not collected"
    without = f"{note}; {alone.all * 1000:.2f} ms of botocore taken off both"
    ours, theirs = boto3.all - alone.all, reference.all - alone.all
    ours_aside, theirs_aside = boto3.uncollected - alone.uncollected, reference.uncollected - alone.uncollected
    world, by_boto3 = "a fresh world and its first call", "the same by boto3, without botocore"
    return [
        at_least(FRESH_BUDGET, world, 1 / fresh.all, 1 / reference.all, "worlds/s", note),
        at_most(1, f"{world}, seconds", fresh.all, FRESH_SECONDS, "s", "reference: 0.3 ms"),
        information(f"{world}, garbage aside", 1 / fresh.uncollected, 1 / reference.uncollected, "worlds/s", aside),
        information("the same by boto3 in process", 1 / boto3.all, 1 / reference.all, "worlds/s", note),
        at_least(BOTO3_BUDGET, by_boto3, 1 / ours, 1 / theirs, "worlds/s", without),
        information(f"{by_boto3}, garbage aside", 1 / ours_aside, 1 / theirs_aside, "worlds/s", aside),
    ]


def _tests(times: int, rounds: int) -> list[Result]:
    ours = _best(our_test, times, rounds=rounds).all
    renewed, kept = (_best(moto_test, times, kept, rounds=rounds).all for kept in (False, True))
    name = "a world, a boto3 client made in it, a call"
    return [
        information(name, 1 / ours, 1 / renewed, "tests/s", "reference: mock_aws"),
        information(f"{name}, session kept", 1 / ours, 1 / kept, "tests/s", "mock_aws, reset_boto3_session off"),
    ]


def run(quick: bool) -> list[Result]:
    """Measure fresh worlds, then boto3 in process, then a world on a server."""
    times, calls, rounds = (50, 20, 2) if quick else (300, 60, 3)
    ours, theirs, bound = (in_new_process(measure, calls) for measure in (our_mixed, moto_mixed, canned_mixed))
    return [
        *_fresh(times, rounds),
        *_tests(times // 5, rounds),
        at_least(
            MIXED_BUDGET, "boto3 in process, mixed operations", ours, theirs, "calls/s", "reference: boto3 on moto"
        ),
        information("botocore alone, the same operations", bound, theirs, "calls/s", "with answers recorded before"),
        _server(rounds),
    ]
