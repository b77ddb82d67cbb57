"""The interface of an operation module, the stamp that every decision is given, and the check of requests.

An operation is a module with ``Request``, ``decide`` and ``reply``; the tables are in ``operations/__init__.py``. Its
head docstring answers, in this order: Caller. Refused, in this order. Happens. Goes on in. Sources.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

import msgspec
from msgspec import Struct

from .errors import InvalidInputException, Refused, SerializationException
from .events import AnyEvent
from .ids import IdSource
from .patterns import in_words
from .spelling import shortened
from .state import State
from .words import Partition


class Caller(Struct, frozen=True):
    """The caller: an account, and perhaps a user or role in it; no account for a timer or the simulation itself."""

    account: str | None
    principal: str | None = None
    partition: Partition | None = None
    """Where it calls from; None: nobody said."""


SIMULATION = Caller(None)
"""The caller of internal operations."""


class Stamp(Struct, frozen=True, gc=False):
    """The circumstances of a decision, besides the request and the state."""

    now: int
    """Microseconds since the epoch."""
    caller: Caller
    position: int
    """The position in the log that the first event of the decision will have, recorded calls not counted.

    So ids and latencies are those of a world that records none."""
    ids: IdSource

    @property
    def account(self) -> str:
        """The caller's account."""
        assert self.caller.account is not None, "an AWS operation has a caller"
        return self.caller.account

    def partition(self, state: State) -> Partition:
        """The partition that the call is made in: its account's, else the caller's region's, else the settings'."""
        return state.partition_of(self.account) or self.caller.partition or state.settings.partition


Events = Sequence[AnyEvent]


class Operation(Protocol):
    """The interface of a module in ``operations/``."""

    @property
    def Request(self) -> type[Struct]:  # noqa: N802  # the name of a class
        """The members of the request, with AWS's constraints."""
        ...

    def decide(self, request: Any, state: State, stamp: Stamp) -> Events:
        """Check the request and return the events that it causes; never changes the state. Raises ``Refused``."""
        ...

    def reply(self, request: Any, events: Events, state: State) -> Struct:
        """Build AWS's answer from the events and the state right after them."""
        ...


class InternalOperation(Protocol):
    """An operation without an answer: fired by a timer, or called by the simulation."""

    @property
    def Request(self) -> type[Struct]:  # noqa: N802  # the name of a class
        """The arguments of the operation."""
        ...

    def decide(self, request: Any, state: State, stamp: Stamp) -> Events:
        """Return the events that the operation causes; never changes the state."""
        ...


RequestType = TypeVar("RequestType", bound=Struct)

# The end of a message of msgspec: where in the request it is.
END = r"(?: - at `\$|\Z)"

# The message of msgspec for a broken constraint, AWS's reason for it (docs/aws.md 10.2), and what explanations say.
REASONS = (
    (re.compile(r"missing required field `(?P<member>\w+)`"), "INPUT_REQUIRED", "must be given"),
    (re.compile(rf"matching regex (?P<pattern>.*?){END}", re.DOTALL), "INVALID_PATTERN", "{pattern}"),
    (re.compile(r"`str` of length <= (?P<limit>\d+)"), "MAX_LENGTH_EXCEEDED", "must not be longer than {limit}"),
    (re.compile(r"`str` of length >= (?P<limit>\d+)"), "MIN_LENGTH_EXCEEDED", "must not be shorter than {limit}"),
    (re.compile(r"`int` <= (?P<limit>-?\d+)"), "MAX_VALUE_EXCEEDED", "must be at most {limit}"),
    (re.compile(r"`int` >= (?P<limit>-?\d+)"), "MIN_VALUE_EXCEEDED", "must be at least {limit}"),
    (re.compile(rf"Invalid enum value (?P<limit>.*?){END}", re.DOTALL), "INVALID_ENUM", "must not be {limit}"),
)
TYPES = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
OTHERS_MISSING = re.compile(r"Object missing required field `\w+`")
"""The message of msgspec for a request of which only some members are looked at."""
NO_MOMENT = ("Invalid RFC3339 encoded datetime", "must be a moment such as 2026-06-01T00:00:00Z")
"""The message of msgspec for a text that is no moment, and what explanations say."""
IN_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object with members",
}
"""msgspec's name of a type to what it is called in JSON and TOML alike."""
PATH = re.compile(r"at `\$\.?(?P<path>[^`]*)`")


def read_request(request_type: type[RequestType], members: Mapping[str, Any]) -> RequestType:
    """Check a request's members, under AWS's names, against the constraints of its type.

    An explicit null counts as absent and unknown members are ignored, as AWS does (docs/aws.md 10.1).

    Raises:
        InvalidInputException: with AWS's reason, such as ``INVALID_PATTERN:HANDSHAKE_ID`` (docs/aws.md 10.2).
        SerializationException: a member has the wrong type.
    """
    try:
        return msgspec.convert(_without_nulls(members), request_type)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from None
    except RecursionError:
        raise SerializationException(message="The request could not be read: it is nested too deep.") from None


def wrong_members(request_type: type[Struct], members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What ``read_request`` would refuse of members, each looked at by itself; not that others are missing.

    Args:
        request_type: as for ``read_request``.
        members: those whose values are known.

    Yields:
        The name of a member, and what is wrong with it.
    """
    for name, value in members.items():
        try:
            msgspec.convert({name: _without_nulls(value)}, request_type)
        except msgspec.ValidationError as error:
            if not OTHERS_MISSING.fullmatch(str(error)):
                refusal = _refusal(str(error))
                yield name, refusal.explanation or refusal.message
        except (Refused, RecursionError) as error:
            yield name, str(error)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {name: _without_nulls(member) for name, member in members.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, str) and not value.isascii():
        require_encodable(value)
    return value


def require_encodable(value: str) -> None:
    """Require that a string can be stored as UTF-8; a lone surrogate, as ``\\ud800`` in JSON, cannot.

    Raises:
        SerializationException: the string has a lone surrogate.
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SerializationException(message=f"The request could not be read: {error.reason}.") from None


def _refusal(complaint: str) -> Refused:
    found = PATH.search(complaint)
    steps = re.findall(r"[A-Za-z]\w*|\d+", found["path"]) if found else []
    for pattern, reason, words in REASONS:
        match = pattern.search(complaint)
        if match:
            steps += [match["member"]] if "member" in pattern.groupindex else []
            given = {
                name: in_words(text) if name == "pattern" else shortened(text)
                for name, text in match.groupdict().items()
            }
            explanation = f"{'.'.join(steps)} {words.format(**given)}"
            return InvalidInputException(":".join([reason, "_".join(map(_step, steps))]), explanation=explanation)
    where = ".".join(step for step in steps if not step.isdecimal()) or "the request"
    complaint = complaint.split(" - at ")[0]
    explanation = f"{where} {TYPES.sub(_in_words, complaint).replace(*NO_MOMENT)}"
    return SerializationException(
        message=f"The request could not be read: {where}: {complaint}.", explanation=explanation
    )


def _in_words(found: re.Match[str]) -> str:
    """What stands in place of a value of another type, from msgspec's names of types."""
    wanted, given = (" or ".join(IN_WORDS.get(each, each) for each in kinds.split(" | ")) for kinds in found.groups())
    return f"must be {wanted}, not {given}"


def _step(step: str) -> str:
    """Name a step to a member as AWS does: by its name, or an item of a list as ``1_MEMBER`` (docs/aws.md 10.2)."""
    return f"{int(step) + 1}_MEMBER" if step.isdecimal() else screaming_snake_case(step)


def screaming_snake_case(name: str) -> str:
    """Turn ``HandshakeId`` into ``HANDSHAKE_ID``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
