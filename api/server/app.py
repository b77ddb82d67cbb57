"""The ASGI application: routes a request to its service, and turns every exception into an answer.

There is no middleware. Requests are not logged, except those that an operation refused.
"""

import traceback
from typing import Protocol

import anyio
import anyio.to_thread
from msgspec.structs import replace
from structlog.typing import FilteringBoundLogger

from ...engine.errors import Refused
from ...engine.runtime.engine import EngineStopped
from .control import Control
from .faults import Fault, InternalFailure, ServiceUnavailable
from .hosts import Hosts
from .identity import Authentication
from .message import EXPLAIN, ClientGone, Headers, Limits, Receive, Request, Response, Scope, Send, read_body
from .organizations import Organizations
from .served_world import ServedWorld
from .sts import Sts

CONTROL_PATH = "/_orgsim/"


class Service(Protocol):
    """Answers the requests of one protocol: AWS Organizations, STS, or the control plane."""

    async def answer(self, request: Request) -> Response:
        """Answer a request, or raise ``Fault`` or ``Refused``."""
        ...

    def refusal(self, error: Fault | Refused) -> Response:
        """Make the response for a refusal in the service's format."""
        ...


class App:
    """The server as an ASGI application.

    Args:
        world: the served world.
        authentication: tells who is calling.
        limits: what clients may ask for.
        log: for refused calls and our own mistakes.
        hosts: the host names that are answered to; by default those of the loopback interface.
        control_token: the token that the control plane requires, if any.
    """

    def __init__(
        self,
        world: ServedWorld,
        authentication: Authentication,
        limits: Limits,
        log: FilteringBoundLogger,
        *,
        hosts: Hosts | None = None,
        control_token: str | None = None,
    ) -> None:
        self._world = world
        self._limits = limits
        self._log = log
        self._hosts = hosts or Hosts()
        self._organizations = Organizations(world, authentication, log)
        self._sts = Sts(world, authentication)
        self._control = Control(world, authentication.name, control_token)
        self.failed = anyio.Event()
        """Set when the engine has stopped for good, because its log cannot be written."""
        self.failure: EngineStopped | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. It runs in uvicorn's task, so nothing may be raised but cancellation."""
        assert scope["type"] == "http", "lifespan and websockets are switched off in uvicorn"
        headers: Headers = dict(scope["headers"])
        service = self._service(scope["path"], headers)
        try:
            response = await self._respond(service, scope, headers, receive)
        except ClientGone:
            return
        await send({"type": "http.response.start", "status": response.status, "headers": response.fields})
        await send({"type": "http.response.body", "body": response.body})

    def _service(self, path: str, headers: Headers) -> Service:
        if b"x-amz-target" in headers or path != "/":
            return self._control if path.startswith(CONTROL_PATH) else self._organizations
        return self._sts if self._sts.is_meant(headers) else self._organizations

    async def _respond(self, service: Service, scope: Scope, headers: Headers, receive: Receive) -> Response:
        live = self._world.live
        try:
            body = await read_body(receive, self._limits)
            self._hosts.require_own(headers, scope["headers"])
            query = scope["query_string"]
            return await service.answer(Request(scope["method"], scope["path"], query, headers, body))
        except Fault as fault:
            return service.refusal(fault)
        except Refused as refusal:
            response = service.refusal(refusal)
            asked = headers.get(EXPLAIN) == b"1"
            return replace(response, explanation=refusal.explanation) if asked else response
        except ClientGone:
            raise
        except EngineStopped as error:
            if live is not self._world.live:
                return service.refusal(ServiceUnavailable())
            self.failure = error
            self.failed.set()
            return service.refusal(InternalFailure())
        except Exception as error:
            # format_exception reads source files, which blocks, hence the thread.
            lines = await anyio.to_thread.run_sync(traceback.format_exception, error)
            self._log.error("a mistake in orgsim", traceback="".join(lines))
            return service.refusal(InternalFailure())
