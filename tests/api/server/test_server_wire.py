"""AWS JSON 1.1 as it goes over the wire, and boto3 talking to a real server."""

import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from botocore.exceptions import ClientError
from support.asgi import app_of, asgi_call
from support.loopback_server import MANAGEMENT, MEMBER, STRANGER, Served, read_events, serving, signed

from orgsim.api import Simulation
from orgsim.api.server.app import App
from orgsim.api.server.diagnostics import server_log
from orgsim.api.server.embed import make_authentication, serve
from orgsim.api.server.message import Limits
from orgsim.api.server.served_world import ServedWorld
from orgsim.engine.log import LogUnwritable, MemoryLog
from orgsim.engine.runtime.driver import advance_by

UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture
def server() -> Iterator[Served]:
    """A server with an empty world."""
    with serving() as served:
        yield served


def test_answer(server: Served) -> None:
    """An answer is compact JSON 1.1 with AWS's members, its type and length, and a request id in the form of a UUID."""
    answer = server.call("CreateOrganization", b'{"FeatureSet":"ALL"}')
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert UUID.fullmatch(answer.headers["x-amzn-requestid"])
    assert "date" in answer.headers
    assert "server" not in answer.headers
    assert answer.json["Organization"]["MasterAccountId"] == MANAGEMENT
    assert answer.body == json.dumps(answer.json, separators=(",", ":")).encode()


def test_timestamps_are_numbers(server: Served) -> None:
    """A timestamp is a JSON number: seconds since the epoch, to the millisecond."""
    server.call("CreateOrganization")
    server.portal.call(advance_by, server.sim.engine, 1_234_567)
    assert server.call("CreateAccount", b'{"Email":"a@b.example","AccountName":"a"}').status == 200
    joined = server.call("ListAccounts").json["Accounts"][0]["JoinedTimestamp"]
    requested = server.call("ListCreateAccountStatus").json["CreateAccountStatuses"][0]["RequestedTimestamp"]
    assert (joined, requested) == (1767225600.0, 1767225601.235)


def test_nothing_to_say(server: Served) -> None:
    """An operation without an answer answers an empty object."""
    server.call("CreateOrganization")
    answer = server.call("DeleteOrganization")
    assert (answer.status, answer.body) == (200, b"{}")


def test_refusal(server: Served) -> None:
    """A refusal is 400 with the bare name and the message, and with the reason where AWS has one."""
    answer = server.call("DescribeOrganization")
    assert answer.status == 400
    assert answer.json == {
        "__type": "AWSOrganizationsNotInUseException",
        "Message": "Your account is not a member of an organization.",
    }
    assert UUID.fullmatch(answer.headers["x-amzn-requestid"])
    answer = server.call("DescribeHandshake", b'{"HandshakeId":"x"}')
    assert answer.json == {
        "__type": "InvalidInputException",
        "Message": "You provided a value that does not match the required pattern.",
        "Reason": "INVALID_PATTERN:HANDSHAKE_ID",
    }


def test_nulls_and_unknown_members(server: Served) -> None:
    """Unknown members are ignored, an explicit null counts as absent, and so does a body that is not there."""
    assert server.call("CreateOrganization", b'{"FeatureSet":null,"Colour":"red"}').status == 200
    assert server.call("DescribeOrganization", b"").status == 200


@pytest.mark.parametrize("escaped", [True, False])
def test_text_outside_ascii(escaped: bool, server: Served) -> None:
    """Text outside ASCII comes back as it was sent, escaped or not."""
    server.call("CreateOrganization")
    members = {"Target": {"Type": "ACCOUNT", "Id": MEMBER}, "Notes": "Zoë 🦊"}
    answer = server.call("InviteAccountToOrganization", json.dumps(members, ensure_ascii=escaped).encode())
    resources = answer.json["Handshake"]["Resources"]
    assert [each["Value"] for each in resources if each["Type"] == "NOTES"] == ["Zoë 🦊"]


def test_request_ids(server: Served) -> None:
    """A command's request id is the one that the log implies; reads and refusals have others, all different."""
    ids = server.sim.engine.ids
    before = server.position
    created = server.call("CreateOrganization")
    assert created.headers["x-amzn-requestid"] == ids.request(before + 1)
    before = server.position
    created = server.call("CreateAccount", b'{"Email":"a@b.example","AccountName":"a"}')
    assert created.headers["x-amzn-requestid"] == ids.request(before + 1)
    # The creation finishes before the next request is handled, and is no part of it.
    before = server.position
    invited = server.call("InviteAccountToOrganization", b'{"Target":{"Type":"ACCOUNT","Id":"222222222222"}}')
    position = server.position
    events = [
        envelope for envelope in server.portal.call(read_events, server.sim, before) if envelope.account == MANAGEMENT
    ]
    assert events[0].position > before + 1
    assert invited.headers["x-amzn-requestid"] == ids.request(events[0].position)
    others = [server.call(name) for name in ("DescribeOrganization", "ListAccounts", "LeaveOrganization", "Nope")]
    seen = [answer.headers["x-amzn-requestid"] for answer in (created, invited, *others)]
    assert len(set(seen)) == len(seen)
    assert server.position == position


def test_many_requests_on_one_connection(server: Served) -> None:
    """A connection stays open from one request to the next, also after refusals."""
    one = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSOrganizationsV20161128.DescribeOrganization\r\n"
        f"X-Amz-Date: 20260101T000000Z\r\nAuthorization: {signed('')['Authorization']}\r\nContent-Length: 2\r\n"
    )
    received = server.raw(f"{one}\r\n{{}}{one}\r\n{{}}{one}Connection: close\r\n\r\n{{}}".encode())
    assert received.count(b"HTTP/1.1 400 Bad Request") == 3
    assert received.count(b"AWSOrganizationsNotInUseException") == 3


def test_parallel_callers(server: Served) -> None:
    """Requests that arrive together are all answered, each as if it were alone."""
    with ThreadPoolExecutor(8) as pool:
        accounts = [f"{number:012}" for number in range(500_000_000_000, 500_000_000_040)]
        answers = list(pool.map(lambda account: server.call("CreateOrganization", key_id=account), accounts))
    assert [answer.json["Organization"]["MasterAccountId"] for answer in answers] == accounts


def test_migration_through_boto3(server: Served) -> None:
    """The whole migration to all features runs through boto3, each account with its own key, with paginators."""
    management, member = server.organizations(MANAGEMENT), server.organizations(MEMBER)
    management.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    invited = management.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})["Handshake"]
    assert invited["State"] == "OPEN"
    accepted = member.accept_handshake(HandshakeId=invited["Id"])["Handshake"]
    assert accepted["State"] == "ACCEPTED"
    parent = management.enable_all_features()["Handshake"]
    pages = member.get_paginator("list_handshakes_for_account").paginate(PaginationConfig={"PageSize": 1})
    handshakes = [handshake for page in pages for handshake in page["Handshakes"]]
    (approval,) = [each for each in handshakes if each["Action"] == "APPROVE_ALL_FEATURES"]
    member.accept_handshake(HandshakeId=approval["Id"])
    management.accept_handshake(HandshakeId=parent["Id"])
    assert management.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    pages = management.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 1})
    accounts = [account for page in pages for account in page["Accounts"]]
    assert [account["Id"] for account in accounts] == [MANAGEMENT, MEMBER]
    assert accounts[0]["JoinedTimestamp"].isoformat().startswith("2026-01-01T")


def test_refusal_through_boto3(server: Served) -> None:
    """boto3 raises its exception of AWS's name, with message and reason."""
    client = server.organizations()
    client.create_organization()
    client.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
    with pytest.raises(client.exceptions.DuplicateHandshakeException):
        client.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
    with pytest.raises(client.exceptions.InvalidInputException) as refused:
        client.invite_account_to_organization(Target={"Type": "EMAIL", "Id": "nobody"})
    assert refused.value.response["Reason"] == "INVALID_EMAIL_ADDRESS_TARGET"


def test_callers_are_apart(server: Served) -> None:
    """Each access key id sees the organization of its own account, and a stranger sees none."""
    server.organizations(MANAGEMENT).create_organization()
    server.organizations(MEMBER).create_organization()
    seen = {key: server.organizations(key).describe_organization()["Organization"] for key in (MANAGEMENT, MEMBER)}
    assert {key: seen[key]["MasterAccountId"] for key in seen} == {MANAGEMENT: MANAGEMENT, MEMBER: MEMBER}
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        server.organizations(STRANGER).describe_organization()


async def test_application_on_both_loops(anyio_backend: str) -> None:
    """The application itself runs on either event loop; only uvicorn needs asyncio."""
    async with Simulation() as sim:
        app = app_of(sim)
        created = await asgi_call(app, "CreateOrganization")
        assert created["status"] == 200
        assert json.loads(created["body"])["Organization"]["FeatureSet"] == "ALL"
        refused = await asgi_call(app, "CreateOrganization")
        assert json.loads(refused["body"])["__type"] == "AlreadyInOrganizationException"


async def test_internal_failure(anyio_backend: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A mistake of ours is 500 with AWS's words, its traceback is in the log, and the caller is told nothing of it."""
    async with Simulation() as sim:
        world = ServedWorld(sim, "kept")
        app = App(world, make_authentication(None), Limits(), server_log())

        def broken(*caller: object) -> Any:
            raise ZeroDivisionError("broken on purpose")

        world.live.client = broken
        answer = await asgi_call(app, "DescribeOrganization")
    assert answer["status"] == 500
    assert json.loads(answer["body"])["__type"] == "ServiceException"
    assert b"purpose" not in answer["body"]
    assert "ZeroDivisionError: broken on purpose" in capfd.readouterr().err


class FullLog(MemoryLog):
    """A log whose disk is full after the first fact."""

    async def append(self, expected: int, records: Iterable[bytes]) -> None:
        """Append the records, or fail."""
        if expected:
            raise LogUnwritable("the disk is full")
        await super().append(expected, records)


async def test_log_that_cannot_be_written(anyio_backend: str) -> None:
    """When the log cannot be written, nothing is acknowledged, and whoever runs the server learns why."""
    async with Simulation(FullLog()) as sim:
        app = app_of(sim)
        answer = await asgi_call(app, "CreateOrganization")
        assert answer["status"] == 500
        assert json.loads(answer["body"])["__type"] == "ServiceException"
        assert app.failed.is_set()
        assert "the disk is full" in str(app.failure)
        assert (await asgi_call(app, "DescribeOrganization"))["status"] == 500


async def test_embedding(anyio_backend: str) -> None:
    """A simulation can be served from the program that has it; under trio that is refused with what to do instead."""
    async with Simulation() as sim:
        if anyio_backend == "trio":
            with pytest.raises(RuntimeError, match="start_blocking_portal"):
                async with serve(sim):
                    pass
            return
        async with serve(sim) as url:
            served = Served(url, sim, None)
            answer = await anyio.to_thread.run_sync(served.call, "CreateOrganization")
            assert answer.status == 200
        # The server has gone, the simulation stays.
        assert (await sim.client(MANAGEMENT).describe_organization()).organization.feature_set == "ALL"
        with pytest.raises(ConnectionRefusedError):
            await anyio.to_thread.run_sync(served.call, "DescribeOrganization")


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_failure_in_the_block_is_raised_as_it_is(anyio_backend: str) -> None:
    """What fails in the block of an embedded server is not wrapped in anything."""

    async def fail() -> None:
        async with Simulation() as sim, serve(sim):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await fail()
