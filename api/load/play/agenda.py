"""The agenda: a priority queue of the answers to handshakes that accounts have still to give, ordered by time."""

import heapq
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import NamedTuple

from msgspec import Struct

from ....engine.settings import DAY
from ....engine.state.timers import NEVER
from ..scenario.populations import ACCEPT, ANSWERS, DECLINE, LEAVE, Answer, Behaviour, RequestKind

ESCALATE = "Escalate"
"""What an account that has missed its deadline is scheduled for, instead of an answer."""


class Cohort:
    """The accounts of one population to which one step sends handshakes; it grows while the step sends.

    Args:
        population: its name in the scenario; of a request to transfer a bill, that of the organization that is asked.
        organization: the id of the organization that sends.
        behaviour: how the accounts answer.
        random: the generator from which each account's answer and delay are drawn.
        request: what they are asked.
        final: True if the escalation of a deadline asks them: then there is no other.
    """

    def __init__(
        self,
        population: str,
        organization: str,
        behaviour: Behaviour,
        random: Random,
        request: RequestKind,
        *,
        final: bool = False,
    ) -> None:
        self.population = population
        self.organization = organization
        self.behaviour = behaviour
        self.random = random
        self.request: RequestKind = request
        self.growing = True
        """Whether accounts may still be added."""
        self.final = final
        """Whether there is no deadline: the escalation of a deadline has asked them."""
        self.accounts: list[str] = []
        self.handshakes: list[str] = []
        """The handshake of the account at the same index."""
        self.drawn = 0
        """The number of accounts, from the first, whose answers have been drawn."""
        self.awaiting_reminder: list[int] = []
        """Indexes of the accounts that do not answer until a step reminds them."""
        self.followers: dict[int, int] = {}
        """Index of an account to the reminder of its own that it follows: 0 is the first."""

    def add(self, account: str, handshake: str) -> None:
        """Add an account and the handshake that it was sent."""
        self.accounts.append(account)
        self.handshakes.append(handshake)


class ScheduledAnswer(Struct, frozen=True):
    """One answer: the cohort, the index of the account in it, and the operation that the account calls."""

    cohort: Cohort
    member: int
    answer: Answer


CanAnswer = Callable[[str, int], bool]
"""Tells whether a handshake (its id) can still be answered at a moment (in microseconds), as far as is known now.

One that cannot never can again."""


class Awaited(NamedTuple):
    """The last answer, or deadline, that is to be waited for."""

    moment: int
    """In microseconds since the epoch."""
    handshake: str
    """When it ends before that moment, there may be less to wait for."""


class Due(NamedTuple):
    """A reminder or a deadline of accounts that were asked at the same moment."""

    cohort: Cohort
    members: range
    """Indexes of the accounts."""
    reminder: int | None
    """Which reminder it is, 0 the first; None: the deadline."""

    def last(self, moment: int, can_answer: CanAnswer) -> "Awaited | None":
        """What is to be waited for until a moment: the last open handshake of a deadline with an escalation."""
        if self.reminder is not None or self.cohort.behaviour.escalation is None:
            return None
        handshakes = (self.cohort.handshakes[member] for member in reversed(self.members))
        return next((Awaited(moment, each) for each in handshakes if can_answer(each, moment)), None)


MakeRandom = Callable[[str], Random]
"""Makes an independent random generator for a purpose, which is part of its seed."""


class CohortAnswers:
    """Answers of one cohort that were drawn together, in the order of their moments; ties in the order of drawing.

    There may be a million, so they are kept as numbers in arrays: first ``add`` all, then ``sort`` once.
    """

    __slots__ = ("_answers", "_end", "_members", "_moments", "_rest", "_taken", "cohort", "head")

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self.head: tuple[int, int, Answer] | None = None
        """The next answer: its moment, the account's index in the cohort, the operation; None when none is left."""
        self._moments = array("q")
        self._members = array("L")
        self._answers = array("B")
        """Indexes into ``ANSWERS``."""
        self._rest: Iterator[tuple[int, int, Answer]] = iter(())
        self._taken = 0
        self._end = 0
        """The answers from this index on cannot be given any more, as was found when the last was looked for."""

    def add(self, moment: int, member: int, answer: Answer) -> None:
        """Add an answer; moments may come in any order."""
        self._moments.append(moment)
        self._members.append(member)
        self._answers.append(ANSWERS.index(answer))

    def sort(self) -> None:
        """Order the answers by moment, after the last was added, and set ``head`` to the first."""
        order = sorted(range(len(self._moments)), key=self._moments.__getitem__)
        self._moments = array("q", map(self._moments.__getitem__, order))
        self._members = array("L", map(self._members.__getitem__, order))
        self._answers = array("B", map(self._answers.__getitem__, order))
        self._rest = zip(self._moments, self._members, map(ANSWERS.__getitem__, self._answers), strict=True)
        self.head = next(self._rest, None)
        self._end = len(order)

    def last(self, can_answer: CanAnswer) -> Awaited | None:
        """The last answer that can still be given; None if there is none."""
        handshakes, moments, members = self.cohort.handshakes, self._moments, self._members
        for index in range(self._end - 1, self._taken - 1, -1):
            handshake = handshakes[members[index]]
            if can_answer(handshake, moments[index]):
                return Awaited(moments[index], handshake)
            # A handshake that has ended is never open again, so nobody looks here twice.
            self._end = index
        return None

    def count_due(self, moment: int) -> int:
        """The number of answers left whose moments are not after ``moment``."""
        return bisect_right(self._moments, moment, self._taken) - self._taken

    def advance(self) -> None:
        """Drop the head and move to the next answer."""
        self._taken += 1
        self.head = next(self._rest, None)

    def __len__(self) -> int:
        """The number of answers left."""
        return len(self._moments) - self._taken


FEWEST_IN_ARRAYS = 8
"""With fewer answers than this, arrays take more memory than they save."""


class Agenda:
    """All answers still to come, by moment; ties in the order in which they were scheduled.

    The heap holds single answers, and for each large cohort one ``CohortAnswers``, keyed by its head.

    Args:
        fewest_in_arrays: a cohort with fewer answers is queued one by one; changes memory and speed, no order.
    """

    def __init__(self, fewest_in_arrays: int = FEWEST_IN_ARRAYS) -> None:
        self._fewest_in_arrays = fewest_in_arrays
        self._heap: list[tuple[int, int, CohortAnswers | ScheduledAnswer | Due]] = []
        self._serial = count()
        """Breaks ties between equal moments."""
        self._cohorts: list[tuple[int, Cohort]] = []
        """Cohorts, numbered in the order of adding: those that can still be reminded by a step, or grow."""
        self._cohort_numbers = count()
        self.asked: Counter[tuple[str, RequestKind]] = Counter()
        """Population and request to how many accounts were asked, each time counted."""

    def add_cohort(self, cohort: Cohort, now: int) -> None:
        """Begin a cohort; accounts may be added to it afterwards, and ``draw_answers`` draws their answers."""
        self.draw_answers(now)
        # A cohort that cannot be reminded is dropped here, so that its memory is free once it has answered: it may
        # hold a million handshakes.
        self._cohorts = [(number, each) for number, each in self._cohorts if each.growing or each.awaiting_reminder]
        self._cohorts.append((next(self._cohort_numbers), cohort))

    @property
    def has_undrawn(self) -> bool:
        """Whether accounts were asked whose answers have still to be drawn; ``next_moment`` knows nothing of them."""
        return any(cohort.drawn < len(cohort.accounts) for _, cohort in self._cohorts)

    def draw_answers(self, now: int) -> None:
        """Draw the answers of accounts added to cohorts; called before time moves on, as delays begin now."""
        for _, cohort in self._cohorts:
            if cohort.drawn < len(cohort.accounts):
                self._draw(cohort, now)

    def _draw(self, cohort: Cohort, now: int) -> None:
        """Draw an answer and a delay for each new account of a cohort.

        Each account uses up two random numbers, and two more for each reminder, whatever it answers. So changing a
        share in the scenario changes the answers of the accounts that it moves from one answer to another, and of
        nobody else.
        """
        behaviour, random = cohort.behaviour, cohort.random
        accept = behaviour.accepting
        decline = accept + behaviour.decline
        leave = decline + behaviour.leave
        after_reminder = leave + behaviour.after_reminder
        draw_delay, draw_share = behaviour.answer_delay.draw, random.random
        answers = CohortAnswers(cohort)
        add, reminders = answers.add, behaviour.reminders
        members = range(cohort.drawn, len(cohort.accounts))
        self.asked[cohort.population, cohort.request] += len(members)
        for member in members:
            number, delay = draw_share(), draw_delay(random, now)
            reminded = self._reminded(cohort, now) if reminders else None
            if number < accept:
                add(now + delay, member, ACCEPT)
            elif number < decline:
                add(now + delay, member, DECLINE)
            elif number < leave:
                add(now + delay, member, LEAVE)
            elif number < after_reminder and reminded:
                cohort.followers[member], moment = reminded
                add(moment, member, ACCEPT)
            elif number < after_reminder:
                cohort.awaiting_reminder.append(member)
        cohort.drawn = len(cohort.accounts)
        # Before the answers, so that who follows a reminder at once has had an open request when it came.
        for index, (after, _) in enumerate(reminders):
            self._push(now + after, Due(cohort, members, index))
        self._add(answers)
        if behaviour.deadline_days is not None and not cohort.final:
            self._push(now + round(behaviour.deadline_days * DAY), Due(cohort, members, None))

    @staticmethod
    def _reminded(cohort: Cohort, now: int) -> tuple[int, int] | None:
        """Draw which of its reminders an account follows, and when it answers; None if none."""
        behaviour, random, found = cohort.behaviour, cohort.random, None
        delay = behaviour.follow_delay
        for index, (after, share) in enumerate(behaviour.reminders):
            number, moment = random.random(), now + after
            moment += delay.draw(random, moment)
            if found is None and number < share:
                found = index, moment
        return found

    def _push(self, moment: int, item: CohortAnswers | ScheduledAnswer | Due) -> None:
        heapq.heappush(self._heap, (moment, next(self._serial), item))

    def _add(self, answers: CohortAnswers) -> None:
        answers.sort()
        many = len(answers) >= self._fewest_in_arrays
        while head := answers.head:
            moment, member, answer = head
            if many:
                self._push(moment, answers)
                return
            self.schedule(moment, ScheduledAnswer(answers.cohort, member, answer))
            answers.advance()

    def schedule(self, moment: int, answer: ScheduledAnswer) -> None:
        """Schedule a single answer, also one that was popped before and has to be given again."""
        self._push(moment, answer)

    def remind(
        self, population: str, share: float, make_random: MakeRandom, now: int, can_answer: CanAnswer
    ) -> tuple[int, int]:
        """Remind the accounts that wait for a reminder: a share accepts after a new delay, the others wait on.

        Args:
            population: the population to remind; empty for all.
            share: the share of the reminded accounts that accepts, 0 to 1.
            make_random: makes the generator of each cohort.
            now: the moment of the reminder.
            can_answer: accounts whose handshake cannot be answered now are not reminded, now or later.

        Returns:
            How many it has reached, and how many of them follow it.
        """
        self.draw_answers(now)
        reached = followed = 0
        for cohort_number, cohort in self._cohorts:
            if population and cohort.population != population:
                continue
            draw_delay, random = cohort.behaviour.answer_delay.draw, make_random(f"{cohort.population} {cohort_number}")
            answers, waiting_on = CohortAnswers(cohort), list[int]()
            for member in cohort.awaiting_reminder:
                if not can_answer(cohort.handshakes[member], now):
                    continue
                number, delay = random.random(), draw_delay(random, now)
                if number < share:
                    answers.add(now + delay, member, ACCEPT)
                else:
                    waiting_on.append(member)
            reached += len(answers) + len(waiting_on)
            followed += len(answers)
            cohort.awaiting_reminder = waiting_on
            self._add(answers)
        return reached, followed

    @property
    def next_moment(self) -> int:
        """The moment of the next answer; NEVER if none is scheduled."""
        return self._heap[0][0] if self._heap else NEVER

    def last(self, can_answer: CanAnswer, population: str = "") -> Awaited | None:
        """The last answer that can still be given, by a population or anybody; None if there is none.

        Deadlines with an escalation count when no answer is left: only then is it known whom they will meet.
        """
        answers, deadlines, latest = list[Awaited](), list[Awaited](), 0
        # From the end of the heap, where mostly the later ones are: then hardly any other answer has to be looked at.
        for at, _, each in reversed(self._heap):
            if at < latest and isinstance(each, ScheduledAnswer):
                continue
            if not population or each.cohort.population == population:
                found = self._last(at, each, can_answer)
                if found is not None and isinstance(each, Due):
                    deadlines.append(found)
                elif found is not None:
                    answers.append(found)
                    latest = max(latest, found.moment)
        return max(answers or deadlines, default=None)

    @staticmethod
    def _last(moment: int, item: CohortAnswers | ScheduledAnswer | Due, can_answer: CanAnswer) -> Awaited | None:
        match item:
            case CohortAnswers():
                return item.last(can_answer)
            case Due():
                return item.last(moment, can_answer)
            case _:
                handshake = item.cohort.handshakes[item.member]
                return Awaited(moment, handshake) if can_answer(handshake, moment) else None

    def count_due(self, moment: int) -> int:
        """The number of answers whose moments are not after ``moment``."""
        return sum(
            each.count_due(moment) if isinstance(each, CohortAnswers) else at <= moment for at, _, each in self._heap
        )

    def pop(self) -> ScheduledAnswer | Due:
        """Remove the next answer, reminder or deadline and return it."""
        heap = self._heap
        _, serial, answers = heap[0]
        if not isinstance(answers, CohortAnswers):
            heapq.heappop(heap)
            return answers
        head = answers.head
        assert head, "answers leave the heap with their last"
        _, member, answer = head
        answers.advance()
        if answers.head:
            # Same serial: among equal moments a cohort keeps the place that it got when its answers were drawn.
            heapq.heapreplace(heap, (answers.head[0], serial, answers))
        else:
            heapq.heappop(heap)
        return ScheduledAnswer(answers.cohort, member, answer)
