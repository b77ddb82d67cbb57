"""uvicorn's HTTP protocol with limits added: on what is pending, and on the time for reading and writing.

Errors of the protocol itself, too many connections among them, are answered in AWS JSON rather than plain text. A
request that arrives in one piece, as nearly all do, starts no timer; nor does an answer that is read at once.
"""

import asyncio
import logging
from collections.abc import Sized
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .message import ABORT, STOPPING, Limits, Scope
from .organizations import error_body

HEADER_END = b"\r\n\r\n"
REFUSING_SECONDS = 1
"""How long a connection beyond the limit is kept open: many clients read an answer only after sending their request."""
SILENT = logging.getLogger("orgsim.server.silent")
SILENT.setLevel(logging.CRITICAL)
CODES = {408: "RequestTimeoutException", 503: "ServiceUnavailableException"}


class TooManyPipelined(Exception):
    """Raised in a parser callback to stop the parser; by then the refusal is prepared."""


class Backpressure(FlowControl):
    """Stops reading from the socket while requests are queued, or while the client leaves answers unread.

    Args:
        transport: of the connection.
        queue: the pipelined requests that wait for those before them.
    """

    def __init__(self, transport: asyncio.Transport, queue: Sized) -> None:
        super().__init__(transport)
        self._queue = queue
        self._stopped = False

    def resume_reading(self) -> None:
        """Read on if nothing is pending; uvicorn calls this whenever it starts or has answered a request."""
        if self.read_paused and not (self._stopped or self._queue or self.write_paused):
            super().resume_reading()

    def stop_reading(self) -> None:
        """Read nothing more from this connection."""
        self._stopped = True
        self.pause_reading()


class LimitedProtocol(HttpToolsProtocol):
    """One connection, within limits.

    Args:
        limits: what its client may ask for.
        keywords: uvicorn's own arguments for a protocol.
    """

    def __init__(self, limits: Limits, **keywords: Any) -> None:
        super().__init__(**keywords)
        # uvicorn would only log that a client speaks no HTTP; the client is told so instead.
        self.logger = SILENT
        self.limits = limits
        self._buffered = 0
        """Bytes since the last complete header or the last piece of a body: the parser keeps them in memory."""
        self._tail = b""
        self._arriving = False
        """Whether a request has begun to arrive, and has not done so completely."""
        self._request_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._over_limit = False
        self._stopping = asyncio.Event()
        self._refusal: bytes | None = None
        """The last answer on this connection, sent as soon as the requests before the refused one are answered."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Handle a new connection."""
        super().connection_made(transport)
        self.flow = self._backpressure = Backpressure(transport, self.pipeline)
        # With a mark of 0, resume_writing is called only when the client has taken everything.
        transport.set_write_buffer_limits(high=0)
        self._over_limit = len(self.connections) > self.limits.connections
        self._start_request_timer(REFUSING_SECONDS if self._over_limit else self.limits.request_seconds)

    def data_received(self, data: bytes) -> None:
        """Parse the next bytes of a request."""
        if self._over_limit:
            self._refuse_connection()
        if self._refusal is not None:
            return
        limit = self.limits.header_bytes
        self._buffered += len(data)
        if self._awaits_header and self._buffered > limit and HEADER_END not in self._tail + data[:limit]:
            self._refuse_header()
            return
        # The end of a header may be split over two reads.
        self._tail = data[-3:]
        super().data_received(data)
        if self._refusal is not None:
            return
        if self._buffered > limit:
            self._refuse_header()
        elif not (self._awaits_header or self._arriving):
            self._stop_request_timer()
        elif self._request_timer is None:
            self._start_request_timer(self.limits.request_seconds)

    @property
    def _awaits_header(self) -> bool:
        return not self.cycle or self.cycle.response_complete

    def on_message_begin(self) -> None:
        """Begin a request, whose scope says how to close the connection without an answer."""
        super().on_message_begin()
        self._arriving = True
        scope = cast("Scope", self.scope)
        scope[ABORT], scope[STOPPING] = self.transport.abort, self._stopping

    def on_headers_complete(self) -> None:
        """Start the request, or queue it behind earlier ones; too many in the queue are refused."""
        self._buffered = 0
        if len(self.pipeline) >= self.limits.pipelined:
            self._refuse(400, f"More than {self.limits.pipelined:,} requests did not wait for an answer.")
            raise TooManyPipelined
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._buffered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request; behind it the next one may have begun to arrive, which has its own time."""
        super().on_message_complete()
        self._arriving = False
        self._stop_request_timer()

    def on_response_complete(self) -> None:
        """Start the next queued request, or send the refusal that was waiting for the answers before it."""
        if self._refusal is not None and not self.pipeline:
            self._send_refusal(self._refusal)
        else:
            super().on_response_complete()

    def pause_writing(self) -> None:
        """Stop reading from a client that leaves its answers unread, and cut the connection if that lasts."""
        super().pause_writing()
        self.flow.pause_reading()
        self._write_timer = self.loop.call_later(self.limits.writing_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on reading: the client has taken everything it was sent."""
        super().resume_writing()
        self._stop_write_timer()
        self.flow.resume_reading()

    def shutdown(self) -> None:
        """Close the connection after the answer under way; one that has no end by itself ends."""
        self._stopping.set()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers of a closed connection."""
        self._stop_request_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP; uvicorn calls this."""
        self._refuse(400, msg)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _start_request_timer(self, seconds: float) -> None:
        self._request_timer = self.loop.call_later(seconds, self._on_request_timeout)

    def _stop_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _on_request_timeout(self) -> None:
        if self._over_limit:
            self._refuse_connection()
        elif self._owes_answers:
            # The rest may be waiting in a socket that we do not read from meanwhile.
            self._start_request_timer(self.limits.request_seconds)
        else:
            self._refuse(408, f"The request did not arrive within {self.limits.request_seconds:g} seconds.")

    @property
    def _owes_answers(self) -> bool:
        """Whether requests before the one that is arriving are not answered yet."""
        if self._awaits_header:
            return False
        # While its body is arriving, the newest request is itself in the queue if there are others before it.
        return bool(self.pipeline) if self.cycle.more_body else True

    def _refuse_connection(self) -> None:
        self._refuse(503, f"There are more than {self.limits.connections:,} connections; come again later.")

    def _refuse_header(self) -> None:
        self._refuse(431, f"The header is longer than {self.limits.header_bytes:,} bytes.")

    def _refuse(self, status: int, message: str) -> None:
        """Answer the arriving request with an error and close the connection, after the answers before it."""
        self._stop_request_timer()
        if self._refusal is not None or self.transport.is_closing():
            return
        body = error_body(CODES.get(status, "BadRequestException"), message)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/x-amz-json-1.1\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self._refusal = head.encode() + body
        if not self._owes_answers:
            self._send_refusal(self._refusal)
            return
        self._backpressure.stop_reading()
        if self.cycle.more_body:
            # Its body will never be whole.
            self.pipeline.popleft()

    def _send_refusal(self, refusal: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(refusal)
            self.transport.close()
