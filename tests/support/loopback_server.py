"""Run real servers on the loopback interface, in threads, and send requests to them."""

import http.client
import json
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any

import anyio.to_thread
import boto3
from anyio.from_thread import BlockingPortal, start_blocking_portal
from botocore.config import Config

from orgsim.api import Simulation
from orgsim.api.server.app import App
from orgsim.api.server.diagnostics import server_log
from orgsim.api.server.embed import make_authentication, serve
from orgsim.api.server.listening import bind, listening, url_of
from orgsim.api.server.message import Limits
from orgsim.api.server.served_world import ServedWorld, resettable_world
from orgsim.api.server.worlds import Worlds
from support.patience import PATIENCE

MANAGEMENT, MEMBER, STRANGER = "111111111111", "222222222222", "333333333333"
TARGET = "AWSOrganizationsV20161128."
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=PATIENCE, read_timeout=PATIENCE)


def authorization(key_id: str = MANAGEMENT, service: str = "organizations") -> str:
    """Make a well-formed Authorization header whose signature is not valid."""
    return (
        f"AWS4-HMAC-SHA256 Credential={key_id}/20260101/us-east-1/{service}/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    )


def signed(operation: str, key_id: str = MANAGEMENT) -> dict[str, str]:
    """Make the headers of a call."""
    return {
        "X-Amz-Target": TARGET + operation,
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": authorization(key_id),
        "Content-Type": "application/x-amz-json-1.1",
    }


class Answer:
    """What a server answered."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """Status and type of a well-formed error in AWS JSON."""
        assert self.headers["content-type"] in ("application/x-amz-json-1.1", "application/json")
        content = self.json
        assert content.keys() <= {"__type", "message", "Message", "Reason"}
        assert content.get("message") or content.get("Message")
        return self.status, content["__type"]


async def read_events(sim: Simulation, after: int = 0) -> list[Any]:
    """Read the events after a position."""
    return [envelope async for envelope in sim.events(after)]


class Served:
    """A running server, its simulation, and ways to send requests to it.

    Args:
        url: of the server.
        sim: of its default world.
        portal: the thread in which it runs.
        prefix: of all paths: that of a named world.
    """

    def __init__(self, url: str, sim: Simulation, portal: BlockingPortal, prefix: str = "") -> None:
        self.sim, self.portal = sim, portal
        self.port = int(url.rpartition(":")[2])
        self.url, self._server, self._prefix = url + prefix, url, prefix
        self._clients: list[Any] = []

    def named(self, name: str) -> "Served":
        """The same server, for requests to one of its named worlds."""
        named = Served(self._server, self.sim, self.portal, f"/w/{name}")
        named._clients = self._clients
        return named

    def at(self, place: object) -> "Served":
        """The same world, for requests as of a moment or a position."""
        past = Served(self._server, self.sim, self.portal, f"{self._prefix}/at/{place}")
        past._clients = self._clients
        return past

    def control(self, method: str, path: str, content: object = None) -> Answer:
        """Send a request to the control plane."""
        body = b"" if content is None else json.dumps(content).encode()
        return self.request(method, f"/_orgsim/{path}", body=body)

    def boto3(
        self,
        service: str,
        key_id: str = MANAGEMENT,
        secret: str = "secret",
        token: str | None = None,
        region: str = "us-east-1",
    ) -> Any:
        """Make a boto3 client of the server."""
        client = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=ONCE,
        )
        self._clients.append(client)
        return client

    def organizations(self, key_id: str = MANAGEMENT, region: str = "us-east-1") -> Any:
        """Make a boto3 client for Organizations."""
        return self.boto3("organizations", key_id, region=region)

    def with_credentials(self, service: str, credentials: dict[str, str], region: str = "us-east-1") -> Any:
        """Make a boto3 client with credentials from AssumeRole."""
        keys = credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
        return self.boto3(service, *keys, region)

    def request(
        self, method: str = "POST", path: str = "/", headers: dict[str, str] | None = None, body: bytes = b"{}"
    ) -> Answer:
        """Send one request on a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(method, self._prefix + path, body, headers or {})
            with connection.getresponse() as response:
                fields = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, fields, response.read())

    def call(self, operation: str, body: bytes = b"{}", key_id: str = MANAGEMENT) -> Answer:
        """Send one call with a raw body."""
        return self.request(headers=signed(operation, key_id), body=body)

    def raw(self, data: bytes) -> bytes:
        """Send bytes, and return all that the server sends until it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(data)
            received = b""
            while part := connection.recv(65_536):
                received += part
            return received

    @property
    def position(self) -> int:
        """The position of the log's last event."""
        return self.sim.engine.durable

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()


@contextmanager
def serving(
    *,
    credentials: Any = None,
    limits: Limits | None = None,
    allow_hosts: tuple[str, ...] = (),
    control_token: str | None = None,
    worlds: Worlds | None = None,
    **world: Any,
) -> Iterator[Served]:
    """Run a server of ``Simulation(**world)`` in a thread."""
    options = {"credentials": credentials, "limits": limits, "allow_hosts": allow_hosts, "control_token": control_token}
    options["worlds"] = worlds

    @asynccontextmanager
    async def running() -> AsyncGenerator[tuple[Simulation, str], None]:
        async with Simulation(**world) as sim, serve(sim, **options) as url:
            yield sim, url

    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(running()) as (sim, url):
        served = Served(url, sim, portal)
        try:
            yield served
        finally:
            served.close()


@contextmanager
def serving_resettable(**world: Any) -> Iterator[Served]:
    """Run a server in a thread whose ``Simulation(**world)`` can be reset."""

    @asynccontextmanager
    async def running() -> AsyncGenerator[tuple[ServedWorld, str], None]:
        with resettable_world(lambda: Simulation(**world)) as worlds:
            app = App(worlds, make_authentication(None), Limits(), server_log())
            listener = await anyio.to_thread.run_sync(bind, "127.0.0.1", 0)
            async with listening(app, listener, Limits()):
                yield worlds, url_of(listener)

    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(running()) as (worlds, url):
        served = Served(url, worlds.live.sim, portal)
        try:
            yield served
        finally:
            served.close()
