"""botocore's endpoints, answered in process: the same serialization, retries and errors, without a socket.

botocore has no hook for how long it waits between two attempts, so an endpoint is copied, with another HTTP session and
another emitter of events. The handlers of ``needs-retry`` decide as ever whether and how long to wait; the wait itself
passes in simulated time.
"""
# botocore and aiobotocore have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

import copy
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import anyio.lowlevel
from botocore.awsrequest import AWSResponse
from botocore.exceptions import CapacityNotAvailableError, ConnectionClosedError

from ...engine.errors.connection import ConnectionDropped
from ..server.message import Response
from .errors import NotSimulated
from .extras import imported
from .waits import Waits
from .wire import Wire, fields_of, request_of

Responses = list[tuple[Callable[..., Any], Any]]
"""What an emitter returns: handlers with their answers."""

ASYNC_ENDPOINT = "AioEndpoint"
BEFORE_SEND, NEEDS_RETRY = "before-send.", "needs-retry."
"""Of an endpoint's events, the one whose handlers may wait, and the one whose handlers say how long to wait."""

_waits: ContextVar[Waits | None] = ContextVar("in whose time a request that is being sent waits", default=None)
"""None outside an endpoint of ``endpoint_in``."""


def endpoint_in(wire: Wire, endpoint: Any, service: str, passthrough: bool) -> Any:
    """Return the endpoint to use instead of botocore's.

    Args:
        wire: what answers.
        endpoint: botocore's or aiobotocore's.
        service: botocore's name of the service.
        passthrough: whether services that are not simulated keep their endpoints.
    """
    if passthrough and service not in wire.services:
        return endpoint
    twin = copy.copy(endpoint)
    events: Any = endpoint._event_emitter
    if is_async(endpoint):
        twin.http_session = _AsyncSession(wire, service)
        twin._event_emitter = _AsyncEvents(events, wire.waits)
        # That of aiobotocore is asyncio's, which trio cannot run, not even for no time at all.
        twin._sleep = _no_sleep
    else:
        twin.http_session = _Session(wire, service)
        twin._event_emitter = _Events(events, wire.waits)
    return twin


def is_in_process(endpoint: Any) -> bool:
    """Whether an endpoint is one that ``endpoint_in`` has made."""
    return isinstance(endpoint.http_session, _Session | _AsyncSession)


def is_async(endpoint: Any) -> bool:
    """Whether an endpoint is one of aiobotocore's."""
    return any(each.__name__ == ASYNC_ENDPOINT for each in type(endpoint).__mro__)


async def _no_sleep(_seconds: float) -> None:
    """Do not sleep: the wait has passed in simulated time."""


class _Session:
    """botocore's ``http_session``, which gives an HTTP request to the wire."""

    def __init__(self, wire: Wire, service: str) -> None:
        self._wire = wire
        self._service = service

    def send(self, request: Any) -> Any:
        _require_simulated(self._wire, self._service)
        with _dropping(request.url):
            response = self._wire.answer_now(self._service, request_of(request))
        return AWSResponse(request.url, response.status, fields_of(response), _Body(response))

    def close(self) -> None:
        """There is nothing to close."""


class _AsyncSession:
    """aiobotocore's ``http_session``, on any event loop."""

    def __init__(self, wire: Wire, service: str) -> None:
        self._wire = wire
        self._service = service
        self._response = imported("aiobotocore.awsrequest", "aiobotocore").AioAWSResponse

    async def send(self, request: Any) -> Any:
        _require_simulated(self._wire, self._service)
        # Other tasks get their turns, as they would while a network is waited for.
        await anyio.lowlevel.checkpoint()
        with _dropping(request.url):
            response = await self._wire.answer_here(self._service, request_of(request))
        return self._response(request.url, response.status, fields_of(response), _AsyncBody(response))

    async def close(self) -> None:
        """There is nothing to close."""

    async def __aenter__(self) -> "_AsyncSession":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()


@contextmanager
def _dropping(url: str) -> Generator[None]:
    """Raise botocore's error where a scripted fault drops the connection."""
    try:
        yield
    except ConnectionDropped as dropped:
        raise ConnectionClosedError(endpoint_url=url, error=dropped) from dropped


class _Body:
    """The body of a response as botocore reads it from urllib3."""

    def __init__(self, response: Response) -> None:
        self._content = response.body

    def stream(self) -> Generator[bytes]:
        yield self._content


class _AsyncBody:
    """The body of a response as aiobotocore reads it from aiohttp."""

    def __init__(self, response: Response) -> None:
        self._content = response.body

    async def read(self) -> bytes:
        return self._content


class _Events:
    """The emitter of an endpoint: between two attempts it waits in simulated time, and tells the endpoint not to."""

    def __init__(self, events: Any, waits: Waits) -> None:
        self._events = events
        self._waits = waits

    def emit(self, event_name: str, **arguments: Any) -> Responses:
        if event_name.startswith(BEFORE_SEND):
            with _waiting(self._waits):
                return self._events.emit(event_name, **arguments)
        responses: Responses = self._events.emit(event_name, **arguments)
        if not event_name.startswith(NEEDS_RETRY):
            return responses
        for limiter in _limiters(responses):
            bucket = limiter._token_bucket
            bucket.acquire = _Acquire(bucket).acquire
        delay = _delay(responses)
        if delay is None:
            return responses
        self._waits.sleep_now(delay)
        return [(_no_delay, 0)]


class _AsyncEvents:
    """The emitter of an endpoint of aiobotocore; see ``_Events``."""

    def __init__(self, events: Any, waits: Waits) -> None:
        self._events = events
        self._waits = waits

    async def emit(self, event_name: str, **arguments: Any) -> Responses:
        if event_name.startswith(BEFORE_SEND):
            with _waiting(self._waits):
                return await self._events.emit(event_name, **arguments)
        responses: Responses = await self._events.emit(event_name, **arguments)
        if not event_name.startswith(NEEDS_RETRY):
            return responses
        for limiter in _limiters(responses):
            bucket = limiter._token_bucket
            bucket.acquire = _Acquire(bucket).acquire_async
        delay = _delay(responses)
        if delay is None:
            return responses
        await self._waits.sleep(delay)
        return [(_no_delay, 0)]


@contextmanager
def _waiting(waits: Waits) -> Generator[None]:
    """Let the handlers of an event wait in simulated time: the rate limiter of the mode ``adaptive``."""
    token = _waits.set(waits)
    try:
        yield
    finally:
        _waits.reset(token)


def _no_delay(**_: object) -> int:
    """Stand for the handler that decided on a delay, which is over."""
    return 0


def _delay(responses: Responses) -> float | None:
    """Return how many seconds to wait before another attempt; None if there is to be none."""
    answer = next((answer for _, answer in responses if answer is not None), None)
    return None if answer is None or answer is False else answer


def _limiters(responses: Responses) -> list[Any]:
    """Find the rate limiter of the mode ``adaptive`` among the handlers of an event.

    It begins to limit in this event at the earliest, so nothing has waited for its bucket in real time before.
    """
    owners = [getattr(handler, "__self__", None) for handler, _ in responses]
    return [owner for owner in owners if "acquire" not in vars(getattr(owner, "_token_bucket", _Acquire))]


class _Acquire:
    """Takes tokens from the bucket of a rate limiter, and waits for them in simulated time.

    The bucket is the client's, which outlives the simulation: in requests that go elsewhere it waits as ever.
    """

    def __init__(self, bucket: Any) -> None:
        self._take: Callable[..., Any] = bucket.acquire
        self._bucket = bucket

    def acquire(self, amount: float = 1, block: bool = True) -> Any:
        waits = _waits.get()
        if waits is None:
            return self._take(amount, block)
        try:
            return self._take(amount, block=False)
        except CapacityNotAvailableError:
            if not block:
                raise
        # The bucket fills in real time, which has not passed: what it would have held by then is used up at once.
        waits.sleep_now(self._seconds(amount))
        return True

    async def acquire_async(self, amount: float = 1, block: bool = True) -> Any:
        waits = _waits.get()
        if waits is None:
            return await self._take(amount, block)
        try:
            return await self._take(amount, block=False)
        except CapacityNotAvailableError:
            if not block:
                raise
        await waits.sleep(self._seconds(amount))
        return True

    def _seconds(self, amount: float) -> float:
        return max(0, amount - self._bucket.available_capacity) / self._bucket.max_rate


def _require_simulated(wire: Wire, service: str) -> None:
    if service not in wire.services:
        raise NotSimulated(service, wire.services)
