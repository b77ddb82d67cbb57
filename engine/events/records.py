"""The event about a record of CloudTrail: what was decided elsewhere."""

from .base import WorldEvent


class RecordTaken(WorldEvent, frozen=True, gc=False, array_like=True, tag="RecordTaken"):
    """A record of CloudTrail was taken for a fact; the events that follow in the same command say what it says."""

    event_id: str
    event_name: str
    request_id: str | None = None
    """AWS's; None where AWS itself acted."""
    inferred: int = 0
    """How many of the events that follow it in the command the trail does not say, though they must have been."""
    changed: bool = True
    """Whether the record says that something changed; not so for a call that was refused, or that asked."""
    code: str | None = None
    """AWS's exception; None if the call was not refused."""
    source_ip_address: str | None = None
    user_agent: str | None = None
