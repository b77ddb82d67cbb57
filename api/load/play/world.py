"""The world as a scenario moves it: the clock goes on, and whoever was asked answers at the moment drawn for it."""

from collections.abc import Callable

import anyio.lowlevel
from msgspec import Struct

from ....engine.errors import Refused, TooManyRequestsException
from ....engine.operation import Caller, Events
from ....engine.operations import accept_handshake, decline_handshake, leave_organization
from ....engine.runtime.clock import SimulatedClock
from ....engine.runtime.driver import advance_to, jump_to
from ....engine.runtime.engine import Engine
from ....engine.settings import LATEST
from ....engine.shapes.base import moment, moment_text
from ....engine.state.handshake import HandshakeState
from ..scenario.model import ScenarioError
from .agenda import ACCEPT, LEAVE, Agenda, Alone
from .tally import THROTTLING, Tally

CHUNK = 1_000
"""Commands posted between two looks at the buffer and at the progress."""

OPEN = HandshakeState.OPEN

Progress = Callable[[str, int, int, str], None]
"""Told now and then: what is being done, how many of how many, and the day it is."""


class World:
    """An engine, its clock, and the answers that are to come.

    Args:
        engine: of an empty world under a simulated clock.
        tally: where calls are counted.
        progress: told now and then how far it is.
    """

    def __init__(self, engine: Engine, clock: SimulatedClock, tally: Tally, progress: Progress) -> None:
        self.engine = engine
        self.agenda = Agenda()
        self.declined: dict[str, dict[str, None]] = {}
        """Organization to the accounts that declined its migration, in the order of declining."""
        self._clock = clock
        self._tally = tally
        self._progress = progress
        self._admitted: set[str] = set()
        """Handshakes whose answers hold a reservation."""

    async def breathe(self, what: str, done: int, total: int) -> None:
        """Every ``CHUNK`` commands of a long loop, and at its end: give the writer a turn, and tell how far it is."""
        self._progress(what, done, total, moment_text(self.engine.now, "%Y-%m-%d"))
        await self.engine.room()

    async def move_to(self, time: int, what: str = "Answering") -> None:
        """Move the clock to a moment, and let everybody answer on the way.

        Raises:
            ScenarioError: time would run out of the calendar.
        """
        if time > LATEST:
            raise ScenarioError(f"time would run past {moment(LATEST):%Y-%m-%d}")
        engine, clock, agenda = self.engine, self._clock, self.agenda
        agenda.settle(engine.now)
        due, done = agenda.due(time), 0
        timers = engine.state.timers
        while (at := agenda.next_at) <= time:
            # Mostly nothing is due in between, and a million answers are worth a short way.
            if timers.next_due <= at:
                await jump_to(engine, at)
            else:
                clock.move(at)
            self._answer(agenda.take())
            done += 1
            if done % CHUNK == 0:
                await self.breathe(what, min(done, due), due)
        if due:
            await self.breathe(what, due, due)
        await jump_to(engine, time)

    def comes(self, handshake: str, time: int) -> bool:
        """Whether an answer at a moment can be given: the handshake is open, and does not expire before."""
        known = self.engine.state.handshakes.get(handshake)
        return known is not None and known.state is OPEN and time < known.requested.expires_at

    def _answer(self, alone: Alone) -> None:
        asked, member, answer = alone
        account, handshake = asked.accounts[member], asked.handshakes[member]
        known = self.engine.state.handshakes.get(handshake)
        if known is None or known.state is not OPEN:
            # It expired or was canceled meanwhile: nobody asks any more.
            return
        caller = Caller(account)
        if self.engine.throttle is not None and not self._is_admitted(alone, caller, handshake):
            return
        if answer == ACCEPT:
            self.post(answer, accept_handshake.Request(handshake), caller)
        elif answer == LEAVE:
            self.post(answer, leave_organization.Request(), caller)
        elif self.post(answer, decline_handshake.Request(handshake), caller) and asked.migration:
            self.declined.setdefault(asked.organization, {})[account] = None

    def _is_admitted(self, alone: Alone, caller: Caller, handshake: str) -> bool:
        """Whether there is a token now; if not, the account is throttled once, and comes again when there is one."""
        throttle, account, operation = self.engine.throttle, caller.account, alone[2]
        assert throttle is not None
        assert account is not None
        if handshake in self._admitted:
            self._admitted.discard(handshake)
            return True
        organization = self.engine.state.organization_of(account)
        now = self.engine.now
        ready = throttle.reserve(operation, account, organization.id if organization else None, now)
        if ready <= now:
            return True
        self._tally.call(operation)
        self._tally.refusal(operation, TooManyRequestsException())
        self._tally.wait(operation, THROTTLING, ready)
        self._admitted.add(handshake)
        self.agenda.again(ready, alone)
        return False

    def post(self, operation: str, request: Struct, caller: Caller) -> Events | None:
        """Post a command; a refusal is counted, not raised: scenarios exist to find out what is refused."""
        self._tally.call(operation)
        try:
            return self.engine.post(request, caller)
        except Refused as refusal:
            self._tally.refusal(operation, refusal)
            return None

    async def finish(self) -> None:
        """Record how late it is, and wait until everything is durable."""
        await anyio.lowlevel.checkpoint()
        await advance_to(self.engine, self.engine.now)
