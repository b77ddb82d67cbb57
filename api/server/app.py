"""The ASGI application: routes a request to its service, and turns every exception into an answer.

There is no middleware. Requests are not logged, except those that an operation refused.
"""

import traceback
from contextlib import ExitStack

import anyio
import anyio.to_thread
from msgspec.structs import replace
from structlog.typing import FilteringBoundLogger

from ...engine.errors import Refused
from ...engine.errors.connection import ConnectionDropped
from ...engine.runtime.engine import EngineStopped
from .faults import Fault, InternalFailure, ServiceUnavailable, WorldRefused
from .hosts import Hosts
from .identity import Authentication
from .message import (
    ABORT,
    EXPLAIN,
    ClientGone,
    Headers,
    Limits,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    Stream,
    read_body,
    sent_path,
)
from .past import split_place
from .served_world import ServedWorld
from .services import Service, Services
from .streaming import send_stream
from .worlds import Worlds, split_path
from .worlds_control import WorldsControl


class App:
    """The server as an ASGI application.

    Args:
        world: the served world.
        authentication: tells who is calling.
        limits: what clients may ask for.
        log: for refused calls and our own mistakes.
        hosts: the host names that are answered to; by default those of the loopback interface.
        control_token: the token that the control plane requires, if any.
        worlds: the named worlds under ``/w/NAME/``; None if there are none.
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
        worlds: Worlds | None = None,
    ) -> None:
        self._limits = limits
        self._log = log
        self._hosts = hosts or Hosts()
        self._worlds = worlds
        self._authentication = authentication
        self._control_token = control_token
        routes = None if worlds is None else WorldsControl(worlds, world).routes
        self._default = Services(world, authentication, log, control_token, routes)
        self.failed = anyio.Event()
        """Set when the engine has stopped for good, because its log cannot be written."""
        self.failure: EngineStopped | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. It runs in uvicorn's task, so nothing may be raised but cancellation."""
        assert scope["type"] == "http", "lifespan and websockets are switched off in uvicorn"
        try:
            # The world that answers is in use as long as that takes, but not while a stream is being read.
            with ExitStack() as in_use:
                response = await self._respond(scope, receive, in_use)
        except ClientGone:
            return
        except ConnectionDropped:
            scope[ABORT]()
            # uvicorn would answer by itself unless it has noticed that the connection is gone, which it then says.
            await receive()
            return
        if isinstance(response, Stream):
            await send_stream(response, self._limits.heartbeat_seconds, scope, receive, send)
            return
        await send({"type": "http.response.start", "status": response.status, "headers": response.fields})
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, scope: Scope, receive: Receive, in_use: ExitStack) -> Response | Stream:
        headers: Headers = dict(scope["headers"])
        name, path = split_path(scope) if self._worlds else (None, scope["path"])
        at, path = split_place(path)
        services = self._default
        service, live = services.find(path, headers), services.world.live
        try:
            body = await read_body(receive, self._limits)
            self._hosts.require_own(headers, scope["headers"])
            sent = sent_path(scope)
            request = Request(scope["method"], path, scope["query_string"], headers, body, sent, at)
            if name is not None:
                services = self._enter(name, request, service, in_use)
                service, live = services.find(path, headers), services.world.live
            return await service.answer(request)
        except Fault as fault:
            return service.refusal(fault)
        except Refused as refusal:
            response = service.refusal(refusal)
            asked = headers.get(EXPLAIN) == b"1"
            return replace(response, explanation=refusal.explanation) if asked else response
        except (ClientGone, ConnectionDropped):
            raise
        except EngineStopped as error:
            if services is not self._default or live is not services.world.live:
                return service.refusal(ServiceUnavailable())
            self.failure = error
            self.failed.set()
            return service.refusal(InternalFailure())
        except Exception as error:
            # format_exception reads source files, which blocks, hence the thread.
            lines = await anyio.to_thread.run_sync(traceback.format_exception, error)
            self._log.error("a mistake in orgsim", traceback="".join(lines))
            return service.refusal(InternalFailure())

    def _enter(self, name: str, request: Request, service: Service, in_use: ExitStack) -> Services:
        """Return the services of a named world, which begins now if there is none and the request makes sense.

        Raises:
            WorldRefused: there is no such world, and none can begin.
            Fault: there is no such world, and nobody would answer the request.
        """
        assert self._worlds is not None, "otherwise no path names a world"
        world = self._worlds.find(name)
        if world is None:
            if request.at is not None:
                raise WorldRefused(f"there is no world {name!r}, and so it has no past", status=404)
            # Checked by the default world's service: nonsense, and requests without a signature, begin no world.
            service.require_meant(request)
            world = self._worlds.find_or_begin(name)
        in_use.enter_context(self._worlds.using(world))
        if world.services is None:
            log = self._log.bind(world=name)
            world.services = Services(world.served, self._authentication, log, self._control_token)
        return world.services
