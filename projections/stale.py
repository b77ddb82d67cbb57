"""Views that lag behind the present ones because of a scripted fault, by a time or for as long as it is there.

They begin as a copy of the present views at the fault's event, so that no reader ever goes back in time.
"""

from collections import deque
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from ..engine.events.envelope import Envelope


class Fed(Protocol):
    """What is fed with events."""

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        ...


V = TypeVar("V", bound=Fed)


class StaleViews(Generic[V]):
    """Views that get each event some time after it happened.

    Args:
        views: a copy of those that were shown up to now.
        position: of the last event that is not to be fed any more.
        lag: in microseconds; None: no event is ever shown.
    """

    def __init__(self, views: V, position: int, lag: int | None) -> None:
        self._views = views
        self._position = position
        self._lag = lag
        self._waiting: deque[Envelope] = deque()
        """Events that are not shown yet."""

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        if self._lag is None:
            return
        self._waiting.extend(envelope for envelope in envelopes if envelope.position > self._position)
        if envelopes:
            self.seen_at(envelopes[-1].time)

    def seen_by(self, operation: str, now: int) -> V:
        """The views that answer an operation's question at a moment; see ``seen_at``."""
        return self.seen_at(now)

    def all_seen_at(self) -> int | None:
        """The moment from which on all that has happened is seen, in microseconds since the epoch; None: never."""
        return self._waiting[-1].time + self._lag if self._waiting and self._lag is not None else None

    def seen_at(self, now: int) -> V:
        """The views as they are shown at a moment, in microseconds since the epoch."""
        waiting, seen = self._waiting, list[Envelope]()
        while waiting and self._lag is not None and waiting[0].time + self._lag <= now:
            seen.append(waiting.popleft())
        self._views.feed(seen)
        return self._views
