"""Sends the calls of a step: at a pace, and either waiting for AWS's limits or retrying with backoff when refused."""

import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import count, repeat
from random import Random

from ....engine.errors import ConcurrentModificationException, Refused, TooManyRequestsException
from ....engine.events import FaultScripted
from ....engine.operation import Caller
from ....engine.rules.faults import CODES, REFUSING, refusal_of
from ....engine.rules.limits import LIMITS
from ....engine.runtime.engine import Engine
from ....projections.reads import READS
from ...client.faulty import met_faults
from ...retries import Retry
from ..scenario.pace import Pace
from .call_counter import ASKING, THROTTLING, CallCounter, Tally, kind_of
from .clock_driver import CHECKPOINT_EVERY
from .patience import free_at, limit_passes_at

Attempt = Callable[[], None]
"""Makes a call and keeps what it needs of the answer; raises ``Refused``. May be called again after a refusal."""


class Dispatch:
    """Sends the calls of a scenario's steps and counts them.

    Args:
        engine: receives the calls.
        counter: counts the calls.
        move_to: moves the clock to a moment in microseconds; accounts answer on the way.
        checkpoint: called every ``CHECKPOINT_EVERY`` calls with the activity, the number done, and the total.
    """

    def __init__(
        self,
        engine: Engine,
        counter: CallCounter,
        move_to: Callable[[int], Awaitable[None]],
        checkpoint: Callable[[str, int, int], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._counter = counter
        self._move_to = move_to
        self._checkpoint = checkpoint

    async def send(
        self,
        operation: str,
        what: str,
        calls: Iterable[tuple[Caller, Attempt]],
        number: int,
        pace: Pace | None = None,
        retry: Retry | None = None,
        random: Random | None = None,
        parties: Sequence[str] = (),
    ) -> None:
        """Send calls in order, each not before its moment.

        Args:
            operation: AWS's name of the operation.
            what: the activity that is reported as progress.
            calls: for each call the caller and a function that makes it.
            number: the number of calls.
            pace: when each call may be sent; None: all at once.
            retry: how to retry after throttling and passing limits; None: wait, and call when it will succeed.
            random: draws the pauses between retries; None only without ``retry``.
            parties: the account that each call asks, if they ask accounts.
        """
        began, tally = self._engine.now, self._counter.tally
        tally.planned = number
        offsets = pace.offsets(number) if pace else repeat(0, number)
        asked = parties or repeat("", number)
        if retry:
            planned = (
                (began + offset, *call, party) for offset, call, party in zip(offsets, calls, asked, strict=True)
            )
            assert random is not None, "it draws the pauses"
            await self._send_with_retries(operation, what, planned, tally, retry, random)
            return
        for done, (offset, (caller, attempt), party) in enumerate(zip(offsets, calls, asked, strict=True), 1):
            if offset:
                await self._move_to(max(began + offset, self._engine.now))
            await self._send_when_allowed(operation, caller, attempt, party)
            tally.sent = done
            if done % CHECKPOINT_EVERY == 0 or done == number:
                await self._checkpoint(what, done, number)

    async def _send_when_allowed(self, operation: str, caller: Caller, attempt: Attempt, party: str) -> None:
        """Make one call at the first moment at which neither throttling nor a passing limit refuses it.

        This plays a caller that knows AWS's limits and waits. A call that a limit would refuse is therefore not made:
        it counts neither as a call nor as a refusal, and takes no token, though the engine is asked to find out. A
        refusal that waiting does not help against counts, and ends the matter; so does one that a fault says.
        """
        engine, counter, throttle = self._engine, self._counter, self._engine.throttle
        fault = self._refusing_fault(operation, caller)
        if fault is not None:
            self._count_refusal(operation, refusal_of(fault), caller, party)
            counter.count_call(operation)
            return
        while True:
            # Not `if throttle`: a throttle without buckets has length 0 and would count as false.
            buckets = self._buckets(caller) if throttle is not None else ("", None)
            # Again after each wait: on the way, accounts' answers may have taken the token.
            while throttle is not None and (ready := throttle.ready_at(operation, *buckets, engine.now)) > engine.now:
                counter.count_wait(operation, THROTTLING, ready)
                await self._move_to(ready)
            if (free := free_at(engine, operation, caller)) > engine.now:
                counter.count_wait(operation, ConcurrentModificationException.__name__, free)
                await self._move_to(free)
                continue
            if operation in READS:
                await engine.settle()
            try:
                attempt()
            except Refused as refusal:
                until = limit_passes_at(engine, refusal, caller)
                if until > engine.now:
                    counter.count_wait(operation, refusal.reason or refusal.code, until)
                    await self._move_to(until)
                    # From the start, buckets included: the caller may be in another organization by now.
                    continue
                self._count_refusal(operation, refusal, caller, party)
            else:
                counter.tally.accepted += 1
            counter.count_call(operation)
            if throttle is not None:
                # Only now, so that a call held back by another limit has kept its token.
                throttle.take(operation, *buckets, engine.now)
            return

    async def _send_with_retries(
        self,
        operation: str,
        what: str,
        planned: Iterator[tuple[int, Caller, Attempt, str]],
        tally: Tally,
        retry: Retry,
        random: Random,
    ) -> None:
        """Make each call at its planned moment, and again after a pause while it is refused for a passing reason.

        This plays a caller that does not know AWS's limits, like an SDK: exponential backoff with full jitter. Two
        sources of calls are merged by moment, the planned calls, which come in order, and a heap of retries. On equal
        moments the retry goes first, as it has waited longer, and of two retries the one that was refused earlier;
        this order is part of what makes a run repeat exactly.
        """
        engine = self._engine
        upcoming = next(planned, None)
        retries: list[tuple[int, int, int, Caller, Attempt, str]] = []
        """Moment, tie-breaker (callers and attempts do not compare), attempts made, caller, attempt, party."""
        serial, attempts = count(), 0
        while upcoming or retries:
            if retries and (upcoming is None or retries[0][0] <= upcoming[0]):
                moment, _, tries, caller, attempt, party = heapq.heappop(retries)
            else:
                assert upcoming is not None
                moment, caller, attempt, party = upcoming
                tries, upcoming = 0, next(planned, None)
                tally.sent += 1
            if moment > engine.now:
                await self._move_to(moment)
            attempts += 1
            if attempts % CHECKPOINT_EVERY == 0:
                await self._checkpoint(what, tally.sent, tally.planned)
            accepted, passes = await self.attempt_once(operation, caller, attempt, party)
            if accepted or not passes:
                continue
            if tries + 1 == retry.attempts:
                tally.given_up += 1
            else:
                pause = retry.pause(tries + 1, random)
                heapq.heappush(retries, (engine.now + pause, next(serial), tries + 1, caller, attempt, party))
        await self._checkpoint(what, tally.sent, tally.planned)

    async def attempt_once(
        self, operation: str, caller: Caller, attempt: Attempt, party: str = ""
    ) -> tuple[bool, bool]:
        """Make a call of a caller that does not know AWS's limits, and count it.

        Returns:
            Whether it was accepted; and if not, whether the same call can succeed later by itself.
        """
        self._counter.count_call(operation)
        refusal, passes = await self._attempted(operation, caller, attempt)
        if refusal:
            self._count_refusal(operation, refusal, caller, party)
        else:
            self._counter.tally.accepted += 1
        return refusal is None, passes

    def attempt_or_wait(
        self, operation: str, caller: Caller, attempt: Attempt, *, has_token: bool
    ) -> tuple[bool, int | None]:
        """Make a call of a caller that knows AWS's limits, if they admit it now, and count it.

        For those that do something else meanwhile: several may wait at once, each with a token that nobody else gets.

        Args:
            operation: AWS's name of the operation, which is no reading one.
            caller: who calls.
            attempt: makes the call.
            has_token: whether it has a token, because it has waited before.

        Returns:
            Whether it was accepted; and if not, the moment at which to call again, with a token then: None if it was
            refused for good.
        """
        engine, counter, throttle = self._engine, self._counter, self._engine.throttle
        fault = None if has_token else self._refusing_fault(operation, caller)
        if fault is not None:
            counter.count_call(operation)
            self._count_refusal(operation, refusal_of(fault), caller, "")
            return False, None
        if throttle is not None and not has_token:
            ready = throttle.reserve(operation, *self._buckets(caller), engine.now)
            if ready > engine.now:
                counter.count_wait(operation, THROTTLING, ready)
                return False, ready
        if (free := free_at(engine, operation, caller)) > engine.now:
            counter.count_wait(operation, ConcurrentModificationException.__name__, free)
            return False, free
        try:
            attempt()
        except Refused as refusal:
            until = limit_passes_at(engine, refusal, caller)
            if until > engine.now:
                counter.count_wait(operation, refusal.reason or refusal.code, until)
                return False, until
            self._count_refusal(operation, refusal, caller, "")
        else:
            counter.count_call(operation)
            counter.tally.accepted += 1
            return True, None
        counter.count_call(operation)
        return False, None

    async def _attempted(self, operation: str, caller: Caller, attempt: Attempt) -> tuple[Refused | None, bool]:
        """Make a call; returns its refusal, if any, and whether the same call can succeed later by itself."""
        fault: FaultScripted | None = None
        try:
            # Unlike a caller that waits, this one takes a token with every attempt that is not throttled, also with one
            # that is then refused, as with AWS.
            self._engine.admit(operation, caller)
            fault = self._refusing_fault(operation, caller)
            if fault is not None:
                raise refusal_of(fault)
            if operation in READS:
                await self._engine.settle()
            attempt()
        except Refused as refusal:
            return refusal, self._is_transient(refusal) if fault is None else fault.fault in CODES
        return None, False

    def _count_refusal(self, operation: str, refusal: Refused, caller: Caller, party: str) -> None:
        assert caller.account is not None, "an account calls"
        by = self._engine.state.organization_of(caller.account) if operation in ASKING else None
        self._counter.count_refusal(operation, refusal, (by.id, party) if by else None)
        why = ": ".join(each for each in (kind_of(refusal), refusal.explanation) if each)
        self._counter.tally.refusal = f"{operation} was refused with {why}"

    def _refusing_fault(self, operation: str, caller: Caller) -> FaultScripted | None:
        """Show a call to the scripted faults, once; returns the one that refuses it."""
        if self._engine.state.faults is None:
            return None
        return next((each for each in met_faults(self._engine, operation, caller) if each.fault in REFUSING), None)

    def _buckets(self, caller: Caller) -> tuple[str, str | None]:
        """The account and the organization whose token buckets a call of the caller concerns."""
        assert caller.account is not None, "an account calls"
        organization = self._engine.state.organization_of(caller.account)
        return caller.account, organization.id if organization else None

    def _is_transient(self, refusal: Refused) -> bool:
        """Tell whether the same call can succeed later without anybody changing anything."""
        if isinstance(refusal, ConcurrentModificationException):
            return self._engine.conflicts is not None
        return isinstance(refusal, TooManyRequestsException) or refusal.reason in LIMITS
