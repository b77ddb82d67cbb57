"""Populations of accounts, and what they do when they are asked."""

import math
from typing import Annotated, Literal

from msgspec import Meta, Struct

from .delays import Delay, Fixed

MOST_ACCOUNTS = 100_000_000
Count = Annotated[int, Meta(ge=0, le=MOST_ACCOUNTS)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Behaviour(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What accounts do with a request: shares of the population, and how long they take.

    Without ``accept`` everybody accepts who does nothing else; with it, whoever is in no share ignores the request.
    """

    accept: Share | None = None
    decline: Share = 0.0
    leave: Share = 0.0
    """Answer by leaving the organization."""
    after_reminder: Share = 0.0
    """Accept, but say nothing until they are reminded."""
    delay: Delay = Fixed(0)
    """From the request, or the reminder, to the answer."""

    def __post_init__(self) -> None:
        total = (self.accept or 0.0) + self.decline + self.leave + self.after_reminder
        if total > 1 and not math.isclose(total, 1, abs_tol=1e-9):
            raise ValueError(f"accept, decline, leave and after_reminder add up to {total:g}, which is more than 1")

    @property
    def accepting(self) -> float:
        """The share that accepts without a reminder."""
        if self.accept is not None:
            return self.accept
        return max(0.0, 1.0 - self.decline - self.leave - self.after_reminder)


class Population(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Accounts of one kind."""

    origin: Literal["invited", "created", "standalone"]
    """Exist and can be invited; are created by an organization; or exist and belong to none."""
    count: Count
    invitation: Behaviour = Behaviour()
    """What they do when an organization invites them."""
    migration: Behaviour = Behaviour()
    """What they do when their organization asks for all features. Accounts that it created are not asked."""

    def __post_init__(self) -> None:
        if self.invitation.leave:
            raise ValueError("invitation: nobody leaves an organization by answering an invitation; use decline")
