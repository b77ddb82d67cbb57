"""How callers that do not know AWS's limits try again: steps of scenario files, and clients of processes in Python."""

from numbers import Integral
from random import Random
from typing import Annotated

from msgspec import Meta, Struct

from ..engine.settings import SECOND
from ..engine.spelling import Spelt
from .delays import require_number

MOST_ATTEMPTS, MOST_FIRST_SECONDS, MOST_SECONDS = 1_000, 86_400, 864_000


class Retry(Struct, metaclass=Spelt, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Exponential backoff with full jitter, as in AWS's SDKs, after throttling and refusals that pass by themselves.

    The n-th retry comes after a random time up to ``first_seconds`` doubled n - 1 times, but at most ``most_seconds``.
    """

    attempts: Annotated[int, Meta(ge=1, le=MOST_ATTEMPTS)] = 3
    """Calls in all, the first one included."""
    first_seconds: Annotated[float, Meta(gt=0, le=MOST_FIRST_SECONDS)] = 1.0
    most_seconds: Annotated[float, Meta(gt=0, le=MOST_SECONDS)] = 20.0

    def __post_init__(self) -> None:
        require_number("attempts", self.attempts, MOST_ATTEMPTS, 1, kind=Integral)
        require_number("first_seconds", self.first_seconds, MOST_FIRST_SECONDS)
        require_number("most_seconds", self.most_seconds, MOST_SECONDS)

    def pause(self, retries: int, random: Random) -> int:
        """Draw the pause, in microseconds, before a retry: of the first, ``retries`` is 1."""
        longest = min(self.most_seconds, self.first_seconds * 2 ** (retries - 1))
        return round(longest * SECOND * random.random())


def require_retry(retry: object) -> Retry:
    """Check that it is one.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(retry, Retry):
        raise TypeError(f"retry is a Retry such as Retry(attempts=10), not {retry!r}")
    return retry
