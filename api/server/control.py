"""The control plane under ``/_orgsim/``: health, clock, events and reset, in JSON, without signatures.

Under open authentication anybody who reaches the port may use it, which is one reason why the server listens on the
loopback interface by default. Under ``--auth verify`` it requires a token.
"""

import hmac
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct

from ...engine.errors import Refused
from ...engine.operations import OPERATIONS
from ...engine.runtime.clock import PacedClock, SimulatedClock
from ...projections.reads import READS
from ..durations import read_duration
from ..events_json import event_as_dict
from .faults import ControlRefused, Fault
from .message import Headers, Request, Response
from .served_world import ServedWorld

JSON = b"application/json"
VERSION = version("orgsim")


class Move(Struct, forbid_unknown_fields=True):
    """The body of ``POST /_orgsim/clock``: exactly one of the two."""

    advance: str | None = None
    advance_to: datetime | None = None


LARGEST_PAGE = 1_000


class EventsPage(Struct, forbid_unknown_fields=True):
    """Which events are asked for."""

    after: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = 100


class Control:
    """The service that answers requests to the control plane.

    Args:
        world: the served world.
        authentication: ``open`` or ``verify``, shown by health.
        token: the bearer token that requests must carry; None if they need none.
    """

    def __init__(self, world: ServedWorld, authentication: str, token: str | None = None) -> None:
        self._world = world
        self._token = None if token is None else token.encode()
        self._authentication = authentication
        self._routes: dict[str, dict[str, Callable[[Request], Awaitable[dict[str, Any]]]]] = {
            "/_orgsim/health": {"GET": self._health},
            "/_orgsim/clock": {"GET": self._clock, "POST": self._move_clock},
            "/_orgsim/events": {"GET": self._events},
            "/_orgsim/reset": {"POST": self._reset},
        }

    async def answer(self, request: Request) -> Response:
        """Route a request to its handler.

        Raises:
            ControlRefused: there is no such path or method, the token is wrong, or the request cannot be carried out.
        """
        self._require_token(request.headers)
        methods = self._routes.get(request.path)
        if methods is None:
            raise ControlRefused(f"there is nothing here; there are {', '.join(self._routes)}", status=404)
        route = methods.get(request.method)
        if route is None:
            raise ControlRefused(f"use {' or '.join(methods)} here, not {request.method}", status=405)
        content = await route(request)
        return self._response(200, content)

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
        return {
            "status": "ok",
            "version": VERSION,
            "log": engine.log.name,
            "position": engine.durable,
            "seed": engine.state.seed,
            "auth": self._authentication,
            "operations": len({*OPERATIONS, *READS}),
        }

    async def _clock(self, request: Request) -> dict[str, Any]:
        sim = self._world.live.sim
        match sim.engine.clock:
            case SimulatedClock():
                kind: dict[str, Any] = {"clock": "simulated"}
            case PacedClock(factor=factor):
                kind = {"clock": "paced", "factor": factor}
            case _:
                kind = {"clock": "wall"}
        return {"now": sim.now, **kind}

    async def _move_clock(self, request: Request) -> dict[str, Any]:
        try:
            move = msgspec.json.decode(request.body, type=Move)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise ControlRefused(f"the body is not what is wanted: {error}") from None
        if (move.advance is None) == (move.advance_to is None):
            raise ControlRefused('say either {"advance": "15d"} or {"advance_to": "2026-03-01T00:00:00Z"}')
        sim = self._world.live.sim
        try:
            if move.advance_to is not None:
                await sim.advance_to(move.advance_to)
            else:
                await sim.advance(read_duration(move.advance or ""))
        except TypeError as error:
            raise ControlRefused(f"{error}; serve with --clock simulated", status=409) from None
        except ValueError as error:
            raise ControlRefused(str(error)) from None
        return await self._clock(request)

    async def _events(self, request: Request) -> dict[str, Any]:
        query = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
        try:
            page = msgspec.convert(query, EventsPage, strict=False)
        except msgspec.ValidationError as error:
            wanted = f"after is a position from 0 on, limit a number from 1 to {LARGEST_PAGE:,}"
            raise ControlRefused(f"{wanted}: {error}") from None
        sim = self._world.live.sim
        head = sim.engine.durable
        if page.after > head:
            raise ControlRefused(f"after={page.after} is beyond the end: the log ends at position {head}")
        ids = sim.engine.ids
        async with aclosing(sim.events(page.after, page.limit)) as envelopes:
            events = [event_as_dict(envelope, ids) async for envelope in envelopes]
        last = events[-1]["position"] if events else page.after
        return {"position": max(head, last), "next_after": last, "events": events}

    async def _reset(self, request: Request) -> dict[str, Any]:
        await self._world.reset()
        return await self._health(request)
