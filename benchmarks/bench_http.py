"""HTTP: requests per second of ``orgsim serve``, one worker, against a constant answer, and beside moto's server.

Every server is a process of its own on loopback; the load comes from this one. Raw load is signed bytes made once, sent
over connections that stay open, each of which sends its next request when the answer has come; every answer is compared
byte by byte. Reference of the budget: an ASGI application that answers every request with a copy of our answer to
DescribeOrganization, header included, and reads nothing, on the same uvicorn with the same configuration.

moto's server answers the same calls: raw, with a hundred accounts, though it closes every connection after one answer;
and from one boto3 client each, where boto3 itself takes much of the time: CreateOrganization, CreateAccount,
CreateOrganizationalUnit, CreatePolicy, AttachPolicy, DescribeOrganization and ListAccounts. Rounds of the compared
servers alternate, a first one is not counted, and the median of each counts.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from statistics import median
from threading import Event
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import anyio
import boto3
import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from measure import Result, at_least, information, timed, timing
from moto.server import ThreadedMotoServer
from msgspec import Struct

from orgsim.api.server.listening import bind, listening, url_of
from orgsim.api.server.message import Limits, Receive, Scope, Send

BUDGET = 0.5
CONNECTIONS = 32
ACCOUNTS = 100
"""How many there are to list."""

PAGE = 20
CALLS_OF_EACH = 30
"""In a round of boto3, of each operation but CreateOrganization."""

PATIENCE = 120
"""Seconds after which a server that does not answer fails the benchmark."""

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
DENY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})


class Answer(Struct, frozen=True):
    """What a server answers to a request: the part of its header that an application gives, and its body."""

    fields: list[tuple[str, str]]
    body: bytes


@contextmanager
def _running(*command: str) -> Iterator[str]:
    """The URL of a server in a process of its own: the end of the first line that it prints."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            with DefaultSelector() as selector:
                selector.register(process.stdout, EVENT_READ)
                line = process.stdout.readline() if selector.select(PATIENCE) else ""
            assert line, f"{command} does not start"
            yield line.split()[-1]
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _orgsim() -> list[str]:
    return [str(Path(sys.executable).with_name("orgsim")), "serve", "--port", "0"]


def _this_file(what: str, *arguments: str) -> list[str]:
    return [sys.executable, __file__, what, *arguments]


async def _serve_constant(answer: Answer) -> None:
    fields = [(name.encode(), value.encode()) for name, value in answer.fields]
    start = {"type": "http.response.start", "status": 200, "headers": fields}
    body = {"type": "http.response.body", "body": answer.body}

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)
        await send(body)

    listener = bind("127.0.0.1", 0)
    async with listening(app, listener, Limits()):
        print(url_of(listener), flush=True)
        await anyio.sleep_forever()


def _serve_moto() -> None:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    # It serves in a thread that does not keep the process alive.
    Event().wait()


def _signed(url: str, operation: str, members: dict[str, Any]) -> Request:
    """A request with the header that boto3 sends."""
    headers = {
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-amz-json-1.1",
        "User-Agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux md/arch#x86_64 lang/python",
        "X-Amz-Target": f"AWSOrganizationsV20161128.{operation}",
    }
    request = AWSRequest("POST", f"{url}/", headers, json.dumps(members).encode())
    SigV4Auth(Credentials(KEY_ID, "secret"), "organizations", "us-east-1").add_auth(request)
    prepared = request.prepare()
    return Request(prepared.url, prepared.body, dict(prepared.headers.items()))


def _post(url: str, operation: str, members: dict[str, Any]) -> Answer:
    with urlopen(_signed(url, operation, members), timeout=PATIENCE) as response:
        # The others are the HTTP server's.
        fields = [(name, value) for name, value in response.getheaders() if name not in ("date", "connection")]
        return Answer(fields, response.read())


def _reset(url: str, path: str) -> None:
    with urlopen(Request(url + path, b"{}", {"Content-Type": "application/json"}), timeout=PATIENCE):
        pass


class Load:
    """So many times the same request, each of which has the same answer."""

    def __init__(self, request: bytes, body: bytes, calls: int) -> None:
        self.request = request
        self.body = body
        self.to_send = self.to_come = calls


class Connection(asyncio.Protocol):
    """A connection that sends a request when the one before it has been answered, until it is closed."""

    def __init__(self, load: Load) -> None:
        self.closed = asyncio.get_running_loop().create_future()
        self._load = load
        self._come = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The server listens."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        if self._load.to_send:
            self._load.to_send -= 1
            self._transport.write(self._load.request)
        else:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """An answer, or part of one."""
        self._come += data
        header, end, body = self._come.partition(b"\r\n\r\n")
        if not end or len(body) < len(self._load.body):
            return
        self._come = b""
        self._load.to_come -= 1
        assert header.startswith(b"HTTP/1.1 200 "), header
        assert body == self._load.body, body
        # moto's server answers one request for each connection.
        if b"\r\nConnection: close" in header:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Either side has closed, or something was wrong."""
        if exc:
            self.closed.set_exception(exc)
        else:
            self.closed.set_result(None)


async def _user(load: Load, host: str, port: int) -> None:
    while load.to_send:
        _, connection = await asyncio.get_running_loop().create_connection(lambda: Connection(load), host, port)
        await connection.closed


async def _load(url: str, request: bytes, body: bytes, calls: int) -> float:
    """Requests per second."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    load = Load(request, body, calls)
    with timing() as watch:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as users:
            for _ in range(CONNECTIONS):
                users.create_task(_user(load, address.hostname, address.port))
    assert load.to_come == 0
    return calls / watch.seconds


def _raw_load(url: str, operation: str, members: dict[str, Any], body: bytes, calls: int) -> float:
    request = _signed(url, operation, members)
    assert isinstance(request.data, bytes)
    fields = {"Host": request.host, **request.headers}
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return asyncio.run(_load(url, "\r\n".join(lines).encode() + request.data, body, calls))


def _alternating(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each."""
    figures = [[measure() for measure in measures] for _ in range(rounds + 1)]
    return [median(column) for column in zip(*figures[1:], strict=True)]


def _against_constant(ours: str, calls: int, rounds: int) -> Result:
    _post(ours, "CreateOrganization", {})
    operation = "DescribeOrganization"
    answer = _post(ours, operation, {})
    assert json.loads(answer.body)["Organization"]["FeatureSet"] == "ALL"
    with _running(*_this_file("constant", msgspec.json.encode(answer).decode())) as constant:
        assert _post(constant, operation, {}) == answer
        figures = _alternating(
            rounds,
            lambda: _raw_load(ours, operation, {}, answer.body, calls),
            lambda: _raw_load(constant, operation, {}, answer.body, calls),
        )
    note = f"{CONNECTIONS} connections; reference: a constant answer"
    return at_least(BUDGET, "HTTP DescribeOrganization", figures[0], figures[1], "requests/s", note)


def _client(url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE)
    keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": "secret"}
    return boto3.client("organizations", "us-east-1", endpoint_url=url, config=config, **keys)


def _create_accounts(client: Any, number: int) -> None:
    for each in range(number):
        client.create_account(Email=f"{each}@accounts.example", AccountName=f"Account {each}")


def _check_accounts(client: Any, number: int) -> None:
    pages = client.get_paginator("list_accounts").paginate()
    names = [account["Name"] for page in pages for account in page["Accounts"]]
    # The first is the management account.
    assert sorted(names[1:]) == sorted(f"Account {each}" for each in range(number))


def _fill(url: str) -> None:
    client = _client(url)
    client.create_organization(FeatureSet="ALL")
    _create_accounts(client, ACCOUNTS)
    _check_accounts(client, ACCOUNTS)


def _raw_beside_moto(ours: str, moto: str, operation: str, members: dict[str, Any], rounds: int) -> Result:
    our_body, moto_body = (_post(url, operation, members).body for url in (ours, moto))
    if operation == "ListAccounts":
        assert len(json.loads(our_body)["Accounts"]) == len(json.loads(moto_body)["Accounts"]) == PAGE
    figures = _alternating(
        rounds,
        lambda: _raw_load(ours, operation, members, our_body, 3_000),
        lambda: _raw_load(moto, operation, members, moto_body, 300),
    )
    note = f"{ACCOUNTS} accounts; reference: moto's server"
    return information(f"HTTP {operation}, raw, beside moto", figures[0], figures[1], "requests/s", note)


def _seven_operations(client: Any) -> None:
    """The seven operations of the comparison, and ListRoots, which they need."""
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    _create_accounts(client, CALLS_OF_EACH)
    for number in range(CALLS_OF_EACH):
        unit = client.create_organizational_unit(ParentId=root, Name=f"Unit {number}")["OrganizationalUnit"]["Id"]
        policy = client.create_policy(
            Name=f"Policy {number}", Description="", Type="SERVICE_CONTROL_POLICY", Content=DENY
        )["Policy"]["PolicySummary"]["Id"]
        client.attach_policy(PolicyId=policy, TargetId=unit)
        assert client.describe_organization()["Organization"]["FeatureSet"] == "ALL"
        assert len(client.list_accounts(MaxResults=PAGE)["Accounts"]) == PAGE


def _boto3_beside_moto(ours: str, moto: str, rounds: int) -> Result:
    calls = 6 * CALLS_OF_EACH + 2

    def measure(url: str, reset: str) -> float:
        _reset(url, reset)
        client = _client(url)
        seconds = timed(lambda: _seven_operations(client))
        _check_accounts(client, CALLS_OF_EACH)
        return calls / seconds

    figures = _alternating(rounds, lambda: measure(ours, "/_orgsim/reset"), lambda: measure(moto, "/moto-api/reset"))
    note = f"{calls} calls; reference: moto's server"
    return information("HTTP seven operations, boto3, beside moto", figures[0], figures[1], "requests/s", note)


def run(quick: bool) -> list[Result]:
    """Against a constant answer, then beside moto."""
    calls, rounds = (2_000, 7) if quick else (5_000, 21)
    with _running(*_orgsim()) as ours:
        results = [_against_constant(ours, calls, rounds)]
        _reset(ours, "/_orgsim/reset")
        with _running(*_this_file("moto")) as moto:
            few = 1 if quick else 3
            _fill(ours)
            _fill(moto)
            results.append(_raw_beside_moto(ours, moto, "DescribeOrganization", {}, few))
            results.append(_raw_beside_moto(ours, moto, "ListAccounts", {"MaxResults": PAGE}, few))
            results.append(_boto3_beside_moto(ours, moto, few))
    return results


if __name__ == "__main__":
    if sys.argv[1] == "moto":
        _serve_moto()
    else:
        anyio.run(_serve_constant, msgspec.json.decode(sys.argv[2], type=Answer))
