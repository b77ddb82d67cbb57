"""Differences put into groups, because a million accounts may have joined: how many differ in which way."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from ...projections.history.changes import Kind
from .difference import EXISTS, WORDS, Difference, Mark, Pair, difference_of

MOST_EXAMPLES = 10
"""Of each group."""

WITH_VALUES = ("state", "feature set")
"""Attributes with few values, by which things that changed are told apart."""

Way = tuple[Kind, Mark, tuple[str, ...]]
"""In which way things differ: their kind, their mark, and, of those that changed, what did."""


class Group(Struct):
    """Things that differ in the same way."""

    kind: Kind
    mark: Mark
    changes: tuple[str, ...]
    """What changed about each, in words; empty for those that were added or removed."""
    count: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The group as JSON."""
        return {"kind": self.kind, "change": WORDS[self.mark], "attributes": [*self.changes], "count": self.count}


class Groups:
    """Counts differences by the ways in which things differ, and keeps the first ones.

    Args:
        limit: how many of the first differences are kept, besides the examples of each group.
    """

    def __init__(self, limit: int) -> None:
        self.total = 0
        """How many things differ."""
        self._limit = limit
        self._groups: dict[Way, Group] = {}
        self._kept: list[tuple[Group, int, Difference]] = []

    def take(self, pairs: Iterable[Pair]) -> None:
        """Count what differs."""
        for pair in pairs:
            way = _way(pair)
            if way is None:
                continue
            group = self._groups.get(way)
            if group is None:
                group = self._groups[way] = Group(*way)
            self.total += 1
            group.count += 1
            if self.total <= self._limit or group.count <= MOST_EXAMPLES:
                found = difference_of(pair)
                assert found is not None, "it differs in some way"
                self._kept.append((group, group.count, found))

    def all(self) -> list[Group]:
        """The groups, those of each kind together, the largest first."""
        return sorted(self._groups.values(), key=lambda group: (group.kind, -group.count))

    def shown(self) -> list[Difference]:
        """All that differs, if it is not more than the limit; otherwise examples of each group, no more than that."""
        if self.total <= self._limit:
            return [found for _, _, found in self._kept]
        each = min(max(self._limit // len(self._groups), 1), MOST_EXAMPLES)
        return [found for _, number, found in self._kept if number <= each][: self._limit]


def _way(pair: Pair) -> Way | None:
    """In which way a thing differs; None if it does not."""
    before, after = pair
    if not before or not after:
        # Nearly all of a million: they joined, and nothing need be compared.
        kind = (before or after)[0][2]
        exists = EXISTS.get(kind, "name")
        for row in before or after:
            if row[3] == exists:
                return kind, "-" if before else "+", ()
    found = difference_of(pair)
    if found is None:
        return None
    return found.kind, found.mark, tuple(dict.fromkeys(_changes(found))) if found.mark == "~" else ()


def _changes(difference: Difference) -> Iterator[str]:
    for value in difference.values:
        if value.attribute in WITH_VALUES:
            yield f"{value.attribute} {value.before or 'none'} → {value.after or 'none'}"
        else:
            yield value.attribute
