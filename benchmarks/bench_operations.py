"""The operations that moto has, too, one by one: calls per second, in process and from server to server.

One script asks each operation so many times of an organization that it builds up itself, and looks at every answer.
In process: ours through the client of a ``Simulation``, theirs boto3 with moto's ``mock_aws``, each in a process of its
own, which plays the script once to warm up; since ours is over so soon that any interruption would show, it is played
ten times more, theirs once. Server: the script from one boto3 client each, against ``orgsim serve`` and moto's server,
where boto3 itself takes much of the time. Rounds alternate, the servers' first one is not counted, and the median of
each operation counts. Lists are asked for a page of twenty.
"""

import json
import os
from collections.abc import Awaitable, Callable, Generator, Sequence
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import anyio
from botocore import xform_name
from measure import Result, in_new_process, information, timing
from servers import MOTO, MOTO_RESET, ORGSIM, ORGSIM_RESET, boto3_client, reset, running

from orgsim.api.client import as_dict
from orgsim.api.simulation import Simulation

MANAGEMENT = "111111111111"
OUR_ROUNDS = 10
PAGE = 20
SCP = "SERVICE_CONTROL_POLICY"
DENY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})

Members = dict[str, Any]
"""A structure under AWS's names, as boto3 takes and gives it."""

Script = Generator[tuple[str, list[Members]], list[Members], list[str]]
"""A generator that yields an operation with the members of its calls, is sent the answers, and returns ids."""

Seconds = dict[str, float]
"""Operation to the seconds of all its calls together."""


def script(calls: int) -> Script:
    """Call all operations but CreateOrganization and EnablePolicyType, each ``calls`` times."""
    accounts = yield from _accounts(calls)
    units = yield from _units(accounts)
    yield from _policies(units)
    yield from _tags(accounts)
    return accounts


def _accounts(calls: int) -> Script:
    names = [f"Account {number}" for number in range(calls)]
    asked = [{"Email": f"{number}@accounts.example", "AccountName": name} for number, name in enumerate(names)]
    requests = [answer["CreateAccountStatus"]["Id"] for answer in (yield "CreateAccount", asked)]
    answers = yield "DescribeCreateAccountStatus", [{"CreateAccountRequestId": request} for request in requests]
    accounts = [answer["CreateAccountStatus"]["AccountId"] for answer in answers]
    answers = yield "DescribeAccount", [{"AccountId": account} for account in accounts]
    assert [answer["Account"]["Name"] for answer in answers] == names
    for answer in (yield "ListAccounts", [{"MaxResults": PAGE}] * calls):
        assert len(answer["Accounts"]) == PAGE
    for answer in (yield "DescribeOrganization", [{}] * calls):
        assert answer["Organization"]["FeatureSet"] == "ALL"
    return accounts


def _units(accounts: Sequence[str]) -> Script:
    """Create a unit for each account, and move the account there."""
    calls = len(accounts)
    root = (yield "ListRoots", [{}] * calls)[0]["Roots"][0]["Id"]
    names = [f"Unit {number}" for number in range(calls)]
    answers = yield "CreateOrganizationalUnit", [{"ParentId": root, "Name": name} for name in names]
    units = [answer["OrganizationalUnit"]["Id"] for answer in answers]
    answers = yield "DescribeOrganizationalUnit", [{"OrganizationalUnitId": unit} for unit in units]
    assert [answer["OrganizationalUnit"]["Name"] for answer in answers] == names
    asked = [{"ParentId": root, "MaxResults": PAGE}] * calls
    for answer in (yield "ListOrganizationalUnitsForParent", asked):
        assert len(answer["OrganizationalUnits"]) == PAGE
    moves = [
        {"AccountId": account, "SourceParentId": root, "DestinationParentId": unit}
        for account, unit in zip(accounts, units, strict=True)
    ]
    yield "MoveAccount", moves
    answers = yield "ListParents", [{"ChildId": account} for account in accounts]
    assert [[parent["Id"] for parent in answer["Parents"]] for answer in answers] == [[unit] for unit in units]
    answers = yield "ListChildren", [{"ParentId": unit, "ChildType": "ACCOUNT"} for unit in units]
    assert [[child["Id"] for child in answer["Children"]] for answer in answers] == [[each] for each in accounts]
    answers = yield "ListAccountsForParent", [{"ParentId": unit} for unit in units]
    assert [[account["Id"] for account in answer["Accounts"]] for answer in answers] == [[each] for each in accounts]
    return units


def _policies(units: Sequence[str]) -> Script:
    """Create a policy for each unit, attach it there, and detach it."""
    calls = len(units)
    names = [f"Policy {number}" for number in range(calls)]
    asked = [{"Name": name, "Description": "", "Type": SCP, "Content": DENY} for name in names]
    policies = [answer["Policy"]["PolicySummary"]["Id"] for answer in (yield "CreatePolicy", asked)]
    answers = yield "DescribePolicy", [{"PolicyId": policy} for policy in policies]
    assert [answer["Policy"]["PolicySummary"]["Name"] for answer in answers] == names
    for answer in (yield "ListPolicies", [{"Filter": SCP, "MaxResults": PAGE}] * calls):
        assert len(answer["Policies"]) == PAGE
    pairs = [{"PolicyId": policy, "TargetId": unit} for policy, unit in zip(policies, units, strict=True)]
    yield "AttachPolicy", pairs
    answers = yield "ListPoliciesForTarget", [{"TargetId": unit, "Filter": SCP} for unit in units]
    # FullAWSAccess is attached to every unit, too.
    assert [{each["Name"] for each in answer["Policies"]} for answer in answers] == [
        {"FullAWSAccess", name} for name in names
    ]
    answers = yield "ListTargetsForPolicy", [{"PolicyId": policy} for policy in policies]
    assert [[target["TargetId"] for target in answer["Targets"]] for answer in answers] == [[unit] for unit in units]
    yield "DetachPolicy", pairs
    return policies


def _tags(accounts: Sequence[str]) -> Script:
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": "test"}]
    yield "TagResource", [{"ResourceId": account, "Tags": tags} for account in accounts]
    asked = [{"ResourceId": account} for account in accounts]
    for answer in (yield "ListTagsForResource", asked):
        assert answer["Tags"] == tags
    yield "UntagResource", [{"ResourceId": account, "TagKeys": ["team"]} for account in accounts]
    return []


def play(client: Any, calls: int, clock: Callable[[], float] = perf_counter) -> Seconds:
    """Play the script with a boto3 client, and measure it by a clock that tells seconds."""
    client.create_organization(FeatureSet="ALL")
    (root,) = client.list_roots()["Roots"]
    if not root["PolicyTypes"]:  # moto's organization has one from the beginning, ours none, as at AWS
        client.enable_policy_type(RootId=root["Id"], PolicyType=SCP)
    seconds: Seconds = {}
    steps = script(calls)
    step = next(steps, None)
    while step:
        operation, asked = step
        method: Callable[..., Members] = getattr(client, xform_name(operation))
        with timing(clock) as watch:
            answers = [method(**members) for members in asked]
        seconds[operation] = watch.seconds
        step = _after(steps, answers)
    return seconds


async def play_ours(calls: int) -> Seconds:
    """Play the script with the client of a simulation."""
    seconds: Seconds = {}
    async with Simulation() as sim:
        client = sim.client(MANAGEMENT)
        await client.create_organization(feature_set="ALL")
        (root,) = (await client.list_roots()).roots
        await client.enable_policy_type(root_id=root.id, policy_type=SCP)
        steps = script(calls)
        step = next(steps, None)
        while step:
            operation, of_boto3 = step
            method: Callable[..., Awaitable[Any]] = getattr(client, xform_name(operation))
            asked = [{xform_name(name): value for name, value in members.items()} for members in of_boto3]
            with timing() as watch:
                answers = [await method(**members) for members in asked]
            seconds[operation] = watch.seconds
            step = _after(steps, [as_dict(answer) for answer in answers])
    return seconds


def _after(steps: Script, answers: list[Members]) -> tuple[str, list[Members]] | None:
    """Send answers to a script and return its next step; None if it has ended."""
    try:
        return steps.send(answers)
    except StopIteration:
        return None


def ours_in_process(calls: int) -> Seconds:
    """Measure our client, after a first round."""
    return _median([anyio.run(play_ours, calls) for _ in range(1 + OUR_ROUNDS)][1:])


def moto_in_process(calls: int) -> Seconds:
    """Measure boto3 on moto, after a first round."""
    import boto3
    from moto import mock_aws

    os.environ |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    rounds: list[Seconds] = []
    for _ in range(2):
        with mock_aws():
            rounds.append(play(boto3.client("organizations", "us-east-1"), calls))
    return rounds[-1]


def _median(rounds: Sequence[Seconds]) -> Seconds:
    return {operation: median(each[operation] for each in rounds) for operation in rounds[0]}


def _on_server(url: str, reset_path: str, calls: int) -> Seconds:
    reset(url, reset_path)
    return play(boto3_client(url), calls)


def _results(where: str, calls: int, ours: Sequence[Seconds], theirs: Sequence[Seconds], note: str) -> list[Result]:
    """The results of all operations together, then of each."""
    our, their = _median(ours), _median(theirs)
    assert list(our) == list(their)
    total = calls * len(our)
    name = f"{len(our)} operations, {where}"
    first = information(name, total / sum(our.values()), total / sum(their.values()), "calls/s", note)
    each = [
        information(f"{operation}, {where}", calls / our[operation], calls / their[operation], "calls/s")
        for operation in our
    ]
    return [first, *each]


def run(quick: bool) -> list[Result]:
    """Measure in process, then between servers."""
    calls, rounds = (20, 1) if quick else (30, 3)
    pairs = [(in_new_process(ours_in_process, calls), in_new_process(moto_in_process, calls)) for _ in range(rounds)]
    note = f"{calls} calls of each; reference: "
    results = _results("in process", calls, *zip(*pairs, strict=True), note=f"{note}boto3 on moto")
    with running(*ORGSIM) as ours, running(*MOTO) as moto:
        measures = (partial(_on_server, ours, ORGSIM_RESET, calls), partial(_on_server, moto, MOTO_RESET, calls))
        pairs = [(measures[0](), measures[1]()) for _ in range(rounds + 1)][1:]
    return results + _results("server", calls, *zip(*pairs, strict=True), note=f"{note}moto's server, boto3 on both")
