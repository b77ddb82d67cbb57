"""``serve``: run the server around a simulation in the same process, as in tests."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, closing, nullcontext
from secrets import token_urlsafe

import anyio.to_thread

from ..simulation import Simulation
from .app import App
from .credentials import Credentials
from .diagnostics import server_log
from .hosts import hosts_of
from .identity import Authentication, OpenAuthentication
from .listening import bind, listening, url_of
from .message import Limits
from .served_world import ServedWorld
from .worlds import WHY_FIXED, Worlds

TOKEN_BYTES = 32


def make_authentication(credentials: Credentials | None) -> Authentication:
    """Make the authentication: open without credentials, verified with them.

    Raises:
        ModuleNotFoundError: botocore, which verifies them, is not installed.
    """
    if credentials is None:
        return OpenAuthentication()
    # Imported here, because botocore is needed for verification only.
    from .verify import VerifiedAuthentication

    return VerifiedAuthentication(credentials)


def make_control_token(credentials: Credentials | None, wanted: str | None = None) -> str | None:
    """Choose the control plane's token: the wanted one, that of the credentials, or a random one.

    None, which requires no token, if none is wanted and signatures are not verified.
    """
    if wanted or credentials is None:
        return wanted or None
    return credentials.control_token or token_urlsafe(TOKEN_BYTES)


@asynccontextmanager
async def serve(
    sim: Simulation,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    credentials: Credentials | None = None,
    limits: Limits | None = None,
    allow_hosts: Collection[str] = (),
    control_token: str | None = None,
    worlds: Worlds | None = None,
) -> AsyncGenerator[str, None]:
    """Serve a started simulation over HTTP while the block runs: ``async with serve(sim) as url``.

    Args:
        sim: the simulation; it stays open, and cannot be reset through the control plane.
        host: the name or address to listen on.
        port: the port; 0 picks a free one.
        credentials: verify signatures against these; by default any well-formed signature is accepted.
        limits: what clients may ask for.
        allow_hosts: host names to answer to besides those of the loopback interface and ``host``; ``*`` means any.
        control_token: the token that the control plane requires. By default that of the credentials; if they have none,
            a random one, which shuts the control plane. Without credentials it requires none.
        worlds: named worlds, to be served under ``/w/NAME/``; none by default.

    Raises:
        RuntimeError: the event loop is not asyncio's.
        CannotListen: the address is in use, or not one of this machine's.
        ValueError: something in ``allow_hosts`` is not a host name.
        ModuleNotFoundError: with credentials, botocore is not installed.
    """
    _require_asyncio()
    limits = limits or Limits()
    world = ServedWorld(sim, WHY_FIXED, credentials.secrets if credentials else b"")
    authentication = make_authentication(credentials)
    token = make_control_token(credentials, control_token)
    listener = await anyio.to_thread.run_sync(bind, host, port)
    with closing(listener), closing(worlds) if worlds else nullcontext():
        hosts = hosts_of(listener, host, allow_hosts)
        app = App(world, authentication, limits, server_log(), hosts=hosts, control_token=token, worlds=worlds)
        async with listening(app, listener, limits):
            yield url_of(listener)


def _require_asyncio() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "the server needs asyncio; under trio, run simulation and server in anyio.from_thread's "
            "start_blocking_portal('asyncio')"
        ) from None
