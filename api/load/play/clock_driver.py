"""Moves the clock of a playing scenario; on the way, accounts answer handshakes at the moments drawn for them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio.lowlevel
from msgspec import Struct, field

from ....engine.errors import ConcurrentModificationException, Refused, TooManyRequestsException
from ....engine.operation import Caller, Events
from ....engine.operations import accept_handshake, decline_handshake, leave_organization
from ....engine.runtime.clock import SimulatedClock
from ....engine.runtime.driver import advance_to, jump_to
from ....engine.runtime.engine import Engine
from ....engine.settings import LATEST
from ....engine.shapes.base import moment, moment_text
from ....engine.state.handshake import Handshake, HandshakeState
from ....engine.throttling import why_throttled
from ..scenario.populations import ACCEPT, LEAVE, RequestKind
from ..scenario.problems import ScenarioError
from .agenda import ESCALATE, Agenda, Cohort, Due, ScheduledAnswer
from .call_counter import THROTTLING, CallCounter
from .observing import Observer, let_look
from .pacing import Pacing
from .patience import free_at, limit_passes_at

CHECKPOINT_EVERY = 1_000
"""The number of commands that a loop posts between two calls of ``ClockDriver.checkpoint``."""

OPEN = HandshakeState.OPEN


class FollowedUp(Struct):
    """How many accounts a reminder or a deadline met, and for how many something came of it."""

    reached: int = 0
    followed: int = 0
    first: int | None = None
    """The moment at which it met the first, in microseconds since the epoch."""
    last: int | None = None
    refused: Counter[str] = field(default_factory=Counter[str])
    """Error code to the number of accounts whose escalation was refused for good."""


FollowedUps = defaultdict[tuple[str, RequestKind, int | None], FollowedUp]
"""Population, what it was asked, and which reminder (None: the deadline) to whom it met."""


def no_escalation(cohort: Cohort, member: int) -> None:
    """Do nothing."""


class ClockDriver:
    """Moves the clock and gives the answers on the agenda that fall due.

    Args:
        engine: runs under ``clock``.
        clock: the simulated clock to move.
        counter: counts the calls that answers are.
        observer: told of the progress, and that time passes.
        factor: simulated seconds per second of real time, at most; None: as fast as the machine can.
    """

    def __init__(
        self,
        engine: Engine,
        clock: SimulatedClock,
        counter: CallCounter,
        observer: Observer,
        factor: float | None = None,
    ) -> None:
        self.engine = engine
        self.agenda = Agenda()
        self.declined: dict[str, dict[str, None]] = {}
        """Organization to the accounts that declined its migration, in the order of declining."""
        self._clock = clock
        self._counter = counter
        self._observer = observer
        self._pacing = Pacing(engine, factor, observer) if factor is not None else None
        self._watched: list[Handshake] = []
        """Those with whose end the clock stops, each as often as it is watched."""
        self._reserved: set[tuple[str, str]] = set()
        """Handshakes with answers that were throttled once and have reserved the token for their second call."""
        self.followed_up: FollowedUps = defaultdict(FollowedUp)
        """Whom reminders and deadlines have met since the figures began to count."""
        self.followed_up_before: FollowedUps = defaultdict(FollowedUp)
        """Whom they met before."""
        self.carry_out_escalation: Callable[[Cohort, int], None] = no_escalation
        """Makes the call that a cohort's behaviour has for an account of it that has missed the deadline."""

    def restart(self) -> None:
        """Count whom reminders and deadlines meet from now on only."""
        self.followed_up_before, self.followed_up = self.followed_up, defaultdict(FollowedUp)

    async def checkpoint(self, what: str, done: int, total: int) -> None:
        """Report progress, and wait for the log's writer if its buffer is full.

        A loop that posts commands calls this every ``CHECKPOINT_EVERY`` commands and at its end. Posting does not
        suspend: without it the writer's task would never run, and the whole run would pile up in memory.
        """
        self._observer.progress(what, done, total, moment_text(self.engine.now, "%Y-%m-%d"))
        await self.engine.room()
        await let_look(self._observer, self.engine)

    async def move_to(self, time: int, what: str = "Answering") -> None:
        """Move the clock to a moment, or an earlier one: see ``watching``. Timers fire and accounts answer on the way.

        Args:
            time: microseconds since the epoch, not in the past.
            what: the activity that is reported as progress while accounts answer.

        Raises:
            ScenarioError: the moment lies beyond the calendar.
        """
        if time > LATEST:
            raise ScenarioError(f"time would run past {moment(LATEST):%Y-%m-%d}")
        engine, clock, agenda, is_paced = self.engine, self._clock, self.agenda, self._pacing is not None
        agenda.draw_answers(engine.now)
        due = done = 0
        stopped = False
        timers = engine.state.timers
        while not stopped and (at := agenda.next_moment) <= time:
            # Mostly no timer is due before the next answer. Then moving the clock is enough, and much cheaper than
            # the coroutine, which matters for a million answers.
            if timers.next_due > at and not is_paced:
                clock.move(at)
            elif stopped := await self._stops_before(at):
                break
            popped = agenda.pop()
            if isinstance(popped, Due):
                self._follow_up(popped)
            else:
                self._answer(popped)
            for handshake in self._watched:
                stopped = stopped or (at < time and handshake.state is not OPEN)
            done += 1
            if done % CHECKPOINT_EVERY == 0:
                # Counted late, because it looks at all that are scheduled, and mostly only few are due.
                due = due or done + agenda.count_due(time)
                # A throttled answer is scheduled again, so more may come than were due.
                await self.checkpoint(what, min(done, due), due)
        if done:
            await self.checkpoint(what, max(done, due), max(done, due))
        if not stopped:
            await self._stops_before(time)
        await let_look(self._observer, self.engine)

    async def _stops_before(self, moment: int) -> bool:
        """Move the clock to a moment, unless a handshake that is watched ends before: then to its end."""
        timers = self.engine.state.timers
        while self._watched and (at := timers.next_change) < moment:
            await self._jump_to(at)
            if self._one_has_ended():
                return True
        await self._jump_to(moment)
        return False

    async def _jump_to(self, moment: int) -> None:
        """Move the clock to a moment, at the rate of a run that is held back."""
        if self._pacing is not None:
            await self._pacing.wait_until(moment)
        await jump_to(self.engine, moment)

    @property
    def next_change(self) -> int:
        """The next moment at which something happens, unless a step makes a call before; NEVER if nothing does."""
        if self.agenda.has_undrawn:
            # Nobody knows yet when they answer who were asked just now. Drawing it here would be another run than one
            # in which nobody looks.
            return self.engine.now
        return min(self.agenda.next_moment, self.engine.state.timers.next_due)

    @contextmanager
    def watching(self, handshake: str) -> Generator[None]:
        """Stop the clock when a handshake ends, if there is one to watch."""
        known = self.engine.state.handshakes.get(handshake)
        if known is None:
            yield
            return
        self._watched.append(known)
        try:
            yield
        finally:
            self._watched.remove(known)

    def has_ended(self, handshake: str) -> bool:
        """Tell whether a handshake is not open any more."""
        known = self.engine.state.handshakes.get(handshake)
        return known is None or known.state is not OPEN

    def _one_has_ended(self) -> bool:
        return any(handshake.state is not OPEN for handshake in self._watched)

    def can_answer(self, handshake: str, time: int) -> bool:
        """Tell whether a handshake is open now and does not expire before a moment."""
        known = self.engine.state.handshakes.get(handshake)
        return known is not None and known.state is OPEN and time < known.requested.expires_at

    def _answer(self, scheduled: ScheduledAnswer) -> None:
        cohort, member, answer = scheduled.cohort, scheduled.member, scheduled.answer
        account, handshake = cohort.accounts[member], cohort.handshakes[member]
        known = self.engine.state.handshakes.get(handshake)
        if known is None or known.state is not OPEN:
            # It expired or was canceled meanwhile: there is nothing to answer.
            return
        if answer == ESCALATE:
            self._escalate(scheduled)
            return
        caller = Caller(account)
        if self.engine.throttle is not None and not self._is_admitted(scheduled, caller, answer):
            return
        if answer == ACCEPT:
            self.post(answer, accept_handshake.Request(handshake), caller, handshake)
        elif answer == LEAVE:
            self.post(answer, leave_organization.Request(), caller)
        elif self.post(answer, decline_handshake.Request(handshake), caller) and cohort.request == "migration":
            self.declined.setdefault(cohort.organization, {})[account] = None

    def _follow_up(self, due: Due) -> None:
        """Count whom a reminder or a deadline meets, and schedule the escalations of a deadline for now."""
        cohort, now = due.cohort, self.engine.now
        met = [member for member in due.members if self.can_answer(cohort.handshakes[member], now)]
        counts = self.followed_up[cohort.population, cohort.request, due.reminder]
        counts.reached += len(met)
        if met:
            counts.first, counts.last = counts.first or now, now
        if due.reminder is not None:
            counts.followed += sum(cohort.followers.get(member) == due.reminder for member in met)
        elif cohort.behaviour.escalation:
            for member in met:
                self.agenda.schedule(now, ScheduledAnswer(cohort, member, ESCALATE))

    def _escalate(self, scheduled: ScheduledAnswer) -> None:
        """Make the call of an escalation, for the organization that asked the account.

        Like the calls of steps it waits for limits that pass; a refusal that waiting does not help against is final.
        """
        cohort, member = scheduled.cohort, scheduled.member
        escalation, engine, counter = cohort.behaviour.escalation, self.engine, self._counter
        assert escalation is not None, "it was scheduled for one"
        action, management = (
            escalation.action,
            Caller(engine.state.organizations[cohort.organization].management_account),
        )
        if (free := free_at(engine, action, management)) > engine.now:
            self._put_off(scheduled, action, ConcurrentModificationException.__name__, free)
            return
        if engine.throttle is not None and not self._is_admitted(scheduled, management, action):
            return
        met = self.followed_up[cohort.population, cohort.request, None]
        try:
            self.carry_out_escalation(cohort, member)
        except Refused as refusal:
            until = limit_passes_at(engine, refusal, management)
            if until > engine.now:
                self._put_off(scheduled, action, refusal.reason or refusal.code, until)
                return
            counter.count_refusal(action, refusal)
            met.refused[refusal.code] += 1
        else:
            met.followed += 1
        counter.count_call(action)
        # It may have asked somebody, whose delay begins now.
        self.agenda.draw_answers(engine.now)

    def _put_off(self, scheduled: ScheduledAnswer, operation: str, limit: str, until: int) -> None:
        self._counter.count_wait(operation, limit, until)
        self.agenda.schedule(until, scheduled)

    def _is_admitted(self, scheduled: ScheduledAnswer, caller: Caller, operation: str) -> bool:
        """Take a token for an answer; without one, count a throttled call and schedule the answer for later.

        The account reserves the next token that there will be and calls again at that very moment, so each answer is
        throttled at most once. If throttled accounts simply tried again, they would all meet at the same moments, and
        each round would cost a call per waiting account: with a million accounts, quadratically many.
        """
        throttle, counter, account = self.engine.throttle, self._counter, caller.account
        assert throttle is not None
        assert account is not None
        call = scheduled.cohort.handshakes[scheduled.member], scheduled.answer
        if call in self._reserved:
            self._reserved.discard(call)
            return True
        organization = self.engine.state.organization_of(account)
        now = self.engine.now
        ready = throttle.reserve(operation, account, organization.id if organization else None, now)
        if ready <= now:
            return True
        (counter.count_call if scheduled.answer == ESCALATE else counter.count_answer)(operation)
        self._counter.count_refusal(
            operation, TooManyRequestsException(explanation=why_throttled(operation, account, ready))
        )
        self._counter.count_wait(operation, THROTTLING, ready)
        self._reserved.add(call)
        self.agenda.schedule(ready, scheduled)
        return False

    def post(self, operation: str, request: Struct, caller: Caller, handshake: str = "") -> Events | None:
        """Post an answer and return its events; None if it was refused, which is counted, of which handshake too.

        A refusal is no error here: scenarios are played to find out what is refused.
        """
        self._counter.count_answer(operation)
        try:
            return self.engine.post(request, caller)
        except Refused as refusal:
            self._counter.count_refusal(operation, refusal, ("", handshake) if handshake else None)
            return None

    async def finish(self) -> None:
        """Record the time at which the run ends, and wait until everything is durable."""
        await anyio.lowlevel.checkpoint()
        await advance_to(self.engine, self.engine.now)
