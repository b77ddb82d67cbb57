"""What a run counts of its calls, beside what the log records: refused and throttled calls leave no event."""

from collections import Counter, defaultdict
from collections.abc import Callable

from ....engine.errors import Refused, TooManyRequestsException
from ....engine.settings import SECOND
from ....projections.flow import MINUTE, Changes

THROTTLING = "throttling"
"""The limit that every call can meet."""


class Tally:
    """Counts of calls; by the minute too where calls are throttled.

    Args:
        now: tells the time of the world in microseconds.
        by_minute: whether calls are counted by the minute.
    """

    def __init__(self, now: Callable[[], int], *, by_minute: bool) -> None:
        self._now = now
        self._by_minute = by_minute
        self.commands = 0
        self.refused: Counter[str] = Counter()
        self.throttled: Counter[str] = Counter()
        self.held_back: Counter[str] = Counter()
        """Operation and limit to how often somebody waited until it let him pass."""
        self.held_back_seconds: list[float] = []
        self.calls_by_minute: defaultdict[str, Changes] = defaultdict(lambda: defaultdict(int))
        self.throttled_by_minute: defaultdict[str, Changes] = defaultdict(lambda: defaultdict(int))

    def call(self, operation: str) -> None:
        """A call was made."""
        self.commands += 1
        if self._by_minute:
            self.calls_by_minute[operation][self._now() // MINUTE] += 1

    def refusal(self, operation: str, refusal: Refused) -> None:
        """A call was refused."""
        self.refused[f"{refusal.code} {refusal.reason}" if refusal.reason else refusal.code] += 1
        if isinstance(refusal, TooManyRequestsException):
            self.throttled[operation] += 1
            self.throttled_by_minute[operation][self._now() // MINUTE] += 1

    def wait(self, operation: str, limit: str, until: int) -> None:
        """A call waits until a limit lets it pass."""
        self.held_back[f"{operation} {limit}"] += 1
        self.held_back_seconds.append((until - self._now()) / SECOND)
