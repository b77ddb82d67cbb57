"""Build views from a log, as they are or as they were at a position or a moment."""

from contextlib import aclosing
from pathlib import Path

from ..engine.log import EventLog, verified_envelopes
from ..engine.log.snapshots import Snapshots
from ..engine.runtime.engine import Listener
from ..engine.state.timers import NEVER
from .views import Views


async def build_views(
    log: EventLog,
    *,
    position: int = NEVER,
    moment: int = NEVER,
    file: Path | None = None,
    listener: Listener | None = None,
) -> Views:
    """Build all views from a log's events up to a position and a moment, both inclusive.

    Args:
        log: is only read.
        position: of the last event to feed; by default all events are.
        moment: microseconds since the epoch; by default all events are fed.
        file: the path of the log, to start from the snapshot next to it if that is not too new.
        listener: called with each batch of events after the views were fed with it.

    Raises:
        LogDamaged: the log does not match its digests, or holds a record that is no event.
    """
    views = Views()
    found = await Snapshots(file, views).load(log) if file else None
    if views.position > position or views.now > moment:
        views, found = Views(), None
    async with aclosing(verified_envelopes(log, found and found[1])) as batches:
        async for envelopes in batches:
            wanted = [envelope for envelope in envelopes if envelope.position <= position and envelope.time <= moment]
            views.feed(wanted)
            if listener and wanted:
                listener(wanted)
            if len(wanted) < len(envelopes):
                break
    return views
