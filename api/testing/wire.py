"""Answering what botocore would send over a network: by the services of the HTTP server, in the caller's own thread."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import anyio.to_thread
import structlog
from msgspec import Struct

from ...engine.errors import Refused
from ..population import require_account
from ..server.faults import Fault
from ..server.identity import OpenAuthentication, unique_id
from ..server.message import Request, Response
from ..server.organizations import Organizations
from ..server.served_world import ServedWorld
from ..server.sessions import fresh
from ..server.sts import MOST_SECONDS, Sts
from ..simulation import Simulation
from .waits import waits_of

WHY_FIXED = "the simulation belongs to the process that it runs in, which can make a new one"
REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
"""The region for which calls are signed, by partition."""
ROLE = re.compile(r"[a-zA-Z0-9_+=,.@-]{1,64}")
ROLE_SESSION = "orgsim"

QUIET = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
"""Nobody reads a log of refused calls here: each is raised where the call was made."""

KEY = "wire"
"""In ``Simulation.kept``."""


class Keys(Struct, frozen=True):
    """The credentials of a caller."""

    key_id: str
    secret: str
    token: str | None = None


class Wire:
    """Answers HTTP requests to AWS Organizations and STS about one simulation, without a network.

    Args:
        sim: the simulation, which has begun.
    """

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        assert sim.calls is not None, "whoever looks at sim.calls later finds the calls from here on"
        self.waits = waits_of(sim)
        self._world = ServedWorld(sim, WHY_FIXED)
        authentication = OpenAuthentication()
        self.services = {
            "organizations": Organizations(self._world, authentication, QUIET),
            "sts": Sts(self._world, authentication),
        }
        """By botocore's names."""

    async def answer(self, service: str, request: Request) -> Response:
        """Answer a request to a service.

        Raises:
            ConnectionDropped: a scripted fault closes the connection.
            EngineStopped: the simulation was closed.
        """
        try:
            return await self.services[service].answer(request)
        except (Fault, Refused) as refusal:
            return self.services[service].refusal(refusal)

    async def answer_here(self, service: str, request: Request) -> Response:
        """Answer a request in any event loop; raises as ``answer``."""
        if self.sim.in_thread:
            return await anyio.to_thread.run_sync(self.answer_now, service, request)
        return await self.answer(service, request)

    def answer_now(self, service: str, request: Request) -> Response:
        """Answer a request without ``await``; raises as ``answer``.

        Raises:
            NeedsEventLoop: the world has a log, and runs in the event loop that this call would block.
        """
        return self.sim.run(self.answer(service, request))

    def keys(self, account: str, role: str | None) -> Keys:
        """Make the credentials of an account's user, or of a session of one of its roles.

        Raises:
            ValueError: not twelve digits, or not the name of a role.
        """
        require_account(account)
        if role is None:
            return Keys(unique_id("AKIA", account, "in process"), "in process")
        key_id = unique_id("ASIA", account, fresh())
        made = self._world.live.sessions.begin(account, _required_role(role), ROLE_SESSION, MOST_SECONDS, key_id)
        return Keys(made.key_id, made.secret, made.token)

    def region(self, account: str) -> str:
        """Choose a region of the partition that an account is in."""
        state = self.sim.engine.state
        return REGIONS[state.partition_of(account) or state.settings.partition]


def _required_role(role: str) -> str:
    if ROLE.fullmatch(role):
        return role
    raise ValueError(f"role is the name of a role, such as OrganizationAccountAccessRole, not {role!r}")


def wire_of(sim: Simulation) -> Wire:
    """Return the one wire of a simulation: credentials of one of its clients are valid in all of them."""
    made = sim.kept.get(KEY) or sim.kept.setdefault(KEY, Wire(sim))
    return cast("Wire", made)


class Prepared(Protocol):
    """botocore's ``AWSPreparedRequest``: an HTTP request, signed and ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str | bytes]
    body: Any


def request_of(prepared: Prepared) -> Request:
    """Read a request of botocore's."""
    url = urlsplit(prepared.url)
    fields = {name.lower().encode("latin-1"): _as_bytes(value) for name, value in prepared.headers.items()}
    path = url.path or "/"
    return Request(prepared.method, path, url.query.encode(), fields, _as_bytes(prepared.body), path)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    return str(value).encode() if value is not None else b""


def fields_of(response: Response) -> dict[str, str]:
    """Return the header fields of a response as botocore reads them."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in response.fields}
