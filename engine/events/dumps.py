"""The event about a dump of an organization: what was read of it from outside, at one moment."""

from .base import WorldEvent


class DumpTaken(WorldEvent, frozen=True, gc=False, array_like=True, tag="DumpTaken"):
    """The state was compared with a dump; the other events of the same command make it equal to what the dump says."""

    source: str
    """Where the dump came from, in words: a folder, a file, an endpoint."""
    taken_at: int
    """When the dump was taken, in microseconds since the epoch."""
    inferred: int = 0
    """How many of the events that follow in the same command are inferred: the dump shows that they happened by then,
    but not when. Those after them happened at the time of the command, as the dump says."""
