"""The envelope in which an event is stored, and its encoding."""

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from ..shapes.base import Moment, moment
from . import AnyEvent, CallRecorded


class Envelope(Struct, frozen=True, gc=False, array_like=True):
    """A stored event, with its position, its time, and the call that caused it."""

    position: int
    """Its number in the log, from 1."""
    time: int
    """Microseconds since the epoch, UTC."""
    event: AnyEvent
    operation: str
    """The operation that caused it: AWS's name, or the name of an internal one."""
    account: str | None
    """The caller's account; None where a timer fired or the simulation itself acted."""
    principal: str | None
    """The user or role in that account; None where the caller did not say."""
    command: int
    """Position of the first event of the same command; its request id is ``IdSource.request`` of this."""

    @property
    def when(self) -> Moment:
        """Its time as a datetime, in UTC; raises OverflowError beyond the calendar, where a clock can run."""
        return moment(self.time)

    @property
    def organization(self) -> str | None:
        """The organization that the event is about; None for a ``WorldEvent``."""
        return self.event.organization

    @property
    def called(self) -> str:
        """The operation that was called: of a recorded call the one that its event names, else ``operation``."""
        return self.event.operation if isinstance(self.event, CallRecorded) else self.operation

    @property
    def type(self) -> str:
        """The stored tag of the event."""
        return type(self.event).__name__


encode_envelope = Encoder().encode
decode_envelope = Decoder(Envelope).decode
