"""Turn a state or views into nested lists to compare: all content, in its order, and which objects are identical."""

from collections import deque
from typing import Any

from msgspec import Struct

from orgsim.projections.organization import SubstateView
from orgsim.projections.paging import OrderedRows

TABLES = {
    "_latest",
    "_sent",
    "_units",
    "_inbound",
    "_outbound",
    "accepted_by",
    "attached",
    "by_state",
    "by_organization",
}
"""Dictionaries of views that are used for look-ups only, so that their order does not matter."""

NOT_COMPARED = {"handlers", "_listeners", "stale"}
"""Of views: who is told what, which is found when the first such event comes; and copies that are made when asked."""


def whole(*things: Any) -> Any:
    """Return things as lists and tuples; a mutable object is written out once, and is only a number afterwards."""
    return [_Walk().walk(things)]


def is_view(thing: Any) -> bool:
    """Whether a thing is a view, or the collection of all views."""
    return hasattr(thing, "feed") or hasattr(thing, "handlers")


class _Walk:
    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._sorted: list[Any] = []
        """Kept alive, so that no other object gets their ids during the walk."""

    def walk(self, thing: Any) -> Any:
        if isinstance(thing, tuple):
            return tuple(map(self.walk, thing))
        if isinstance(thing, Struct) and thing.__struct_config__.frozen:
            return type(thing).__name__, repr(thing)
        if not (isinstance(thing, Struct | dict | list | deque | OrderedRows) or is_view(thing)):
            return thing
        if id(thing) in self._known:
            return "again", self._known[id(thing)]
        self._known[id(thing)] = len(self._known)
        return type(thing).__name__, self._inside(thing)

    def _inside(self, thing: Any) -> Any:
        if isinstance(thing, dict):
            # That nothing stands in a list is the same as that there is no list.
            items = [(key, value) for key, value in thing.items() if not isinstance(value, OrderedRows) or len(value)]
            return [(self.walk(key), self.walk(value)) for key, value in items]
        if isinstance(thing, Struct):
            names = [name for name in thing.__struct_fields__ if name != "gone"]
            return [(name, self._named(name, getattr(thing, name))) for name in names]
        if isinstance(thing, SubstateView):
            return self.walk(thing._rows)
        if is_view(thing):
            # Views that a fault lets lag catch up when they are asked, so who asked when tells them apart.
            parts = {name: value for name, value in vars(thing).items() if name not in NOT_COMPARED}
            return [(name, self._named(name, value)) for name, value in sorted(parts.items())]
        return list(map(self.walk, thing))

    def _named(self, name: str, value: Any) -> Any:
        if name in TABLES and isinstance(value, dict):
            value = dict(sorted(value.items(), key=lambda item: str(item[0])))
            self._sorted.append(value)
        return self.walk(value)
