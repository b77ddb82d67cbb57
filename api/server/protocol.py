"""uvicorn's HTTP protocol with what it lacks: limits on a header's size and on the time that a request takes to arrive.

Its complaints, that there are too many connections among them, are errors in AWS JSON rather than plain text. A request
that arrives in one piece, as nearly all do, costs no timer.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .message import Limits
from .organizations import error_body

HEADER_END = b"\r\n\r\n"
CODES = {408: "RequestTimeoutException", 503: "ServiceUnavailableException"}


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    limits = Limits()

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._header_bytes = 0
        self._patience: asyncio.TimerHandle | None = None
        self._is_one_too_many = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        """A client has come."""
        super().connection_made(transport)
        self._is_one_too_many = len(self.connections) > self.limits.connections
        self._be_patient()

    def data_received(self, data: bytes) -> None:
        """Some of a request has come."""
        if self._is_one_too_many:
            self._refuse(503, f"There are more than {self.limits.connections:,} connections; come again later.")
            return
        if self._awaits_header:
            limit = self.limits.header_bytes
            self._header_bytes += len(data)
            if self._header_bytes > limit and HEADER_END not in data[:limit]:
                self._refuse(431, f"The header is longer than {limit:,} bytes.")
                return
        super().data_received(data)
        if self._awaits_header or self.cycle.more_body:
            if self._patience is None:
                self._be_patient()
        else:
            self._header_bytes = 0
            self._be_calm()

    @property
    def _awaits_header(self) -> bool:
        return not self.cycle or self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._be_calm()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """The request cannot be read as HTTP."""
        self._refuse(400, msg)

    def _be_patient(self) -> None:
        self._patience = self.loop.call_later(self.limits.request_seconds, self._give_up)

    def _be_calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._refuse(408, f"The request did not arrive within {self.limits.request_seconds:g} seconds.")

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
