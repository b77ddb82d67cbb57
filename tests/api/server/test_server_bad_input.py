"""Bad input: always a well-formed error with a 4xx, never a 500, never a hang, and the state as before."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.campaign import examples
from support.loopback_server import MANAGEMENT, MEMBER, TARGET, Answer, Served, authorization, serving, signed
from support.patience import PATIENCE

from orgsim.api.server.message import Limits
from orgsim.engine.operations import OPERATIONS
from orgsim.projections.reads import READS

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def world() -> Iterator[Served]:
    """A server whose world has an organization."""
    with serving() as served:
        served.call("CreateOrganization")
        yield served


@pytest.fixture
def server(world: Served) -> Iterator[Served]:
    """The same, which has to be as before after the test, and alive."""
    before = world.position
    yield world
    assert world.position == before
    assert world.call("DescribeOrganization").status == 200
    assert world.sim.engine.state.position == before


@pytest.fixture(scope="module")
def strict() -> Iterator[Served]:
    """A server with limits that are soon reached."""
    with serving(limits=Limits(body_bytes=1_000, header_bytes=4_000)) as served:
        yield served


@pytest.fixture(scope="module")
def impatient() -> Iterator[Served]:
    """A server with an organization that waits for requests so shortly that a slow machine may be too late."""
    with serving(limits=Limits(request_seconds=0.4)) as served:
        served.portal.call(served.sim.client(MANAGEMENT).create_organization)
        yield served


@pytest.mark.parametrize(
    "target",
    [None, "", "DescribeOrganization", TARGET, f"{TARGET}Nope", f"{TARGET}describeOrganization", "é", f"x{TARGET}"],
)
def test_targets(target: str | None, server: Served) -> None:
    """A target that is missing or unknown names no operation."""
    headers = {name: value for name, value in signed("").items() if name != "X-Amz-Target"}
    answer = server.request(headers=headers | ({} if target is None else {"X-Amz-Target": target}))
    assert answer.error == (400, "UnknownOperationException")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("target", [f"{TARGET}DescribeOrganization", None])
def test_methods(method: str, target: str | None, server: Served) -> None:
    """Only POST is spoken here."""
    headers = {"X-Amz-Target": target} if target else {}
    assert server.request(method, headers=signed("") | headers, body=b"").error[1] == "UnknownOperationException"
    assert server.request(method, headers=signed("") | headers, body=b"{}").status in (400, 404)


def test_head(server: Served) -> None:
    """An answer to HEAD has no body, as HTTP wants it."""
    answer = server.request("HEAD", body=b"")
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("path", ["/x", "//", "/?Action=GetCallerIdentity", "/%00", "/%C3%A9"])
def test_paths(path: str, server: Served) -> None:
    """There is nothing at other paths."""
    answer = server.request(path=path, headers={"X-Amz-Target": "nothing"})
    assert answer.error[1] == "UnknownOperationException"
    assert answer.status in (400, 404)


BODIES = {
    "nothing but blanks": b"  \n",
    "no JSON": b"HandshakeId=h-12345678",
    "truncated": b'{"HandshakeId": "h-1234',
    "two values": b"{}{}",
    "a list": b"[]",
    "a text": b'"HandshakeId"',
    "a number": b"1",
    "null": b"null",
    "not a number": b'{"HandshakeId": NaN}',
    "infinite": b'{"HandshakeId": Infinity}',
    "too large a number": b'{"MaxResults": 1e999}',
    "not UTF-8": b'{"HandshakeId": "\xff\xfe"}',
    "not UTF-8 in a name": b'{"\xc3\x28": 1}',
    "half a surrogate pair": b'{"HandshakeId": "\\ud800"}',
    "UTF-16": '{"HandshakeId": "h"}'.encode("utf-16"),
    "zeros": bytes(100),
    "single quotes": b"{'HandshakeId': 'h'}",
    "a comma too much": b'{"HandshakeId": "h",}',
    "a comment": b"{} // nothing",
    "a thousand deep": b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
    "a thousand deep, in lists": b'{"Filter": ' + b"[" * 1_000 + b"]" * 1_000 + b"}",
    "a hundred deep": b'{"Filter": ' + b"[" * 100 + b"]" * 100 + b"}",
    "endlessly deep": b'{"a":' * 200_000,
    "a control character": b'{"HandshakeId": "h\x00"}',
    "wrong types": b'{"HandshakeId": {"a": 1}}',
    "a boolean for a text": b'{"HandshakeId": true}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies(body: bytes, server: Served) -> None:
    """A body that is no JSON object in UTF-8, or holds the wrong types, cannot be read."""
    answer = server.call("DescribeHandshake", body)
    assert answer.error == (400, "SerializationException")


def request_members(operation: object) -> tuple[str, ...]:
    """The members of an operation's request, writing or reading."""
    request = getattr(operation, "Request", None) or getattr(operation, "request", None)
    return tuple(request.__struct_encode_fields__) if request else ()


MEMBERS_OF = {name: request_members(operation) for name, operation in (OPERATIONS | READS).items()}
ODD = (True, -1, 2**63, 2**200, 1.5, "", "x" * 10_000, "\ud800", [], [[]], [None], {}, {"a": {}}, {"Key": 1})


@pytest.mark.parametrize("operation", sorted(name for name, members in MEMBERS_OF.items() if members))
def test_odd_members(operation: str, world: Served) -> None:
    """No operation stumbles over members of any JSON type, whoever calls it."""
    for value in ODD:
        body = json.dumps(dict.fromkeys(MEMBERS_OF[operation], value)).encode()
        for caller in (MANAGEMENT, MEMBER):
            answer = world.call(operation, body, caller)
            assert answer.status == 200 or answer.error[0] == 400


def test_duplicate_keys(server: Served) -> None:
    """If a member is given twice, the last one counts."""
    answer = server.call("DescribeHandshake", b'{"HandshakeId": 1, "HandshakeId": "h-12345678"}')
    assert answer.error == (400, "HandshakeNotFoundException")


def test_half_a_character_in_a_document(server: Served) -> None:
    """A refusal can quote what no text can hold: half a character that a document spells out."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "organizations:\ud800", "Resource": "*"}
    content = json.dumps({"Version": "2012-10-17", "Statement": statement})
    answer = server.call("PutResourcePolicy", json.dumps({"Content": content}).encode())
    assert answer.error == (400, "InvalidInputException")
    assert answer.json["Message"].startswith("organizations:\ud800 is not")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "x" * 30_000},
        {"Authorization": "AWS4-HMAC-SHA256 " + "a=b," * 5_000},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=////"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f, SignedHeaders=a, Signature=b"},
        {"Authorization": "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/aws4_request, SignedHeaders=a, Signature=b"},
        {"X-Amz-Date": "é" * 100},
        {"X-Amz-Security-Token": "orgsim."},
        {"X-Amz-Security-Token": "orgsim.AAAA"},
        {"X-Amz-Security-Token": "orgsim.é"},
    ],
    ids=lambda headers: repr(headers)[:60],
)
def test_forged(headers: dict[str, str], server: Served) -> None:
    """A malformed or forged header is refused as AWS refuses signatures."""
    status, error = server.request(headers=signed("DescribeOrganization") | headers).error
    assert status == 400
    assert error in ("IncompleteSignatureException", "UnrecognizedClientException")


def test_body_of_fifty_megabytes(server: Served) -> None:
    """A body of fifty megabytes is thrown away as it comes, and answered once it has come."""
    answer = server.call("DescribeOrganization", b'{"a":"' + b"x" * (50 * MEGABYTE))
    assert answer.error == (413, "RequestEntityTooLargeException")
    assert answer.headers["connection"] == "close"


def test_body_at_the_limit(server: Served) -> None:
    """A body of just a megabyte is read, one byte more is too much."""
    body = b'{"a":"' + b"x" * (MEGABYTE - 8) + b'"}'
    assert server.call("DescribeOrganization", body).status == 200
    assert server.call("DescribeOrganization", body + b" ").error == (413, "RequestEntityTooLargeException")


def test_large_form(server: Served) -> None:
    """STS says the same in its own form."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": authorization(service="sts")}
    answer = server.request(headers=form, body=b"a" * (MEGABYTE + 1))
    assert answer.status == 413
    assert ElementTree.fromstring(answer.body).tag.endswith("ErrorResponse")


def test_body_without_end(strict: Served) -> None:
    """A body that never ends is thrown away up to a limit, then the connection is closed."""
    head = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", strict.port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        with pytest.raises(ConnectionError):
            for _ in range(100_000):
                connection.sendall(b"3e8\r\n" + b"x" * 1_000 + b"\r\n")


def read_answer(data: bytes) -> Answer:
    """The one answer in what came back."""
    head, _, body = data.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    assert len(body) == int(headers["content-length"])
    return Answer(int(status.split()[1]), headers, body)


HEAD = f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {TARGET}DescribeOrganization\r\n"


@pytest.mark.parametrize(
    "data",
    [b"", b"POST", HEAD.encode(), f"{HEAD}Content-Length: 10\r\n\r\n{{".encode()],
    ids=["nothing", "a word", "half a header", "half a body"],
)
def test_slow_clients(data: bytes, impatient: Served) -> None:
    """A request that does not arrive in time is given up, and others are answered."""
    assert read_answer(impatient.raw(data)).error == (408, "RequestTimeoutException")
    assert any(impatient.call("DescribeOrganization").status == 200 for _ in range(100))


WHOLE = (
    f"{HEAD}Authorization: {authorization()}\r\nX-Amz-Date: 20260101T000000Z\r\nContent-Length: 2\r\n\r\n{{}}".encode()
)
BEGUN = b"POST / HT"
"""The beginning of another request."""


def test_slow_second_request(impatient: Served) -> None:
    """A second request that has begun to arrive together with the first has no more time than that."""
    received = impatient.raw(WHOLE + BEGUN)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert read_answer(received[received.index(b"HTTP/1.1 408") :]).error == (408, "RequestTimeoutException")


def test_slow_request_after_an_answer(impatient: Served) -> None:
    """A second request that begins to arrive when the first has been answered has no more time than that."""

    def ask() -> bytes:
        with socket.create_connection(("127.0.0.1", impatient.port), timeout=PATIENCE) as connection:
            connection.sendall(WHOLE)
            if not connection.recv(65_536).startswith(b"HTTP/1.1 200 OK"):
                return b""
            connection.sendall(BEGUN)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    # On a slow machine even the first may come too late.
    received = next(filter(None, (ask() for _ in range(100))))
    assert read_answer(received).error == (408, "RequestTimeoutException")


def test_client_that_goes_away(server: Served) -> None:
    """A client that leaves in the middle of its request changes nothing."""
    for part in (HEAD, f"{HEAD}Content-Length: 10\r\n\r\n{{"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(part.encode())


@pytest.mark.parametrize(
    "data",
    [
        HEAD.encode() + b"".join(b"X-%d: y\r\n" % number for number in range(1_000)),
        HEAD.encode() + b"X: " + b"y" * 5_000,
        HEAD.encode() + b"X: " + b"y" * 5_000 + b"\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["many lines", "a long line", "whole"],
)
def test_long_header(data: bytes, strict: Served) -> None:
    """A header that goes beyond the limit is refused, whether it comes to its end or not."""
    assert read_answer(strict.raw(data)).error == (431, "BadRequestException")


def test_long_body_is_no_long_header() -> None:
    """A body may be longer than a header may be."""
    limits = Limits(header_bytes=1_000)
    with serving(limits=limits) as server:
        for _ in range(2):
            assert server.call("CreateOrganization", b'{"a":"' + b"x" * 10_000 + b'"}').status in (200, 400)


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n\r\nnothing\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST / HTTP/1.1\r\nNo Colon Here\r\n\r\n",
    ],
)
def test_not_http(data: bytes, server: Served) -> None:
    """Bytes that are not HTTP are refused in AWS JSON all the same."""
    assert read_answer(server.raw(data)).error == (400, "BadRequestException")


def test_upgrade(server: Served) -> None:
    """Whoever wants to change to another protocol is answered in this one."""
    whole = f"{HEAD}Connection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n{{}}"
    assert read_answer(server.raw(whole.encode())).error == (400, "MissingAuthenticationTokenException")


def test_too_many_connections() -> None:
    """Beyond the limit of connections a request is told to come later, and answered when there is room again."""
    with serving(limits=Limits(connections=3)) as server, ExitStack() as held:
        assert server.call("CreateOrganization").status == 200
        for _ in range(3):
            held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE))
        assert server.call("DescribeOrganization").error == (503, "ServiceUnavailableException")
        held.close()
        assert any(server.call("DescribeOrganization").status == 200 for _ in range(1_000))


FUZZ = settings(max_examples=examples(25), deadline=None)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([MEMBER, "h-12345678", "EMAIL"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.dictionaries(
    st.sampled_from(["HandshakeId", "MaxResults", "NextToken", "Target", "Filter", "AccountId", "Tags"]) | st.text(),
    VALUES,
)
HARMLESS = ["DescribeHandshake", "ListAccounts", "ListHandshakesForOrganization", "AcceptHandshake", "DescribeAccount"]


@FUZZ
@given(operation=st.sampled_from(HARMLESS), members=MEMBERS)
def test_fuzzed_members(operation: str, members: dict[str, object], world: Served) -> None:
    """Whatever members are sent, the answer is one of AWS's."""
    before = world.position
    answer = world.call(operation, json.dumps(members).encode())
    assert answer.status == 200 or answer.error[0] == 400
    assert world.position == before


@FUZZ
@given(body=st.binary(max_size=2_000))
def test_fuzzed_bodies(body: bytes, world: Served) -> None:
    """Whatever bytes are sent as a body, the answer is one of AWS's."""
    answer = world.call("ListAccounts", body)
    assert answer.status == 200 or answer.error == (400, "SerializationException")


HEADER_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=200)


@FUZZ
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["Authorization", "X-Amz-Date", "X-Amz-Target", "X-Amz-Security-Token", "Content-Type", "Date"]
        ),
        HEADER_TEXT
        | HEADER_TEXT.map(lambda text: f"AWS4-HMAC-SHA256 {text}")
        | st.just("AWS4-HMAC-SHA256 Credential=a"),
    )
)
def test_fuzzed_headers(headers: dict[str, str], world: Served) -> None:
    """Whatever stands in the header, the answer is a refusal in AWS JSON, or in XML where STS is meant."""
    answer = world.request(headers=headers)
    assert 400 <= answer.status < 500
    if answer.headers["content-type"] == "text/xml":
        ElementTree.fromstring(answer.body)
    else:
        assert answer.error[0] == 400


@FUZZ
@given(action=st.text(), arn=st.text(max_size=50), session=st.text(max_size=50))
def test_fuzzed_forms(action: str, arn: str, session: str, world: Served) -> None:
    """Whatever form STS gets, its answer is well-formed XML."""
    form = {"Version": "2011-06-15", "RoleArn": arn, "RoleSessionName": session}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Amz-Date": "20260101T000000Z"}
    for each in (action, "AssumeRole"):
        body = urlencode(form | {"Action": each}, errors="surrogatepass").encode()
        answer = world.request(headers=headers | {"Authorization": authorization(MANAGEMENT, "sts")}, body=body)
        assert answer.status < 500
        ElementTree.fromstring(answer.body)


@settings(max_examples=examples(30), deadline=None)
@given(data=st.binary(min_size=1, max_size=300))
def test_fuzzed_bytes(data: bytes, world: Served) -> None:
    """Whatever bytes come over a connection that is then closed, the server goes on."""
    with closing(socket.create_connection(("127.0.0.1", world.port), timeout=PATIENCE)) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    assert world.call("DescribeOrganization").status == 200
