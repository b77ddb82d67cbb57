"""Send the events of a world as they come, as Server-Sent Events, until the client, the world or the server ends."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

import anyio
import msgspec

from ...engine.log import LogError
from ...engine.runtime.engine import EngineStopped
from ..events_json import RequestIds, event_as_dict
from ..simulation import Simulation
from .message import STOPPING, Receive, Scope, Send, Stream

EVENT_STREAM = b"text/event-stream"
PART = 100
"""So many events at most are in memory for a client, besides what its socket has not taken."""
BEGINNING = b"retry: 1000\n\n"
HEARTBEAT = b": still here\n\n"


async def event_stream(sim: Simulation, after: int, heartbeat: float) -> AsyncGenerator[bytes, None]:
    """Make Server-Sent Events of the events behind a position, and of further ones, until the simulation is closed.

    The id of each is its position, its data the event as JSON.

    Args:
        sim: the simulation.
        after: the position before the first event.
        heartbeat: after so many seconds without an event comes a comment.
    """
    yield BEGINNING
    ids = RequestIds(sim.engine.ids)
    with suppress(EngineStopped, LogError):
        while True:
            part = await _part(sim, after, ids)
            if part:
                after = part[-1]["position"]
                yield b"".join(b"id: %d\ndata: %b\n\n" % (each["position"], msgspec.json.encode(each)) for each in part)
                continue
            with anyio.move_on_after(heartbeat) as patience:
                if not await sim.engine.further(after):
                    return
            if patience.cancelled_caught:
                yield HEARTBEAT
                # Under a wall clock what is due may be waiting for somebody to call.
                await sim.engine.settle()


async def _part(sim: Simulation, after: int, ids: RequestIds) -> list[dict[str, Any]]:
    async with aclosing(sim.events(after, PART)) as envelopes:
        return [event_as_dict(envelope, ids) async for envelope in envelopes]


async def send_stream(stream: Stream, heartbeat: float, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a stream until it ends, its client goes away, or the server stops.

    Args:
        stream: what is sent.
        heartbeat: after so many seconds without news it says that it is there.
        scope: of the request.
        receive: for the end of the connection.
        send: sends the parts.
    """
    await send({"type": "http.response.start", "status": 200, "headers": stream.fields})

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with anyio.create_task_group() as tasks:

        async def until(end: Callable[[], Awaitable[object]]) -> None:
            await end()
            tasks.cancel_scope.cancel()

        tasks.start_soon(until, gone)
        if STOPPING in scope:
            tasks.start_soon(until, scope[STOPPING].wait)
        async with aclosing(stream.chunks(heartbeat)) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        tasks.cancel_scope.cancel()
    await send({"type": "http.response.body", "body": b""})
