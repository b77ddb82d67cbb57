"""Equal strings of decoded events become one object, as they are where the events were made.

Decoding gives every event strings and numbers of its own. What state and views keep of a million accounts would take a
third more after a rebuild than after living through it: the organization's id, the parent's, and each account's
own in every event that is kept, and the same moment many times.
"""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import force_setattr

from ..events import AccountJoined, HandshakeRequested
from ..events.envelope import Envelope

KEPT: dict[type[Any], tuple[str, ...]] = {
    HandshakeRequested: ("organization", "party", "parent"),
    AccountJoined: ("organization", "account"),
}
"""The events that are kept whole, or of which parts are, by the million; and their strings that come again."""


class Sharing:
    """Makes equal values one object, over all events that it is given; it is only needed while a log is read."""

    def __init__(self) -> None:
        self._known: dict[str | None, str | None] = {}
        self._time = self._expires_at = 0

    def share(self, envelopes: Sequence[Envelope]) -> None:
        """Let the events refer to equal values that came before, instead of their own; what they say stays the same."""
        for envelope in envelopes:
            if envelope.time == self._time:
                force_setattr(envelope, "time", self._time)
            else:
                self._time = envelope.time
            event = envelope.event
            for name in KEPT.get(type(event), ()):
                value = getattr(event, name)
                force_setattr(event, name, self._known.setdefault(value, value))
            if isinstance(event, HandshakeRequested):
                if event.expires_at == self._expires_at:
                    force_setattr(event, "expires_at", self._expires_at)
                else:
                    self._expires_at = event.expires_at
