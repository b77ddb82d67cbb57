"""A pipeline that vends accounts: each is created when its turn comes, and then goes through calls of its own.

Accounts do not wait for each other: while one is being created, another is moved or tagged, and a third comes again
after a pause. What is due first goes first; at the same moment, what was planned earlier.
"""

import heapq
from itertools import count, repeat

from msgspec import Struct

from ....engine.events import AccountCreationRequested
from ....engine.operation import Caller
from ....engine.operations import create_account
from ....engine.settings import SECOND
from ..scenario.steps import CreateAccounts
from .agenda import Cohort
from .asking import Asked
from .calls import call, fill
from .clock_driver import CHECKPOINT_EVERY
from .context import StepContext


class Order(Struct, eq=False):
    """An account that somebody has asked for."""

    number: int
    """From 1, in the order of asking."""
    asked_at: int
    has_come: bool = False
    """Whether its turn has come."""
    calls_made: int = 0
    """How many calls have succeeded: the first creates the account."""
    tries: int = 0
    """How often the next one has been tried."""
    has_token: bool = False
    """Whether AWS's rates admit the next call, because it has waited for that."""
    email: str = ""
    """The address of the creation in progress, or of the account."""
    account: str = ""
    """Empty until it is created."""


class Pipeline:
    """Vends the accounts of one step.

    Args:
        step: creates accounts, and says what follows.
        context: of the run.
        number: of accounts.
    """

    def __init__(self, step: CreateAccounts, context: StepContext, number: int) -> None:
        self._step = step
        self._context = context
        self._engine = context.engine
        self._organization = context.organization(step)
        self._caller = Caller(self._organization.management_account)
        self._names = context.new_names(step.population)
        self._random = context.new_random(step.operation)
        self._serial = count()
        self._heard = dict[Asked, Cohort]()
        began, offsets = self._engine.now, step.pace.offsets(number) if step.pace else repeat(0, number)
        # Ascending, so they are a heap already.
        self._due = [
            (began + offset, next(self._serial), Order(at, began + offset)) for at, offset in enumerate(offsets, 1)
        ]
        """Moment, tie-breaker, order."""
        self._asked = number
        self._ready = 0

    async def run(self) -> None:
        """Go on until every account is ready, or given up."""
        context, population = self._context, self._step.population
        tally = context.counter.tally
        tally.planned = self._asked
        done = 0
        while self._due:
            moment, _, order = heapq.heappop(self._due)
            if moment > self._engine.now:
                await context.move_to(moment)
            if not order.has_come:
                order.has_come = True
                context.counter.asked_for[population] += 1
                context.vending.ask(population, 1, self._names)
            if order.email and not order.account:
                self._look_whether_created(order)
            else:
                await self._make_next_call(order)
            done, tally.sent = done + 1, self._ready
            if done % CHECKPOINT_EVERY == 0 or not self._due:
                await context.driver.checkpoint(f"Vending {population}", self._ready, self._asked)
        for cohort in self._heard.values():
            cohort.growing = False
        if lost := self._asked - self._ready:
            context.timetable.warn(
                f"{lost:,} of {self._asked:,} accounts did not get ready: a call or creation was given up"
            )

    def _come_again(self, moment: int, order: Order) -> None:
        heapq.heappush(self._due, (moment, next(self._serial), order))

    def _try_again(self, order: Order) -> None:
        """Come again after a pause, unless all attempts have been made."""
        retry, order.tries = self._step.retry, order.tries + 1
        if retry and order.tries < retry.attempts:
            self._come_again(self._engine.now + retry.pause(order.tries, self._random), order)

    def _look_whether_created(self, order: Order) -> None:
        """Now that the creation has ended: go on with the account, or ask for another if that is wanted."""
        self._engine.fire_due()
        order.account = self._engine.state.emails.get(order.email.lower(), "")
        if order.account:
            self._succeeded(order)
            return
        order.email = ""
        if self._step.retry_failed:
            self._try_again(order)

    def _succeeded(self, order: Order) -> None:
        """Go on with the next call, if there is one."""
        order.calls_made, order.tries, order.has_token = order.calls_made + 1, 0, False
        if order.calls_made <= len(self._step.then or ()):
            self._come_again(self._engine.now, order)
            return
        self._ready += 1
        self._context.vending.got_ready(self._step.population, order.account)
        # Those whose turn came before the figures began to count were not counted as asked for.
        if order.asked_at >= self._context.lookout.measured_since:
            taken = (self._engine.now - order.asked_at) / SECOND
            self._context.counter.ready_seconds[self._step.population].append(taken)

    async def _make_next_call(self, order: Order) -> None:
        following = self._step.then[order.calls_made - 1] if self._step.then and order.calls_made else None
        operation = following.action if following else self._step.operation

        def attempt() -> None:
            if following is None:
                self._create(order)
                return
            names = self._context.names_in_texts(self._organization, order.account, order.number)
            place = f".then[{order.calls_made}].with"
            _, events = call(self._engine, None, operation, fill(following.members, names, place), self._caller)
            self._context.asking.hear(events, self._heard)

        dispatch = self._context.dispatch
        if self._step.retry:
            accepted, passes = await dispatch.attempt_once(operation, self._caller, attempt)
            again = None
        else:
            accepted, again = dispatch.attempt_or_wait(operation, self._caller, attempt, has_token=order.has_token)
            passes, order.has_token = False, True
        if accepted and following:
            self._succeeded(order)
        elif again is not None:
            self._come_again(again, order)
        elif passes:
            self._try_again(order)

    def _create(self, order: Order) -> None:
        email, name = self._names.next()
        requested = self._engine.post(create_account.Request(email, name), self._caller)[0]
        assert isinstance(requested, AccountCreationRequested)
        self._names.emails.append(email)
        order.email = email
        self._come_again(max(requested.finishes_at, self._engine.now), order)
