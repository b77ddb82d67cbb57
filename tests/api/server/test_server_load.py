"""Clients that take more than their share: memory and descriptors stay bounded, and others are answered."""

import asyncio
import errno
import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from support.loopback_server import Served, authorization, serving
from support.patience import PATIENCE
from support.server_process import Process, Start

from orgsim.api.server.accepting import RESERVE, SPARE, Acceptor, within_descriptors
from orgsim.api.server.diagnostics import server_log
from orgsim.api.server.listening import bind
from orgsim.api.server.message import Limits

pytestmark = pytest.mark.slow

MEGABYTE = 1024 * 1024
MOST_GROWTH = 32 * MEGABYTE
"""How much a server's memory may grow while one client does its worst; without limits it was a gigabyte."""

HEAD = f"POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization()}\r\nX-Amz-Date: 20260101T000000Z\r\n"
LONG_PATH = f"POST /{'x' * 50_000} HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: x\r\nContent-Length: 0\r\n\r\n".encode()
"""A request with an answer as long as itself: a refusal that repeats the path."""


def call(operation: str, padding: int = 0) -> bytes:
    """A call of an operation, with a header of some length."""
    target = f"X-Amz-Target: AWSOrganizationsV20161128.{operation}"
    return f"{HEAD}{target}\r\nX-Padding: {'x' * padding}\r\nContent-Length: 2\r\n\r\n{{}}".encode()


def memory_of(process: Process) -> int:
    """The memory that a process has, in bytes."""
    pages = Path(f"/proc/{process.process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def open_descriptors(process: Process) -> int:
    """How many descriptors a process has open."""
    return len(list(Path(f"/proc/{process.process.pid}/fd").iterdir()))


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """Connections that are closed in the end."""
    with ExitStack() as stack:
        yield stack


def reach(server: Served) -> socket.socket:
    """A connection to a server."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def send_what_goes(connection: socket.socket, data: bytes) -> None:
    """Send as much as is taken without waiting."""
    connection.setblocking(False)
    try:
        while True:
            connection.sendall(data)
    except (BlockingIOError, ConnectionError):
        return


def test_tens_of_thousands_of_requests_without_reading(start: Start) -> None:
    """A client that sends fifty thousand requests at once is refused each time, and costs no memory to speak of."""
    server = start()
    assert server.call("CreateOrganization").status == 200
    before = memory_of(server)
    for _ in range(5):
        with reach(server) as connection, pytest.raises(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 50_000)
            connection.sendall(b"x" * 20 * MEGABYTE)
        assert server.call("DescribeOrganization").status == 200
    assert memory_of(server) - before < MOST_GROWTH


def test_requests_faster_than_answers(start: Start) -> None:
    """From a client that sends long requests faster than they are answered no more is read than can be answered."""
    server = start()
    assert server.call("CreateOrganization").status == 200
    before = memory_of(server)
    with reach(server) as connection:
        for _ in range(100):
            send_what_goes(connection, call("DescribeOrganization", padding=60_000))
            assert server.call("DescribeOrganization").status == 200
    assert memory_of(server) - before < MOST_GROWTH


def test_pipelining_within_the_limit() -> None:
    """As many requests as may wait are answered in their order, however they are cut into pieces."""
    with serving(limits=Limits(pipelined=9)) as server:
        assert server.call("CreateOrganization").status == 200
        operations = ["DescribeOrganization", "Nothing"] * 5
        last = call("Nothing").replace(b"Content-Length", b"Connection: close\r\nContent-Length")
        data = b"".join(call(operation) for operation in operations[:-1]) + last
        for size in (len(data), 700, 64):
            with reach(server) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for place in range(0, len(data), size):
                    connection.sendall(data[place : place + size])
                received = b"".join(iter(lambda: connection.recv(65_536), b""))
            assert statuses(received) == [b"200", b"400"] * 5


def statuses(answers: bytes) -> list[bytes]:
    """The status codes of the answers that came on one connection, in order."""
    return [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]]


HALF_A_BODY = call("Nothing").replace(b"Content-Length: 2", b"Transfer-Encoding: chunked").removesuffix(b"{}")


@pytest.mark.parametrize(
    ("before", "refused", "message"),
    [
        (3, call("DescribeOrganization"), "More than 2 requests did not wait for an answer."),
        (3, b"no HTTP\r\n\r\n", "Invalid HTTP request received."),
        (2, HALF_A_BODY + b"no length\r\n", "Invalid HTTP request received."),
    ],
    ids=["too many", "no HTTP", "no chunk"],
)
def test_refusal_behind_waiting_requests(before: int, refused: bytes, message: str) -> None:
    """What cannot be read, or is one request too many, is refused after the requests before it are answered."""
    with serving(limits=Limits(pipelined=2)) as server:
        assert server.call("CreateOrganization").status == 200
        answers = server.raw(call("DescribeOrganization") * before + refused)
        assert statuses(answers) == [b"200"] * before + [b"400"]
        assert json.loads(answers.rpartition(b"\r\n\r\n")[2]) == {
            "__type": "BadRequestException",
            "message": message,
        }


def test_body_behind_waiting_requests() -> None:
    """A body that is longer than what is read at once still arrives whole behind requests that wait."""
    with serving() as server:
        assert server.call("CreateOrganization").status == 200
        long = f"{HEAD}X-Amz-Target: AWSOrganizationsV20161128.DescribeOrganization\r\nConnection: close\r\n"
        body = b'{"a":"' + b"x" * 900_000 + b'"}'
        last = f"{long}Content-Length: {len(body)}\r\n\r\n".encode() + body
        answers = server.raw(call("DescribeOrganization") * 20 + last)
        assert answers.count(b"HTTP/1.1 200 OK") == 21


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that can send hardly anything ahead of its one client, for whose reading it does not wait long."""

    def bind_narrow(host: str, port: int) -> socket.socket:
        listener = bind(host, port)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        return listener

    monkeypatch.setattr("orgsim.api.server.embed.bind", bind_narrow)
    with serving(limits=Limits(writing_seconds=0.05, connections=1)) as served:
        yield served


def has_a_free_place(server: Served) -> bool:
    """Whether a client is let in after some tries."""
    return any(server.call("DescribeOrganization").status == 400 for _ in range(1_000))


def test_client_that_never_reads(narrow: Served) -> None:
    """The connection of a client that leaves its answers unread is cut, and its place is free again."""
    with reach(narrow) as connection:
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                connection.sendall(LONG_PATH)
        assert has_a_free_place(narrow)


def test_last_answer_that_is_never_read(narrow: Served) -> None:
    """A connection that is to be closed behind an answer is cut too when nobody reads that answer."""
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.connect(("127.0.0.1", narrow.port))
        connection.sendall(LONG_PATH.replace(b"Content-Length", b"Connection: close\r\nContent-Length"))
        assert has_a_free_place(narrow)


def test_slow_reader() -> None:
    """A client that reads slowly, but does read, gets all that it asked for."""
    with serving() as server:
        asked = 40
        with reach(server) as connection:
            connection.sendall(LONG_PATH * asked)
            received, wanted = 0, asked * 50_000
            while received < wanted:
                received += len(connection.recv(1_000))


@pytest.mark.parametrize("fields", [b"X: y\r\n" * 1_000, b"y" * 5_000], ids=["many lines", "one line"])
def test_endless_trailers(fields: bytes) -> None:
    """Fields behind a body count as a header does, and are refused beyond its limit."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    with serving(limits=Limits(header_bytes=4_000)) as server, reach(server) as connection:
        connection.sendall(head)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"0\r\n" + fields)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 431 ")


def test_few_descriptors(start: Start, held: ExitStack) -> None:
    """Six hundred clients of a server with 256 descriptors leave a short log, and others are answered afterwards."""
    server = start("--log", "w.db", limits={resource.RLIMIT_NOFILE: (256, 256)})
    for _ in range(600):
        held.enter_context(reach(server))
    held.close()
    assert any(is_answered(server) for _ in range(1_000))
    assert server.call("DescribeOrganization").status == 200
    code, _, log = server.end()
    assert code == 0
    assert "few descriptors" in log
    assert len(log) < 2_000


def is_answered(server: Served) -> bool:
    """Whether a client is answered, rather than sent away."""
    try:
        return server.call("CreateOrganization").status == 200
    except ConnectionError:
        return False


def test_what_does_not_fit_holds_no_descriptor(start: Start, held: ExitStack) -> None:
    """While hundreds of clients hold on to their connections, the server keeps descriptors for its log."""
    server = start("--log", "w.db", limits={resource.RLIMIT_NOFILE: (256, 256)})
    first = held.enter_context(reach(server))
    for _ in range(600):
        held.enter_context(reach(server))
    first.sendall(call("CreateOrganization"))
    assert first.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    assert open_descriptors(server) <= 256 - RESERVE // 2


def test_limit_of_descriptors_is_raised(start: Start) -> None:
    """A server that was given few descriptors, but may have more, takes them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = start(limits={resource.RLIMIT_NOFILE: (256, most)})
    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    assert soft >= min(4_096, hard) > 256


@pytest.mark.parametrize(("descriptors", "connections"), [(20_000, 1_000), (256, 256 - RESERVE - SPARE), (10, 1)])
def test_connections_for_which_there_are_descriptors(descriptors: int, connections: int) -> None:
    """There may be as many connections as there are descriptors for, besides those for everything else."""
    assert within_descriptors(Limits(), descriptors).connections == connections


class Exhausted(socket.socket):
    """A socket for whose connections there is no descriptor for some time."""

    failures = 50

    def accept(self) -> tuple[socket.socket, object]:
        """Fail as the system does."""
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


class Greeter(asyncio.Protocol):
    """Says a word to whoever comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say it."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"welcome")
        transport.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_no_descriptor_for_a_client(
    anyio_backend: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no descriptor is left the log says so in one line, and who waits is taken in as soon as there is one."""
    monkeypatch.setattr("orgsim.api.server.accepting.RETRY_SECONDS", 0)
    with closing(Exhausted()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        acceptor = Acceptor(listener, Greeter, (), 10, server_log())
        acceptor.start()
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        assert await reader.read() == b"welcome"
        writer.close()
        acceptor.stop()
    log = capfd.readouterr().err
    assert len(log.splitlines()) == 1
    assert "Too many open files" in log
