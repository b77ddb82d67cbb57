"""Counts of the calls of a run: the log holds accepted calls only, refused and throttled ones leave no event."""

from collections import Counter, defaultdict
from collections.abc import Callable

from msgspec import Struct

from ....engine.errors import Refused, TooManyRequestsException
from ....engine.settings import SECOND
from ....projections.flow import MINUTE, Changes

THROTTLING = "throttling"
"""The name under which waits for a token are counted; other waits are counted under the reason of a refusal."""


INVITING, ENABLING = "InviteAccountToOrganization", "EnableAllFeatures"
ASKING = (INVITING, ENABLING)
"""Operations that ask accounts; whom a refused call of one would have asked is remembered."""

Refusals = dict[tuple[str, str, str], str]
"""Of calls that ask accounts, and of their answers: operation, organization, and the account or handshake that it was
about (or nothing) to the error code, and reason if there is one, of the last that was refused."""


class Tally(Struct):
    """The calls of one step."""

    calls: int = 0
    answers: int = 0
    """How many of them accounts made to answer."""
    refused: int = 0
    throttled: int = 0
    held_back: int = 0
    planned: int = 0
    """How many calls the step sends, if it sends them one after the other; answers and retries come on top."""
    sent: int = 0
    """How many of them it has sent."""
    accepted: int = 0
    """How many of the step's own calls were accepted."""
    given_up: int = 0
    """How many were refused for a reason that passes with every attempt of ``retry``."""
    refusal: str = ""
    """Why the last one that was not was refused; empty if none was."""


def kind_of(refusal: Refused) -> str:
    """The error code of a refusal, and its reason if there is one."""
    return f"{refusal.code} {refusal.reason}" if refusal.reason else refusal.code


class CallCounter:
    """Counts calls, refusals and waits; calls and throttled calls by the minute too, where calls are throttled.

    Args:
        now: tells the simulated time in microseconds.
        by_minute: whether to count by the minute too.
    """

    def __init__(self, now: Callable[[], int], *, by_minute: bool) -> None:
        self._now = now
        self._by_minute = by_minute
        self.tally = Tally()
        """Of the step for which the clock stands or moves now."""
        self.calls = 0
        """All calls, refused ones included."""
        self.refused: Counter[str] = Counter()
        """Error code, and reason if there is one, to the number of refused calls."""
        self.explanations: dict[str, str] = {}
        """Error code, and reason if there is one, to why the first such call was refused."""
        self.refusals: Refusals = {}
        self.throttled: Counter[str] = Counter()
        """Operation to the number of throttled calls."""
        self.held_back: Counter[str] = Counter()
        """Operation and limit to the number of waits for that limit."""
        self.held_back_seconds: list[float] = []
        """The length of each wait, in simulated seconds."""
        self.calls_by_minute: defaultdict[str, Changes] = defaultdict(lambda: defaultdict(int))
        """Operation to minute since the epoch to number of calls."""
        self.throttled_by_minute: defaultdict[str, Changes] = defaultdict(lambda: defaultdict(int))
        """Operation to minute since the epoch to number of throttled calls."""

        self.asked_for: Counter[str] = Counter()
        """Population to the accounts that were asked for, of steps that measure when they are ready."""
        self.ready_seconds: defaultdict[str, list[float]] = defaultdict(list)
        """Population to the time that each of those accounts has taken, in simulated seconds, if it got ready."""

    def restart(self) -> None:
        """Count from now on only."""
        self.calls = 0
        self.asked_for.clear()
        self.ready_seconds.clear()
        for counter in (self.refused, self.explanations, self.refusals, self.throttled, self.held_back):
            counter.clear()
        self.held_back_seconds.clear()
        self.calls_by_minute.clear()
        self.throttled_by_minute.clear()

    def count_answer(self, operation: str) -> None:
        """Count a call by which an account answers, accepted or refused."""
        # There may be millions, so this does not call the other.
        tally = self.tally
        tally.answers += 1
        tally.calls += 1
        self.calls += 1
        if self._by_minute:
            self.calls_by_minute[operation][self._now() // MINUTE] += 1

    def count_call(self, operation: str) -> None:
        """Count a call, accepted or refused."""
        self.calls += 1
        self.tally.calls += 1
        if self._by_minute:
            self.calls_by_minute[operation][self._now() // MINUTE] += 1

    def count_refusal(self, operation: str, refusal: Refused, about: tuple[str, str] | None = None) -> None:
        """Count the refusal of a call, which was counted as a call too.

        Args:
            operation: which was called.
            refusal: why it was refused.
            about: the organization that asks, and the account or handshake; None: it asks nobody.
        """
        kind = kind_of(refusal)
        if about:
            self.refusals[operation, *about] = kind
        self.refused[kind] += 1
        self.tally.refused += 1
        if refusal.explanation:
            self.explanations.setdefault(kind, refusal.explanation)
        if isinstance(refusal, TooManyRequestsException):
            self.throttled[operation] += 1
            self.tally.throttled += 1
            self.throttled_by_minute[operation][self._now() // MINUTE] += 1

    def count_wait(self, operation: str, limit: str, until: int) -> None:
        """Count a wait that begins now and ends at a moment, when a limit lets the call pass."""
        self.held_back[f"{operation} {limit}"] += 1
        self.tally.held_back += 1
        self.held_back_seconds.append((until - self._now()) / SECOND)
