"""Named worlds on one server: each under a path of its own, and none sees another."""

import http.client
import json
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import MANAGEMENT, MEMBER, Served, serving, signed
from support.patience import PATIENCE

from orgsim.api import PacedClock, Settings, Simulation
from orgsim.api.server.credentials import AccessKey, Credentials
from orgsim.api.server.new_world import WorldMaker
from orgsim.api.server.served_world import ServedWorld
from orgsim.api.server.worlds import Worlds
from orgsim.engine.errors import TooManyRequestsException
from orgsim.engine.runtime import clock

RULE = "1 to 64 letters"
BAD_NAMES = [
    "",
    ".",
    "..",
    "a" * 65,
    "a%20b",
    "%61",
    "a%2fb",
    "a:b",
    "a%00",
    "%2e%2e",
    "a~b",
    "caf%C3%A9",
    "a+b",
    "a;b",
]


@pytest.fixture
def server() -> Iterator[Served]:
    """A server with named worlds."""
    with serving(worlds=Worlds()) as served:
        yield served


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """The same for all tests that leave no world."""
    with serving(worlds=Worlds()) as served:
        yield served


def names(server: Served) -> list[str]:
    """The worlds that there are."""
    return [world["name"] for world in server.control("GET", "worlds").json["worlds"]]


@pytest.mark.parametrize("slash", ["", "/"])
def test_boto3_in_a_world(slash: str, server: Served) -> None:
    """boto3 and STS are pointed at a world by their endpoint alone, with a slash at its end or without."""
    mine = server.named(f"mine{slash}")
    founded = mine.organizations().create_organization()["Organization"]
    assert mine.organizations().describe_organization()["Organization"] == founded
    assert mine.boto3("sts").get_caller_identity()["Account"] == MANAGEMENT
    assert names(server) == ["mine"]
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        server.organizations().describe_organization()


def test_sixty_worlds_at_once(server: Served) -> None:
    """Sixty worlds on one server, used at once by boto3, each with its clock: none sees anything of another."""
    together = [f"w.{number}_x-Y" for number in range(60)]

    def use(number: int) -> tuple[list[str], str]:
        mine = server.named(together[number])
        client = mine.organizations()
        client.create_organization()
        for account in range(number % 3):
            client.create_account(Email=f"{number}.{account}@example.com", AccountName=f"{number}.{account}")
        mine.control("POST", "clock", {"advance": f"{number}h"})
        pages = client.get_paginator("list_accounts").paginate()
        emails = [account["Email"] for page in pages for account in page["Accounts"]]
        return emails[1:], mine.control("GET", "clock").json["now"]

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(use, range(60)))
    for number, (emails, now) in enumerate(found):
        assert sorted(emails) == [f"{number}.{account}@example.com" for account in range(number % 3)]
        assert now == f"2026-01-{1 + number // 24:02}T{number % 24:02}:00:00Z"
    assert sorted(names(server)) == sorted(together)
    assert server.position == 1, "nothing of it is in the default world"


def test_same_seed_same_ids(server: Served) -> None:
    """Worlds go as their seeds have it: two of the same seed make the same ids, another seed makes others."""
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        assert server.control("POST", "worlds", {"name": name, "seed": seed}).status == 200
    first, second, third = (server.named(name).organizations().create_organization() for name in "abc")
    assert first["Organization"] == second["Organization"]
    assert first["Organization"]["Id"] != third["Organization"]["Id"]


def test_world_as_wanted(server: Served) -> None:
    """A world that is asked for has its seed, start, clock and settings; the server's options hold for the rest."""
    wanted = {
        "name": "later",
        "seed": 11,
        "start": "2027-05-01T00:00:00Z",
        "settings": {"quotas": {"accounts": 2}, "latency": "realistic"},
    }
    made = server.control("POST", "worlds", wanted).json
    assert made.items() >= {"name": "later", "path": "/w/later", "seed": 11, "requests": 0, "position": 1}.items()
    later = server.named("later")
    assert later.control("GET", "clock").json["now"] == "2027-05-01T00:00:00Z"
    client = later.organizations()
    client.create_organization()
    status = client.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]
    assert status["State"] == "IN_PROGRESS"
    with pytest.raises(ClientError, match="ConstraintViolationException"):
        client.create_account(Email="b@example.com", AccountName="b")
    assert server.control("POST", "worlds", {"name": "paced", "clock": "paced:60"}).status == 200
    assert server.named("paced").control("GET", "clock").json["factor"] == 60
    assert later.control("GET", "health").json["seed"] == 11


def test_reset_of_a_world(server: Served) -> None:
    """Reset empties one world, which begins again as it was asked for; the others stay."""
    server.control("POST", "worlds", {"name": "a", "seed": 3, "start": "2030-01-01T00:00:00Z"})
    a, b = server.named("a"), server.named("b")
    first = a.organizations().create_organization()["Organization"]
    b.organizations().create_organization()
    a.control("POST", "clock", {"advance": "2d"})
    assert a.control("POST", "reset").json.items() >= {"seed": 3, "position": 1}.items()
    assert a.control("GET", "clock").json["now"] == "2030-01-01T00:00:00Z"
    assert a.organizations().create_organization()["Organization"] == first
    assert b.organizations().describe_organization()["Organization"]


def test_listed_and_ended(server: Served) -> None:
    """A world is listed with its requests and time until it is ended; used again, it begins anew."""
    mine = server.named("mine")
    mine.organizations().create_organization()
    mine.control("POST", "clock", {"advance": "1d"})
    (listed,) = server.control("GET", "worlds").json["worlds"]
    assert listed["now"] == "2026-01-02T00:00:00Z"
    assert listed["requests"] == 2
    assert listed["position"] == mine.control("GET", "health").json["position"]
    assert server.control("GET", "worlds/mine").json["requests"] == 3
    assert server.control("DELETE", "worlds/mine").json["name"] == "mine"
    assert server.control("DELETE", "worlds/mine").status == 404
    assert names(server) == []
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        mine.organizations().describe_organization()
    assert names(server) == ["mine"]


def test_keys_of_another_world(server: Served) -> None:
    """Keys that AssumeRole hands out in a world are worth nothing in another, also of the same seed."""
    a, b = server.named("a"), server.named("b")
    role = f"arn:aws:iam::{MANAGEMENT}:role/Any"
    keys = a.boto3("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assert a.with_credentials("sts", keys).get_caller_identity()["Arn"].endswith("Any/me")
    b.organizations().create_organization()
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        b.with_credentials("organizations", keys).describe_organization()


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("rest", ["/", "/_orgsim/health"])
def test_names_that_are_none(name: str, rest: str, shared: Served) -> None:
    """A name with other characters, percent-encoded, too long or empty is refused, with the rule."""
    answer = shared.request("POST", f"/w/{name}{rest}", signed("DescribeOrganization"))
    assert answer.error == (400, "WorldException")
    assert RULE in json.dumps(answer.json)
    assert names(shared) == []


@pytest.mark.parametrize("path", ["/w", "/w/"])
def test_no_name(path: str, shared: Served) -> None:
    """The prefix alone names no world."""
    answer = shared.request("POST", path, signed("DescribeOrganization"))
    assert answer.error == (400, "WorldException")


def test_what_begins_no_world(shared: Served) -> None:
    """What nobody would answer begins no world: unsigned requests, unknown paths, operations and routes."""
    for method, path, headers, status in (
        ("POST", "/w/new/", {}, 400),
        ("GET", "/w/new/", {}, 404),
        ("POST", "/w/new/", signed("DescribeOrganization") | {"Authorization": "Basic x"}, 400),
        ("POST", "/w/new/", signed("DescribeNothing"), 400),
        ("POST", "/w/new/more", signed("DescribeOrganization"), 404),
        ("POST", "/w/new/w/other/", signed("DescribeOrganization"), 404),
        ("POST", "/w/new/../other/", signed("DescribeOrganization"), 404),
        ("GET", "/w/new/_orgsim/nothing", {}, 404),
        ("GET", "/w/new/_orgsim/worlds", {}, 404),
        ("DELETE", "/w/new/_orgsim/clock", {}, 405),
        ("GET", "/w/new/_orgsim/health", {"Origin": "https://elsewhere.example"}, 403),
        ("GET", "/w/new/_orgsim/health", {"Host": "elsewhere.example"}, 403),
    ):
        answer = shared.request(method, path, headers)
        assert answer.status == status, (method, path, answer.body)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert b"<Code>MissingAction</Code>" in shared.request("POST", "/w/new/", form, b"Version=2011-06-15").body
    assert b"WorldException" in shared.request("POST", "/w/a%20b/", form, b"Version=2011-06-15").body
    assert names(shared) == []


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (None, "the body is empty"),
        ([], "no JSON object"),
        ({}, "no name"),
        ({"name": 5}, "name is a text"),
        ({"name": "a b"}, RULE),
        ({"name": ".."}, RULE),
        ({"name": ""}, RULE),
        ({"name": "x", "sed": 5}, "did you mean seed?"),
        ({"name": "x", "seed": True}, "seed is a whole number, not true"),
        ({"name": "x", "seed": 2**63}, "64 bits"),
        ({"name": "x", "start": "soon"}, "'soon' is no moment"),
        ({"name": "x", "start": "2026-01-01T00:00:00"}, "time zone"),
        ({"name": "x", "start": "9999-12-31T00:00:00Z"}, "8995"),
        ({"name": "x", "start": "now", "clock": "wall"}, "wall clock"),
        ({"name": "x", "clock": "sundial"}, "the choices are wall"),
        ({"name": "x", "settings": []}, "settings is a table"),
        ({"name": "x", "settings": {"latncy": "instant"}}, "latency"),
        ({"name": "x", "settings": {"quotas": {"accounts": "many"}}}, "quotas.accounts"),
    ],
    ids=repr,
)
def test_worlds_that_cannot_be(wish: object, told: str, shared: Served) -> None:
    """A wish for a world that cannot be is refused with what is wrong and what there is; no world begins."""
    answer = shared.control("POST", "worlds", wish)
    assert answer.status == 400
    assert told in answer.json["message"]
    assert names(shared) == []


def test_name_that_is_taken(server: Served) -> None:
    """A second world of the same name is refused; the first stays."""
    assert server.control("POST", "worlds", {"name": "a", "seed": 1}).status == 200
    refused = server.control("POST", "worlds", {"name": "a", "seed": 2})
    assert refused.error == (409, "WorldException")
    assert "already" in refused.json["message"]
    assert server.named("a").control("GET", "health").json["seed"] == 1


def test_first_requests_at_once(server: Served) -> None:
    """Many first requests at once begin one world."""
    with ThreadPoolExecutor(16) as threads:
        seen = list(threads.map(lambda _: server.named("one").call("DescribeOrganization").status, range(32)))
    assert set(seen) == {400}
    assert names(server) == ["one"]
    assert server.control("GET", "worlds").json["worlds"][0]["requests"] == 32


def test_full() -> None:
    """When there are as many worlds as may be, no other begins, and the error names the option; the old ones go on."""
    with serving(worlds=Worlds(limit=2)) as server:
        for name in "ab":
            server.named(name).organizations().create_organization()
        with pytest.raises(ClientError, match=r"WorldException.*--max-worlds"):
            server.named("c").organizations().create_organization()
        assert server.control("POST", "worlds", {"name": "c"}).error == (409, "WorldException")
        assert server.named("a").organizations().describe_organization()
        server.control("DELETE", "worlds/a")
        server.named("c").organizations().create_organization()
        assert names(server) == ["b", "c"]


def test_idle_worlds_end() -> None:
    """A world without a request for longer than its idle life ends, and begins anew when it is used again."""
    time = [0.0]
    with serving(worlds=Worlds(idle=timedelta(hours=1), limit=2, seconds=lambda: time[0])) as server:
        for name in "ab":
            server.named(name).organizations().create_organization()
        time[0] = 3_000
        server.named("a").organizations().describe_organization()
        time[0] = 3_601
        assert server.control("GET", "worlds").json["worlds"][0]["idle_seconds"] == 601
        assert names(server) == ["a"], "b has been idle for too long"
        server.named("b").organizations().create_organization()
        time[0] = 6_601
        with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
            server.named("a").organizations().describe_organization()


def test_a_world_that_is_answering_is_not_idle() -> None:
    """A request that takes longer than a world's idle life keeps the world until it has been answered."""
    time = [0.0]
    worlds = Worlds(idle=timedelta(hours=1), seconds=lambda: time[0])
    with serving(worlds=worlds) as server, ThreadPoolExecutor() as threads:
        mine = server.named("a")
        mine.organizations().create_organization()
        (world,) = worlds.all()
        lock = world.served.live.sim.engine.clock_lock
        assert server.portal.call(lock.take_if_free), "who advances the clock has to wait now"
        advanced = threads.submit(mine.control, "POST", "clock", {"advance": "1d"})
        while not world.under_way:
            assert names(server) == ["a"]
        time[0] = 7_300
        assert server.control("GET", "worlds").json["worlds"][0]["idle_seconds"] == 0
        server.portal.call(lock.release)
        assert advanced.result().json["now"] == "2026-01-02T00:00:00Z"
        time[0] = 10_900
        assert names(server) == ["a"]
        time[0] = 10_901
        assert names(server) == []


def test_without_worlds() -> None:
    """Unless worlds are asked for, an embedded server has none, and their paths are as any other."""
    with serving() as server:
        assert server.request("POST", "/w/a/", signed("DescribeOrganization")).error[0] == 404
        assert server.control("GET", "worlds").error == (404, "ControlException")


def test_simulations_under_a_name() -> None:
    """An embedding program serves its own simulations under names, and takes them away again."""
    worlds = Worlds(on_first_use=False)

    @asynccontextmanager
    async def added(name: str, **options: Any) -> AsyncGenerator[Simulation, None]:
        async with Simulation(**options) as sim:
            worlds.add(name, sim)
            yield sim
            worlds.remove(name)

    with serving(worlds=worlds) as server:
        with server.portal.wrap_async_context_manager(added("mine", seed=9)) as sim:
            founded = server.named("mine").organizations().create_organization()["Organization"]
            assert list(sim.engine.state.organizations) == [founded["Id"]]
            assert server.named("mine").control("POST", "reset").error == (409, "ControlException")
            for name in ("mine", "a b"):
                with pytest.raises(ValueError, match=r"already|letters"):
                    worlds.add(name, sim)
        with pytest.raises(ClientError, match=r"there is no world 'mine'"):
            server.named("mine").organizations().describe_organization()
        with pytest.raises(ValueError, match="no world"):
            worlds.remove("mine")


def test_simulation_that_was_left() -> None:
    """A named simulation whose owner has left it is unavailable; the server goes on."""
    worlds = Worlds()
    with serving(worlds=worlds) as server:

        async def leave() -> None:
            async with Simulation() as sim:
                worlds.add("left", sim)

        server.portal.call(leave)
        assert server.named("left").call("CreateOrganization").error == (503, "ServiceUnavailableException")
        assert server.organizations().create_organization()


def test_worlds_of_the_options() -> None:
    """Worlds that nothing is said of begin as the server's options say."""
    worlds = Worlds(WorldMaker(seed=4, start="2028-02-01T00:00:00Z", settings={"latency": "realistic"}))
    with serving(worlds=worlds) as server:
        mine = server.named("mine")
        assert mine.control("GET", "health").json["seed"] == 4
        assert mine.control("GET", "clock").json["now"] == "2028-02-01T00:00:00Z"
        server.control("POST", "worlds", {"name": "other", "settings": {"quotas": {"accounts": 20}}})
        client = server.named("other").organizations()
        client.create_organization()
        status = client.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]
        assert status["State"] == "IN_PROGRESS"


def test_copies_of_a_template(server: Served) -> None:
    """Worlds are copied from one that was built once; each takes its own future, and a reset brings it back."""
    base = server.named("base")
    founded = base.organizations().create_organization()["Organization"]
    base.control("POST", "clock", {"advance": "2d"})
    for name in ("a", "b"):
        made = server.control("POST", "worlds", {"name": name, "template": "base"}).json
        assert made.items() >= {"name": name, "now": "2026-01-03T00:00:00Z"}.items()
        assert made["position"] == base.control("GET", "health").json["position"]
    a, b = server.named("a"), server.named("b")
    first = a.organizations().create_account(Email="a@example.com", AccountName="a")
    base.organizations().create_account(Email="base@example.com", AccountName="base")
    server.control("DELETE", "worlds/base")
    assert len(a.organizations().list_accounts()["Accounts"]) == 2
    assert len(b.organizations().list_accounts()["Accounts"]) == 1
    assert a.control("POST", "reset").status == 200
    assert a.organizations().describe_organization()["Organization"] == founded
    assert len(a.organizations().list_accounts()["Accounts"]) == 1
    again = b.organizations().create_account(Email="a@example.com", AccountName="a")
    assert again["CreateAccountStatus"]["Id"] == first["CreateAccountStatus"]["Id"], "the same call, the same ids"


def test_template_that_was_reset(server: Served) -> None:
    """A template that was reset and built otherwise is copied as it is now, though its log is as long as before."""
    base = server.named("base")
    for feature_set in ("ALL", "CONSOLIDATED_BILLING"):
        base.organizations().create_organization(FeatureSet=feature_set)
        server.control("POST", "worlds", {"name": feature_set, "template": "base"})
        base.control("POST", "reset")
    for feature_set in ("ALL", "CONSOLIDATED_BILLING"):
        found = server.named(feature_set).organizations().describe_organization()["Organization"]
        assert found["FeatureSet"] == feature_set


async def test_template_whose_clock_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each world is made of a template as that is then, though nothing has happened in it but that time passed."""
    seconds = count(0, 3600)
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    with closing(Worlds()) as worlds:
        async with Simulation(clock=PacedClock(1, start=0)) as sim:
            template = ServedWorld(sim, "a test")
            first, second = [(await worlds.fork(name, template)).served.live.sim.now for name in ("a", "b")]

    assert first < second


async def test_template_whose_calls_are_throttled() -> None:
    """A world that is made of a template has its throttling too, with what reads have taken of it since the last."""
    async with Simulation(settings=Settings(throttle="aws")) as sim:
        with closing(Worlds()) as worlds:
            template, org = ServedWorld(sim, "a test"), sim.client(MANAGEMENT)
            await org.create_organization()
            await worlds.fork("a", template)
            with pytest.raises(TooManyRequestsException):
                for _ in range(100):
                    await org.list_roots()
            made = await worlds.fork("b", template)
            with pytest.raises(TooManyRequestsException):
                await made.served.live.sim.client(MANAGEMENT).list_roots()


def test_copies_of_templates_are_closed() -> None:
    """What copies of templates need is given back with the last of them: nothing is left open."""
    worlds = Worlds()
    with serving(worlds=worlds) as server:
        for number in range(3):
            server.named("base").organizations(f"{number}" * 12).create_organization()
            for _ in range(2):
                server.control("POST", "worlds", {"name": "copy", "template": "base"})
                server.control("DELETE", "worlds/copy")
        assert len(worlds._origins) == 1, "the latest, for further copies"
        server.control("DELETE", "worlds/base")
        assert not worlds._origins


def test_default_world_as_template(tmp_path: Path) -> None:
    """The default world, kept in a log, is a template as well, each time as it is then."""
    with serving(log=tmp_path / "base.db", worlds=Worlds()) as server:
        client = server.organizations()
        client.create_organization()
        for count in (1, 2):
            server.control("POST", "worlds", {"name": f"w{count}", "template": "/"})
            copy = server.named(f"w{count}")
            assert copy.control("GET", "health").json["log"] == "memory"
            assert len(copy.organizations().list_accounts()["Accounts"]) == count
            client.create_account(Email=f"{count}@example.com", AccountName="more")


def test_templates_that_are_none(shared: Served) -> None:
    """A template that is not there, or comes with a seed of one's own, is refused."""
    for wish, told in (
        ({"name": "x", "template": "nothing"}, "there is no world 'nothing'"),
        ({"name": "x", "template": "a b"}, RULE),
        ({"name": "a b", "template": "/"}, RULE),
        ({"name": "x", "template": 1}, "template is the name of a world"),
        ({"name": "x", "template": "/", "seed": 5}, "has its seed already"),
    ):
        answer = shared.control("POST", "worlds", wish)
        assert answer.error[0] in (400, 404)
        assert told in answer.json["message"]
    assert names(shared) == []


KEYS = Credentials([AccessKey("AKIAIOSFODNN7EXAMPLE", "secret", MANAGEMENT)], control_token="token")


def test_verified_worlds() -> None:
    """Under verification signatures cover the world's path, and every control plane asks for the token."""
    with serving(worlds=Worlds(), credentials=KEYS) as server:
        refused = server.named("a").boto3("organizations", "AKIAIOSFODNN7EXAMPLE", "wrong")
        with pytest.raises(ClientError, match="InvalidSignatureException"):
            refused.create_organization()
        for path in ("worlds", "worlds/a"):
            assert server.control("GET", path).status == 401
        assert server.named("a").control("GET", "health").status == 401
        assert server.control("POST", "worlds", {"name": "a"}).status == 401
        token = {"Authorization": "Bearer token"}
        assert server.request("GET", "/_orgsim/worlds", token, b"").json["worlds"] == [], "nobody has begun one"
        for name in ("a", "a/"):
            world = server.named(name)
            assert world.boto3("sts", "AKIAIOSFODNN7EXAMPLE").get_caller_identity()["Account"] == MANAGEMENT
        server.named("a").boto3("organizations", "AKIAIOSFODNN7EXAMPLE").create_organization()
        assert server.request("GET", "/w/a/_orgsim/health", token, b"").json["position"] > 1


def test_names_have_case(server: Served) -> None:
    """Names that differ in case are different worlds."""
    server.named("Mine").organizations().create_organization()
    assert server.named("mine").call("DescribeOrganization").error == (400, "AWSOrganizationsNotInUseException")


def test_worlds_on_one_connection(server: Served) -> None:
    """One connection may ask several worlds in turn."""
    statuses: list[int] = []
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connection:
        for name in ("a", "b", "a"):
            connection.request("POST", f"/w/{name}/", b"{}", signed("CreateOrganization", MEMBER))
            with connection.getresponse() as response:
                statuses.append(response.status)
                response.read()
    assert statuses == [200, 200, 400], "the second one in the same world is refused"
