"""The rows of a plan."""

from msgspec import Struct


class PlannedCalls(Struct, frozen=True):
    """The calls of one operation that a step makes or brings about; its fields are the keys of ``--json``."""

    track: str
    """Empty for the plain list of steps."""
    step: int
    """From 1; 0: the organizations that are founded when the run begins."""
    action: str
    """Of the step."""
    subject: str
    """Its population, or else its organization."""
    operation: str
    by: str
    """Who calls: ``management``, ``accounts`` or, for accounts that missed a deadline, ``escalation``."""
    least: int
    expected: int
    most: int
    """The number of calls; all three are the same where no chance is involved. Calls that are throttled come on top."""
    hours: float
    """What AWS's rate of the operation makes of the expected number at least, whether the scenario has rates or not."""
    refused: int = 0
    """How many of them AWS refuses, whatever quotas are raised, as far as that is known."""


class PlannedRetry(Struct, frozen=True):
    """A step that tries again what AWS refuses for a while; its fields are the keys of ``--json``."""

    track: str
    """Empty for the plain list of steps."""
    step: int
    """From 1."""
    attempts: int
    """Of a call, at most; how many it takes depends on random pauses and on what else AWS is asked meanwhile."""
