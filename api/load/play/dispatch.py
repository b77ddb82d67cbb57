"""Sending calls: at their pace, past AWS's limits or again after refusals, each counted."""

import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import count, repeat
from random import Random

from ....engine.errors import Refused, TooManyRequestsException
from ....engine.operation import Caller
from ....engine.rules.limits import LIMITS
from ....engine.runtime.engine import Engine
from ....engine.settings import SECOND
from ....projections.reads import READS
from ..scenario.pace import Pace
from ..scenario.steps import Retry
from .tally import THROTTLING, Tally
from .world import CHUNK

Attempt = Callable[[], None]
"""Makes a call and takes note of what came of it; raises ``Refused``."""


class Dispatch:
    """Sends the calls of a scenario's steps.

    Args:
        engine: of the world.
        tally: where calls are counted.
        move_to: moves the world's clock, while others do what they do at their moments.
        breathe: told now and then what is being done, how many of how many.
    """

    def __init__(
        self,
        engine: Engine,
        tally: Tally,
        move_to: Callable[[int], Awaitable[None]],
        breathe: Callable[[str, int, int], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._tally = tally
        self._move_to = move_to
        self._breathe = breathe

    async def send(
        self,
        operation: str,
        what: str,
        calls: Iterable[tuple[Caller, Attempt]],
        number: int,
        pace: Pace | None = None,
        retry: Retry | None = None,
        random: Random | None = None,
    ) -> None:
        """Send calls one after the other, each at its moment.

        Args:
            operation: AWS's name.
            what: what is being done, for people.
            calls: who calls, and the call.
            number: how many they are.
            pace: not faster than this.
            retry: how often to repeat what is refused for a while; None: wait, and call when it will succeed.
            random: for the lengths of the pauses between repetitions.
        """
        began = self._engine.now
        offsets = pace.offsets(number) if pace else repeat(0, number)
        if retry:
            planned = ((began + offset, *call) for offset, call in zip(offsets, calls, strict=True))
            await self._send_again_and_again(operation, what, planned, number, retry, random or Random(0))
            return
        for done, (offset, (caller, attempt)) in enumerate(zip(offsets, calls, strict=True), 1):
            if offset:
                await self._move_to(max(began + offset, self._engine.now))
            await self._send_patiently(operation, caller, attempt)
            if done % CHUNK == 0 or done == number:
                await self._breathe(what, done, number)

    async def _send_patiently(self, operation: str, caller: Caller, attempt: Attempt) -> None:
        """Make a call when it can succeed. Those that a limit would refuse are not made, and take no token."""
        engine, tally, throttle = self._engine, self._tally, self._engine.throttle
        while True:
            # A throttle without buckets is empty, but it is one.
            buckets = self._buckets(caller) if throttle is not None else ("", None)
            while throttle is not None and (ready := throttle.ready_at(operation, *buckets, engine.now)) > engine.now:
                tally.wait(operation, THROTTLING, ready)
                await self._move_to(ready)
            if operation in READS:
                await engine.settle()
            try:
                attempt()
            except Refused as refusal:
                until = self._passes_at(refusal, caller)
                if until > engine.now:
                    tally.wait(operation, refusal.reason or refusal.code, until)
                    await self._move_to(until)
                    continue
                tally.refusal(operation, refusal)
            tally.call(operation)
            if throttle is not None:
                throttle.take(operation, *buckets, engine.now)
            return

    async def _send_again_and_again(
        self,
        operation: str,
        what: str,
        planned: Iterator[tuple[int, Caller, Attempt]],
        number: int,
        retry: Retry,
        random: Random,
    ) -> None:
        engine, tally = self._engine, self._tally
        upcoming = next(planned, None)
        again: list[tuple[int, int, int, Caller, Attempt]] = []
        serial, attempts, made = count(), 0, 0
        while upcoming or again:
            if again and (upcoming is None or again[0][0] <= upcoming[0]):
                moment, _, tries, caller, attempt = heapq.heappop(again)
            else:
                assert upcoming is not None
                moment, caller, attempt = upcoming
                tries, upcoming = 0, next(planned, None)
                made += 1
            if moment > engine.now:
                await self._move_to(moment)
            attempts += 1
            if attempts % CHUNK == 0:
                await self._breathe(what, made, number)
            tally.call(operation)
            try:
                engine.admit(operation, caller)
                if operation in READS:
                    await engine.settle()
                attempt()
            except Refused as refusal:
                tally.refusal(operation, refusal)
                if self._passes_by_itself(refusal) and tries + 1 < retry.attempts:
                    longest = min(retry.most_seconds, retry.first_seconds * 2**tries)
                    pause = round(longest * SECOND * random.random())
                    heapq.heappush(again, (engine.now + pause, next(serial), tries + 1, caller, attempt))
        await self._breathe(what, made, number)

    def _buckets(self, caller: Caller) -> tuple[str, str | None]:
        assert caller.account is not None, "an account calls"
        organization = self._engine.state.organization_of(caller.account)
        return caller.account, organization.id if organization else None

    @staticmethod
    def _passes_by_itself(refusal: Refused) -> bool:
        return isinstance(refusal, TooManyRequestsException) or refusal.reason in LIMITS

    def _passes_at(self, refusal: Refused, caller: Caller) -> int:
        """When a limit that was met will let the call through; now, if waiting does not help."""
        limit = LIMITS.get(refusal.reason or "")
        assert caller.account is not None, "an account calls"
        organization = self._engine.state.organization_of(caller.account)
        return limit(organization, self._engine.state, self._engine.now) if limit and organization else self._engine.now
