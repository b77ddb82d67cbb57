"""A request and a response as the services here see them, and how a request's body is read within its limits."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from msgspec import Struct

from .faults import RequestTooLarge

Headers = dict[bytes, bytes]
"""Names in lower case."""

# ASGI's three parts of a call.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An application."""

JSON = b"application/x-amz-json-1.1"
DISCARDED = 64
"""So many times the limit is read and thrown away of a body that is too long: whoever sends it hears the answer only
after sending."""


class Limits(Struct, frozen=True):
    """What a client may ask of the server; ``docs/server.md`` says what it gets beyond."""

    body_bytes: int = 1024 * 1024
    header_bytes: int = 64 * 1024
    request_seconds: float = 10
    """From a request's first byte to its last; of a connection's first request, from connecting on."""
    writing_seconds: float = 10
    """For so long a client may leave unread what it is sent; then its connection is cut."""
    pipelined: int = 64
    """Requests that a connection may send without waiting for their answers."""
    connections: int = 1_000
    """``orgsim serve`` takes fewer where the process may not have so many descriptors."""
    idle_seconds: int = 60
    """For so long a connection may be kept open between two requests."""
    stopping_seconds: int = 10
    """For so long requests under way are waited for when the server stops."""


class Request(Struct, frozen=True, gc=False):
    """A request whose body has arrived."""

    method: str
    path: str
    query: bytes
    headers: Headers
    body: bytes


class Response(Struct, frozen=True, gc=False):
    """What is answered."""

    status: int
    body: bytes
    request_id: str
    content_type: bytes = JSON
    close: bool = False
    """Whether the connection is closed behind it."""

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header."""
        fields = [
            (b"x-amzn-requestid", self.request_id.encode()),
            (b"content-type", self.content_type),
            (b"content-length", b"%d" % len(self.body)),
        ]
        if self.status == 401:
            fields.append((b"www-authenticate", b"Bearer"))
        return [*fields, (b"connection", b"close")] if self.close else fields


class ClientGone(Exception):
    """The client closed the connection before its request was whole: nobody waits for an answer."""


async def read_body(receive: Receive, limits: Limits) -> bytes:
    """The whole body. One that is too long is thrown away as it comes, so that it never fills the memory.

    Raises:
        RequestTooLarge: it is longer than the limit.
        ClientGone: the client did not wait, or was too slow.
    """
    body, length, more = b"", 0, True
    while more and length <= DISCARDED * limits.body_bytes:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        part = message.get("body", b"")
        length += len(part)
        if length <= limits.body_bytes:
            body += part
        more = message.get("more_body", False)
    if length > limits.body_bytes:
        raise RequestTooLarge(limits.body_bytes)
    return body
