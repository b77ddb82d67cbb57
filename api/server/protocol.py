"""uvicorn's HTTP protocol with what it lacks: limits on what a client sends at once, and on how long it may take.

Its complaints, that there are too many connections among them, are errors in AWS JSON rather than plain text. A request
that arrives in one piece, as nearly all do, costs no timer, and an answer that is taken at once costs none either.
"""

import asyncio
import logging
from collections.abc import Sized
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .message import Limits
from .organizations import error_body

HEADER_END = b"\r\n\r\n"
REFUSING_SECONDS = 1
"""For so long a connection beyond the limit is kept until its request comes, so that the client hears the answer."""
SILENT = logging.getLogger("orgsim.server.silent")
SILENT.setLevel(logging.CRITICAL)
CODES = {408: "RequestTimeoutException", 503: "ServiceUnavailableException"}


class TooManyPipelined(Exception):
    """Stops the parser; whoever sent the requests has been told."""


class PatientFlow(FlowControl):
    """Reads nothing more while requests that have come wait for their turn, or answers for being read.

    Args:
        transport: of the connection.
        waiting: the requests that wait.
    """

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """uvicorn wants to read on, which it does each time that it begins with a request or has answered one."""
        if self.read_paused and not self._waiting and not self.write_paused:
            super().resume_reading()


class LimitedProtocol(HttpToolsProtocol):
    """One connection.

    Args:
        limits: what its client may ask for.
        keywords: what uvicorn gives a protocol.
    """

    def __init__(self, limits: Limits, **keywords: Any) -> None:
        super().__init__(**keywords)
        # What uvicorn has to say is about clients that speak no HTTP; they are told so themselves.
        self.logger = SILENT
        self.limits = limits
        self._unfinished = 0
        """Bytes since the last header that was whole or the last part of a body: they stay in memory."""
        self._tail = b""
        self._patience: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._is_one_too_many = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        """A client has come."""
        super().connection_made(transport)
        self.flow = PatientFlow(transport, self.pipeline)
        # Whatever is not taken at once counts as unread, so that the end of writing is told too.
        transport.set_write_buffer_limits(high=0)
        self._is_one_too_many = len(self.connections) > self.limits.connections
        self._be_patient(REFUSING_SECONDS if self._is_one_too_many else self.limits.request_seconds)

    def data_received(self, data: bytes) -> None:
        """Some of a request has come."""
        if self._is_one_too_many:
            self._refuse_connection()
            return
        limit = self.limits.header_bytes
        self._unfinished += len(data)
        if self._awaits_header and self._unfinished > limit and HEADER_END not in self._tail + data[:limit]:
            self._refuse_header()
            return
        # The end of the header may come in two pieces.
        self._tail = data[-3:]
        super().data_received(data)
        if self._unfinished > limit:
            self._refuse_header()
        elif not (self._awaits_header or self.cycle.more_body):
            self._be_calm()
        elif self._patience is None:
            self._be_patient(self.limits.request_seconds)

    @property
    def _awaits_header(self) -> bool:
        return not self.cycle or self.cycle.response_complete

    def on_headers_complete(self) -> None:
        """The header of a request is whole."""
        self._unfinished = 0
        if len(self.pipeline) >= self.limits.pipelined:
            self._refuse(400, f"More than {self.limits.pipelined:,} requests did not wait for an answer.")
            raise TooManyPipelined
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of a body has come."""
        self._unfinished = 0
        super().on_body(body)

    def pause_writing(self) -> None:
        """The client leaves unread what it is sent; nothing more is read from it until it has taken that."""
        super().pause_writing()
        self.flow.pause_reading()
        self._writing = self.loop.call_later(self.limits.writing_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken all that it was sent."""
        super().resume_writing()
        self._stop_waiting_for_reader()
        self.flow.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._be_calm()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """The request cannot be read as HTTP."""
        self._refuse(400, msg)

    def _stop_waiting_for_reader(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _be_patient(self, seconds: float) -> None:
        self._patience = self.loop.call_later(seconds, self._give_up)

    def _be_calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if self._is_one_too_many:
            self._refuse_connection()
            return
        if not self._awaits_header and not self.cycle.more_body:
            # An earlier request is still being answered: what is said now would be taken for that answer.
            self._be_patient(self.limits.request_seconds)
            return
        self._refuse(408, f"The request did not arrive within {self.limits.request_seconds:g} seconds.")

    def _refuse_connection(self) -> None:
        self._refuse(503, f"There are more than {self.limits.connections:,} connections; come again later.")

    def _refuse_header(self) -> None:
        self._refuse(431, f"The header is longer than {self.limits.header_bytes:,} bytes.")

    def _refuse(self, status: int, message: str) -> None:
        self._be_calm()
        if self.transport.is_closing():
            return
        body = error_body(CODES.get(status, "BadRequestException"), message)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/x-amz-json-1.1\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
