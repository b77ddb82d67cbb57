"""One batch of changes, applied to the facts that hold: which facts begin, and which of the earlier ones end.

A batch knows the facts that held before it of the subjects that it is about; whoever stores facts looks these up and
then writes down what ``begun`` and ``ended`` say. The result does not depend on how changes are cut into batches.
"""

from collections.abc import Iterable

from msgspec import Struct

from .changes import Begins, Ends, NarrowChange


class Fact(Struct, gc=False):
    """A temporal fact."""

    subject: str
    attribute: str
    key: str
    value: str
    since: int
    """The position of the event from which on it holds."""
    until: int | None = None
    """The position of the event from which on it does not; None while it holds."""
    number: int = 0
    """Its number in the store; 0 if it is not stored yet."""


class Batch:
    """Applies changes, in the order of the log.

    Args:
        holding: the facts that hold before the batch, of all subjects that are in it and were known before.
    """

    def __init__(self, holding: Iterable[Fact]) -> None:
        self.begun: list[Fact] = []
        """The facts that began in the batch, in order; some may have ended in it too."""
        self.ended: list[Fact] = []
        """The facts of earlier batches that ended in this one."""
        self._holding: dict[str, dict[tuple[str, str], Fact]] = {}
        for fact in holding:
            self._holding.setdefault(fact.subject, {})[fact.attribute, fact.key] = fact

    def apply(self, changes: Iterable[tuple[int, NarrowChange]]) -> None:
        """Apply changes, each with the position of the event that brought it about."""
        for position, change in changes:
            if isinstance(change, Begins):
                self._begin(position, change)
            elif isinstance(change, Ends):
                self._end(position, change)

    def _begin(self, position: int, change: Begins) -> None:
        facts = self._holding.get(change.subject)
        if facts is None:
            facts = self._holding[change.subject] = {}
        place = change.attribute, change.key
        before = facts.get(place)
        if before is not None:
            if before.value == change.value:
                return
            self._close(position, before)
        fact = facts[place] = Fact(change.subject, change.attribute, change.key, change.value, position)
        self.begun.append(fact)

    def _end(self, position: int, change: Ends) -> None:
        facts = self._holding.get(change.subject, {})
        attributes, key = change.attributes, change.key
        for place in [*facts]:
            if (attributes is None or place[0] in attributes) and (key is None or place[1] == key):
                self._close(position, facts.pop(place))

    def _close(self, position: int, fact: Fact) -> None:
        fact.until = position
        if fact.number:
            self.ended.append(fact)
