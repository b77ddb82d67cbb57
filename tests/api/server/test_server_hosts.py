"""Whose requests are answered: those of clients of this server, and not those of somebody else's web page."""

import json
from collections.abc import Iterator
from contextlib import closing, nullcontext
from xml.etree import ElementTree

import pytest
from support.loopback_server import Answer, Served, authorization, serving, serving_resettable, signed

from orgsim.api.server.faults import ForeignRequest
from orgsim.api.server.hosts import Hosts, host_name, hosts_of
from orgsim.api.server.listening import bind

STS = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": authorization(service="sts")}
PATHS = [("/", signed("DescribeOrganization")), ("/", STS), ("/_orgsim/reset", {}), ("/nothing", {})]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server whose world may be reset, and has an organization."""
    with serving_resettable() as served:
        assert served.call("CreateOrganization").status == 200
        yield served


def send(server: Served, path: str, *fields: tuple[str, str]) -> Answer:
    """A request with just these fields in its header, of which some may stand there twice."""
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    data = server.raw(f"POST {path} HTTP/1.1\r\n{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1"))
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return Answer(int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body)


def own(server: Served) -> tuple[str, str]:
    """The Host of a client of the server."""
    return "Host", f"127.0.0.1:{server.port}"


def require(hosts: Hosts, *fields: tuple[bytes, bytes]) -> None:
    """Look at the header of a request."""
    hosts.require_own(dict(fields), fields)


def is_refused(answer: Answer, shown: str) -> bool:
    """Whether a request was refused in the format of its service, with what was refused and what to do about it."""
    text = answer.body.decode()
    if answer.headers["content-type"] == "text/xml":
        namespace = "{https://sts.amazonaws.com/doc/2011-06-15/}"
        assert ElementTree.fromstring(text).findtext(f"{namespace}Error/{namespace}Code") == "Forbidden"
    else:
        assert answer.error == (403, "ForbiddenException")
    return answer.status == 403 and shown in text and "--allow-host" in text


@pytest.mark.parametrize(("path", "headers"), PATHS)
@pytest.mark.parametrize(
    "field",
    [
        ("Host", "evil.example"),
        ("Host", "evil.example:4570"),
        ("Host", "localhost.evil.example"),
        ("Host", "127.0.0.1.evil.example"),
        ("Host", "evil-localhost"),
        ("Host", "127.0.0.1@evil.example"),
        ("Host", "0.0.0.0:4570"),
        ("Host", "192.168.0.1"),
        ("Host", "[::2]:4570"),
        ("Host", "é.example"),
        ("Host", ""),
        ("Origin", "https://evil.example"),
        ("Origin", "http://127.0.0.1:1"),
        ("Origin", "http://localhost"),
        ("Origin", "chrome-extension://127.0.0.1"),
        ("Origin", "null"),
        ("Origin", ""),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
    ids=lambda field: field if isinstance(field, str) else ": ".join(field),
)
def test_foreign_requests(path: str, headers: dict[str, str], field: tuple[str, str], server: Served) -> None:
    """On every path a request for another host, or from another's page, is refused with 403 and changes nothing."""
    fields = [field, *headers.items()] if field[0] == "Host" else [own(server), field, *headers.items()]
    assert is_refused(send(server, path, *fields), f"{field[0]} is ")
    assert server.call("DescribeOrganization").status == 200


@pytest.mark.parametrize("header", ["Host", "Origin"])
def test_duplicate_headers(header: str, server: Served) -> None:
    """Of a Host or an Origin that stands there twice both must be in order, whichever comes first."""
    good = {"Host": own(server)[1], "Origin": f"http://{own(server)[1]}"}
    pair = [(header, good[header]), (header, "http://evil.example" if header == "Origin" else "evil.example")]
    rest = [] if header == "Host" else [own(server)]
    for fields in (pair, pair[::-1]):
        assert is_refused(send(server, "/_orgsim/reset", *rest, *fields), "evil.example")
    twice = [(header, good[header])] * 2
    assert send(server, "/_orgsim/clock", *rest, *twice).error == (400, "ControlException")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:1",
        "localhost.",
        "orgsim.localhost:80",
        "127.0.0.1",
        "127.8.9.1:4570",
        "[::1]",
        "[0::1]:8",
    ],
)
def test_loopback_names(host: str, server: Served) -> None:
    """Every name of the loopback interface is answered to, with or without a port."""
    assert send(server, "/", ("Host", host), *signed("DescribeOrganization").items()).status == 200


def test_pages_of_the_server_itself(server: Served) -> None:
    """A page from the very host and port that it asks is no stranger, nor is what a person types into a browser."""
    for host in ("localhost:4570", own(server)[1]):
        for scheme in ("http", "https"):
            page = [("Host", host), ("Origin", f"{scheme}://{host}"), ("Sec-Fetch-Site", "same-origin")]
            assert send(server, "/", *page, *signed("DescribeOrganization").items()).status == 200
    typed = send(server, "/", own(server), ("Sec-Fetch-Site", "none"), *signed("DescribeOrganization").items())
    assert typed.status == 200


def test_no_host(server: Served) -> None:
    """A request of HTTP/1.0 without a Host is answered, though not if it comes from a page."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed("DescribeOrganization").items())
    assert server.raw(f"POST / HTTP/1.0\r\n{fields}\r\n".encode()).startswith(b"HTTP/1.1 200")
    assert server.raw(f"POST / HTTP/1.0\r\n{fields}Origin: http://\r\n\r\n".encode()).startswith(b"HTTP/1.1 403")


def test_a_long_value_is_shown_in_part(server: Served) -> None:
    """Of what was refused no more is repeated than tells what it is."""
    assert len(send(server, "/", ("Host", "x" * 60_000)).body) < 1_000


def test_allowed_hosts() -> None:
    """A name that is allowed is answered to on any port, and its pages are the server's own; others stay strangers."""
    with serving(allow_hosts=("Sim.Example:99", "192.168.0.5", "fe80::0:1")) as server:
        for host in ("sim.example", "SIM.example:4570", "192.168.0.5:1", "[fe80::1]", "localhost"):
            assert send(server, "/_orgsim/clock", ("Host", host)).error == (400, "ControlException")
        page = [("Host", "sim.example"), ("Origin", "http://sim.example")]
        assert send(server, "/_orgsim/clock", *page).error == (400, "ControlException")
        assert is_refused(send(server, "/_orgsim/clock", ("Host", "www.sim.example")), "www.sim.example")
        assert is_refused(send(server, "/_orgsim/clock", page[0], ("Origin", "http://evil.example")), "Origin is ")


def test_any_host() -> None:
    """Where any name is allowed, pages of others are strangers all the same."""
    with serving(allow_hosts=("*",)) as server:
        for host in ("sim.example", "é", ""):
            assert send(server, "/_orgsim/clock", ("Host", host)).error == (400, "ControlException")
        page = [("Host", "sim.example"), ("Origin", "http://evil.example")]
        assert is_refused(send(server, "/_orgsim/clock", *page), "Origin is ")


@pytest.mark.parametrize(
    "name", ["", " ", "http://sim.example", "a b", "*.example", "[sim.example]", "[::1", "a:b", "[]"]
)
def test_impossible_hosts(name: str) -> None:
    """What is no name of a host cannot be allowed, and the message repeats it."""
    with pytest.raises(ValueError, match="is not the name of a host") as error:
        Hosts(name)
    assert repr(name) in str(error.value)


def test_names_of_an_interface() -> None:
    """The name and the address on which a server listens are its own; that of all interfaces is nobody's name."""
    for address, answered in (("127.0.0.1", True), ("0.0.0.0", False)):
        with closing(bind(address, 0)) as listener:
            hosts = hosts_of(listener, "sim.example", ["other.example"])
        for name, is_own in (("other.example", True), ("sim.example:4570", answered), ("0.0.0.0", False)):
            with nullcontext() if is_own else pytest.raises(ForeignRequest):
                require(hosts, (b"host", name.encode()))


def test_names_are_compared_in_one_form() -> None:
    """Case, port, a last dot and the many ways to write an address make no difference."""
    names = ("A.Example:1", "a.example.", "[FE80:0::1]:80", "fe80::1%eth0", "Bücher.example")
    assert [host_name(name) for name in names] == [
        "a.example",
        "a.example",
        "fe80::1",
        "fe80::1",
        "xn--bcher-kva.example",
    ]


@pytest.mark.parametrize(
    "foreign", [(b"host", b"evil.example"), (b"origin", b"null"), (b"sec-fetch-site", b"cross-site")]
)
def test_what_is_refused_is_refused_again(foreign: tuple[bytes, bytes]) -> None:
    """A Host that was in order before makes nothing else good that stands beside it, before or behind."""
    hosts, good = Hosts(), (b"host", b"localhost")
    for _ in range(3):
        require(hosts, good, (b"x", b"evil.example"))
        for fields in ((good, foreign), (foreign, good)):
            with pytest.raises(ForeignRequest):
                require(hosts, *fields)


def test_embedded_control_token() -> None:
    """A program that embeds the server can have its control plane ask for a token."""
    with serving(control_token="open sesame") as server:
        assert server.request("GET", "/_orgsim/health").error == (401, "ControlException")
        bearer = {"Authorization": "Bearer open sesame"}
        assert server.request("GET", "/_orgsim/health", bearer).status == 200
        assert json.loads(server.call("CreateOrganization").body)
