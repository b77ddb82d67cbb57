"""Holds a run back for a demonstration: simulated time passes at a rate, as under a paced clock."""

import anyio

from ....engine.runtime.clock import PacedClock
from ....engine.runtime.driver import jump_to
from ....engine.runtime.engine import Engine
from ....engine.settings import SECOND
from .observing import Observer, let_look

TICK = 0.1
"""The most seconds of real time for which the clock of a run stands still while it waits for a moment."""


class Pacing:
    """Lets simulated time pass no faster than a rate.

    Args:
        engine: runs under the simulated clock that is held back.
        factor: simulated seconds per second of real time.
        observer: told while time passes.
    """

    def __init__(self, engine: Engine, factor: float, observer: Observer) -> None:
        self._engine = engine
        self._observer = observer
        self._paced = PacedClock(factor, engine.now)
        self._begun = False

    async def wait_until(self, moment: int) -> None:
        """Move the clock at the rate until a moment; timers fire on the way, and what happens becomes durable.

        What a resumed run only repeats is not held back. A run that has fallen behind goes on at its rate from there
        and does not catch up.
        """
        engine, paced = self._engine, self._paced
        if engine.state.position < engine.log.stored_head:
            return
        if not self._begun:
            self._begun = True
            paced.begin(engine.now)
        while (now := paced.now()) < moment:
            # Nothing is recorded by moving the clock, so the log has no trace of the steps.
            await jump_to(engine, now)
            await engine.flush()
            await let_look(self._observer, engine)
            await anyio.sleep(min(TICK, (moment - now) / SECOND / paced.factor))
        if now - moment > TICK * paced.factor * SECOND:
            paced.jump(moment)
