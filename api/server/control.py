"""The control plane under ``/_orgsim/``: health, clock, log and reset, in JSON, without signatures.

Under open authentication anybody who reaches the port may use it, which is one reason why the server listens on the
loopback interface by default. Under ``--auth verify`` it requires a token.
"""

import hmac
from importlib.metadata import version
from typing import Any

import msgspec

from ...engine.errors import Refused
from ...engine.operations import OPERATIONS
from ...projections.reads import READS
from .clock_control import ClockControl
from .faults import QUOTED, ControlRefused, Fault
from .faults_control import FaultsControl
from .log_control import LogControl
from .message import Headers, Request, Response, Stream
from .routes import ANY_NAME, Route, Routes
from .served_world import ServedWorld

JSON = b"application/json"
VERSION = version("orgsim")


class Control:
    """The service that answers requests to the control plane.

    Args:
        world: the served world.
        authentication: ``open`` or ``verify``, shown by health.
        token: the bearer token that requests must carry; None if they need none.
        more: routes besides those that every world has.
    """

    def __init__(
        self, world: ServedWorld, authentication: str, token: str | None = None, more: Routes | None = None
    ) -> None:
        self._world = world
        self._token = None if token is None else token.encode()
        self._authentication = authentication
        clock, log = ClockControl(world), LogControl(world)
        self._routes: Routes = {
            "/_orgsim/health": {"GET": self._health},
            "/_orgsim/clock": {"GET": clock.show, "POST": clock.move},
            "/_orgsim/events": {"GET": log.events},
            "/_orgsim/calls": {"GET": log.calls},
            "/_orgsim/reset": {"POST": self._reset},
            **FaultsControl(world).routes,
        }
        self._more = more or {}

    async def answer(self, request: Request) -> Response | Stream:
        """Route a request to its handler.

        Raises:
            ControlRefused: there is no such path or method, the token is wrong, or the request cannot be carried out.
        """
        if request.at is not None:
            raise ControlRefused(
                f"the control plane is about the present; leave /at/{request.at[:QUOTED]} out", status=404
            )
        route = self._route_of(request, self._routes | self._more)
        content = await route(request)
        return content if isinstance(content, Stream) else self._response(200, content)

    def require_meant(self, request: Request) -> None:
        """Check that a request has the token and names a route that every world has; raises as ``answer``."""
        self._route_of(request, self._routes)

    def _route_of(self, request: Request, routes: Routes) -> Route:
        self._require_token(request.headers)
        methods = routes.get(request.path) or routes.get(f"{request.path.rpartition('/')[0]}/{ANY_NAME}")
        if methods is None:
            raise ControlRefused(f"there is nothing here; there are {', '.join(routes)}", status=404)
        route = methods.get(request.method)
        if route is None:
            raise ControlRefused(f"use {' or '.join(methods)} here, not {request.method}", status=405)
        return route

    def refusal(self, error: Fault | Refused) -> Response:
        """Make the response for a refusal, in the form of AWS's errors."""
        if isinstance(error, Fault):
            return self._response(error.status, {"__type": error.code, "message": error.message}, error.closes)
        return self._response(400, {"__type": error.code, "message": error.message})

    def _response(self, status: int, content: dict[str, Any], close: bool = False) -> Response:
        return Response(status, msgspec.json.encode(content) + b"\n", self._world.live.request_id(), JSON, close)

    def _require_token(self, headers: Headers) -> None:
        if self._token is None:
            return
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._token):
            raise ControlRefused(
                "the control plane asks for its token, as Authorization: Bearer TOKEN; it is the control_token of the "
                "credentials file, or else stands in what the server prints when it is ready",
                status=401,
            )

    async def _health(self, request: Request) -> dict[str, Any]:
        engine = self._world.live.sim.engine
        await engine.settle()
        return {
            "status": "ok",
            "version": VERSION,
            "log": engine.log.name,
            "position": engine.durable,
            "seed": engine.state.seed,
            "auth": self._authentication,
            "operations": len({*OPERATIONS, *READS}),
        }

    async def _reset(self, request: Request) -> dict[str, Any]:
        self._world.reset()
        return await self._health(request)
