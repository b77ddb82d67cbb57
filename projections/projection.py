"""The shape of a view: a fold of events with queries. It knows no store, and no store knows it."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from msgspec import Struct

from ..engine.events.envelope import Envelope

T = TypeVar("T")

Handler = Callable[[Envelope, Any], None]
"""What a view does with one type of event: called with the envelope and the event in it."""


class View(Protocol):
    """A fold of events: the handlers say which events it is made of; everything else about it are queries."""

    @property
    def name(self) -> str:
        """What it is called in the documentation."""
        ...

    @property
    def handlers(self) -> Mapping[type[Any], Handler]:
        """Type of event to what it changes here."""
        ...


def copied(value: T) -> T:
    """A part of the engine's state, as a view has it that folds for itself: only the texts and numbers are shared."""
    if isinstance(value, dict):
        table = cast(dict[Any, Any], value)
        return cast(T, {key: copied(each) for key, each in table.items()})
    if isinstance(value, deque):
        return cast(T, cast(deque[Any], value).copy())
    if isinstance(value, Struct):
        return type(value)(*(copied(getattr(value, name)) for name in value.__struct_fields__))
    return value
