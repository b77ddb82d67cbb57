"""A simulation in which random commands are played, as in a world of the pure core."""

from collections.abc import Iterator
from typing import Any

from orgsim.api import Simulation
from orgsim.engine.operation import Caller
from orgsim.engine.operations import OPERATIONS
from orgsim.engine.runtime.inline import run_inline
from support.given import encoded
from support.random_commands import play

NAMES: dict[Any, str] = {module.Request: name for name, module in OPERATIONS.items()}


class Played:
    """A simulation in memory as random commands see a world."""

    def __init__(self, sim: Simulation) -> None:
        self.sim, self.engine = sim, sim.engine

    @property
    def state(self) -> Any:
        """The state."""
        return self.engine.state

    @property
    def now(self) -> int:
        """The time, in microseconds since the epoch."""
        return self.engine.now

    def encoded(self) -> bytes:
        """Encode the state."""
        return encoded(self.state)

    def advance(self, **duration: float) -> None:
        """Move the clock."""
        self.sim.sync.advance(**duration, **({} if duration else {"seconds": 0}))

    def do(self, request: Any, caller: str | None = None) -> None:
        """Do a command, and wait until it is durable."""
        if type(request) in NAMES and caller is not None:
            self.engine.admit(NAMES[type(request)], Caller(caller))
        self.engine.post(request, Caller(caller))
        run_inline(self.engine.flush())

    def steps(self, script: list[int]) -> Iterator[None]:
        """Do random commands, one for each step; refused ones do nothing."""
        return play(script, self)  # type: ignore[arg-type]  # as much of a world as it looks at

    def play(self, script: list[int]) -> None:
        """Do random commands."""
        for _ in self.steps(script):
            pass
