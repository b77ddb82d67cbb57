"""HTTP: requests per second of ``orgsim serve``, one worker, against a constant answer, and beside moto's server.

Every server is a process of its own on loopback; the load comes from this one. Raw load is signed bytes made once, sent
over connections that stay open, each of which sends its next request when the answer has come; every answer is compared
byte by byte. Reference of the budget: an ASGI application that answers every request with a copy of our answer to
DescribeOrganization, header included, and reads nothing, on the same uvicorn with the same configuration.

moto's server answers the same calls, with a hundred accounts, though it closes every connection after one answer.
Rounds of the compared servers alternate, a first one is not counted, and the median of each counts. Operation by
operation, asked by boto3, the two stand in ``bench_operations.py``.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import anyio
import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from measure import Result, at_least, information, timing
from msgspec import Struct
from servers import KEY_ID, MOTO, ORGSIM, ORGSIM_RESET, TIMEOUT, boto3_client, reset, running

from orgsim.api.server.listening import bind, listening, url_of
from orgsim.api.server.message import Limits, Receive, Scope, Send

BUDGET = 0.5
CONNECTIONS = 32
ACCOUNTS = 100
"""Accounts in the organization that is listed."""

PAGE = 20


class Answer(Struct, frozen=True):
    """A server's answer: the headers that the application sets, and the body."""

    fields: list[tuple[str, str]]
    body: bytes


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


def _signed(url: str, operation: str, members: dict[str, Any]) -> Request:
    """Make a signed request with the headers that boto3 sends."""
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
    with urlopen(_signed(url, operation, members), timeout=TIMEOUT) as response:
        # The other headers are set by the HTTP server.
        fields = [(name, value) for name, value in response.getheaders() if name not in ("date", "connection")]
        return Answer(fields, response.read())


class Load:
    """A number of equal requests, each of which must get the same answer."""

    def __init__(self, request: bytes, body: bytes, calls: int) -> None:
        self.request = request
        self.body = body
        self.to_send = self.to_come = calls


class Connection(asyncio.Protocol):
    """A connection that sends its next request when it has received an answer."""

    def __init__(self, load: Load) -> None:
        self.closed = asyncio.get_running_loop().create_future()
        self._load = load
        self._come = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
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
        """Receive an answer, or part of one."""
        self._come += data
        header, end, body = self._come.partition(b"\r\n\r\n")
        if not end or len(body) < len(self._load.body):
            return
        self._come = b""
        self._load.to_come -= 1
        assert header.startswith(b"HTTP/1.1 200 "), header
        assert body == self._load.body, body
        # moto's server closes the connection after each answer.
        if b"\r\nConnection: close" in header:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that either side has closed, or an error."""
        if exc:
            self.closed.set_exception(exc)
        else:
            self.closed.set_result(None)


async def _user(load: Load, host: str, port: int) -> None:
    while load.to_send:
        _, connection = await asyncio.get_running_loop().create_connection(lambda: Connection(load), host, port)
        await connection.closed


async def _load(url: str, request: bytes, body: bytes, calls: int) -> float:
    """Send the requests and return how many were answered per second."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    load = Load(request, body, calls)
    with timing() as watch:
        async with asyncio.timeout(TIMEOUT), asyncio.TaskGroup() as users:
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
    """Measure in turns, and return the median of each."""
    figures = [[measure() for measure in measures] for _ in range(rounds + 1)]
    return [median(column) for column in zip(*figures[1:], strict=True)]


def _against_constant(ours: str, calls: int, rounds: int) -> Result:
    _post(ours, "CreateOrganization", {})
    operation = "DescribeOrganization"
    answer = _post(ours, operation, {})
    assert json.loads(answer.body)["Organization"]["FeatureSet"] == "ALL"
    with running(sys.executable, __file__, msgspec.json.encode(answer).decode()) as constant:
        assert _post(constant, operation, {}) == answer
        figures = _alternating(
            rounds,
            lambda: _raw_load(ours, operation, {}, answer.body, calls),
            lambda: _raw_load(constant, operation, {}, answer.body, calls),
        )
    note = f"{CONNECTIONS} connections; reference: a constant answer"
    return at_least(BUDGET, "HTTP DescribeOrganization", figures[0], figures[1], "requests/s", note)


def _create_accounts(client: Any, number: int) -> None:
    for each in range(number):
        client.create_account(Email=f"{each}@accounts.example", AccountName=f"Account {each}")


def _check_accounts(client: Any, number: int) -> None:
    pages = client.get_paginator("list_accounts").paginate()
    names = [account["Name"] for page in pages for account in page["Accounts"]]
    # The first is the management account.
    assert sorted(names[1:]) == sorted(f"Account {each}" for each in range(number))


def _fill(url: str) -> None:
    client = boto3_client(url)
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


def run(quick: bool) -> list[Result]:
    """Measure against a constant answer, then beside moto."""
    calls, rounds = (2_000, 7) if quick else (5_000, 21)
    with running(*ORGSIM) as ours:
        results = [_against_constant(ours, calls, rounds)]
        reset(ours, ORGSIM_RESET)
        with running(*MOTO) as moto:
            few = 1 if quick else 3
            _fill(ours)
            _fill(moto)
            results.append(_raw_beside_moto(ours, moto, "DescribeOrganization", {}, few))
            results.append(_raw_beside_moto(ours, moto, "ListAccounts", {"MaxResults": PAGE}, few))
    return results


if __name__ == "__main__":
    anyio.run(_serve_constant, msgspec.json.decode(sys.argv[1], type=Answer))
