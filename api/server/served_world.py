"""The world that is served: one simulation, or one after the other where it may be reset."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from secrets import token_bytes

import anyio
import anyio.abc

from ...engine.log import MemoryLog
from ..client import Client
from ..simulation import Simulation
from .faults import ControlRefused
from .sessions import Sessions

CLIENTS = 4_096
"""How many callers' clients are kept; making another costs little."""


KEY_BYTES = 32


class Live:
    """A simulation with what the server keeps beside it.

    Args:
        sim: the simulation, which has begun.
        secrets: what tokens of a world in a log derive from, besides its seed.
    """

    def __init__(self, sim: Simulation, secrets: bytes = b"") -> None:
        self.sim = sim
        self.sessions = Sessions(_session_key(sim, secrets))
        """Temporary credentials, which are worth nothing in another world."""
        self.client: Callable[[str, str], Client] = lru_cache(CLIENTS)(sim.client)
        self._answers = count(1)
        seed = sim.engine.state.seed.to_bytes(16, "big", signed=True)
        text = blake2b(sim.engine.durable.to_bytes(8, "big"), key=seed, person=b"answer", digest_size=10).hexdigest()
        self._answer = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:]}"

    def request_id(self, position: int = 0) -> str:
        """The request id of an answer: of a command that wrote, the one that the log implies; otherwise a fresh one.

        Args:
            position: of the first event that the request appended; 0 if it appended none.
        """
        if position:
            return self.sim.engine.ids.request(position)
        return f"{self._answer}-{next(self._answers):012x}"


def _session_key(sim: Simulation, secrets: bytes) -> bytes:
    """What session tokens derive from: in a log the same after a restart, in memory another in each world."""
    if isinstance(sim.engine.log, MemoryLog):
        return token_bytes(KEY_BYTES)
    # Who knows the seed alone shall not be able to make tokens where signatures are verified.
    return sim.engine.state.seed.to_bytes(16, "big", signed=True) + secrets


class ServedWorld:
    """One simulation that belongs to somebody else, and therefore stays.

    Args:
        sim: a simulation that has begun.
        why_fixed: what is said to whoever wants to reset it.
        secrets: as of ``Live``.
    """

    def __init__(self, sim: Simulation, why_fixed: str, secrets: bytes = b"") -> None:
        self.live = Live(sim, secrets)
        self._why_fixed = why_fixed

    async def reset(self) -> None:
        """Begin again with an empty world.

        Raises:
            ControlRefused: this world must not be thrown away.
        """
        raise ControlRefused(self._why_fixed, status=409)


class _ResettableWorld(ServedWorld):
    """Makes its simulations itself, each in a task of its own, because tasks cannot be left crosswise."""

    def __init__(self, make: Callable[[], Simulation], tasks: anyio.abc.TaskGroup) -> None:
        self._make = make
        self._tasks = tasks
        self._one_at_a_time = anyio.Lock()
        self._leave = anyio.Event()

    async def reset(self) -> None:
        """Begin again with an empty world; requests under way in the old one are told to come again."""
        async with self._one_at_a_time:
            leave_old = self._leave
            await self._tasks.start(self._live_on)
            leave_old.set()

    async def _live_on(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        leave = anyio.Event()
        async with self._make() as sim:
            self.live, self._leave = Live(sim), leave
            task_status.started()
            await leave.wait()


@asynccontextmanager
async def resettable_world(make: Callable[[], Simulation]) -> AsyncGenerator[ServedWorld, None]:
    """A world that ``reset`` replaces by a new one.

    Args:
        make: makes a simulation in memory that has not begun.
    """
    failure: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        try:
            world = _ResettableWorld(make, tasks)
            await world.reset()
            yield world
        except BaseException as error:
            # Raised again below, so that it does not arrive wrapped in the task group's exception group.
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
