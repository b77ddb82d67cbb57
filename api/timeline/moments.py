"""Places in a log, as people call them, against its history: which positions they mean."""

from bisect import bisect_right

from ...engine.log.place import Span
from ..places import Place, read_place
from .entries import call_at
from .history import History


class MomentError(ValueError):
    """A text is no place in the log; the message says what it could be."""


def range_of(history: History) -> Span:
    """What the log of a history covers."""
    return Span(call_at(history, 1).time, call_at(history, history.position).time, history.position)


def position_at(text: str, history: History, *, begin_of_day: bool = False) -> int:
    """The last position of a log at a place: of everything that had happened by then, at that very time included.

    Args:
        text: a position, from 0 on, or a moment, see ``read_place``.
        history: of the log.
        begin_of_day: whether a date means what was before it; otherwise its end.

    Raises:
        MomentError: it is none of these, or not within the log.
    """
    place = _place(text, history)
    if not place.is_moment:
        return place.value
    return _last_position(history, place.before if begin_of_day and place.begin is not None else place.value)


def position_before(text: str, history: History) -> int:
    """The last position before a place begins, so that what happens at it follows; raises as ``position_at``."""
    place = _place(text, history)
    return _last_position(history, place.before) if place.is_moment else max(place.before, 0)


def _place(text: str, history: History) -> Place:
    try:
        place = read_place(text)
        # Nothing has happened at position 0, which no log has, but which is where a difference may begin.
        return place if place == Place(0, is_moment=False) else place.within(range_of(history))
    except ValueError as error:
        raise MomentError(str(error)) from None


def _last_position(history: History, time: int) -> int:
    """The last position whose event is not later than a time; time never goes back."""
    return bisect_right(range(1, history.position + 1), time, key=lambda position: call_at(history, position).time)
