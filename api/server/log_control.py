"""``/_orgsim/events`` and ``/_orgsim/calls``: pages of the log of a world."""

from contextlib import aclosing
from functools import partial
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct

from ..calls_json import call_as_dict, call_filter
from ..events_json import RequestIds, event_as_dict
from .faults import ControlRefused
from .message import Request, Stream
from .served_world import ServedWorld
from .streaming import EVENT_STREAM, event_stream

LARGEST_PAGE = 1_000
PAGE = 100
MOST_READ = 10_000
"""Events that are read for a page of calls, at most."""
Position = Annotated[int, Meta(ge=0)]
Limit = Annotated[int, Meta(ge=1, le=LARGEST_PAGE)]
WANTED = f"after is a position from 0 on, limit a number from 1 to {LARGEST_PAGE:,}"
P = TypeVar("P", bound=Struct)


class EventsPage(Struct, forbid_unknown_fields=True):
    """Which events are asked for."""

    after: Position = 0
    limit: Limit | None = None
    follow: bool = False
    """Whether a stream of these and of further events is wanted, rather than a page."""


class CallsPage(Struct, forbid_unknown_fields=True):
    """Which calls are asked for."""

    after: Position = 0
    limit: Limit = PAGE
    refused: bool = False
    caller: str | None = None
    operation: str | None = None


class LogControl:
    """Answers what is in the log of a world.

    Args:
        world: the served world.
    """

    def __init__(self, world: ServedWorld) -> None:
        self._world = world

    async def events(self, request: Request) -> dict[str, Any] | Stream:
        """Answer a page of events, or a stream of them.

        Raises:
            ControlRefused: there is no such page.
        """
        page = read_query(request, EventsPage, f"{WANTED}, follow 1 for a stream")
        if page.follow:
            return await self._stream(page, request.headers.get(b"last-event-id"))
        sim, head = self._world.live.sim, await self._head(page.after)
        ids = RequestIds(sim.engine.ids)
        async with aclosing(sim.events(page.after, page.limit or PAGE)) as envelopes:
            events = [event_as_dict(envelope, ids) async for envelope in envelopes]
        last = events[-1]["position"] if events else page.after
        return {"position": max(head, last), "next_after": last, "events": events}

    async def _stream(self, page: EventsPage, last_seen: bytes | None) -> Stream:
        if page.limit is not None:
            raise ControlRefused("a stream has no limit; leave it out, or ask for a page without follow")
        after = page.after
        if last_seen is not None:
            if not last_seen.isdigit():
                raise ControlRefused("Last-Event-ID is the id of an event that was received: its position")
            # What is longer than any position need not be computed, which for a very long one would fail.
            after = int(last_seen[:20])
        live = self._world.live
        await self._head(after)
        return Stream(EVENT_STREAM, live.request_id(), partial(event_stream, live.sim, after))

    async def calls(self, request: Request) -> dict[str, Any]:
        """Answer a page of calls: those among the next events, which may be none though there are more behind.

        Raises:
            ControlRefused: there is no such page.
        """
        page = read_query(request, CallsPage, f"{WANTED}, refused true or false, caller ACCOUNT or ACCOUNT/PRINCIPAL")
        try:
            wanted = call_filter(page.refused, page.caller, page.operation)
        except ValueError as error:
            raise ControlRefused(str(error)) from None
        sim, head, last = self._world.live.sim, await self._head(page.after), page.after
        calls, ids = list[dict[str, Any]](), RequestIds(sim.engine.ids)
        async with aclosing(sim.events(page.after, MOST_READ)) as envelopes:
            async for envelope in envelopes:
                last = envelope.position
                calls += map(call_as_dict, wanted.select([envelope], ids))
                if len(calls) == page.limit:
                    break
        return {"position": max(head, last), "next_after": last, "calls": calls}

    async def _head(self, after: int) -> int:
        """The end of the log, behind which no page may begin."""
        engine = self._world.live.sim.engine
        await engine.settle()
        await engine.flush()
        if after > engine.durable:
            raise ControlRefused(f"after={after} is beyond the end: the log ends at position {engine.durable}")
        return engine.durable


def read_query(request: Request, kind: type[P], wanted: str) -> P:
    """Read the query of a request.

    Args:
        request: the request.
        kind: what it may ask for.
        wanted: the choices, for the message.

    Raises:
        ControlRefused: it asks for something else.
    """
    query = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    try:
        return msgspec.convert(query, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ControlRefused(f"{wanted}: {error}") from None
