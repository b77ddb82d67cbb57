"""AWS Organizations in AWS JSON 1.1: ``POST /`` with ``X-Amz-Target: AWSOrganizationsV20161128.<Operation>``."""

import json
from datetime import datetime
from functools import cache
from typing import Any, cast

import msgspec
import msgspec.inspect
from msgspec import Struct
from structlog.typing import FilteringBoundLogger

from ...engine.errors import Refused, SerializationException, TooManyRequestsException
from ...engine.operations import OPERATIONS
from ...projections.reads import READS
from .auto_clock import Question
from .faults import Fault, UnknownOperation
from .identity import Authentication
from .message import Request, Response, one_line
from .past import answer_as_of
from .served_world import ServedWorld

SERVICE = "organizations"
"""The name for which requests are signed."""
TARGET_PREFIX = "AWSOrganizationsV20161128."
VAIN = 10
"""After so many identical answers in a row, at one moment of a simulated clock, the log says what would move it."""
ANSWERED = "orgsim answers organizations and sts, no other service"
DEEPEST = 64
"""Levels of nesting in a request's body. AWS's deepest request has five; far more is meant to exhaust the stack."""


class Organizations:
    """The service that answers AWS Organizations' operations."""

    def __init__(self, world: ServedWorld, authentication: Authentication, log: FilteringBoundLogger) -> None:
        self._world = world
        self._authentication = authentication
        self._log = log

    async def answer(self, request: Request) -> Response:
        """Call the operation that a request names.

        Raises:
            Fault: the request is refused before it reaches an operation.
            Refused: the operation refuses it.
        """
        operation = operation_of(request)
        live = self._world.live
        identity = live.identify(self._authentication, request, SERVICE)
        members = read_members(request.body)
        if request.at is not None:
            found, time = await answer_as_of(live, identity, request.at, operation, members)
            return Response(200, encode(found), live.request_id(), time=time)
        client = live.client(identity.account, identity.principal, identity.partition)
        question = identity.account, identity.principal, operation, request.body
        try:
            reply, position = await client.call_at(operation, members)
        except Refused as refusal:
            self._log_refusal(operation, identity.account, refusal)
            await self._answered(question, refusal)
            raise
        body = encode(reply)
        await self._answered(question, body)
        return Response(200, body, live.request_id(position), time=live.sim.engine.now)

    async def _answered(self, question: Question, answer: bytes | Refused) -> None:
        """Tell the clock of an answer; one line in the log says why somebody may be polling for ever."""
        auto_clock = self._world.live.auto_clock
        await auto_clock.answered(question, answer)
        if auto_clock.in_vain == VAIN:
            self._log.info(
                "the clock stands still",
                operation=question[2],
                identical_answers=VAIN,
                advice='POST /_orgsim/clock {"auto": true} lets it jump when somebody polls in vain',
            )

    def require_meant(self, request: Request) -> None:
        """Check that a request names an operation and is signed; raises as ``answer``."""
        operation_of(request)
        self._world.live.identify(self._authentication, request, SERVICE)

    def _log_refusal(self, operation: str, account: str, refusal: Refused) -> None:
        if isinstance(refusal, TooManyRequestsException):
            return  # one a call, perhaps: they would fill the log
        facts = {"reason": refusal.reason, "explanation": refusal.explanation and one_line(refusal.explanation)}
        known = {name: fact for name, fact in facts.items() if fact}
        self._log.info("refused", operation=operation, account=account, code=refusal.code, **known)

    def refusal(self, error: Fault | Refused) -> Response:
        """Make the response for a refusal: AWS's operations write ``Message``, its framework ``message``."""
        live = self._world.live
        if isinstance(error, Fault):
            return Response(error.status, error_body(error.code, error.message), live.request_id(), close=error.closes)
        body = {"__type": error.code, "Message": error.message}
        if error.reason:
            body["Reason"] = error.reason
        return Response(400, _error(body), live.request_id(error.recorded_at))


def error_body(code: str, message: str) -> bytes:
    """Write the body of an error of AWS's framework."""
    return _error({"__type": code, "message": message})


def _error(body: dict[str, str]) -> bytes:
    # json rather than msgspec, which refuses lone surrogates: a message may quote one from a policy document.
    return json.dumps(body, separators=(",", ":")).encode()


def operation_of(request: Request) -> str:
    """Read the name of the operation from a request's target.

    Raises:
        UnknownOperation: there is no such operation, or the path or method is wrong.
    """
    if request.path != "/":
        raise UnknownOperation(
            f"There is nothing at this path; send requests to /, not {request.path}; {ANSWERED}", status=404
        )
    if request.method != "POST":
        raise UnknownOperation(f"AWS JSON requests are POST, not {request.method}; {ANSWERED}", status=404)
    target = request.headers.get(b"x-amz-target", b"").decode("latin-1")
    if not target:
        raise UnknownOperation
    operation = target.removeprefix(TARGET_PREFIX)
    if operation == target:
        raise UnknownOperation(f"The operation {target} does not exist; {ANSWERED}.")
    if operation not in OPERATIONS and operation not in READS:
        raise UnknownOperation(f"The operation {target} does not exist.")
    return operation


def read_members(body: bytes) -> dict[str, Any]:
    """Decode the members of a request. An empty body has none; of a member given twice, the last one counts.

    Raises:
        SerializationException: the body is not a JSON object in UTF-8, or one nested too deep.
    """
    if not body:
        return {}
    try:
        members = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise SerializationException(message=f"The request could not be read: {error}") from None
    if not isinstance(members, dict):
        raise SerializationException(message="The request could not be read: it is not a JSON object.")
    found = cast("dict[str, Any]", members)
    if body.count(b"{") + body.count(b"[") > DEEPEST:
        _require_shallow(found)
    return found


def _require_shallow(value: object) -> None:
    # Level by level rather than by recursion, which is what a deep body would exhaust.
    level: list[object] = [value]
    for _ in range(DEEPEST):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner += cast("dict[str, object]", each).values()
            elif isinstance(each, list):
                inner += cast("list[object]", each)
        level = inner
        if not level:
            return
    raise SerializationException(message="The request could not be read: it is nested too deep.")


def _with_seconds(value: Any) -> Any:
    """Replace timestamps at any depth by AWS's form: seconds since the epoch, to the millisecond."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, dict):
        return {name: _with_seconds(member) for name, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_with_seconds(item) for item in cast("list[Any]", value)]
    return value


def encode(reply: Struct) -> bytes:
    """Encode a reply as AWS does."""
    if _has_timestamps(type(reply)):
        # msgspec would write them as ISO 8601 strings.
        return msgspec.json.encode(_with_seconds(msgspec.to_builtins(reply, builtin_types=(datetime,))))
    return msgspec.json.encode(reply)


@cache
def _has_timestamps(reply_type: type[Struct]) -> bool:
    # The repr of msgspec's description of a type names all types in it, at any depth.
    return msgspec.inspect.DateTimeType.__name__ in repr(msgspec.inspect.type_info(reply_type))
