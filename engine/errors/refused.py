"""The base class of all refusals."""

from typing import ClassVar


class Refused(Exception):
    """Base of AWS's exceptions: a call was refused. ``reason`` is set for the four exceptions that have one.

    Args:
        reason: AWS's reason.
        message: AWS's text, where it is not the one in ``messages``.
        explanation: what stood in the way and what would have to be true, in our words; no part of AWS's answer.
            It is a note of the exception, too, so that tracebacks show it.
    """

    messages: ClassVar[dict[str | None, str]] = {}
    recorded_at = 0
    """The position of the event that records the refused call; 0 if none does."""

    def __init__(
        self, reason: str | None = None, message: str | None = None, *, explanation: str | None = None
    ) -> None:
        self.explanation = explanation
        # `INVALID_PATTERN:HANDSHAKE_ID` shares the message of its stem `INVALID_PATTERN`.
        stem = reason.partition(":")[0] if reason else None
        self.reason = reason
        self.message: str = message or self.messages.get(reason) or self.messages.get(stem) or self._default()
        super().__init__(f"{self.message} ({reason})" if reason else self.message)
        if explanation:
            self.add_note(explanation)

    def explain(self, explanation: str) -> None:
        """Replace the explanation, as an attribute and as a note."""
        notes = [note for note in getattr(self, "__notes__", []) if note != self.explanation]
        self.__notes__ = [explanation, *notes]
        self.explanation = explanation

    def _default(self) -> str:
        return self.messages.get(None, "The request was refused.")

    @property
    def code(self) -> str:
        """AWS's name of the exception, as ``__type`` on the wire and ``Error.Code`` in boto3."""
        return type(self).__name__


class SerializationException(Refused):
    """A member of the request has the wrong JSON type. Raised by AWS's framework, not by the service."""

    messages: ClassVar = {None: "The request could not be read: a member has the wrong type."}
