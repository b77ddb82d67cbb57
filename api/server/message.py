"""Requests and responses as the services see them; reading a request's body within its limit."""

from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from ..events_json import iso_time
from .faults import RequestTooLarge

Headers = dict[bytes, bytes]
"""Names in lower case."""

# The three arguments of an ASGI application.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""

JSON = b"application/x-amz-json-1.1"
DISCARDED = 64
"""How many times the limit is read and thrown away of a body that is too long: many clients read the answer only after
sending the whole body."""


STOPPING = "orgsim.stopping"
"""In the scope of a request: an ``asyncio.Event`` that is set when the server stops."""
ABORT = "orgsim.abort"
"""In the scope of a request: closes its connection at once, without an answer."""
EXPLAIN = b"x-orgsim-explain"
"""The field of a request that asks, with the value 1, why it is refused if it is."""
LONGEST_EXPLANATION = 1_000
"""Characters of an explanation, as it is sent and logged; what is beyond is cut off."""
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


def one_line(explanation: str) -> str:
    """Write an explanation as it may stand in a header field or a log: one line of ASCII, not too long.

    It may quote what a client sent, so control characters and whatever is not ASCII are escaped as in Python.
    """
    text = explanation[:LONGEST_EXPLANATION].translate(CONTROLS).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= LONGEST_EXPLANATION else f"{text[: LONGEST_EXPLANATION - 3]}..."


def sent_path(scope: Scope) -> str:
    """Return the path of a request as it was sent, percent-encoded; a server need not tell it, says ASGI."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


class Limits(Struct, frozen=True):
    """Limits on what a client may ask of the server; ``docs/server.md`` says how each is enforced."""

    body_bytes: int = 1024 * 1024
    header_bytes: int = 64 * 1024
    request_seconds: float = 10
    """From a request's first byte to its last; for the first one on a connection, from connecting on."""
    writing_seconds: float = 10
    """How long a client may leave answers unread before its connection is cut."""
    pipelined: int = 64
    """Requests on one connection that may wait for the answers to earlier ones."""
    heartbeat_seconds: float = 15
    """How often a stream of events says that it is still there."""
    connections: int = 1_000
    """``orgsim serve`` allows fewer if the process may not have so many file descriptors."""
    idle_seconds: int = 60
    """How long a connection is kept open between two requests."""
    stopping_seconds: int = 10
    """How long the server waits for requests under way when it stops."""


class Request(Struct, frozen=True, gc=False):
    """A complete HTTP request."""

    method: str
    path: str
    """Within the world that it is for: without the ``/w/NAME`` and ``/at/PLACE`` in front."""
    query: bytes
    headers: Headers
    body: bytes
    signed_path: str
    """The whole path as it was sent, from which the client has made its signature."""
    at: str | None = None
    """The place, a moment or a position, as of which it is to be answered; None for the present."""


class Response(Struct, frozen=True, gc=False):
    """An HTTP response."""

    status: int
    body: bytes
    request_id: str
    content_type: bytes = JSON
    close: bool = False
    """Whether the connection is closed after it."""
    explanation: str | None = None
    """Why the request was refused, if it asked for that."""
    time: int | None = None
    """The world's time of an answer, in microseconds since the epoch."""

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields."""
        fields = [
            (b"x-amzn-requestid", self.request_id.encode()),
            (b"content-type", self.content_type),
            (b"content-length", b"%d" % len(self.body)),
        ]
        if self.time is not None:
            fields.append((b"x-orgsim-time", str(iso_time(self.time)).encode()))
        if self.explanation is not None:
            fields.append((b"x-orgsim-explanation", one_line(self.explanation).encode()))
        if self.status == 401:
            fields.append((b"www-authenticate", b"Bearer"))
        return [*fields, (b"connection", b"close")] if self.close else fields


class Stream(Struct, frozen=True):
    """An HTTP response without an end that is known: its body is made bit by bit while the client listens."""

    content_type: bytes
    request_id: str
    chunks: Callable[[float], AsyncGenerator[bytes, None]]
    """Makes the body; called with the seconds after which a stream without news says that it is there."""

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields."""
        return [
            (b"x-amzn-requestid", self.request_id.encode()),
            (b"content-type", self.content_type),
            (b"cache-control", b"no-store"),
        ]


class ClientGone(Exception):
    """The client closed the connection before its request was complete, so nobody waits for an answer."""


async def read_body(receive: Receive, limits: Limits) -> bytes:
    """Read the whole body. One that is too long is thrown away as it arrives, so that it never fills the memory.

    Raises:
        RequestTooLarge: it is longer than the limit.
        ClientGone: the client closed the connection, or was too slow.
    """
    body, length, more = b"", 0, True
    while more and length <= DISCARDED * limits.body_bytes:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        chunk = message.get("body", b"")
        length += len(chunk)
        if length <= limits.body_bytes:
            body += chunk
        more = message.get("more_body", False)
    if length > limits.body_bytes:
        raise RequestTooLarge(limits.body_bytes)
    return body
