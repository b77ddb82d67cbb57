"""The control plane: health, the clock, and a new beginning."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import MANAGEMENT, MEMBER, Answer, Served, serving, serving_resettable

from orgsim.api import PacedClock, WallClock


@pytest.fixture
def server() -> Iterator[Served]:
    """A server whose world may be reset."""
    with serving_resettable(seed=5) as served:
        yield served


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """The same for all tests that change nothing."""
    with serving_resettable() as served:
        yield served


def get(server: Served, name: str) -> Answer:
    """A question."""
    return server.request("GET", f"/_orgsim/{name}", body=b"")


def post(server: Served, name: str, content: object = None) -> Answer:
    """A wish."""
    return server.request("POST", f"/_orgsim/{name}", body=b"" if content is None else json.dumps(content).encode())


def assume(server: Served) -> dict[str, str]:
    """Keys of a role."""
    arn = f"arn:aws:iam::{MANAGEMENT}:role/Any"
    return server.boto3("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]


def test_health(server: Served) -> None:
    """Health says what is served, and how far the log goes; nothing needs to be signed."""
    answer = get(server, "health")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    found = answer.json
    assert found.items() >= {"status": "ok", "log": "memory", "seed": 5, "auth": "open", "position": 1}.items()
    assert found["operations"] >= 19
    server.call("CreateOrganization")
    assert get(server, "health").json["position"] > 1


def test_clock_can_be_moved(server: Served) -> None:
    """A simulated clock goes on by a duration or to a moment, and what is due on the way happens."""
    assert get(server, "clock").json == {"now": "2026-01-01T00:00:00Z", "clock": "simulated", "auto": False}
    server.call("CreateOrganization")
    server.call("InviteAccountToOrganization", json.dumps({"Target": {"Type": "ACCOUNT", "Id": MEMBER}}).encode())
    for wish, now in (
        ({"advance": "1d12h"}, "2026-01-02T12:00:00Z"),
        ({"advance": "1.5h"}, "2026-01-02T13:30:00Z"),
        ({"advance": "2w"}, "2026-01-16T13:30:00Z"),
        ({"advance": "30m15s"}, "2026-01-16T14:00:15Z"),
        ({"advance": "0s"}, "2026-01-16T14:00:15Z"),
        ({"advance_to": "2026-03-01T01:00:00+01:00"}, "2026-03-01T00:00:00Z"),
    ):
        assert post(server, "clock", wish).json["now"] == now
        if now.startswith("2026-01-16T13"):
            states = server.call("ListHandshakesForOrganization").json["Handshakes"]
            assert [handshake["State"] for handshake in states] == ["EXPIRED"]
    assert get(server, "clock").json["now"] == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    "wish",
    [
        None,
        [],
        "15d",
        {},
        {"advance": "15d", "advance_to": "2026-03-01T00:00:00Z"},
        {"advance": 15},
        {"advance": ""},
        {"advance": "15"},
        {"advance": "15 d"},
        {"advance": "-1d"},
        {"advance": "1y"},
        {"advance": "999999999w"},
        {"advance": "99999999w"},
        {"advance": "1d" * 100_000 + "x"},
        {"advance_to": "2025-12-31T23:59:59Z"},
        {"advance_to": "2026-03-01T00:00:00"},
        {"advance_to": "tomorrow"},
        {"advance_to": "9999-12-31T00:00:00Z"},
        {"advance": "1d", "really": True},
    ],
    ids=repr,
)
def test_impossible_moves(wish: object, shared: Served) -> None:
    """A move that makes no sense is refused, and the clock stays where it is."""
    assert post(shared, "clock", wish).error == (400, "ControlException")
    assert get(shared, "clock").json["now"] == "2026-01-01T00:00:00Z"


def test_clocks_that_go_by_themselves() -> None:
    """Wall and paced clocks are told apart; a paced one can be advanced, the wall clock cannot."""
    with serving(clock=WallClock()) as server:
        assert get(server, "clock").json["clock"] == "wall"
        for wish in ({"advance": "1d"}, {"advance_to": "2126-01-01T00:00:00Z"}):
            refused = post(server, "clock", wish)
            assert refused.error == (409, "ControlException")
            assert "--clock simulated" in refused.json["message"]
    with serving(clock=PacedClock(1e-3, start=0)) as server:
        assert get(server, "clock").json.items() >= {"clock": "paced", "factor": 1e-3}.items()
        assert post(server, "clock", {"advance": "1d"}).json["now"].startswith("1970-01-02T00:0")
        assert post(server, "clock", {"advance_to": "1970-03-01T00:00:00Z"}).json["now"].startswith("1970-03-01T00:0")
        assert post(server, "clock", {"advance_to": "1970-02-01T00:00:00Z"}).error == (400, "ControlException")


def test_reset(server: Served) -> None:
    """After a reset the world is empty, and goes as it would have gone from the start."""
    first = server.call("CreateOrganization").body
    post(server, "clock", {"advance": "9d"})
    answer = post(server, "reset")
    assert (answer.status, answer.json["position"], answer.json["seed"]) == (200, 1, 5)
    assert get(server, "clock").json["now"] == "2026-01-01T00:00:00Z"
    assert server.call("DescribeOrganization").error == (400, "AWSOrganizationsNotInUseException")
    assert server.call("CreateOrganization").body == first


def test_keys_end_with_their_world(server: Served) -> None:
    """Temporary credentials are invalid after a reset, in either service, and new ones work."""
    old = assume(server)
    assert server.with_credentials("sts", old).get_caller_identity()["Account"] == MANAGEMENT
    post(server, "reset")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        server.with_credentials("sts", old).get_caller_identity()
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        server.with_credentials("organizations", old).describe_organization()
    assert server.with_credentials("organizations", assume(server)).create_organization()


def test_reset_under_load(server: Served) -> None:
    """Resets amid calls leave every call answered: by one of the worlds, or told to come again."""
    accounts = [f"{number:012}" for number in range(500_000_000_000, 500_000_000_060)]

    def call(account: str) -> int:
        return server.call("CreateOrganization", key_id=account).status

    with ThreadPoolExecutor(6) as pool:
        calls = pool.map(call, accounts)
        resets = [post(server, "reset").status for _ in range(5)]
        assert set(calls) <= {200, 503}
    assert resets == [200] * 5


def test_embedded_world_is_not_reset() -> None:
    """The simulation of a program that embeds the server is not thrown away from outside."""
    with serving() as server:
        server.call("CreateOrganization")
        assert post(server, "reset").error == (409, "ControlException")
        assert server.call("DescribeOrganization").status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_orgsim/", 404),
        ("GET", "/_orgsim/nothing", 404),
        ("GET", "/_orgsim/health/", 404),
        ("POST", "/_orgsim/health", 405),
        ("DELETE", "/_orgsim/clock", 405),
        ("GET", "/_orgsim/reset", 405),
    ],
)
def test_nothing_there(method: str, path: str, status: int, shared: Served) -> None:
    """An unknown path or method is refused with a list of those that exist."""
    answer = shared.request(method, path)
    assert answer.error == (status, "ControlException")
    assert "there are" in answer.json["message"] or "use " in answer.json["message"]


def test_events(server: Served) -> None:
    """Events are given page by page, with the request ids that callers were answered with."""
    created = server.organizations().create_organization()
    first = get(server, "events?limit=2").json
    assert [event["position"] for event in first["events"]] == [1, 2]
    founded = first["events"][1]
    assert founded["operation"] == "CreateOrganization"
    assert founded["caller"] == {"account": MANAGEMENT, "principal": "orgsim"}
    assert founded["request_id"] == created["ResponseMetadata"]["RequestId"]
    assert founded["members"]["MasterAccountId"] == MANAGEMENT
    assert founded["organization"] == created["Organization"]["Id"]
    rest = get(server, f"events?after={first['next_after']}").json
    assert [event["position"] for event in rest["events"]] == list(range(3, server.position + 1))
    assert rest["position"] == rest["next_after"] == server.position
    end = get(server, f"events?after={server.position}").json
    assert end == {"position": server.position, "next_after": server.position, "events": []}


def test_assumed_role_in_events(server: Served) -> None:
    """Behind an assumed role's event stand the role and its session."""
    server.with_credentials("organizations", assume(server)).create_organization()
    assert get(server, "events?after=1&limit=1").json["events"][0]["caller"]["principal"] == "Any/me"


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "after=",
        "after=1.5",
        "after=2",
        "after=99999999999999999999999",
        "limit=0",
        "limit=1001",
        "limit=" + "9" * 5000,
        "from=1",
        "after=%ff",
    ],
    ids=lambda query: query[:30],
)
def test_impossible_pages_of_events(query: str, shared: Served) -> None:
    """A page that cannot be is refused in words."""
    answer = get(shared, f"events?{query}")
    assert answer.error == (400, "ControlException")
    assert "after" in answer.json["message"]
