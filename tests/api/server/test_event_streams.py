"""``GET /_orgsim/events?follow=1``: events as Server-Sent Events, read with the standard library."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.loopback_server import MANAGEMENT, Served, serving, serving_resettable
from support.patience import PATIENCE
from support.server_process import Process

from orgsim.api import Simulation
from orgsim.api.server.message import Limits
from orgsim.api.server.worlds import Worlds


@contextmanager
def stream(
    url: str, query: str = "follow=1", headers: dict[str, str] | None = None, prefix: str = ""
) -> Iterator[HTTPResponse]:
    """Open a stream."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        connection.request("GET", f"{prefix}/_orgsim/events?{query}", headers=headers or {})
        yield connection.getresponse()
    finally:
        connection.close()


def read_events(response: HTTPResponse, count: int | None = None) -> list[dict[str, Any]]:
    """Read so many events, or all until the stream ends; each has its position as its id."""
    found: list[dict[str, Any]] = []
    position = None
    while len(found) != count and (line := response.readline()):
        if line.startswith(b"id: "):
            position = int(line[4:])
        if line.startswith(b"data: "):
            found.append(json.loads(line[6:]))
            assert found[-1]["position"] == position
    return found


@pytest.fixture
def server() -> Iterator[Served]:
    """A server whose world can be reset."""
    with serving_resettable() as served:
        yield served


def test_old_events_then_those_of_boto3(server: Served) -> None:
    """A stream has the events that are there, then those of boto3's calls as they are made."""
    with stream(server.url) as response:
        assert response.getheader("content-type") == "text/event-stream"
        assert [event["type"] for event in read_events(response, 1)] == ["WorldCreated"]
        answer = server.organizations(MANAGEMENT).create_organization()
        (created,) = read_events(response, 1)
        assert created["type"] == "OrganizationCreated"
        assert created["request_id"] == answer["ResponseMetadata"]["RequestId"]


def test_last_event_id_goes_on_where_it_ended(server: Served) -> None:
    """A client that comes back with the id of the last event gets what followed, whatever ``after`` says."""
    server.call("CreateOrganization")
    with stream(server.url) as response:
        whole = read_events(response, server.position)
    with stream(server.url, "follow=true&after=0", {"Last-Event-ID": str(whole[0]["position"])}) as response:
        assert read_events(response, len(whole) - 1) == whole[1:]
    with stream(server.url, f"follow=1&after={whole[1]['position']}") as response:
        assert read_events(response, len(whole) - 2) == whole[2:]


def test_a_reset_ends_the_stream(server: Served) -> None:
    """When the world is replaced the stream ends properly, and its ids mean nothing any more."""
    server.call("CreateOrganization")
    with stream(server.url) as response:
        last = read_events(response, server.position)[-1]["position"]
        assert server.request("POST", "/_orgsim/reset", body=b"").status == 200
        assert read_events(response) == []
    with stream(server.url, headers={"Last-Event-ID": str(last)}) as response:
        assert response.status == 400
        assert "beyond the end" in json.loads(response.read())["message"]


def test_a_heartbeat() -> None:
    """While nothing happens a comment comes now and then, which clients pass over."""
    with serving(limits=Limits(heartbeat_seconds=0.01)) as server, stream(server.url) as response:
        read_events(response, 1)
        assert response.readline() == b"\n"
        assert [response.readline() for _ in range(4)] == [b": still here\n", b"\n"] * 2
        server.call("CreateOrganization")
        assert read_events(response, 1)[0]["type"] == "OrganizationCreated"


def test_the_server_stops_though_streams_are_open() -> None:
    """Stopping ends open streams at once, rather than after the time that requests get to finish."""
    with serving(limits=Limits(stopping_seconds=10_000)) as server:
        streams = [stream(server.url) for _ in range(3)]
        responses = [each.__enter__() for each in streams]
        for response in responses:
            read_events(response, 1)
    for each, response in zip(streams, responses, strict=True):
        assert read_events(response) == []
        each.__exit__(None, None, None)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_process_with_an_open_stream_ends(tmp_path: Path, end: signal.Signals) -> None:
    """``orgsim serve`` with a log ends on a signal while somebody follows, and the client sees the end."""
    process = Process(tmp_path, "--port", "0", "--log", "world.db", "--clock", "simulated")
    with stream(process.url) as response:
        read_events(response, 1)
        process.call("CreateOrganization")
        assert read_events(response, 2)[0]["type"] == "OrganizationCreated"
        code, _, errors = process.end(end)
        assert read_events(response) == []
    assert code == (0 if end is signal.SIGTERM else 130)
    assert "Traceback" not in errors


def test_a_client_that_goes_away_is_forgotten(server: Served) -> None:
    """A client that is killed leaves no follower behind, as the next answers of the server show."""
    host, port = urlsplit(server.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
        client.sendall(b"GET /_orgsim/events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in client.recv(100)
    followers = server.sim.engine._followers
    while followers:
        assert server.request("GET", "/_orgsim/health", body=b"").status == 200
    server.call("CreateOrganization")


def test_a_client_that_does_not_read_is_cut_off_alone() -> None:
    """A client that leaves the stream unread is disconnected; calls and other streams go on meanwhile."""
    with serving(limits=Limits(writing_seconds=0.05)) as server:
        host, port = urlsplit(server.url).netloc.split(":")
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            lazy.connect((host, int(port)))
            lazy.sendall(b"GET /_orgsim/events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            org = server.organizations(MANAGEMENT)
            org.create_organization()
            root = org.list_roots()["Roots"][0]["Id"]
            values = [f"{index:060}" for index in range(140)]
            big = json.dumps({"tags": {"a": {"tag_value": {"@@assign": values}}}})
            org.enable_policy_type(RootId=root, PolicyType="TAG_POLICY")
            for number in range(600):
                org.create_policy(Name=f"P{number}", Description="", Type="TAG_POLICY", Content=big)
            # Few events, which the system takes at once: nobody waits for this reader, however slow the machine is.
            with stream(server.url, f"follow=1&after={server.position - 3}") as response:
                assert [event["type"] for event in read_events(response, 3)] == ["PolicyCreated"] * 3
                org.create_organizational_unit(ParentId=root, Name="Unit")
                assert read_events(response, 1)[0]["type"] == "OrganizationalUnitCreated"
            received = b""
            while part := lazy.recv(2**20):
                received += part
            assert f"id: {server.position}".encode() not in received


def test_worlds_have_streams_of_their_own() -> None:
    """A named world's stream has its events, and ends when that world does."""
    with serving(worlds=Worlds()) as server:
        named = server.named("one")
        named.call("CreateOrganization")
        with stream(server.url, prefix="/w/one") as response:
            assert read_events(response, 3)[1]["type"] == "OrganizationCreated"
            assert server.request("DELETE", "/_orgsim/worlds/one", body=b"").status == 200
            assert read_events(response) == []


@pytest.mark.parametrize(
    ("query", "headers", "status", "message"),
    [
        ("follow=1&after=1000", {}, 400, "after=1000 is beyond the end"),
        ("follow=1&limit=5", {}, 400, "a stream has no limit"),
        ("follow=maybe", {}, 400, "follow 1 for a stream"),
        ("follow=1", {"Last-Event-ID": "x"}, 400, "its position"),
        ("follow=1", {"Last-Event-ID": "9" * 5_000}, 400, "is beyond the end"),
        ("follow=1", {"Host": "evil.example"}, 403, "evil.example"),
        ("follow=1", {"Origin": "http://evil.example"}, 403, "evil.example"),
    ],
)
def test_refused_streams(server: Served, query: str, headers: dict[str, str], status: int, message: str) -> None:
    """A stream is asked for like any page: from our own hosts, and rightly."""
    with stream(server.url, query, headers) as response:
        assert response.status == status
        assert message in json.loads(response.read())["message"]


def test_a_stream_needs_the_token() -> None:
    """Where the control plane asks for a token, its streams do too."""
    with serving(control_token="secret") as server:
        with stream(server.url) as response:
            assert response.status == 401
        with stream(server.url, headers={"Authorization": "Bearer secret"}) as response:
            assert read_events(response, 1)[0]["type"] == "WorldCreated"


def test_a_simulation_that_is_closed_ends_its_stream() -> None:
    """A simulation that its owner closes while it is served ends the stream, without a fault."""
    sim = Simulation()
    worlds = Worlds()
    with serving(worlds=worlds) as server:
        sim.open()
        worlds.add("mine", sim)
        with stream(server.url, prefix="/w/mine") as response:
            read_events(response, 1)
            sim.close()
            assert read_events(response) == []
