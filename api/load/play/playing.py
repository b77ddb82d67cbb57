"""A track that is being played."""

from itertools import count

from ..scenario.problems import KeyPath
from ..scenario.steps import Step
from .call_counter import Tally


class Playing:
    """A track that is being played."""

    def __init__(self, name: str) -> None:
        self.name = name
        """Empty for the plain list of steps."""
        self.number = 0
        """Of its present step, from 1; 0 before the first."""
        self.step: Step | None = None
        """Its present step."""
        self.began: int | None = None
        """When that step began, in microseconds since the epoch; None while it waits for its day."""
        self.until = 0
        """The moment to which it has moved the clock, or waits to move it."""
        self.idle_until = 0
        """Before this moment it does nothing but look whether a condition holds, if nothing happens."""
        self.known: tuple[int, ...] = ()
        """What had happened when it looked last; see ``Timetable``."""
        self.ended = False
        self.serials = count(1)
        """Numbers its random generators, so that two steps of the same kind draw different numbers."""
        self.path: KeyPath = ()
        """Of its present step."""
        self.tally = Tally()
        """Of its present step."""
