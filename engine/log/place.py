"""Places in a log: positions, and the moments that they stand for."""

from msgspec import Struct

from ..settings import SECOND
from ..shapes.base import moment_text
from . import EventLog, LogDamaged, decode_records


def iso_text(moment: int) -> str:
    """Format microseconds since the epoch in ISO 8601, with a fraction only where there is one."""
    fraction = f".{moment % SECOND:06}" if moment % SECOND else ""
    return moment_text(moment, f"%Y-%m-%dT%H:%M:%S{fraction}Z")


class Span(Struct, frozen=True):
    """What a log covers."""

    began: int
    """When its world began, in microseconds since the epoch."""
    now: int
    """The world's time, in microseconds since the epoch."""
    last: int
    """The position of the last event."""

    def __str__(self) -> str:
        began, now = iso_text(self.began), iso_text(self.now)
        return f"the log has the positions 1 to {self.last:,}, and the moments {began} to {now}"

    def require(self, place: int, *, is_moment: bool) -> None:
        """Check that a place is in the log.

        Args:
            place: a position, or a moment in microseconds since the epoch.
            is_moment: which of the two it is.

        Raises:
            ValueError: it is outside; the message says what the log covers.
        """
        if is_moment and not self.began <= place <= self.now:
            side = "before the beginning of the world" if place < self.began else "beyond the world's time"
            raise ValueError(f"{iso_text(place)} is {side}; {self}")
        if not is_moment and not 1 <= place <= self.last:
            raise ValueError(f"there is no position {place:,}; {self}")


async def time_at(log: EventLog, position: int) -> int:
    """Read the time of the event at a position, in microseconds since the epoch.

    Raises:
        LogDamaged: the record cannot be read.
    """
    for envelope in decode_records(log, position - 1, await log.read(position - 1, 1)):
        return envelope.time
    raise LogDamaged(log.name, position, "the record is missing")


async def position_at(log: EventLog, moment: int, last: int) -> int:
    """Find the position of the last event up to a moment; 0 if all are later.

    Args:
        log: is read at some twenty places.
        moment: microseconds since the epoch.
        last: only events up to this position count.

    Raises:
        LogDamaged: a record cannot be read.
    """
    first = 0
    while first < last:
        middle = (first + last + 1) // 2
        if await time_at(log, middle) <= moment:
            first = middle
        else:
            last = middle - 1
    return first


async def span_of(log: EventLog) -> Span:
    """Read what a log covers that nobody is writing to; its world's time is that of its last event.

    Raises:
        LogDamaged: its first or last event cannot be read.
    """
    return Span(await time_at(log, 1), await time_at(log, log.head), log.head)
