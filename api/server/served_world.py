"""The world that is served: one simulation, which ``reset`` replaces by a new one where that is allowed."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from secrets import token_bytes

from msgspec.structs import replace

from ...engine.log import MemoryLog
from ...engine.words import Partition
from ..client import Client
from ..simulation import Simulation
from .auto_clock import AutoClock
from .faults import ControlRefused, UnrecognizedClient
from .identity import Authentication, Identity
from .message import Request
from .sessions import Sessions

CLIENTS = 4_096
"""Clients that are cached, one for each caller; making another costs little."""


KEY_BYTES = 32


class Live:
    """A running simulation with the server's own state: sessions, clients and a counter for request ids.

    Args:
        sim: the simulation, which has begun.
        secrets: if it has a log, session tokens derive from these and its seed.
    """

    def __init__(self, sim: Simulation, secrets: bytes = b"") -> None:
        self.sim = sim
        self.sessions = Sessions(_session_key(sim, secrets))
        """Temporary credentials, which are not valid in any other world."""
        self.auto_clock = AutoClock(sim)
        self.client: Callable[[str, str, Partition | None], Client] = lru_cache(CLIENTS)(sim.client)
        self._answers = count(1)
        seed = sim.engine.state.seed.to_bytes(16, "big", signed=True)
        text = blake2b(sim.engine.durable.to_bytes(8, "big"), key=seed, person=b"answer", digest_size=10).hexdigest()
        self._answer = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:]}"

    def identify(self, authentication: Authentication, request: Request, service: str) -> Identity:
        """Authenticate a request, and find the partition that it is made in.

        Raises:
            Fault: as ``authentication`` refuses it; or UnrecognizedClient, because the account is known in another
                partition than that of the signature's region, which does not know its keys.
        """
        identity = authentication.identify(request, service, self.sessions)
        state = self.sim.engine.state
        known = state.partition_of(identity.account)
        if known == identity.partition and known:
            return identity
        if known and identity.partition:
            raise UnrecognizedClient
        return replace(identity, partition=known or identity.partition or state.settings.partition)

    def request_id(self, position: int = 0) -> str:
        """Make the request id of an answer: the one in the log if the request appended events, else a new one.

        Args:
            position: of the first event that the request appended; 0 if it appended none.
        """
        if position:
            return self.sim.engine.ids.request(position)
        return f"{self._answer}-{next(self._answers):012x}"


def _session_key(sim: Simulation, secrets: bytes) -> bytes:
    """Choose the key for session tokens: with a log the same after a restart, in memory another for each world."""
    if isinstance(sim.engine.log, MemoryLog):
        # One for whoever serves this world, over HTTP or in process: a role assumed at one is known at the other.
        return vars(sim).setdefault("_session_key", token_bytes(KEY_BYTES))
    # The secrets, because the seed is no secret: health shows it, and it must not suffice to forge tokens.
    return sim.engine.state.seed.to_bytes(16, "big", signed=True) + secrets


class ServedWorld:
    """A world that cannot be reset, because its simulation belongs to somebody else or has a log.

    Args:
        sim: a simulation that has begun.
        why_fixed: the error message for a reset.
        secrets: see ``Live``.
    """

    def __init__(self, sim: Simulation, why_fixed: str, secrets: bytes = b"") -> None:
        self.live = Live(sim, secrets)
        self._why_fixed = why_fixed

    def reset(self) -> None:
        """Replace the world by an empty one.

        Raises:
            ControlRefused: this world must not be thrown away.
        """
        raise ControlRefused(self._why_fixed, status=409)

    def end(self) -> None:
        """Stop serving the world; the simulation is left as it is, because it belongs to somebody else."""


class ResettableWorld(ServedWorld):
    """A world in memory that can be reset.

    Args:
        make: makes a simulation in memory that has not begun.
    """

    def __init__(self, make: Callable[[], Simulation]) -> None:
        self._make = make
        self.live = Live(make().open())

    def reset(self) -> None:
        """Replace the world by an empty one; requests under way in the old one are answered with 503."""
        old, self.live = self.live, Live(self._make().open())
        old.sim.close()

    def end(self) -> None:
        """End the simulation; requests under way in it are answered with 503."""
        self.live.sim.close()


@contextmanager
def resettable_world(make: Callable[[], Simulation]) -> Generator[ServedWorld]:
    """Run a world that can be reset, while the block runs.

    Args:
        make: makes a simulation in memory that has not begun.
    """
    world = ResettableWorld(make)
    try:
        yield world
    finally:
        world.end()
