"""Intern equal values of decoded events, so that a rebuilt state takes no more memory than one that was lived through.

Decoding gives every event strings and numbers of its own. With a million accounts, state and views would take a third
more memory after a rebuild: the organization's id, the parent's, each account's own in every event that is kept, and
the same moments, many times over.
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
"""The events of which state or views keep a million, or members of them; and their members whose values repeat."""


class Sharing:
    """A table of interned values, used while a log is read and thrown away afterwards."""

    def __init__(self) -> None:
        self._known: dict[str | None, str | None] = {}
        self._time = self._expires_at = 0

    def share(self, envelopes: Sequence[Envelope]) -> None:
        """Replace values in the events by equal ones of earlier events, in place."""
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
