"""Durations of what AWS does asynchronously: account creations, closures, publications."""

from ..operation import Stamp
from ..state import State


def latency(shortest: int, longest: int, state: State, stamp: Stamp) -> int:
    """The duration, in microseconds, of what a command starts.

    Args:
        shortest: the lower bound with realistic latency, in microseconds.
        longest: the upper bound.
        state: its settings say which latency holds.
        stamp: of the command; the duration derives from its position.

    Returns:
        0 with instant latency; otherwise a number between the bounds.
    """
    if state.settings.latency == "instant":
        return 0
    return shortest + int((longest - shortest) * stamp.ids.fraction(stamp.position))
