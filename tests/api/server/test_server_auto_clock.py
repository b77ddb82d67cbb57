"""A clock that jumps for clients that poll, and what the control plane says of moves that make no sense."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import MEMBER, Served, serving, serving_resettable

from orgsim.api import PacedClock, WallClock
from orgsim.api.server.worlds import Worlds
from orgsim.engine.settings import Settings

START = "2026-01-01T00:00:00Z"


@pytest.fixture
def server() -> Iterator[Served]:
    """A server whose accounts take AWS's time to be created, under a clock that jumps for pollers."""
    with serving_resettable(settings=Settings(latency="realistic")) as served:
        assert served.control("POST", "clock", {"auto": True}).json["auto"] is True
        yield served


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """A server that no test changes."""
    with serving() as served:
        yield served


def now(server: Served) -> str:
    """The time of the world."""
    return server.control("GET", "clock").json["now"]


def begin_creation(server: Served) -> tuple[Any, str]:
    """Found an organization and begin to create an account; returns the client and the id of the request."""
    client = server.organizations()
    client.create_organization()
    return client, client.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]["Id"]


def test_polling_program_comes_to_its_end(server: Served) -> None:
    """A program that polls finds its account created with the third question, without a word about the clock."""
    client, request = begin_creation(server)
    seen: list[str] = []
    while "SUCCEEDED" not in seen:
        status = client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        seen.append(status["State"])
    assert seen == ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]
    assert now(server) > START


def test_other_questions_move_nothing(server: Served) -> None:
    """Another operation, other members or another caller are other questions: the clock stands still."""
    client, request = begin_creation(server)
    client.describe_create_account_status(CreateAccountRequestId=request)
    client.list_create_account_status()
    client.list_create_account_status(States=["IN_PROGRESS"])
    for account in (MEMBER, "333333333333"):
        with pytest.raises(ClientError):
            server.organizations(account).list_create_account_status()
    assert now(server) == START


def test_change_between_two_questions(server: Served) -> None:
    """If anything has changed between two equal questions, the second is no polling, whatever its answer."""
    client, request = begin_creation(server)
    root = client.list_roots()["Roots"][0]["Id"]
    for number in range(3):
        client.describe_create_account_status(CreateAccountRequestId=request)
        client.create_organizational_unit(ParentId=root, Name=f"ou {number}")
    assert now(server) == START


def test_refusals_are_answers(server: Served) -> None:
    """Who tries again what is refused polls too: the clock jumps, and the invitation that stood in the way expires."""
    client = server.organizations()
    client.create_organization()
    target = {"Type": "ACCOUNT", "Id": MEMBER}
    client.invite_account_to_organization(Target=target)
    for _ in range(2):
        with pytest.raises(ClientError, match="DuplicateHandshakeException"):
            client.invite_account_to_organization(Target=target)
    assert now(server) == "2026-01-16T00:00:00Z"
    assert client.invite_account_to_organization(Target=target)


def test_nothing_is_due(server: Served) -> None:
    """Where no timer is set the clock stays, however often the same is asked."""
    client = server.organizations()
    client.create_organization()
    server.control("POST", "clock", {"advance": "30d"})
    before = now(server)
    for _ in range(5):
        client.list_accounts()
    assert now(server) == before


def test_throttled_calls() -> None:
    """A call that is throttled twice lets a second pass, so that who tries again gets on."""
    with serving(settings=Settings(throttle="aws")) as server:
        server.control("POST", "clock", {"auto": True})
        client = server.organizations()
        client.create_organization()
        codes: list[str] = []
        for number in range(12):
            try:
                client.create_organizational_unit(ParentId=client.list_roots()["Roots"][0]["Id"], Name=f"ou {number}")
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
        assert set(codes) <= {"TooManyRequestsException"}
        assert now(server) < "2026-01-01T00:05:00Z"


def test_lagging_reads() -> None:
    """Reads that lag catch up for a poller before the clock jumps to what is due much later."""
    with serving(settings=Settings(read_lag_seconds=60)) as server:
        server.control("POST", "clock", {"auto": True})
        client = server.organizations()
        client.create_organization()
        client.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
        seen: list[int] = []
        while 1 not in seen:
            try:
                seen.append(len(client.list_handshakes_for_organization()["Handshakes"]))
            except ClientError:
                seen.append(-1)
        assert START < now(server) <= "2026-01-01T00:05:00Z"


def test_switched_off(server: Served) -> None:
    """Switched off, the clock stands still again; a reset switches it off too."""
    client, request = begin_creation(server)
    assert server.control("POST", "clock", {"auto": False}).json["auto"] is False
    for _ in range(3):
        client.describe_create_account_status(CreateAccountRequestId=request)
    assert now(server) == START
    server.control("POST", "clock", {"auto": True})
    server.control("POST", "reset")
    assert server.control("GET", "clock").json["auto"] is False


def test_one_world_of_many() -> None:
    """The clock of one world jumps, that of another stays."""
    with serving(worlds=Worlds()) as server:
        for name in ("a", "b"):
            mine = server.named(name)
            mine.control("POST", "clock", {"auto": name == "a"})
            client = mine.organizations()
            client.create_organization()
            client.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
            for _ in range(2):
                client.list_handshakes_for_organization()
            assert now(mine) == ("2026-01-16T00:00:00Z" if name == "a" else START)


def test_wall_clock_cannot_jump() -> None:
    """The wall clock does not jump for pollers, and the message says which one would."""
    with serving(clock=WallClock()) as server:
        refused = server.control("POST", "clock", {"auto": True})
        assert refused.error == (409, "ControlException")
        assert "--clock simulated" in refused.json["message"]
        assert server.control("POST", "clock", {"auto": False}).status == 200


def test_paced_clock_jumps_too() -> None:
    """A paced clock jumps for pollers as a simulated one does."""
    with serving(clock=PacedClock(1e-3), settings=Settings(latency="realistic")) as server:
        server.control("POST", "clock", {"auto": True})
        client, request = begin_creation(server)
        states = [
            client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]["State"]
            for _ in range(3)
        ]
        assert states == ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]


CHOICES = '{"advance": "15d"}, {"advance_to": "2026-03-01T00:00:00Z"} or {"auto": true}'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "the body is empty"),
        ("  \n", "the body is empty"),
        ("15d", "the body is not JSON"),
        ('{"advance": ', "the body is not JSON"),
        ("[" * 100_000, "the body is not JSON"),
        ('"15d"', 'no JSON object but "15d"'),
        ("null", "no JSON object but null"),
        ("{}", "say one of"),
        ('{"advance": null}', "say one of"),
        ('{"auto": true, "advance": "1d"}', "say one of"),
        ('{"advanec": "15d"}', "there is no 'advanec' here; did you mean advance?"),
        ('{"advanceTo": "2026-03-01T00:00:00Z"}', "did you mean advance_to?"),
        ('{"tick": 1}', "there is no 'tick' here; say"),
        ('{"advance": 15}', 'advance is a duration such as "15d" or "1d12h", not 15'),
        ('{"advance": ["15d"]}', 'not ["15d"]'),
        ('{"advance_to": 1772323200}', "advance_to is a moment"),
        ('{"auto": 1}', "auto is true or false, not 1"),
        ('{"auto": "true"}', 'auto is true or false, not "true"'),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_move(body: str, told: str, shared: Served) -> None:
    """A body that is no move of the clock is refused with the mistake and the choices."""
    answer = shared.request("POST", "/_orgsim/clock", body=body.encode())
    assert answer.error == (400, "ControlException")
    assert told in answer.json["message"]
    assert CHOICES in answer.json["message"]


def test_long_nonsense_is_cut(shared: Served) -> None:
    """A message repeats a hundred characters of nonsense at most."""
    for body in ({"a" * 5_000: 1}, {"auto": "b" * 5_000}, ["c" * 5_000]):
        answer = shared.request("POST", "/_orgsim/clock", body=json.dumps(body).encode())
        assert answer.error == (400, "ControlException")
        assert len(answer.json["message"]) < 400
