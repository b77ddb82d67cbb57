"""Tracks take turns on one clock: of those that wait, the one whose moment comes first goes on.

A track is a coroutine that plays its steps and asks for its turn before it moves the clock. All tracks run in the task
of their caller, one at a time, so nothing depends on the event loop; what a track awaits besides its turn, such as the
log's writer, holds up the others, which is no matter because no simulated time passes meanwhile.
"""

import heapq
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

Steps = Coroutine[Any, Any, None]
IsOver = Callable[[], bool]
"""Tells whether a track need not wait any longer, though its moment has not come."""


def never() -> bool:
    """Whether a track need not wait for its moment: it must."""
    return False


class _Turn:
    """Awaited by a track until the others that come before a moment have had their turns."""

    def __init__(self, moment: int, is_over: IsOver) -> None:
        self.moment = moment
        self.is_over = is_over

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


class _Run:
    """Awaited by ``Turns``: runs a track until it waits for its turn, which it gives, or ends: None."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, _Turn | None]:
        steps, error = self._steps, None
        value: Any = None
        while True:
            try:
                awaited: Any = steps.throw(error) if error else steps.send(value)
            except StopIteration:
                return None
            if isinstance(awaited, _Turn):
                return awaited
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
        self._ready: list[tuple[int, int, str, Steps, IsOver]] = []
        """Moment, place in the order of the tracks, name, coroutine, and whether it need not wait for the moment."""
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
                        heapq.heappush(self._ready, (self._now(), place, name, waiting.pop(name).steps, never))
                self._hasten()
                _, self._place, name, steps, _ = heapq.heappop(self._ready)
                turn = await _Run(steps)
                if turn is None:
                    ended.add(name)
                else:
                    heapq.heappush(self._ready, (turn.moment, self._place, name, steps, turn.is_over))
        finally:
            for track in tracks.values():
                track.steps.close()

    def others(self) -> Iterator[tuple[str, int]]:
        """The tracks that wait for their turns, and the moments for which they do; called by the one that has it."""
        return ((name, moment) for moment, _, name, *_ in self._ready)

    async def reach(self, moment: int, is_over: IsOver = never) -> bool:
        """Wait until no other track has anything to do before a moment; called by the track whose turn it is.

        Args:
            moment: microseconds since the epoch.
            is_over: tells whether the track need not wait so long; asked when time has passed.

        Returns:
            Whether others have had their turns meanwhile.
        """
        self._hasten()
        waits = bool(self._ready) and self._ready[0][:2] < (moment, self._place)
        if waits:
            await _Turn(moment, is_over)
        return waits

    def _hasten(self) -> None:
        """Those that need not wait any longer have their turn now."""
        if any(is_over() for *_, is_over in self._ready):
            now = self._now()
            self._ready = [(now, *each[1:4], never) if each[4]() else each for each in self._ready]
            heapq.heapify(self._ready)
