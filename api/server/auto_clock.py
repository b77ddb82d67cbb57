"""A clock that jumps for a client that polls: when it has asked the same again, and nothing has changed meanwhile.

A program under test that waits for something calls one operation again and again. Under a clock that stands still it
would wait forever. With this switched on, the second equal question that gets the same answer, with no event between
the two, moves the clock to the next timer; what was waited for has then happened, and the next question finds it.
"""

from contextlib import suppress

from ...engine.errors import ConcurrentModificationException, Refused, TooManyRequestsException
from ...engine.runtime.clock import SimulatedClock
from ...engine.runtime.driver import advance_to, next_due
from ...engine.settings import LATEST, SECOND
from ...engine.state.timers import NEVER
from ..simulation import Simulation

MOST = 1_024
"""Questions that are remembered since the last event."""
Question = tuple[str, str, str, bytes]
"""Account, principal, operation and the members as they were sent."""


class AutoClock:
    """Moves the clock of a simulation when a client polls in vain.

    Args:
        sim: the simulation, whose clock can be moved.
    """

    def __init__(self, sim: Simulation) -> None:
        self.on = False
        self._sim = sim
        self._answers: dict[Question, object] = {}
        self._position = 0
        """Of the last change when these answers were given; recorded calls are none."""
        self.in_vain = 0
        """How many answers in a row were the same, at one moment of a simulated clock, while it was not switched on."""
        self._latest: object = None
        self._seen = 0
        """Position up to which a move of ours has let lagging reads catch up."""

    async def answered(self, question: Question, answer: bytes | Refused) -> None:
        """Take note of an answer, and move the clock if it is the same as before. Only counts unless switched on.

        For some waits there is no timer: a call that AWS's rates or a write under way refused twice moves the clock by
        a second, reads that lag by the longest lag.
        """
        engine = self._sim.engine
        if not self.on:
            self._count(question, answer)
            return
        self.in_vain = 0
        if self._position != engine.state.changes or len(self._answers) >= MOST:
            self._position = engine.state.changes
            self._answers.clear()
        content = _content(answer)
        if self._answers.get(question) != content:
            self._answers[question] = content
            return
        moment = min(next_due(engine), self._end_of_pause(answer))
        if moment <= LATEST:
            # A ValueError means that somebody else has moved the clock meanwhile, so that the moment has passed.
            with suppress(ValueError):
                await advance_to(engine, max(moment, engine.now))
            self._seen = engine.state.changes

    def _count(self, question: Question, answer: bytes | Refused) -> None:
        engine = self._sim.engine
        if not isinstance(engine.clock, SimulatedClock):
            return
        latest = question, _content(answer), engine.now
        self.in_vain = self.in_vain + 1 if latest == self._latest else 1
        self._latest = latest

    def _end_of_pause(self, answer: bytes | Refused) -> int:
        """The moment until which something takes time for which there is no timer; NEVER if nothing does."""
        engine = self._sim.engine
        if isinstance(answer, TooManyRequestsException | ConcurrentModificationException):
            return engine.now + SECOND
        lag = engine.state.settings.read_lag_seconds
        return engine.now + lag * SECOND if lag and self._seen != engine.state.changes else NEVER


def _content(answer: bytes | Refused) -> object:
    return (answer.code, answer.reason, answer.message) if isinstance(answer, Refused) else answer
