"""The ASGI application: which service a request is for, and what becomes of everything that can go wrong.

No middleware, and nothing is logged about a request that went as it should.
"""

import traceback
from typing import Protocol

import anyio
import anyio.to_thread
from structlog.typing import FilteringBoundLogger

from ...engine.errors import Refused
from ...engine.runtime.engine import EngineStopped
from .control import Control
from .faults import Fault, InternalFailure, ServiceUnavailable
from .hosts import Hosts
from .identity import Authentication
from .message import ClientGone, Headers, Limits, Receive, Request, Response, Scope, Send, read_body
from .organizations import Organizations
from .served_world import ServedWorld
from .sts import Sts

CONTROL_PATH = "/_orgsim/"


class Service(Protocol):
    """What answers requests of one kind."""

    async def answer(self, request: Request) -> Response:
        """Answer, or raise ``Fault`` or ``Refused``."""
        ...

    def refusal(self, error: Fault | Refused) -> Response:
        """A refusal in the words of the service."""
        ...


class App:
    """The server as an ASGI application.

    Args:
        world: what is served.
        authentication: how callers are found out.
        limits: what clients may ask for.
        log: where mistakes of ours are told.
        hosts: the names that are answered to; those of the loopback interface unless said otherwise.
        control_token: what the control plane asks for, if anything.
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
        self._organizations = Organizations(world, authentication)
        self._sts = Sts(world, authentication)
        self._control = Control(world, authentication.name, control_token)
        self.failed = anyio.Event()
        """Set when the engine has stopped for good, because its log cannot be written."""
        self.failure: EngineStopped | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; in uvicorn's task, so nothing may be raised but cancellation."""
        assert scope["type"] == "http", "neither lifespan nor websockets are asked for"
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
        except (Fault, Refused) as refusal:
            return service.refusal(refusal)
        except ClientGone:
            raise
        except EngineStopped as error:
            if live is not self._world.live:
                return service.refusal(ServiceUnavailable())
            self.failure = error
            self.failed.set()
            return service.refusal(InternalFailure())
        except Exception as error:
            # It reads source files.
            lines = await anyio.to_thread.run_sync(traceback.format_exception, error)
            self._log.error("a mistake in orgsim", traceback="".join(lines))
            return service.refusal(InternalFailure())
