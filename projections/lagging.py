"""Reads that lag: for a while after a write, questions are answered from before it (docs/aws.md 13).

A world with ``Settings(read_lag_seconds=...)`` has a second set of views, which gets each command's events when the
command's time has come: between 0 and that setting after it, drawn from the seed, and never before an earlier command.
So what is answered is a function of log, seed and time.
"""

from collections import deque
from collections.abc import Sequence

from ..engine.events import CallRecorded, TimeAdvanced, WorldCreated
from ..engine.events.envelope import Envelope
from ..engine.ids import IdSource
from ..engine.runtime.engine import Listener
from ..engine.settings import SECOND
from .views import Views

PROMPT = frozenset({"DescribeCreateAccountStatus", "ListCreateAccountStatus"})
"""Reading operations that never lag: whoever polls a creation learns the new account's id before others know it."""


class LaggingViews:
    """Views of what reads see of a world whose changes are seen late.

    Args:
        present: the views of the world as it is.
        began: the world's first event, with its seed and settings.
    """

    def __init__(self, present: Views, began: WorldCreated) -> None:
        self._present = present
        self._past = Views()
        self._ids = IdSource(began.seed)
        self._longest = began.settings.read_lag_seconds * SECOND
        self._flip = began.settings.reads_flip
        self._waiting: deque[tuple[int, Envelope]] = deque()
        """Events that are not seen yet, and from which moment on they are."""
        self._recorded = 0
        """How many of the events so far are recorded calls, which are no writes."""
        self._command = 0
        self._seen_from = 0
        """The latest command, and from which moment on it is seen, in microseconds since the epoch."""

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        for envelope in envelopes:
            if envelope.command != self._command:
                self._command = envelope.command
                self._seen_from = max(self._seen_from, envelope.time + self._lag_of(envelope))
            self._waiting.append((self._seen_from, envelope))
        if envelopes:
            self._see(envelopes[-1].time)

    def _lag_of(self, envelope: Envelope) -> int:
        # That time passed is no write. If it lagged too, nothing would ever be up to date.
        if isinstance(envelope.event, TimeAdvanced):
            return 0
        if isinstance(envelope.event, CallRecorded):
            self._recorded += 1
            return 0
        return int(self._longest * self._ids.fraction(envelope.command - self._recorded, b"read lag"))

    def seen_by(self, operation: str, now: int) -> Views:
        """The views that answer a reading operation.

        Args:
            operation: AWS's name.
            now: the world's time, in microseconds since the epoch.
        """
        self._see(now)
        if operation in PROMPT or (self._flip and self._ids.fraction(now // SECOND, b"replica") < 0.5):
            return self._present
        return self._past

    def all_seen_at(self) -> int:
        """The moment from which on all that has happened so far is seen, in microseconds since the epoch."""
        return self._seen_from

    def _see(self, now: int) -> None:
        waiting, seen = self._waiting, list[Envelope]()
        while waiting and waiting[0][0] <= now:
            seen.append(waiting.popleft()[1])
        self._past.feed(seen)


def lag_reads(views: Views, began: WorldCreated) -> list[Listener]:
    """Make the reads of a world lag, if its settings say so.

    Args:
        views: of the world; they must see all its events.
        began: the world's first event.

    Returns:
        What has to be fed with the world's events beside the views; nothing, if reads do not lag.
    """
    if not began.settings.read_lag_seconds:
        return []
    lagging = LaggingViews(views, began)
    views.late = lagging
    return [lagging.feed]
