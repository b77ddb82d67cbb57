"""The event about a call that changed nothing."""

from typing import Any

from .base import WorldEvent


class CallRecorded(WorldEvent, frozen=True, gc=False, array_like=True, tag="CallRecorded"):
    """An account called an operation and nothing changed: it was refused, or asked; the envelope says who and when."""

    operation: str
    members: dict[str, Any]
    """What was asked, under AWS's names; ``api/client/plain.py`` says what of it is cut."""
    code: str | None = None
    """AWS's exception; None if the call was answered."""
    reason: str | None = None
    message: str | None = None
    explanation: str | None = None
    """What stood in the way, in our words."""
