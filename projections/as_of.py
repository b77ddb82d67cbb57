"""The views of a log as they were at any of its positions, for questions about the past.

They are built from the nearest snapshot before it (``engine/log/snapshots_along``), and snapshots are written where
they belong and are missing. Only the views of the last few places that were asked about are kept.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing

from ..engine.events.envelope import Envelope
from ..engine.evolve import apply
from ..engine.log import EventLog, read_envelopes
from ..engine.log.sharing import Sharing
from ..engine.log.snapshots_along import SnapshotsAlong, store_for
from ..engine.runtime.engine import Listener
from ..engine.runtime.garbage import collection_paused
from ..engine.runtime.waiting import FairLock
from ..engine.state import State
from .views import Views

MOST_PLACES = 8
"""Of how many places the views are kept."""

MOST_EVENTS = 1_000_000
"""How many events have led to those that are kept, all together; the latest are kept in any case."""


class PastViews:
    """Builds and keeps the views of one log at positions; in memory nothing of this suspends.

    Args:
        log: is only read. It may grow meanwhile.
    """

    def __init__(self, log: EventLog) -> None:
        self.listener: Listener | None = None
        """Called with each batch of events that has been fed, to show progress."""
        self._log = log
        self._snapshots = SnapshotsAlong(log, store_for(log))
        self._kept: OrderedDict[int, Views] = OrderedDict()
        self._building = FairLock()

    async def at(self, position: int) -> Views:
        """Return the views up to the event at a position, inclusive; they must not be changed.

        Args:
            position: from 1 to the log's head.

        Raises:
            LogDamaged: a record does not have its checksum, or is no event.
        """
        async with self._building:
            views = self._kept.get(position)
            if views is None:
                with collection_paused():
                    views = await self._build(position)
            self._keep(views)
        return views

    def _keep(self, views: Views) -> None:
        kept = self._kept
        kept[views.position] = views
        kept.move_to_end(views.position)
        while len(kept) > 1 and (len(kept) > MOST_PLACES or sum(kept) > MOST_EVENTS):
            kept.popitem(last=False)

    async def _build(self, position: int) -> Views:
        views, sharing = Views(), Sharing()
        found = await self._snapshots.load_before(position, views)
        marks = await self._snapshots.missing(views.position, position)
        # The state is needed for snapshots only.
        state = found or State()
        async with aclosing(read_envelopes(self._log, views.position, position - views.position)) as batches:
            async for envelopes in batches:
                sharing.share(envelopes)
                for part in _cut(envelopes, marks):
                    views.feed(part)
                    if marks:
                        _follow(state, part)
                        await self._keep_snapshot(marks, state, views)
                if self.listener:
                    self.listener(envelopes)
        return views

    async def _keep_snapshot(self, marks: list[int], state: State, views: Views) -> None:
        if views.position == marks[0]:
            del marks[0]
            await self._snapshots.keep(state, views)


def _follow(state: State, envelopes: Iterable[Envelope]) -> None:
    for envelope in envelopes:
        apply(state, envelope)


def _cut(envelopes: Sequence[Envelope], marks: Iterable[int]) -> Iterator[Sequence[Envelope]]:
    """Cut consecutive events behind some positions."""
    before = envelopes[0].position - 1
    ends = [mark - before for mark in marks if before < mark < before + len(envelopes)]
    for begin, end in zip([0, *ends], [*ends, len(envelopes)], strict=True):
        yield envelopes[begin:end]
