"""The protocol of a view: a fold of events with queries. Views know nothing of logs, and logs nothing of views."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from msgspec import Struct

from ..engine.events.envelope import Envelope
from ..engine.state import State

T = TypeVar("T")

Handler = Callable[[Any, Envelope, Any], None]
"""A method of a view that changes it: called with the view, an envelope and the event in it."""


class View(Protocol):
    """A fold of events with queries.

    ``handlers`` say which events it is made of. Snapshots hold the engine's state, and of a view its image: only what
    the state does not have.
    """

    @property
    def name(self) -> str:
        """The name in the documentation."""
        ...

    @property
    def handlers(self) -> Mapping[type[Any], Handler]:
        """Type of event to the handler that changes the view."""
        ...

    @property
    def image(self) -> Any:
        """The type of what ``dump`` returns; None if the view can be restored from the state alone."""
        ...

    def dump(self) -> Any:
        """Make the image for a snapshot."""
        ...

    def load(self, image: Any, state: State) -> None:
        """Restore an empty view from its image and the state of the same snapshot."""
        ...


def copied(value: T) -> T:
    """Copy a piece of the engine's state, so that a view can change it on its own; immutable values are shared."""
    if isinstance(value, dict):
        table = cast(dict[Any, Any], value)
        return cast(T, {key: copied(each) for key, each in table.items()})
    if isinstance(value, deque):
        return cast(T, cast(deque[Any], value).copy())
    if isinstance(value, Struct):
        return type(value)(*(copied(getattr(value, name)) for name in value.__struct_fields__))
    return value
