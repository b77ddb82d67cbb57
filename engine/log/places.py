"""Find the place in a log that a moment means."""

from . import EventLog, decode_records


async def position_at(log: EventLog, moment: int) -> int:
    """Return the position of the last event at or before a moment; 0 if all are later.

    It reads one record in each of some twenty steps, however long the log is.

    Args:
        log: is only read.
        moment: microseconds since the epoch.

    Raises:
        LogDamaged: a record that was looked at cannot be read.
    """
    before, beyond = 0, log.head + 1
    while beyond - before > 1:
        middle = (before + beyond) // 2
        (envelope,) = decode_records(log, middle - 1, await log.read(middle - 1, 1))
        if envelope.time <= moment:
            before = middle
        else:
            beyond = middle
    return before
