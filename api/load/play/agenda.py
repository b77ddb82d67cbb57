"""Who will answer what and when: the timetable of answers that are still to come."""

import heapq
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import count
from random import Random

from ....engine.state.timers import NEVER
from ..scenario.populations import Behaviour

Answer = str
"""What somebody does with a request: the operation that is called. No Enum, which takes its time a million times."""

ANSWERS = ACCEPT, DECLINE, LEAVE = ("AcceptHandshake", "DeclineHandshake", "LeaveOrganization")


class Asked:
    """Accounts of one population that one organization asks something, by a handshake each; they may become more.

    Args:
        population: by its name in the scenario.
        organization: its id.
        behaviour: what they do.
        random: where what each of them does is drawn from.
        migration: whether they are asked for all features rather than to join.
    """

    def __init__(
        self, population: str, organization: str, behaviour: Behaviour, random: Random, *, migration: bool
    ) -> None:
        self.population = population
        self.organization = organization
        self.behaviour = behaviour
        self.random = random
        self.migration = migration
        self.accounts: list[str] = []
        self.handshakes: list[str] = []
        self.drawn = 0
        """For how many of them the answer has been drawn."""
        self.silent: list[int] = []
        """Who waits for a reminder: places among the accounts."""

    def add(self, account: str, handshake: str) -> None:
        """One more."""
        self.accounts.append(account)
        self.handshakes.append(handshake)


Comes = Callable[[str, int], bool]
"""Whether an answer to a handshake at a moment can be given, for all that is known now."""

Draws = Callable[[str], Random]
"""A generator of its own for each purpose."""


class Answers:
    """The answers of some who were asked, in the order of their moments; of equal moments as they were drawn.

    There may be a million: they are kept as numbers in arrays. ``head`` is the next: its moment, the place of the
    account among those who were asked, and what it does; None if there is none.
    """

    __slots__ = ("_kinds", "_members", "_moments", "_rest", "_taken", "asked", "head")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.head: tuple[int, int, Answer] | None = None
        self._moments = array("q")
        self._members = array("L")
        self._kinds = array("B")
        self._rest: Iterator[tuple[int, int, Answer]] = iter(())
        self._taken = 0

    def expect(self, moment: int, member: int, kind: Answer) -> None:
        """One more answer, in any order."""
        self._moments.append(moment)
        self._members.append(member)
        self._kinds.append(ANSWERS.index(kind))

    def arrange(self) -> None:
        """All answers are there: put them in order."""
        order = sorted(range(len(self._moments)), key=self._moments.__getitem__)
        self._moments = array("q", map(self._moments.__getitem__, order))
        self._members = array("L", map(self._members.__getitem__, order))
        self._kinds = array("B", map(self._kinds.__getitem__, order))
        self._rest = zip(self._moments, self._members, map(ANSWERS.__getitem__, self._kinds), strict=True)
        self.head = next(self._rest, None)

    def last_at(self, comes: Comes) -> int | None:
        """The moment of the last answer that comes; None if none does."""
        handshakes, moments, members = self.asked.handshakes, self._moments, self._members
        left = range(len(moments) - 1, self._taken - 1, -1)
        return next((moments[each] for each in left if comes(handshakes[members[each]], moments[each])), None)

    def due(self, moment: int) -> int:
        """How many come by a moment."""
        return bisect_right(self._moments, moment, self._taken) - self._taken

    def advance(self) -> None:
        """The head has been given; go on to the next."""
        self._taken += 1
        self.head = next(self._rest, None)

    def __len__(self) -> int:
        return len(self._moments) - self._taken


Alone = tuple[Asked, int, Answer]
"""One answer by itself: who were asked, the place of the account among them, and what it does."""

FEW = 8
"""Fewer answers than this are kept one by one: arrays would take more than they save."""


class Agenda:
    """All answers that are still to come, by moment."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Answers | Alone]] = []
        self._serial = count()
        self._asked: list[tuple[int, Asked]] = []
        """Who may still be reminded, and who is being asked, each with its number in the order of asking."""
        self._askings = count()

    def ask(self, asked: Asked, now: int) -> None:
        """Somebody begins to ask; what ``asked`` gains is drawn by ``settle``."""
        self.settle(now)
        # Whoever will not be reminded is forgotten as soon as it has answered: a million handshakes take their room.
        self._asked = [(number, each) for number, each in self._asked if each.silent]
        self._asked.append((next(self._askings), asked))

    def settle(self, now: int) -> None:
        """Draw the answers of those who were asked at this moment, before time goes on."""
        if self._asked and (asked := self._asked[-1][1]).drawn < len(asked.accounts):
            self._draw(asked, now)

    def _draw(self, asked: Asked, now: int) -> None:
        """Two numbers for each account, whatever it does: another share changes the answers of those it concerns."""
        behaviour, random = asked.behaviour, asked.random
        accept = behaviour.accepting
        decline = accept + behaviour.decline
        leave = decline + behaviour.leave
        wait = leave + behaviour.after_reminder
        delay, share = behaviour.delay.draw, random.random
        answers = Answers(asked)
        expect = answers.expect
        for member in range(asked.drawn, len(asked.accounts)):
            number, length = share(), delay(random, now)
            if number < accept:
                expect(now + length, member, ACCEPT)
            elif number < decline:
                expect(now + length, member, DECLINE)
            elif number < leave:
                expect(now + length, member, LEAVE)
            elif number < wait:
                asked.silent.append(member)
        asked.drawn = len(asked.accounts)
        self._add(answers)

    def _add(self, answers: Answers) -> None:
        answers.arrange()
        many = len(answers) >= FEW
        while head := answers.head:
            if many:
                heapq.heappush(self._heap, (head[0], next(self._serial), answers))
                return
            self.again(head[0], (answers.asked, *head[1:]))
            answers.advance()

    def again(self, moment: int, alone: Alone) -> None:
        """One answer that comes, or comes again, at a moment."""
        heapq.heappush(self._heap, (moment, next(self._serial), alone))

    def remind(self, population: str, share: float, draws: Draws, now: int, comes: Comes) -> None:
        """Those who wait for a reminder get one: a share of them accepts after another delay, the others wait on.

        Args:
            population: whom; empty for all.
            share: of those reminded.
            draws: where the numbers come from, for each who were asked together.
            now: the moment of the reminder.
            comes: whether an answer now could be given; nobody is reminded of a handshake that has ended.
        """
        self.settle(now)
        for asking, asked in self._asked:
            if population and asked.population != population:
                continue
            delay, random = asked.behaviour.delay.draw, draws(f"{asked.population} {asking}")
            answers, still = Answers(asked), list[int]()
            for member in asked.silent:
                if not comes(asked.handshakes[member], now):
                    continue
                number, length = random.random(), delay(random, now)
                if number < share:
                    answers.expect(now + length, member, ACCEPT)
                else:
                    still.append(member)
            asked.silent = still
            self._add(answers)

    @property
    def next_at(self) -> int:
        """The moment of the next answer; NEVER if none is to come."""
        return self._heap[0][0] if self._heap else NEVER

    def last_at(self, comes: Comes) -> int | None:
        """The moment of the last answer that comes; None if none does."""
        moments = [each.last_at(comes) for _, _, each in self._heap if isinstance(each, Answers)]
        alone = ((moment, each) for moment, _, each in self._heap if not isinstance(each, Answers))
        moments += [moment for moment, (asked, member, _) in alone if comes(asked.handshakes[member], moment)]
        return max((moment for moment in moments if moment is not None), default=None)

    def due(self, moment: int) -> int:
        """How many answers are to come by a moment."""
        return sum(each.due(moment) if isinstance(each, Answers) else at <= moment for at, _, each in self._heap)

    def take(self) -> Alone:
        """The next answer."""
        heap = self._heap
        _, serial, answers = heap[0]
        if not isinstance(answers, Answers):
            heapq.heappop(heap)
            return answers
        head = answers.head
        assert head, "an empty sequence has left the heap"
        answers.advance()
        if answers.head:
            heapq.heapreplace(heap, (answers.head[0], serial, answers))
        else:
            heapq.heappop(heap)
        return answers.asked, head[1], head[2]
