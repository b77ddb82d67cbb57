"""Views built on demand from a log: whole, or as they stood at a position or a moment."""

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
    """All views, from the events up to a position and a moment, both inclusive.

    Args:
        log: read only.
        position: of the last event to take in; everything by default.
        moment: microseconds since the epoch; everything by default.
        file: where the log lies; a snapshot beside it is begun from, if it is from before position and moment.
        listener: called with each batch of events that the views have taken in.

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
