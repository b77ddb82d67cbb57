"""Clients that call again, after pauses in the time of the world, while AWS refuses a call for a reason that passes."""

from random import Random

from msgspec import Struct

from ...engine.errors import Refused
from ...engine.operation import Caller
from ...engine.rules.faults import CODES
from ...engine.rules.limits import LIMITS
from ...engine.runtime.engine import Engine
from ...projections.views import Views
from ..retries import Retry
from . import Client
from .calls import Calls, Members

PASSING = frozenset(CODES.values())
"""AWS's exceptions after which the same call may succeed a little later."""


def passes(refusal: Refused) -> bool:
    """Tell whether the same call may succeed later, though nobody changes anything."""
    return refusal.code in PASSING or refusal.reason in LIMITS


class RetryingCalls(Calls):
    """Repeats calls; a base class in front of that of a client, which says how with ``_retry`` and ``_pauses``."""

    _retry: Retry
    """How often, and after which pauses."""
    _pauses: Random
    """Draws the pauses."""

    async def call_at(
        self, operation: str, members: Members, *, admitted: bool = False, watched: bool = False
    ) -> tuple[Struct, int]:
        """Like ``Calls.call_at``, again and again; each call is made, counted and recorded by itself."""
        attempt = 1
        while True:
            try:
                return await super().call_at(operation, members, admitted=admitted, watched=watched)
            except Refused as refusal:
                # The outermost call repeats: one that is watched is called again from within.
                if watched or admitted or attempt >= self._retry.attempts or not passes(refusal):
                    raise
            await self._engine.clock.sleep_until(self._engine.now + self._retry.pause(attempt, self._pauses))
            attempt += 1


class RetryingClient(RetryingCalls, Client):
    """The client of one account that repeats calls; made by ``Simulation.client``."""

    def __init__(self, engine: Engine, views: Views, caller: Caller, retry: Retry, pauses: Random) -> None:
        super().__init__(engine, views, caller)
        self._retry = retry
        self._pauses = pauses
