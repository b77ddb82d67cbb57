"""What every event is."""

from typing import ClassVar

from msgspec import Struct


class Tag(Struct, frozen=True, gc=False, rename="pascal"):
    """A tag as AWS writes it."""

    key: str
    value: str


class Event(Struct, frozen=True, gc=False, array_like=True):
    """A recorded fact."""


class WorldEvent(Event, frozen=True, gc=False, array_like=True):
    """A fact that belongs to no organization."""

    organization: ClassVar[str | None] = None


class OrganizationEvent(Event, frozen=True, gc=False, array_like=True):
    """A fact about one organization."""

    organization: str
