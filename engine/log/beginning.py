"""The first fact of a log: with which seed and settings its world began."""

from ..events import WorldCreated
from . import EventLog, LogDamaged, decode_records


async def read_beginning(log: EventLog) -> WorldCreated | None:
    """The first event of a log; None for an empty log. Reads no more than that.

    Raises:
        LogDamaged: the log begins with something else, or cannot be read there.
    """
    if not log.head:
        return None
    (first,) = decode_records(log, 0, await log.read(0, 1)) or (None,)
    if first is None or not isinstance(first.event, WorldCreated):
        raise LogDamaged(log.name, 1, "a log begins with the creation of its world, and this one does not")
    return first.event
