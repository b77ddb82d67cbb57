"""Calling AWS's operations by name, and paging through lists."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction, signature
from typing import Any, Protocol, TypeVar, cast

import msgspec
from msgspec import Struct

from ...engine.errors import Refused
from ...engine.errors.connection import ConnectionDropped
from ...engine.operation import Caller, read_request
from ...engine.operations import OPERATIONS
from ...engine.runtime.engine import Engine
from ...engine.runtime.stepwise import end_what_was_shown
from ...projections.reads import READS, Read
from ...projections.reads.answering import answer
from ...projections.views import Views
from .faulty import call_with_faults
from .names import require_members, require_operation
from .recording import record_unchanging

Members = Mapping[str, Any]
"""A structure under AWS's names, as for boto3: ``{"Id": "222222222222", "Type": "ACCOUNT"}``."""

Reply = TypeVar("Reply", bound=Struct)


class Page(Protocol):
    """A reply that may have a next page."""

    @property
    def next_token(self) -> str | None:
        """The token with which to request the next page; None on the last page."""
        ...


PageType = TypeVar("PageType", bound=Page)


def as_dict(reply: Struct) -> dict[str, Any]:
    """Convert a reply to boto3's form: AWS's names, timestamps as ``datetime``, absent members left out."""
    return msgspec.to_builtins(reply, builtin_types=(datetime,))


def explaining_keywords(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method of a client so that an unknown keyword gets a TypeError that names the parameter that is meant.

    boto3's users write ``FeatureSet=`` where the parameter is ``feature_set``.
    """
    parameters = [name for name in signature(method).parameters if name != "self"]
    known = {name.replace("_", ""): name for name in parameters}

    @wraps(method)
    def explained(self: "Calls", *arguments: Any, **keywords: Any) -> Any:
        # The method is async: calling it only binds the arguments, so a TypeError is about them.
        try:
            return method(self, *arguments, **keywords)
        except TypeError:
            unknown = next((name for name in keywords if name not in parameters), None)
            if unknown is None:
                raise
            meant = known.get(unknown.replace("_", "").lower())
            advice = f"write {meant}" if meant else f"there are: {', '.join(parameters) or 'none'}"
            raise TypeError(f"{method.__name__}() has no parameter {unknown!r}; {advice}") from None

    return explained


def reading_operation(operation: str) -> Read | None:
    """The entry of an operation in the table of those that read; None if it writes.

    Raises:
        LookupError: orgsim does not answer this operation.
    """
    read = READS.get(operation)
    if read is None and operation not in OPERATIONS:
        require_operation(operation)
    return read


class Calls:
    """Calls any operation by its name; base class of the modules with one method per operation."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, method in list(vars(cls).items()):
            if iscoroutinefunction(method) and not name.startswith("_"):
                setattr(cls, name, explaining_keywords(method))

    def __init__(self, engine: Engine, views: Views, caller: Caller) -> None:
        self._engine = engine
        self._views = views
        self._caller = caller

    async def call(self, operation: str, members: Members) -> Struct:
        """Call an operation by AWS's name, with members under AWS's names.

        Raises:
            Refused: the operation refuses the request; an exception of ``orgsim.engine.errors`` under AWS's name.
            LookupError: orgsim does not answer this operation.
            TypeError: it has no such member. (On the wire, AWS ignores unknown members.)
            EngineStopped: the simulation was closed, or its log could not be written.
        """
        require_operation(operation)
        require_members(operation, members)
        reply, _ = await self.call_at(operation, members)
        return reply

    async def call_at(
        self, operation: str, members: Members, *, admitted: bool = False, watched: bool = False
    ) -> tuple[Struct, int]:
        """Like ``call``, but return the reply and the position of the first event that the call appended; 0 if none.

        As on the wire, unknown members are ignored.

        In a world that records such calls, one that changed nothing appends that it was made.

        If calls are throttled, that is decided first: before the members are read, and before due timers fire.
        """
        read = reading_operation(operation)
        self._engine.called = True
        if self._engine.watches_calls and not (watched or admitted):
            return await self._call_watched(operation, members)
        faults = self._engine.state.faults
        # Without scripts only the token of an empty page leads there, which one that was cleared may have left.
        if faults is not None and not admitted and (faults.scripts or members.get("NextToken")):
            return await self._call_with_faults(operation, members)
        with self._engine.exclusive:
            if not admitted:
                self._engine.admit(operation, self._caller)
            if read is None:
                request = read_request(OPERATIONS[operation].Request, members)
                return await self._engine.submit_at(request, self._caller)
            question = read_request(read.request, members)
            await self._engine.settle()
            reply = answer(operation, question, self._views, self._caller, self._engine.now)
            assert self._caller.account is not None, "a client has an account"
            if end_what_was_shown(self._engine, operation, question, reply, self._caller.account):
                await self._engine.flush()
            return reply, 0

    async def _call_watched(self, operation: str, members: Members) -> tuple[Struct, int]:
        """Call an operation, then tell whoever listens of it, and record it in the log if it appended nothing."""
        try:
            reply, position = await self.call_at(operation, members, watched=True)
        except ConnectionDropped as dropped:
            self._tell(operation, members, dropped)
            raise
        except Refused as refusal:
            self._tell(operation, members, refusal)
            refusal.recorded_at = await record_unchanging(self._engine, self._caller, operation, members, refusal)
            raise
        self._tell(operation, members, reply)
        return reply, position or await record_unchanging(self._engine, self._caller, operation, members, None)

    def _tell(self, operation: str, members: Members, answer: Struct | Refused | ConnectionDropped) -> None:
        if self._engine.call_listener is not None:
            self._engine.call_listener(self._engine.now, self._caller, operation, members, answer)

    async def _call_with_faults(self, operation: str, members: Members) -> tuple[Struct, int]:
        def carry_out(members: Members, views: Views) -> Awaitable[tuple[Struct, int]]:
            return Calls(self._engine, views, self._caller).call_at(operation, members, admitted=True)

        return await call_with_faults(self._engine, self._views, self._caller, operation, members, carry_out)

    async def _call(self, reply: type[Reply], operation: str, **members: Any) -> Reply:
        answered, _ = await self.call_at(operation, members)
        return cast("Reply", answered)

    async def paginate(self, method: Callable[..., Awaitable[PageType]], **parameters: Any) -> AsyncIterator[PageType]:
        """Iterate over all pages of a list: ``async for page in org.paginate(org.list_accounts, max_results=10)``.

        To leave the loop early on trio, close it: ``async with aclosing(org.paginate(...)) as pages``.
        """
        token: str | None = None
        while True:
            page = await method(**parameters, next_token=token)
            yield page
            token = page.next_token
            if token is None:
                return
