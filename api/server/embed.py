"""The server around a simulation in one's own process: for tests, and for whoever wants to add routes of their own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio.to_thread

from ..simulation import Simulation
from .app import App
from .credentials import Credentials
from .diagnostics import server_log
from .identity import Authentication, OpenAuthentication
from .listening import bind, listening, url_of
from .message import Limits
from .served_world import ServedWorld
from .sessions import Sessions


def make_authentication(sim: Simulation, credentials: Credentials | None) -> Authentication:
    """Open authentication; with credentials, signatures are verified.

    Raises:
        ModuleNotFoundError: botocore, which verifies them, is not installed.
    """
    seed = sim.engine.state.seed.to_bytes(16, "big", signed=True)
    if credentials is None:
        return OpenAuthentication(Sessions(seed))
    # Only who verifies needs botocore.
    from .verify import VerifiedAuthentication

    return VerifiedAuthentication(credentials, seed)


@asynccontextmanager
async def serve(
    sim: Simulation,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    credentials: Credentials | None = None,
    limits: Limits | None = None,
) -> AsyncGenerator[str, None]:
    """Serve a simulation that has begun, for the length of the block: ``async with serve(sim) as url``.

    Args:
        sim: the simulation; it stays open, and cannot be reset through the control plane.
        host: where to listen.
        port: on which port; 0 picks a free one.
        credentials: verify signatures by these; otherwise any well-formed one is taken for good.
        limits: what clients may ask for.

    Raises:
        RuntimeError: the event loop is not asyncio's.
        CannotListen: the address cannot be had.
        ModuleNotFoundError: with credentials, botocore is not installed.
    """
    _require_asyncio()
    limits = limits or Limits()
    world = ServedWorld(sim, "the simulation belongs to the process that embeds the server, which can make a new one")
    app = App(world, make_authentication(sim, credentials), limits, server_log())
    listener = await anyio.to_thread.run_sync(bind, host, port)
    url = url_of(listener)
    async with listening(app, listener, limits):
        yield url


def _require_asyncio() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "the server needs asyncio; under trio, run simulation and server in anyio.from_thread's "
            "start_blocking_portal('asyncio')"
        ) from None
