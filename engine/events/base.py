"""The base classes of events."""

from typing import ClassVar

from msgspec import Struct


class Tag(Struct, frozen=True, gc=False, rename="pascal"):
    """A tag: a key and a value."""

    key: str
    value: str


class Event(Struct, frozen=True, gc=False, array_like=True):
    """Base of all events: recorded facts."""


class WorldEvent(Event, frozen=True, gc=False, array_like=True):
    """Base of the events that belong to no organization."""

    organization: ClassVar[str | None] = None


class OrganizationEvent(Event, frozen=True, gc=False, array_like=True):
    """Base of the events about one organization."""

    organization: str
