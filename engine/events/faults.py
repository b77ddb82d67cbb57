"""Events about scripted faults: what is to go wrong, and what did."""

from typing import Literal

from .base import WorldEvent

FaultKind = Literal[
    "throttle",
    "conflict",
    "finalizing",
    "service_exception",
    "refuse",
    "fail_creation",
    "slow_creation",
    "slow_closure",
    "empty_page",
    "lag",
    "delay",
    "drop",
    "lose_answer",
]
"""What a fault does to a call; ``rules/faults.py`` says what each is."""


class FaultScripted(WorldEvent, frozen=True, gc=False, array_like=True, tag="FaultScripted"):
    """The simulation scripted a fault: what happens to which calls, how often and when."""

    script: str
    fault: FaultKind
    operations: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    """Of these callers; none means of any."""
    share: float = 1.0
    """The share of the calls that it hits, drawn from the seed."""
    times: int | None = None
    """How many calls it hits at most."""
    after_calls: int = 0
    """How many calls it lets pass first."""
    begins_at: int | None = None
    ends_at: int | None = None
    code: str | None = None
    """The exception that a call is refused with."""
    reason: str | None = None
    """The reason of that exception, or of the failure of an account creation."""
    duration: int | None = None
    """In microseconds."""


class FaultCleared(WorldEvent, frozen=True, gc=False, array_like=True, tag="FaultCleared"):
    """The simulation took back a scripted fault."""

    script: str


class FaultInjected(WorldEvent, frozen=True, gc=False, array_like=True, tag="FaultInjected"):
    """A scripted fault hit a call."""

    script: str
    fault: FaultKind
    operation: str
    account: str
    subject: str | None = None
    """The account creation or the account that it concerns, where the call has begun something."""


class FaultPassedOver(WorldEvent, frozen=True, gc=False, array_like=True, tag="FaultPassedOver"):
    """A scripted fault that counts calls let one pass; without this event a restart would forget the count."""

    script: str
    operation: str
    account: str
