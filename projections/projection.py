"""The shape of a view: a fold of events with queries. It knows no store, and no store knows it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..engine.envelope import Envelope

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
