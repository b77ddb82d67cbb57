"""When what AWS does later is done: creations, closures, and publications of effective policies."""

from typing import Literal

from ..operation import Stamp
from ..settings import SECOND, Latencies, Latency, Settings
from ..state import State

Slow = Literal["creation", "closure", "policies"]
"""What takes time."""

MEASURED: dict[Slow, tuple[int, int]] = {
    "creation": (2 * SECOND, 48 * SECOND),
    "closure": (600 * SECOND, 660 * SECOND),
    "policies": (1_800_000, 8 * SECOND),
}
"""The shortest and the longest time that was seen, in microseconds (docs/aws.md 4.1, 4.4 and 6.5)."""


def latency_of(what: Slow, settings: Settings) -> Latency:
    """How long a thing takes: one of the three names, or a number of seconds."""
    latency = settings.latency
    return getattr(latency, what) if isinstance(latency, Latencies) else latency


def done_at(what: Slow, state: State, stamp: Stamp) -> int:
    """The moment at which something that begins now is done, in microseconds since the epoch.

    Instant is now, before the next request is handled. Realistic is a moment between the two that were measured, drawn
    from the seed. Stepwise is the later of the two, unless a reader sees it in between (``runtime/stepwise.py``).
    """
    latency = latency_of(what, state.settings)
    if isinstance(latency, int):
        return stamp.now + latency * SECOND
    if latency == "instant":
        return stamp.now
    shortest, longest = MEASURED[what]
    if latency == "stepwise":
        return stamp.now + longest
    return stamp.now + shortest + int((longest - shortest) * stamp.ids.fraction(stamp.position))
