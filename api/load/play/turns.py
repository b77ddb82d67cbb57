"""Tracks take turns on one clock: of those that wait, the one whose moment comes first goes on.

A track is a coroutine that plays its steps and asks for its turn before it moves the clock. All tracks run in the task
of their caller, one at a time, so nothing depends on the event loop; what a track awaits besides its turn, such as the
log's writer, holds up the others, which is no matter because no simulated time passes meanwhile.
"""

import heapq
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from typing import Any

from msgspec import Struct

Steps = Coroutine[Any, Any, None]


class _Turn:
    """Awaited by a track until the others that come before a moment have had their turns."""

    def __init__(self, moment: int) -> None:
        self.moment = moment

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


class _Run:
    """Awaited by ``Turns``: runs a track until it waits for its turn, or ends; gives the moment, or None at the end."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, int | None]:
        steps, error = self._steps, None
        value: Any = None
        while True:
            try:
                awaited: Any = steps.throw(error) if error else steps.send(value)
            except StopIteration:
                return None
            if isinstance(awaited, _Turn):
                return awaited.moment
            error = None
            try:
                value = yield awaited
            except BaseException as raised:  # whatever it is, the track awaited it
                error = raised


class Waiting(Struct):
    """A track that has not begun."""

    after: Sequence[str]
    """The names of the tracks that must have ended before it begins."""
    steps: Steps


class Turns:
    """The order of tracks: by the moments that they wait for; of equal moments, the order in which they are given.

    Args:
        now: tells the simulated time, in microseconds.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._ready: list[tuple[int, int, str, Steps]] = []
        """Moment, place in the order of the tracks, name, coroutine."""
        self._place = 0
        """Of the track whose turn it is."""

    async def run(self, tracks: Mapping[str, Waiting]) -> None:
        """Run all tracks to their ends; none may wait for itself, through others or not.

        Args:
            tracks: by their names, in their order.
        """
        waiting, ended = dict(tracks), set[str]()
        try:
            while waiting or self._ready:
                for place, name in enumerate(tracks):
                    if name in waiting and ended.issuperset(waiting[name].after):
                        heapq.heappush(self._ready, (self._now(), place, name, waiting.pop(name).steps))
                _, self._place, name, steps = heapq.heappop(self._ready)
                moment = await _Run(steps)
                if moment is None:
                    ended.add(name)
                else:
                    heapq.heappush(self._ready, (moment, self._place, name, steps))
        finally:
            for track in tracks.values():
                track.steps.close()

    async def reach(self, moment: int) -> None:
        """Wait until no other track has anything to do before a moment; called by the track whose turn it is."""
        if self._ready and self._ready[0][:2] < (moment, self._place):
            await _Turn(moment)
